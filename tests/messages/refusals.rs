//! [`Refusal`] and [`RefusedMarker`](facilitator_markers::RefusedMarker).

use facilitator_markers::rusqlite::ffi;
use facilitator_markers::{Error, Refusal, ensure_facilitator_marker};

use crate::host::{add_owner, add_reward_address, in_memory};

/// The error for so many refused markers, of which the first is Ada's. Nobody but the library can make one, so it
/// makes one, whose reason is replaced.
pub fn refused(of: u64, refusal: Refusal) -> Error {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2026-01-21");
    add_reward_address(&conn, "FACILITATOR_OWNER:Ada", "Ada", "evm", "0x1");
    match ensure_facilitator_marker(&conn, "Ada") {
        Err(Error::MarkerRefused { mut first, report, .. }) => {
            first.refusal = refusal;
            Error::MarkerRefused { count: of, first, report }
        }
        other => panic!("{other:?}"),
    }
}

pub fn lines() -> Vec<String> {
    let text = |text: &str| text.to_owned();
    let turned_away = |code, message: &str| Refusal::TurnedAway { code, message: message.to_owned() };
    let refusals = [
        Refusal::IdTaken { user_id: text("Bob"), chain_type: text("evm") },
        Refusal::AddressTaken { id: text("r1"), chain_type: text("evm") },
        Refusal::NotKept,
        Refusal::ColumnWithoutDefault { column: text("chain_id") },
        Refusal::ColumnTakesNoText { column: text("created_at"), declared_type: text("INTEGER") },
        Refusal::ParentMissing { parent: text("user_old") },
        Refusal::ChainTypeCheck { check: text("CHECK (chain_type IN ('evm', 'solana'))") },
        turned_away(ffi::SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: address LIKE '0x%'"),
        turned_away(ffi::SQLITE_CONSTRAINT_TRIGGER, "at most 5 addresses"),
        turned_away(ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed"),
        turned_away(ffi::SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: reward_addresses.length"),
        turned_away(ffi::SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: reward_addresses.address"),
        turned_away(ffi::SQLITE_TOOBIG, "string or blob too big"),
        turned_away(ffi::SQLITE_ERROR, "no such table: main.audit"),
    ];
    refusals.iter().map(ToString::to_string).collect()
}
