//! What a repair answers: everything that it changed.
//!
//! The answer comes to the host after the changes are made. Were they committed by then, a host that dies first would never
//! know of them. So a repair works only inside a transaction of the host's, who commits it once the changes are recorded, and a
//! repair whose answer could not be given is undone.

use marker_core::{Change, Error, RepairReport, Replaced};
use rusqlite::{Connection, ffi};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::failure::Failure;

/// What stands in the answer beside the changes and the refusal, at most.
const OTHERS: usize = 256;

/// The changes so far, as the elements of a JSON array.
pub(super) struct Changes {
    elements: String,
    /// How long they may become, in bytes.
    most: usize,
}

impl Changes {
    /// Begins, in a transaction of the host's.
    pub(super) fn new(function: &str, conn: &Connection) -> Result<Self, Failure> {
        if conn.is_autocommit() {
            return Err(Failure::misuse(format!(
                "{function}: begin a transaction first, and commit it once the changes that this answers with are recorded, so \
                 that none can be committed and never be told"
            )));
        }
        // SAFETY: the connection is open and in use by this call only; nothing is set.
        let most = unsafe { ffi::sqlite3_limit(conn.handle(), ffi::SQLITE_LIMIT_LENGTH, -1) };
        let most = usize::try_from(most).unwrap_or(0).saturating_sub(OTHERS);
        Ok(Changes { elements: String::new(), most })
    }

    /// Adds one. Fails where the answer would become too long.
    pub(super) fn add(&mut self, change: &Change) -> Result<(), Error> {
        if !self.elements.is_empty() {
            self.elements.push(',');
        }
        self.elements.push_str(&json_of(change).to_string());
        if self.elements.len() <= self.most {
            return Ok(());
        }
        let text = "they are too long for one text, so mend fewer markers at a time".to_owned();
        let source = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), Some(text));
        Err(Error::Sqlite { doing: "answering with the changes", code: ffi::SQLITE_TOOBIG, source })
    }

    /// The answer: what the round has come to, with these changes. `refused` says which changes the database refused.
    pub(super) fn answer(self, is_done: bool, report: RepairReport, refused: Option<&Error>) -> Answer {
        let Changes { elements, most } = self;
        let RepairReport { markers, repaired, refused: count, .. } = report;
        // The changes are what must not be lost.
        let room = most - elements.len();
        let message =
            refused.map(|error| json!(error.to_string()).to_string()).filter(|text| text.len() <= room);
        let message = message.as_deref().unwrap_or("null");
        Answer::Text(format!(
            "{{\"is_done\":{is_done},\"markers\":{markers},\"repaired\":{repaired},\"refused\":{count},\"message\":{message},\
             \"changes\":[{elements}]}}"
        ))
    }
}

fn json_of(change: &Change) -> Value {
    let mut members = Map::new();
    members.insert("marker_id".to_owned(), json!(change.marker_id));
    members.insert("user_id".to_owned(), json!(change.user_id));
    let columns = [
        ("created_at", &change.created_at),
        ("verification_status", &change.verification_status),
        ("verified_at", &change.verified_at),
    ];
    for (name, replaced) in columns {
        if let Some(Replaced { old, new, .. }) = replaced {
            members.insert(name.to_owned(), json!({"old": old, "new": new}));
        }
    }
    members.insert("undo".to_owned(), json!(change.undo));
    members.insert("message".to_owned(), json!(change.to_string()));
    Value::Object(members)
}
