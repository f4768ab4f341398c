//! Enrolling one user of a cluster.

use std::io::{self, Write};
use std::ops::ControlFlow;

use facilitator_markers_rqlite::{Enrollment, Error, Markers, SystemTime};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::interruption::Interruption;
use crate::json;

/// What became of the user.
pub(crate) struct Answer {
    /// The name of the library's outcome, or `refused`.
    pub(crate) outcome: &'static str,
    /// Why the user isn't enrolled, and what to do.
    pub(crate) advice: Option<String>,
}

pub(crate) fn run(user_id: &str, arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    Interruption::at_once("interrupted; the same command says whether the marker was written");
    let mut cluster = arguments.cluster();
    cluster.check()?;
    let mut watch = |_| ControlFlow::Continue(());
    let mut markers = Markers::new(&mut cluster, &SystemTime, &mut watch);
    markers.patience = arguments.patience();

    let answer = match markers.ensure(user_id) {
        Ok(enrollment) => Answer { outcome: enrollment.name(), advice: advice(enrollment, user_id) },
        Err(Error::EnsureRefused(refused)) => {
            Answer { outcome: "refused", advice: Some(refused.to_string()) }
        }
        Err(error) => return Err(error.into()),
    };
    if arguments.json {
        json::write_answer(out, user_id, &answer)?;
    } else if answer.advice.is_none() {
        write(out, answer.outcome, user_id)?;
    }
    answer.advice.map_or(Ok(()), |advice| Err(Failure::NotEnrolled { advice }))
}

/// What to do where the user isn't enrolled.
fn advice(enrollment: Enrollment, user_id: &str) -> Option<String> {
    match enrollment {
        Enrollment::Created | Enrollment::AlreadyEnrolled => None,
        Enrollment::UnknownUser => Some(format!(
            "no user has the id {user_id:?}; pass an id as table \"user\" has it, in upper and lower case"
        )),
        Enrollment::AmbiguousUser => Some(format!(
            "no user has exactly the id {user_id:?}, and several have it in other upper and lower case; --dry-run \
             --explain names them: pass one of these"
        )),
        Enrollment::NotAnOwner => Some(format!(
            "no facilitator belongs to user {user_id:?}; check the id, and that the owner_address of the user's \
             facilitators is this id, or this id in lower case"
        )),
        Enrollment::UnreadableDate => Some(format!(
            "a created_at among the facilitators of user {user_id:?} can't be read; set each such one to YYYY-MM-DD \
             HH:MM:SS, UTC, then run this again"
        )),
    }
}

fn write(out: &mut impl Write, outcome: &str, user_id: &str) -> io::Result<()> {
    writeln!(out, "{outcome}: user {user_id:?} is enrolled")
}
