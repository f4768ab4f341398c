//! What the figures were measured with, and when.

use std::path::Path;
use std::process::Command;
use std::{env, fs, thread};

use facilitator_markers::rusqlite::{self, Connection};

use crate::Result;

pub struct Machine {
    pub command: String,
    /// In UTC.
    pub date: String,
    pub system: String,
    pub processors: usize,
    pub processor: Option<String>,
    pub memory: Option<String>,
    pub sqlite: &'static str,
    pub rust: String,
}

impl Machine {
    pub fn this() -> Result<Self> {
        Ok(Machine {
            command: command(env::args()),
            date: Connection::open_in_memory()?.query_row("SELECT date('now')", [], |row| row.get(0))?,
            system: format!("{} {}", env::consts::OS, env::consts::ARCH),
            processors: thread::available_parallelism()?.get(),
            processor: value("/proc/cpuinfo", "model name"),
            memory: value("/proc/meminfo", "MemTotal"),
            sqlite: rusqlite::version(),
            rust: rust()?,
        })
    }
}

/// The command with these arguments, the first of which is the program's name. Cargo adds `--bench`.
pub fn command(arguments: impl Iterator<Item = String>) -> String {
    let mut command = vec!["cargo bench --bench backfill --".to_owned()];
    command.extend(arguments.skip(1).filter(|argument| argument != "--bench"));
    command.join(" ").trim_end_matches(" --").to_owned()
}

/// The first value of this name, where Linux tells it.
fn value(file: impl AsRef<Path>, name: &str) -> Option<String> {
    let lines = fs::read_to_string(file).ok()?;
    let (_, value) =
        lines.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

/// The compiler that Cargo takes, which is the one that has compiled this.
fn rust() -> Result<String> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(compiler).arg("--version").output()?.stdout)?;
    Ok(version.split_whitespace().nth(1).ok_or("rustc tells no version")?.to_owned())
}
