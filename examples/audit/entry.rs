//! A line of an undo log: a change, and how to undo it.

use facilitator_markers::rusqlite::{self, Connection, OptionalExtension};
use facilitator_markers::{Change, Replaced};
use serde::{Deserialize, Serialize};

/// A change that was made, or was about to be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_status: Option<Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<Values>,
    undo: String,
}

/// A value before and after, as SQL writes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    old: String,
    new: String,
}

/// What became of a change that was to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Undone {
    PutBack,
    /// The row has its old values: the change was never committed, or has been undone.
    AsItWas,
    /// The row has other values than the change gave it, or is gone.
    ChangedSince,
}

/// How each statement begins that undoes a change.
const BEGINNING: &str = "UPDATE main.reward_addresses SET ";

impl Entry {
    pub(crate) fn of(change: &Change) -> Self {
        let values = |replaced: &Option<Replaced>| {
            replaced.as_ref().map(|Replaced { old, new, .. }| Values { old: old.clone(), new: new.clone() })
        };
        Entry {
            id: change.marker_id.clone(),
            user_id: change.user_id.clone(),
            created_at: values(&change.created_at),
            verification_status: values(&change.verification_status),
            verified_at: values(&change.verified_at),
            undo: change.undo.clone(),
        }
    }

    /// Whether it is what a repair writes.
    pub(crate) fn is_of_a_repair(&self) -> bool {
        self.undo.starts_with(BEGINNING) && self.changed().next().is_some()
    }

    /// The columns that were changed.
    fn changed(&self) -> impl Iterator<Item = (&'static str, &Values)> {
        let columns = [
            ("created_at", &self.created_at),
            ("verification_status", &self.verification_status),
            ("verified_at", &self.verified_at),
        ];
        columns.into_iter().filter_map(|(name, values)| Some((name, values.as_ref()?)))
    }

    /// Undoes the change in a transaction of its own.
    pub(crate) fn undo(&self, conn: &Connection) -> rusqlite::Result<Undone> {
        if conn.execute(&self.undo, [])? > 0 {
            return Ok(Undone::PutBack);
        }
        Ok(if self.is_as_it_was(conn)? { Undone::AsItWas } else { Undone::ChangedSince })
    }

    fn is_as_it_was(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let old: String = self
            .changed()
            .map(|(name, values)| format!(" AND {name} IS {} COLLATE BINARY", values.old))
            .collect();
        let sql = format!(
            "SELECT 1 FROM main.reward_addresses WHERE id IS ?1 AND user_id IS ?2 AND chain_type = 'facilitator'{old}"
        );
        let found = conn.query_row(&sql, (&self.id, &self.user_id), |_| Ok(())).optional()?;
        Ok(found.is_some())
    }
}
