//! The owners whom a backfill would enroll.

use std::fmt;

use serde_json::Value;

use crate::quoted::Quoted;

/// An owner whom a backfill would enroll. Displayed, a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueOwner {
    /// The user's id, as stored in `"user"`.
    pub user_id: String,
    /// The date that the marker would get: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub enrollment_date: String,
    /// Whether that is later than the clock, which is for a person to look into.
    pub is_to_come: bool,
}

impl fmt::Display for DueOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} would be enrolled since {}", Quoted(&self.user_id), self.enrollment_date)?;
        if self.is_to_come {
            f.write_str(", which is still to come: check the created_at of the user's facilitators")?;
        }
        Ok(())
    }
}

/// From a row of the statement.
pub(crate) fn read(row: Vec<Value>, clock: &str) -> Option<DueOwner> {
    match <[Value; 2]>::try_from(row) {
        Ok([Value::String(user_id), Value::String(enrollment_date)]) => {
            let is_to_come = enrollment_date.as_str() > clock;
            Some(DueOwner { user_id, enrollment_date, is_to_come })
        }
        _ => None,
    }
}
