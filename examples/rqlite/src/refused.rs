//! Markers that an engine doesn't take.

use std::fmt;

use crate::quoted::Quoted;

/// An owner whose marker is missing, and refused. Displayed, it says why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOwner {
    /// The user who stays unenrolled.
    pub user_id: String,
    /// What refuses the marker.
    pub refusal: Refusal,
}

/// What keeps a marker from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Another row has the marker's id or address.
    Taken,
    /// The engine reported no error, and the row isn't there.
    NotKept,
    /// A CHECK, a trigger or anything else turned the row away.
    TurnedAway {
        /// The engine's own text.
        reason: String,
    },
}

impl fmt::Display for RefusedOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for user {}, {}", Quoted(&self.user_id), self.refusal)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Taken => f.write_str(
                "another row of reward_addresses has the marker's id, or is the user's own and has its address; change that \
                 row's id or address, then run the backfill",
            ),
            Refusal::NotKept => f.write_str(
                "reward_addresses didn't keep the new row; look for a trigger or a conflict clause that ignores, removes or \
                 changes it, or a unique constraint that only the host knows",
            ),
            Refusal::TurnedAway { reason } => write!(
                f,
                "the database turned the row away: {reason}; change the rule or what it objects to, then try again"
            ),
        }
    }
}
