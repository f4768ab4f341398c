//! Enrolling one user.

use facilitator_markers::sql;
use serde_json::Value;

use crate::client::Level;
use crate::error::Error;
use crate::markers::Markers;
use crate::refused::{Refusal, RefusedOwner};

/// How often a marker is written that isn't there afterwards.
const TRIES: usize = 3;

/// What became of a user. The names are those of the library's outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrollment {
    /// The marker was written.
    Created,
    /// The user had a marker, which stays as it is.
    AlreadyEnrolled,
    /// No user has this id.
    UnknownUser,
    /// No user has exactly this id, and several have it in other upper and lower case.
    AmbiguousUser,
    /// No facilitator belongs to the user.
    NotAnOwner,
    /// A `created_at` among the user's facilitators can't be read.
    UnreadableDate,
}

impl Enrollment {
    /// The name wherever it appears as text.
    pub fn name(self) -> &'static str {
        match self {
            Enrollment::Created => "created",
            Enrollment::AlreadyEnrolled => "already_enrolled",
            Enrollment::UnknownUser => "unknown_user",
            Enrollment::AmbiguousUser => "ambiguous_user",
            Enrollment::NotAnOwner => "not_an_owner",
            Enrollment::UnreadableDate => "unreadable_date",
        }
    }

    const NOTHING_WRITTEN: [Enrollment; 5] = [
        Enrollment::AlreadyEnrolled,
        Enrollment::UnknownUser,
        Enrollment::AmbiguousUser,
        Enrollment::NotAnOwner,
        Enrollment::UnreadableDate,
    ];
}

impl Markers<'_> {
    /// Makes sure that this user has a marker, if one is due. Where an answer was lost, a marker that this call
    /// has written is one that was there.
    ///
    /// # Errors
    ///
    /// As [`due`](Self::due), and [`Error::EnsureRefused`].
    pub fn ensure(&mut self, user_id: &str) -> Result<Enrollment, Error> {
        let clock = self.time.clock();
        let refused = |refusal| Error::EnsureRefused(RefusedOwner { user_id: user_id.to_owned(), refusal });
        for _ in 0..TRIES {
            match self.attempt(|client| client.execute(sql::ENSURE, &[user_id, &clock]))? {
                Ok(0) => {}
                Ok(_) => return Ok(Enrollment::Created),
                Err(reason) => return Err(refused(Refusal::TurnedAway { reason: reason.to_string() })),
            }
            let rows = self.ask(sql::OUTCOME, &[user_id], Level::Strong)?;
            match rows.first().and_then(|row| row.first()).and_then(Value::as_str) {
                // Somebody has changed the tables in between, or a rule of the host's removes the row.
                Some("due") => {}
                Some("refused") => return Err(refused(Refusal::Taken)),
                outcome => {
                    let known =
                        Enrollment::NOTHING_WRITTEN.into_iter().find(|one| Some(one.name()) == outcome);
                    return known.ok_or(Error::Unexpected { statement: "outcome" });
                }
            }
        }
        Err(refused(Refusal::NotKept))
    }
}
