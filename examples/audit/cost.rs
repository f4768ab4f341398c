//! What a wrong marker costs its owner.

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{Finding, Mend};
use serde::Serialize;

use crate::amount::Amount;
use crate::volume::{Volume, counted_since};

/// What a marker costs, with all that is wrong with it.
#[derive(Default, Serialize)]
pub(crate) struct Cost {
    /// What the platform counts for the owner.
    pub(crate) counted: Amount,
    /// What it doesn't count, and would if the marker were mended.
    pub(crate) lost: Amount,
    /// Amounts among both that are no whole numbers, and are left out.
    pub(crate) unreadable_amounts: u64,
}

impl Cost {
    /// The cost of a marker, of whom these are all findings; `None` where a repair would mend nothing.
    pub(crate) fn of(conn: &Connection, findings: &[Finding]) -> rusqlite::Result<Option<Self>> {
        let repairs = || {
            findings.iter().filter_map(|finding| match &finding.mend {
                Mend::Repair { column, value } => Some((*column, value)),
                _ => None,
            })
        };
        let (Some(Finding { marker, .. }), true) = (findings.first(), repairs().next().is_some()) else {
            return Ok(None);
        };
        let user_id = &marker.user_id;
        let (counted, since) = Volume::counted(conn, user_id)?;
        let new = repairs().find(|(column, _)| *column == "created_at").map(|(_, date)| date.clone());
        let new = new.unwrap_or_else(|| marker.created_at.clone());
        let others = counted_since(conn, user_id, Some(&marker.id))?;
        let mended_since = others.into_iter().chain([new]).min().unwrap_or_default();
        let lost = Volume::between(conn, user_id, &mended_since, since.as_deref())?;
        Ok(Some(Cost {
            counted: counted.amount,
            lost: lost.amount,
            unreadable_amounts: counted.unreadable + lost.unreadable,
        }))
    }

    pub(crate) fn add(&mut self, other: &Cost) {
        self.counted.add(&other.counted);
        self.lost.add(&other.lost);
        self.unreadable_amounts += other.unreadable_amounts;
    }

    /// A line about it, for a person.
    pub(crate) fn sentence(&self) -> String {
        let Cost { counted, lost, unreadable_amounts } = self;
        let unreadable = match unreadable_amounts {
            0 => String::new(),
            some => format!("; amounts that are no whole numbers, and are in neither: {some}"),
        };
        format!("counted now: {counted}; not counted because of this: {lost}{unreadable}")
    }
}
