//! The calls of the API.

use std::fmt;

use crate::database::{DUE, ENROLLED};
#[cfg(feature = "capi")]
use crate::in_c::CCall;
use crate::wrong::MENDED;

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Create(&'static str),
    Ensure(&'static str),
    /// In one call.
    Whole(Task),
    /// `run_to_completion` without pauses, in steps of this size.
    Complete(Task, u64),
    Steps {
        task: Task,
        /// How many owners, or markers, at most in each.
        most: u64,
        /// The host writes before each step, so that each looks its owners up again.
        host_writes: bool,
    },
    Preview,
    Due,
    Skipped,
    /// With what each finding costs.
    Audit,
    /// The same in C.
    #[cfg(feature = "capi")]
    C(CCall),
}

/// What is done in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    Backfill,
    Repair,
}

use Task::{Backfill, Repair};

const fn steps(task: Task, most: u64, host_writes: bool) -> Call {
    Call::Steps { task, most, host_writes }
}

/// All calls of Rust.
pub const CALLS: [Call; 19] = [
    Call::Create("Ada"),
    Call::Create(ENROLLED),
    Call::Ensure("Ada"),
    // Bob, in the other case.
    Call::Ensure("BOB"),
    Call::Ensure(ENROLLED),
    Call::Whole(Backfill),
    Call::Complete(Backfill, 3),
    steps(Backfill, 1, false),
    steps(Backfill, 500, false),
    steps(Backfill, 1, true),
    Call::Preview,
    Call::Due,
    Call::Skipped,
    Call::Audit,
    Call::Whole(Repair),
    Call::Complete(Repair, 3),
    steps(Repair, 1, false),
    steps(Repair, 500, false),
    steps(Repair, 1, true),
];

/// All calls, those of C among them where there is the C library.
pub fn calls() -> Vec<Call> {
    let calls = CALLS.into_iter();
    #[cfg(feature = "capi")]
    let calls = calls.chain(crate::in_c::CALLS.map(Call::C));
    calls.collect()
}

/// Those of them that write.
pub fn writing() -> Vec<Call> {
    let mut calls = calls();
    calls.retain(|call| call.writes());
    calls
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Create(id) => write!(f, "create {id}"),
            Call::Ensure(id) => write!(f, "ensure {id}"),
            Call::Whole(task) => write!(f, "{task}"),
            Call::Complete(task, most) => write!(f, "{task}, run to completion in steps of {most}"),
            Call::Steps { task, most, host_writes: false } => write!(f, "{task} in steps of {most}"),
            Call::Steps { task, most, host_writes: true } => {
                write!(f, "{task} in steps of {most}, the host writing between them")
            }
            Call::Preview => f.write_str("preview"),
            Call::Due => f.write_str("for each due owner"),
            Call::Skipped => f.write_str("for each skipped owner"),
            Call::Audit => f.write_str("audit"),
            #[cfg(feature = "capi")]
            Call::C(call) => write!(f, "in C, {}", call.in_rust()),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backfill => "backfill",
            Repair => "repair",
        })
    }
}

impl Call {
    /// The same in Rust.
    pub fn in_rust(self) -> Call {
        match self {
            #[cfg(feature = "capi")]
            Call::C(call) => call.in_rust(),
            call => call,
        }
    }

    /// What it does in steps, if it does.
    pub fn task(self) -> Option<Task> {
        match self.in_rust() {
            Call::Whole(task) | Call::Complete(task, _) | Call::Steps { task, .. } => Some(task),
            _ => None,
        }
    }

    /// The markers that it may write, with their dates.
    pub fn right_markers(self) -> Vec<(&'static str, &'static str)> {
        let all = DUE.map(|(id, date, _)| (id, date)).into_iter();
        match self.in_rust() {
            Call::Create(id) => all.filter(|(owner, _)| *owner == id).collect(),
            Call::Ensure(id) => all.filter(|(owner, _)| owner.eq_ignore_ascii_case(id)).collect(),
            call if call.task() == Some(Backfill) => all.collect(),
            _ => Vec::new(),
        }
    }

    /// The owners whose markers it writes or mends.
    pub fn owners(self) -> Vec<&'static str> {
        match self.task() {
            Some(Repair) => MENDED.to_vec(),
            _ => self.right_markers().into_iter().map(|(id, _)| id).collect(),
        }
    }

    pub fn writes(self) -> bool {
        !self.owners().is_empty()
    }

    /// Whether a failure may leave what earlier steps of it wrote, in autocommit mode.
    pub fn commits_as_it_goes(self) -> bool {
        self.task().is_some()
    }

    pub fn date(id: &str) -> &'static str {
        DUE.iter().find(|(owner, ..)| *owner == id).map_or("2026-01-01", |(_, date, _)| date)
    }
}
