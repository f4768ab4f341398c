//! Enrolling one user of an existing database.

use std::io::{self, Write};
use std::path::Path;

use facilitator_markers::rusqlite::{self, Transaction, TransactionBehavior};
use facilitator_markers::{Enrollment, Error, Marker, ensure_facilitator_marker};

use crate::arguments::Arguments;
use crate::database::Database;
use crate::failure::Failure;
use crate::interruption::on_ctrl_c;
use crate::json;

/// What became of the user.
pub(crate) struct Answer {
    /// The name of the library's outcome, or `refused`.
    pub(crate) outcome: &'static str,
    pub(crate) result: Result<Marker, Advice>,
}

/// Why the user isn't enrolled, and what to do.
pub(crate) type Advice = String;

pub(crate) fn run(
    path: &Path,
    user_id: &str,
    arguments: &Arguments,
    out: &mut impl Write,
) -> Result<(), Failure> {
    on_ctrl_c(|| "interrupted; the same command says whether the marker was written".to_owned());
    let database = Database::open(path, arguments.access(), arguments.busy_timeout())?;
    let answer = enroll(&database, user_id)?;
    if arguments.json {
        json::write_answer(out, user_id, &answer)?;
    } else if let Ok(marker) = &answer.result {
        write(out, answer.outcome, marker)?;
    }
    answer.result.map(drop).map_err(|advice| Failure::NotEnrolled { path: database.path, advice })
}

fn enroll(database: &Database, user_id: &str) -> Result<Answer, Failure> {
    let failed = |error: rusqlite::Error| Failure::Sqlite { path: database.path.clone(), error };
    let transaction =
        Transaction::new_unchecked(&database.conn, TransactionBehavior::Immediate).map_err(failed)?;
    let enrollment = match ensure_facilitator_marker(&transaction, user_id) {
        Ok(enrollment) => enrollment,
        Err(Error::MarkerRefused { first, .. }) => {
            return Ok(Answer { outcome: "refused", result: Err(first.to_string()) });
        }
        Err(error) => return Err(database.failed(error)),
    };
    if let Some(other) = enrollment.marker().filter(|marker| marker.user_id != user_id) {
        // The library takes an id in lower case as well, but who has settled an ambiguity says exactly who is meant.
        let advice = format!(
            "no user has exactly the id {user_id:?}; if {:?} is meant, pass the id as that",
            other.user_id
        );
        return Ok(Answer { outcome: "unknown_user", result: Err(advice) });
    }
    transaction.commit().map_err(failed)?;
    let outcome = enrollment.name();
    let result = match enrollment {
        Enrollment::Created(marker) | Enrollment::AlreadyEnrolled(marker) => Ok(marker),
        other => Err(advice(&other, user_id)),
    };
    Ok(Answer { outcome, result })
}

/// What to do where the user isn't enrolled.
fn advice(enrollment: &Enrollment, user_id: &str) -> Advice {
    match enrollment {
        Enrollment::UnknownUser => {
            format!(
                "no user has the id {user_id:?}; pass an id as table \"user\" has it, in upper and lower case"
            )
        }
        Enrollment::AmbiguousUser => format!(
            "no user has exactly the id {user_id:?}, and several have it in other upper and lower case; --dry-run \
             --explain names them: pass one of these"
        ),
        Enrollment::NotAnOwner => format!(
            "no facilitator belongs to user {user_id:?}; check the id, and that the owner_address of the user's \
             facilitators is this id, or this id in lower case"
        ),
        Enrollment::UnreadableDate => format!(
            "a created_at among the facilitators of user {user_id:?} can't be read; set each such one to YYYY-MM-DD \
             HH:MM:SS, UTC, then run this again"
        ),
        other => format!("user {user_id:?} is not enrolled: {other}; --dry-run --explain may say more"),
    }
}

fn write(out: &mut impl Write, outcome: &str, marker: &Marker) -> io::Result<()> {
    let Marker { user_id, created_at, .. } = marker;
    writeln!(out, "{outcome}: user {user_id:?} is enrolled since {created_at:?}")
}
