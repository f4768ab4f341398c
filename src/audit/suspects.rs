//! The markers that may be wrong.

use rusqlite::types::ValueRef;

use super::judge::Owner;
use super::row::MarkerRow;
use crate::date::Second;
use crate::join::addresses::{Addresses, Status};
use crate::join::pages::Record;
use crate::marker::ID_PREFIX;

/// A marker that may be wrong.
pub(crate) struct Suspect {
    pub(crate) row: MarkerRow,
    /// What the addresses know of its user; nothing if that, or whose marker it is, has to be looked up.
    pub(crate) owner: Option<Owner>,
}

impl Suspect {
    /// This row, if it is a marker of this part of the addresses and not as the library writes it. Counts those of this
    /// part.
    pub(crate) fn read(
        record: &Record<'_, '_>,
        addresses: &Addresses,
        markers: &mut u64,
    ) -> rusqlite::Result<Option<Self>> {
        if record.value(3)? != ValueRef::Text(b"facilitator") {
            return Ok(None);
        }
        let user_id = record.text(1)?;
        let status = user_id.and_then(|user_id| addresses.status_of_owner(user_id));
        if status.is_none() && !addresses.hold_those_of(user_id) {
            return Ok(None);
        }
        *markers += 1;
        let address = record.text(2)?.and_then(|address| address.strip_prefix(ID_PREFIX.as_bytes()));
        let owner = match status.filter(|_| address.is_some() && address == user_id) {
            Some(Status::Due(date)) => Some(Owner::Since(date)),
            Some(Status::UnreadableDate) => Some(Owner::Unclear),
            _ => None,
        };
        if let Some(owner) = owner {
            let date = record.text(6)?.and_then(Second::of_written);
            let is_dated = match owner {
                Owner::Since(enrollment_date) => date == Some(enrollment_date),
                _ => date.is_some(),
            };
            if is_dated && record.value(4)? == ValueRef::Text(b"verified") {
                return Ok(None);
            }
        }
        let row = MarkerRow::of(|column| record.value(column))?;
        Ok(Some(Suspect { row, owner }))
    }
}
