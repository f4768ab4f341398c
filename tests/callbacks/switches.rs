//! What a host can switch on and off for a connection.

use std::ffi::c_int;
use std::fmt;

use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::calls;
use crate::case::all;
use crate::database::{JOURNAL, LOOSE, USUAL, WAL};
use crate::fault::{Armed, Fault};
use crate::harness::try_all;
use crate::setting::SETTINGS;
use crate::watch::Watch;

/// The switches, by their numbers, some of which are younger than the oldest bindings. RESET_DATABASE is none. See
/// <https://sqlite.org/c3ref/c_dbconfig_defensive.html>.
const SWITCHES: [(&str, c_int); 20] = [
    ("ENABLE_FKEY", 1002),
    ("ENABLE_TRIGGER", 1003),
    ("ENABLE_FTS3_TOKENIZER", 1004),
    ("ENABLE_LOAD_EXTENSION", 1005),
    ("NO_CKPT_ON_CLOSE", 1006),
    ("ENABLE_QPSG", 1007),
    ("TRIGGER_EQP", 1008),
    ("DEFENSIVE", 1010),
    ("WRITABLE_SCHEMA", 1011),
    ("LEGACY_ALTER_TABLE", 1012),
    ("DQS_DML", 1013),
    ("DQS_DDL", 1014),
    ("ENABLE_VIEW", 1015),
    ("LEGACY_FILE_FORMAT", 1016),
    ("TRUSTED_SCHEMA", 1017),
    ("STMT_SCANSTATUS", 1018),
    ("REVERSE_SCANORDER", 1019),
    ("ENABLE_ATTACH_CREATE", 1020),
    ("ENABLE_ATTACH_WRITE", 1021),
    ("ENABLE_COMMENTS", 1022),
];

/// One bit for each switch: which are turned, and how.
#[derive(Debug, Clone)]
struct Switches {
    turned: u32,
    on: u32,
}

impl fmt::Display for Switches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has turned")?;
        for (number, (name, _)) in
            SWITCHES.iter().enumerate().filter(|(number, _)| self.turned >> number & 1 == 1)
        {
            write!(f, " {name} {}", if self.on >> number & 1 == 1 { "on" } else { "off" })?;
        }
        Ok(())
    }
}

/// Turns a switch, and says how it was; `None` where this SQLite has no such switch.
fn turn(conn: &Connection, switch: c_int, on: c_int) -> Option<c_int> {
    let (mut before, mut now): (c_int, c_int) = (0, 0);
    // SAFETY: the connection is open, and each of these switches takes a number and a place for another.
    unsafe {
        let db = conn.handle();
        let known = ffi::sqlite3_db_config(db, switch, -1_i32, &raw mut before) == ffi::SQLITE_OK;
        let turned = known && ffi::sqlite3_db_config(db, switch, on, &raw mut now) == ffi::SQLITE_OK;
        turned.then_some(before)
    }
}

/// Switches that are put back.
struct Turned<'c> {
    conn: &'c Connection,
    before: Vec<(c_int, c_int)>,
}

impl Fault for Switches {
    fn arm<'c>(&'c self, conn: &'c Connection, _: &'c Watch) -> Box<dyn Armed + 'c> {
        let turned = SWITCHES.iter().enumerate().filter(|(number, _)| self.turned >> number & 1 == 1);
        let before = turned.filter_map(|(number, (_, switch))| {
            let on = (self.on >> number & 1) as c_int;
            turn(conn, *switch, on).map(|before| (*switch, before))
        });
        Box::new(Turned { conn, before: before.collect() })
    }

    fn changes_nothing(&self) -> bool {
        true
    }
}

impl Drop for Turned<'_> {
    fn drop(&mut self) {
        for (switch, before) in &self.before {
            turn(self.conn, *switch, *before);
        }
    }
}

#[test]
fn no_switch_of_the_hosts_makes_a_call_fail_or_its_outcome_wrong() {
    let mut faults = Vec::new();
    for number in 0..SWITCHES.len() {
        faults.extend([0, 1].map(|on| Switches { turned: 1 << number, on: on << number }));
    }
    let mut random = fastrand::Rng::with_seed(2);
    faults.extend((0..60).map(|_| Switches { turned: random.u32(..), on: random.u32(..) }));
    let hosts = [USUAL, LOOSE, WAL, JOURNAL];
    let cases = all(&hosts, &SETTINGS, &calls(), &faults);
    try_all("switches::no_switch_of_the_hosts_makes_a_call_fail_or_its_outcome_wrong", &cases, 180);
}
