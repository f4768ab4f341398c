//! How fast a backfill is, and how little others notice of it.
//!
//! - `cargo bench` prints one table, and writes to `target/bench`: it as `backfill.json` and, with the machine and the command,
//!   as `benchmark.md`, and `backfill.svg`.
//!   It takes about twenty minutes, 2 GB of disk and a machine that does nothing else.
//! - `cargo bench -- --quick` takes less than a minute, and shows only that the benchmark works.
//! - `cargo bench -- --only waiting` measures one part, here what another connection's payments wait for.
//! - `cargo bench -- --out docs` renews the plot that the README shows and the page that it points to; the JSON is too large
//!   to keep.

mod audit;
mod contestant;
mod database;
mod ensure;
mod expected;
mod figure;
mod host;
mod interrupt;
mod lock;
mod machine;
mod measure;
mod memory;
mod neighbour;
mod page;
mod paired;
mod plot;
mod race;
mod rivals;
mod size;
mod speed;
mod table;
mod waiting;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde_json::json;

use crate::figure::Figure;
use crate::machine::Machine;
use crate::memory::Subject;
use crate::size::{Size, Sizes};

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Measures backfills, and compares them with other ways to do the same.
#[derive(Parser)]
struct Arguments {
    /// Measure small databases, to see that the benchmark works.
    #[arg(long)]
    quick: bool,
    /// Measure only this.
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// How often each measurement is made: 5 times, or once with --quick. The median counts.
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroUsize>,
    /// Where to write `backfill.json`, `benchmark.md` and `backfill.svg`.
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    out: PathBuf,
    /// What Cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
    /// What a process of its own does for the part `memory`.
    #[arg(long, hide = true, value_name = "SUBJECT", requires = "database")]
    measure_memory: Option<Subject>,
    #[arg(hide = true)]
    database: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// First run and repeat, growth, and the WAL.
    Speed,
    /// Against one search and one commit per owner.
    Paired,
    /// Whether a repeat takes the write lock.
    Lock,
    /// What another connection's payments wait for.
    Waiting,
    /// The peak of memory.
    Memory,
    /// One call of `ensure`.
    Ensure,
    /// How soon an interrupt is answered.
    Interrupt,
    /// Audit and repair beside a backfill.
    Audit,
}

impl Arguments {
    fn sizes(&self) -> Sizes {
        if self.quick { Sizes::QUICK } else { Sizes::FULL }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(subject), Some(database)) = (arguments.measure_memory, &arguments.database) {
        return memory::measure_here(subject, database);
    }
    let figures = measure(arguments)?;
    let sizes = arguments.sizes();
    let legend = sizes.all().map(|size| size.to_string());
    println!("{}\n\n{}", legend.join("\n"), table::render(&figures));
    write(&arguments.out, &sizes, &figures)
}

fn measure(arguments: &Arguments) -> Result<Vec<Figure>> {
    let sizes = arguments.sizes();
    let rounds = arguments.rounds.map_or(if arguments.quick { 1 } else { 5 }, NonZeroUsize::get);
    let mut figures = Vec::new();
    for part in Part::value_variants() {
        if arguments.only.is_none_or(|only| only == *part) {
            figures.extend(match part {
                Part::Speed => speed::measure(&sizes, rounds)?,
                Part::Paired => paired::measure(&sizes, rounds)?,
                Part::Lock => lock::measure(&sizes)?,
                Part::Waiting => waiting::measure(&sizes, rounds)?,
                Part::Memory => memory::measure(&sizes)?,
                Part::Ensure => ensure::measure(&sizes, rounds)?,
                Part::Interrupt => interrupt::measure(&sizes, rounds)?,
                Part::Audit => audit::measure(&sizes, rounds)?,
            });
        }
    }
    if arguments.quick {
        figures.iter_mut().for_each(Figure::forget_targets);
    }
    Ok(figures)
}

fn write(folder: &Path, sizes: &Sizes, figures: &[Figure]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let (json, page, svg) =
        (folder.join("backfill.json"), folder.join("benchmark.md"), folder.join("backfill.svg"));
    let machine = Machine::this()?;
    let contents = json!({
        "sqlite": machine.sqlite,
        "system": machine.system,
        "processors": machine.processors,
        "sizes": sizes.all().map(Size::to_json),
        "figures": figures.iter().map(Figure::to_json).collect::<Vec<_>>(),
    });
    fs::write(&json, format!("{contents:#}\n"))?;
    fs::write(&page, page::render(&machine, sizes, figures))?;
    plot::write(&svg, sizes, figures)?;
    eprintln!("written: {}, {} and {}", json.display(), page.display(), svg.display());
    Ok(())
}
