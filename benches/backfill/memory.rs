//! How much a backfill adds to the peak of its process's memory.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use clap::ValueEnum;

use crate::Result;
use crate::contestant::Contestant;
use crate::database::{Synchronous, connect};
use crate::expected::Expected;
use crate::figure::{Figure, Topic, Unit};
use crate::host::Host;
use crate::size::Sizes;

const CONTESTANTS: [Contestant; 3] =
    [Contestant::OneStatement, Contestant::OneCall, Contestant::StepsWithoutPause];

pub fn measure(sizes: &Sizes) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if peak_of_this_process().is_none() {
        eprintln!("peak memory: not measured, because there is no /proc/self/status here");
        return Ok(figures);
    }
    for size in [sizes.large, sizes.crowded, sizes.one_owner] {
        let host = Host::of(size)?;
        for contestant in CONTESTANTS {
            let copy = host.database.copy()?;
            let bytes = measure_in_child(contestant, copy.path())?;
            host.expected.check(&copy.connect(Synchronous::Normal)?, &contestant.name())?;
            eprintln!("peak memory: {size}: {}: {}", contestant.name(), Unit::Bytes.show(bytes));
            let figure = Figure::new(Topic::PeakMemory, size.name, contestant.name(), Unit::Bytes, bytes);
            let at_most = contestant.is_library().then_some(64.0 * 1024.0 * 1024.0);
            figures.push(figure.at_most(at_most));
        }
    }
    Ok(figures)
}

/// A process has one peak, so each contestant gets its own.
fn measure_in_child(contestant: Contestant, path: &Path) -> Result<f64> {
    let name = contestant.to_possible_value().ok_or("it has no name")?;
    let output =
        Command::new(env::current_exe()?).args(["--measure-memory", name.get_name()]).arg(path).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// What the child does: runs the contestant, and prints by how many bytes the peak grew.
pub fn measure_here(contestant: Contestant, path: &Path) -> Result<()> {
    let conn = connect(path, Synchronous::Normal)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let before = peak_of_this_process().ok_or("the peak is unknown")?;
    contestant.run(&conn, &Expected { markers: Vec::new() })?;
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
