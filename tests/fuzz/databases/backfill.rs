//! A backfill in steps, between what others do.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, Error, StepResult};
use proptest::prelude::*;

use super::calls::is_in_the_way;
use crate::agreement::{Checked, check_report, timeless};
use crate::model::{self, Database, Row};

/// A backfill in steps, and what it did so far.
#[derive(Default)]
pub(super) struct Steps<'conn> {
    backfill: Option<Backfill<'conn>>,
    /// What a backfill would have come to when it began.
    expected: Option<model::Backfill>,
    /// Nobody has written since.
    pub(super) were_alone: bool,
    added: Vec<Row>,
}

impl<'conn> Steps<'conn> {
    pub(super) fn open(&mut self, conn: &'conn Connection, other: &Option<Connection>) -> Checked {
        *self = Steps::default();
        match Backfill::new(conn) {
            Ok(backfill) => self.backfill = Some(backfill),
            Err(error) if is_in_the_way(other, &error) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.expected = Some(model::backfill(&Database::read(conn)?));
        self.were_alone = true;
        Ok(())
    }

    /// Every marker is one that a backfill of the tables as they were just before the step would write.
    pub(super) fn step(
        &mut self,
        conn: &'conn Connection,
        other: &Option<Connection>,
        owners: u64,
    ) -> Checked {
        if self.backfill.is_none() {
            self.open(conn, other)?;
        }
        let Some(backfill) = &mut self.backfill else { return Ok(()) };
        let autocommit = conn.is_autocommit();
        let before = Database::read(conn)?;
        let result = backfill.step(owners);
        prop_assert_eq!(conn.is_autocommit(), autocommit);
        let after = Database::read(conn)?;
        prop_assert!(after.rows.starts_with(&before.rows), "a row was changed: {:?} {:?}", before, after);
        let right = model::backfill(&before).rows;
        for row in timeless(&after, &before).iter().skip(before.rows.len()) {
            prop_assert!(right.contains(row), "{:?} in {:?}", row, before);
        }
        self.added.extend(after.rows.into_iter().skip(before.rows.len()));
        let report = backfill.report();
        prop_assert_eq!(report.created, self.added.len() as u64);
        prop_assert!(
            self.added.windows(2).all(|two| two[0].verified_at == two[1].verified_at),
            "{:?}",
            self.added
        );
        match result {
            Ok(StepResult::More) => return Ok(()),
            Err(error) if is_in_the_way(other, &error) => {
                prop_assert_eq!(after.users, before.users);
                return Ok(());
            }
            result => {
                if let (true, Some(expected)) = (self.were_alone, &self.expected) {
                    check_report(result.map(|_| report), expected)?;
                } else if let Err(error) = result {
                    prop_assert!(matches!(error, Error::MarkerRefused { .. }), "{}", error);
                }
            }
        }
        *self = Steps::default();
        Ok(())
    }
}
