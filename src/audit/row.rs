//! A marker's row, as it is stored.

use rusqlite::types::ValueRef;

use crate::marker::Marker;
use crate::memory::OutOfMemory;
use crate::text::Text;
use crate::value::{self, Value};

/// The columns that are read of it, in this order. A repair writes to none of the first four.
pub(crate) const COLUMNS: [&str; 7] =
    ["id", "user_id", "address", "chain_type", "verification_status", "verified_at", "created_at"];

/// A row of `reward_addresses` with `chain_type = 'facilitator'`, whatever else it holds.
#[derive(Debug)]
pub(crate) struct MarkerRow {
    pub(crate) id: Value,
    pub(crate) user_id: Value,
    pub(crate) address: Value,
    pub(crate) verification_status: Value,
    pub(crate) verified_at: Value,
    pub(crate) created_at: Value,
}

impl MarkerRow {
    /// The row with these values in [`COLUMNS`].
    pub(crate) fn of<'r>(value: impl Fn(usize) -> rusqlite::Result<ValueRef<'r>>) -> rusqlite::Result<Self> {
        let copy = |column| -> rusqlite::Result<_> { Ok(Value::copy(value(column)?)?) };
        Ok(MarkerRow {
            id: copy(0)?,
            user_id: copy(1)?,
            address: copy(2)?,
            verification_status: copy(4)?,
            verified_at: copy(5)?,
            created_at: copy(6)?,
        })
    }

    /// Whether it has the id and the address of this row.
    pub(crate) fn has_key_of(&self, other: &MarkerRow) -> bool {
        self.id.is(other.id.as_ref()) && self.address.is(other.address.as_ref())
    }

    /// Whether it has the same values.
    pub(crate) fn is_as(&self, other: &MarkerRow) -> bool {
        let pairs = [
            (&self.user_id, &other.user_id),
            (&self.verification_status, &other.verification_status),
            (&self.verified_at, &other.verified_at),
            (&self.created_at, &other.created_at),
        ];
        self.has_key_of(other) && pairs.into_iter().all(|(one, other)| one.is(other.as_ref()))
    }

    /// The same row once more.
    pub(crate) fn again(&self) -> Result<Self, OutOfMemory> {
        Ok(MarkerRow {
            id: self.id.again()?,
            user_id: self.user_id.again()?,
            address: self.address.again()?,
            verification_status: self.verification_status.again()?,
            verified_at: self.verified_at.again()?,
            created_at: self.created_at.again()?,
        })
    }

    /// How many bytes it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        let values = [
            &self.id,
            &self.user_id,
            &self.address,
            &self.verification_status,
            &self.verified_at,
            &self.created_at,
        ];
        size_of::<Self>() + values.map(Value::bytes).iter().sum::<usize>()
    }

    /// The id of the user whom it names, if it can name one.
    pub(crate) fn user_id(&self) -> Option<&Text> {
        match &self.user_id {
            Value::Text(user_id) => Some(user_id),
            _ => None,
        }
    }

    /// The row for a person to read.
    pub(crate) fn to_marker(&self) -> Result<Marker, OutOfMemory> {
        let text = |value: &Value| match value {
            Value::Null => Ok(String::new()),
            value => value::display(value.as_ref()),
        };
        Ok(Marker {
            id: text(&self.id)?,
            user_id: text(&self.user_id)?,
            chain_type: "facilitator".to_owned(),
            address: text(&self.address)?,
            verification_status: text(&self.verification_status)?,
            verified_at: match &self.verified_at {
                Value::Null => None,
                value => Some(text(value)?),
            },
            created_at: text(&self.created_at)?,
        })
    }
}
