//! How much a backfill, an audit or a repair adds to the peak of its process's memory.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use clap::ValueEnum;
use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{audit_facilitator_markers, repair_facilitator_markers};

use crate::Result;
use crate::audit::date_all_late;
use crate::contestant::Contestant;
use crate::database::{Synchronous, connect};
use crate::expected::Expected;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::size::Sizes;

/// The library keeps within this.
const AT_MOST: f64 = 64.0 * 1024.0 * 1024.0;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    OneStatement,
    OneCall,
    StepsWithoutPause,
    /// Of markers all of which are wrong.
    Audit,
    /// Of the same.
    Repair,
}

impl Subject {
    /// The way to write markers, if it is one.
    fn contestant(self) -> Option<Contestant> {
        match self {
            Subject::OneStatement => Some(Contestant::OneStatement),
            Subject::OneCall => Some(Contestant::OneCall),
            Subject::StepsWithoutPause => Some(Contestant::StepsWithoutPause),
            Subject::Audit | Subject::Repair => None,
        }
    }

    fn name(self) -> String {
        match self {
            Subject::Audit => "audit, all dated late".into(),
            Subject::Repair => "repair of all".into(),
            _ => self.contestant().map(Contestant::name).unwrap_or_default(),
        }
    }

    /// Makes a database what it begins with.
    fn prepare(self, conn: &Connection) -> Result<()> {
        if self.contestant().is_none() {
            Contestant::StepsWithoutPause.run(conn, &NOTHING_EXPECTED)?;
            date_all_late(conn)?;
        }
        Ok(())
    }

    fn run(self, conn: &Connection) -> Result<()> {
        match self {
            Subject::Audit => audit_facilitator_markers(conn, drop).map(drop)?,
            Subject::Repair => repair_facilitator_markers(conn, drop).map(drop)?,
            _ => self
                .contestant()
                .map_or(Ok(0), |contestant| contestant.run(conn, &NOTHING_EXPECTED))
                .map(drop)?,
        }
        Ok(())
    }
}

const NOTHING_EXPECTED: Expected = Expected { markers: Vec::new() };

pub fn measure(sizes: &Sizes) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if peak_of_this_process().is_none() {
        eprintln!("peak memory: not measured, because there is no /proc/self/status here");
        return Ok(figures);
    }
    for size in [sizes.large, sizes.crowded, sizes.one_owner] {
        let host = Host::of(size)?;
        for subject in Subject::value_variants() {
            let copy = host.database.copy()?;
            subject.prepare(&copy.connect(Synchronous::Normal)?)?;
            let bytes = measure_in_child(*subject, copy.path())?;
            if *subject != Subject::Audit {
                host.expected.check(&copy.connect(Synchronous::Normal)?, &subject.name())?;
            }
            eprintln!("peak memory: {size}: {}: {}", subject.name(), Unit::Bytes.show(bytes));
            let figure = Figure::new(Topic::PeakMemory, size.name, subject.name(), Unit::Bytes, bytes);
            figures.push(figure.at_most(Some(AT_MOST).filter(|_| *subject != Subject::OneStatement)));
        }
    }
    Ok(figures)
}

/// A process has one peak, so each subject gets its own.
fn measure_in_child(subject: Subject, path: &Path) -> Result<f64> {
    let name = subject.to_possible_value().ok_or("it has no name")?;
    let output =
        Command::new(env::current_exe()?).args(["--measure-memory", name.get_name()]).arg(path).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// What the child does: runs the subject, and prints by how many bytes the peak grew.
pub fn measure_here(subject: Subject, path: &Path) -> Result<()> {
    let conn = connect(path, Synchronous::Normal)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let before = peak_of_this_process().ok_or("the peak is unknown")?;
    subject.run(&conn)?;
    let after = peak_of_this_process().ok_or("the peak is unknown")?;
    println!("{}", after - before);
    Ok(())
}

/// In bytes, where Linux tells.
fn peak_of_this_process() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
