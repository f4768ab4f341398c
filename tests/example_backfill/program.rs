//! Running an example, and the databases that it is run on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use facilitator_markers::rusqlite::Connection;
use tempfile::TempDir;

use crate::host::{self, SCHEMA};

/// The rows of the database that the example shows when it is run without arguments.
pub(crate) const SAMPLE: &str = include_str!("../../examples/backfill/sample.sql");

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Run { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    /// Standard output of a program that succeeded and had nothing to complain about.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// The one line in which a program says why it failed.
    #[track_caller]
    pub(crate) fn failure(&self) -> &str {
        assert_eq!(self.status, Some(1), "{self:?}");
        let line = self.stderr.strip_suffix('\n').expect("the line is ended");
        assert!(!line.is_empty() && !line.contains(char::is_control), "not one line: {:?}", self.stderr);
        line
    }
}

/// An example, which `cargo test` builds beside the tests, unless it is told to build some of them only.
pub(crate) fn example(name: &str) -> Command {
    let test = env::current_exe().expect("the test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let program = profile.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(
        program.exists(),
        "{} is missing: run cargo build --examples, or cargo test, which does",
        program.display()
    );
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run(command: &mut Command) -> Run {
    command.output().expect("the example starts").into()
}

/// Runs the backfill with these arguments alone.
pub(crate) fn backfill<A: AsRef<OsStr>>(arguments: &[A]) -> Run {
    run(example("backfill").args(arguments))
}

/// A database file in a folder of its own, which goes with it.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn sample() -> Self {
        Self::with(&[SCHEMA, SAMPLE])
    }

    pub(crate) fn with(scripts: &[&str]) -> Self {
        let database = Self::of_bytes(b"");
        let conn = database.connect();
        for script in scripts {
            conn.execute_batch(script).expect("the script is right");
        }
        database
    }

    /// A database in WAL mode with as many owners, who have a facilitator each and no marker.
    pub(crate) fn with_owners(count: usize) -> Self {
        let owners = format!(
            "PRAGMA journal_mode = WAL;
             BEGIN;
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             INSERT INTO \"user\" (id, name, email) SELECT 'User' || n, 'Somebody', n || '@example.org' FROM n;
             INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
             SELECT id, 'Pay', lower(id), lower(id), '2026-01-21 10:00:00' FROM \"user\";
             COMMIT;"
        );
        Self::with(&[SCHEMA, &owners])
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let database =
            Database { folder: tempfile::tempdir().expect("there is room for a temporary folder") };
        fs::write(database.path(), bytes).expect("the file can be written");
        database
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("host.db")
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.path()).expect("the database opens")
    }

    /// Where locks matter, not while this process is connected: closing the file gives up its connections'
    /// locks on it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).expect("the database can be read")
    }

    /// Runs the backfill on this database.
    pub(crate) fn backfill(&self, options: &[&str]) -> Run {
        run(example("backfill").arg(self.path()).args(options))
    }

    /// User id and enrollment date of each marker, in the order of user ids.
    pub(crate) fn markers(&self) -> Vec<(String, String)> {
        host::markers(&self.connect())
    }

    /// Makes the file read-only: for the operating system, which lets root write all the same, and by the
    /// number in the header that says which version of SQLite may write the file.
    pub(crate) fn forbid_writing(&self) {
        let mut bytes = self.bytes();
        bytes[18] = 3;
        fs::write(self.path(), bytes).expect("the file can be written");
        let mut permissions = fs::metadata(self.path()).expect("the file is there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(self.path(), permissions).expect("the file is the test's own");
    }
}
