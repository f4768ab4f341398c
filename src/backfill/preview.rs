//! `preview_facilitator_markers`.

use std::fmt;

use rusqlite::Connection;

use super::call::run;
use super::round::{Mode, Round};
use crate::error::{Error, RefusedMarker};
use crate::interrupt::Interruptible;
use crate::report::BackfillReport;
use crate::snapshot::reading;

/// What a backfill would do now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// The counts. `created` are the markers that would be written, and `refused` those of which the schema
    /// tells that they would not.
    pub report: BackfillReport,
    /// What stands in the way of markers. Empty as a rule.
    pub warnings: Vec<Warning>,
}

/// What stands in the way of markers. Displayed, a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Markers would be refused. A backfill would fail with
    /// [`Error::MarkerRefused`] after it has visited all owners.
    Refused {
        /// How many.
        count: u64,
        /// The first of them; [`for_each_skipped_owner`](crate::for_each_skipped_owner) names all.
        first: RefusedMarker,
    },
    /// A CHECK of `reward_addresses` lists the values of `chain_type` without `facilitator`. It would refuse
    /// every marker.
    ChainTypeCheck {
        /// The CHECK, as the table's definition has it.
        check: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Refused { count: 1, first } => write!(f, "1 marker would be refused: {first}"),
            Warning::Refused { count, first } => {
                write!(f, "{count} markers would be refused, the first {first}")
            }
            Warning::ChainTypeCheck { check } => write!(
                f,
                "reward_addresses has {check}, which is older than markers and would refuse them; run the host's \
                 migration that lets chain_type be 'facilitator' first"
            ),
        }
    }
}

/// What a backfill would do now. Writes nothing, takes no write lock, and works on a read-only connection.
///
/// All of it is read from one state of the database. Of the markers that would be refused it foresees those of
/// which the schema tells: their id or address is taken, or no marker can be written for want of a default, a
/// type that stores text or the table of a foreign key. What only the run of a CHECK or a trigger can tell, it
/// can't.
///
/// # Errors
///
/// [`Error::MissingSchema`], [`Error::UnsupportedSqlite`] and whatever SQLite answers.
///
/// # The connection
///
/// No transaction is begun. In autocommit mode the one state of the database is held until the call returns,
/// as by a long query.
///
/// # Example
///
/// ```
/// use facilitator_markers::{preview_facilitator_markers, rusqlite::Connection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let conn = Connection::open_in_memory()?;
/// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
/// # conn.execute_batch(r#"
/// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
/// #     INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('f1', 'Pay', 'pay', 'xk9');
/// # "#)?;
/// let preview = preview_facilitator_markers(&conn)?;
/// assert_eq!(preview.report.created, 1);
/// assert!(preview.warnings.is_empty());
/// # let markers: i64 = conn.query_row("SELECT count(*) FROM reward_addresses", [], |row| row.get(0))?;
/// # assert_eq!(markers, 0);
/// # Ok(())
/// # }
/// ```
pub fn preview_facilitator_markers(conn: &Connection) -> Result<Preview, Error> {
    let conn = Interruptible::new(conn)?;
    reading(&conn, || {
        let mut round = Round::new(&conn, Mode::Preview)?;
        // What is refused is told by the warnings.
        let _ = run(&conn, &mut round)?;
        let (report, fitness) = (round.progress().report, round.fitness());
        let refused = round.refused().first().cloned();
        let refused = refused.map(|first| Warning::Refused { count: report.refused, first });
        let check =
            fitness.chain_type_check().map(|check| Warning::ChainTypeCheck { check: check.to_owned() });
        Ok(Preview { report, warnings: refused.into_iter().chain(check).collect() })
    })
}
