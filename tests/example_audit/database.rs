//! The databases that the example is run on.

use std::fs;
use std::path::PathBuf;

use crate::host::SCHEMA;
use crate::program::{Database, Run, example, run};

/// The rows of the database that the example shows when it is run without arguments.
pub(crate) const SAMPLE: &str = include_str!("../../examples/audit/sample.sql");

pub(crate) fn sample() -> Database {
    Database::with(&[SCHEMA, SAMPLE])
}

/// A database in WAL mode with as many owners, each of whom has a marker that is dated late, and some one that isn't verified.
pub(crate) fn with_wrong_markers(count: usize) -> Database {
    let database = Database::with_owners(count);
    let markers = "INSERT INTO reward_addresses
                       (id, user_id, chain_type, address, verification_status, verified_at, created_at)
                   SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id,
                       CASE WHEN rowid % 3 = 0 THEN 'pending' ELSE 'verified' END,
                       CASE WHEN rowid % 3 = 0 THEN NULL ELSE '2026-03-01 09:00:00' END,
                       '2026-03-01 09:00:' || printf('%02d', rowid % 60)
                   FROM \"user\"";
    database.connect().execute_batch(markers).unwrap();
    database
}

impl Database {
    /// Runs the example on this database.
    pub(crate) fn audit(&self, options: &[&str]) -> Run {
        run(example("audit").arg(self.path()).args(options))
    }

    /// A file beside the database.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path().with_file_name(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.beside("undo.jsonl")).unwrap()
    }

    /// Runs a repair with the log beside it.
    pub(crate) fn repair_with_log(&self, options: &[&str]) -> Run {
        let log = self.beside("undo.jsonl");
        run(example("audit").arg(self.path()).args(["--repair", "--undo-log"]).arg(log).args(options))
    }

    /// Undoes what the log beside it has.
    pub(crate) fn undo(&self, options: &[&str]) -> Run {
        let log = self.beside("undo.jsonl");
        run(example("audit").arg(self.path()).arg("--undo").arg(log).args(options))
    }

    /// All rows of `reward_addresses`, byte for byte: texts need not be UTF-8.
    pub(crate) fn rows(&self) -> Vec<String> {
        let columns =
            ["id", "user_id", "chain_type", "address", "verification_status", "verified_at", "created_at"];
        let columns = columns.map(|column| format!("typeof({column}) || ' ' || hex({column})"));
        let sql = format!("SELECT {} FROM reward_addresses ORDER BY 1", columns.join(" || ' ' || "));
        let conn = self.connect();
        let mut statement = conn.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

impl Run {
    /// Standard output of a program that had nothing to complain about, but found what stays wrong.
    #[track_caller]
    pub(crate) fn left_wrong(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (Some(3), ""), "{}", self.stdout);
        self.stdout
    }
}
