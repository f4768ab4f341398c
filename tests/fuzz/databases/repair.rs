//! A repair in steps, between what others do, and what undoes it.

use facilitator_markers::rusqlite::{Connection, ErrorCode};
use facilitator_markers::{Change, Repair, StepResult};
use proptest::prelude::*;

use super::calls::is_in_the_way;
use crate::agreement::Checked;
use crate::agreement::audit::{Mended, check_step, check_told, mended, readings, timeless, undone};
use crate::model::{self, Database, Row, Value};

/// More steps than any repair of so small a database takes.
const MOST_STEPS: usize = 200;

/// A repair in steps, and what it did so far.
#[derive(Default)]
pub(super) struct Steps<'conn> {
    repair: Option<Repair<'conn>>,
    /// The rows that a repair would have left when it began.
    expected: Vec<Row>,
    /// Nobody has written since.
    pub(super) were_alone: bool,
    repaired: u64,
    clock: Vec<Value>,
    /// What each step has told, and what it has changed.
    done: Vec<(Vec<Change>, Vec<Mended>)>,
}

impl<'conn> Steps<'conn> {
    pub(super) fn open(&mut self, conn: &'conn Connection, other: &Option<Connection>) -> Checked {
        *self = Steps::default();
        match Repair::new(conn) {
            Ok(repair) => self.repair = Some(repair),
            Err(error) if is_in_the_way(other, &error) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.expected = model::repair(&Database::read(conn)?);
        self.were_alone = true;
        Ok(())
    }

    /// Every change is one that a repair of the tables as they were just before the step would make, and is told.
    pub(super) fn step(
        &mut self,
        conn: &'conn Connection,
        other: &Option<Connection>,
        markers: u64,
    ) -> Checked {
        if self.repair.is_none() {
            self.open(conn, other)?;
        }
        let Some(repair) = &mut self.repair else { return Ok(()) };
        let autocommit = conn.is_autocommit();
        let before = Database::read(conn)?;
        let mut told = Vec::new();
        let result = repair.step(markers, |change| told.push(change));
        prop_assert_eq!(conn.is_autocommit(), autocommit);
        let after = Database::read(conn)?;
        let result = match result {
            Err(error) if is_in_the_way(other, &error) => {
                prop_assert_eq!(after, before);
                return Ok(());
            }
            result => result?,
        };
        check_step(&before, &after)?;
        let mended = mended(&before, &after);
        check_told(conn, &mended, &told)?;
        prop_assert!(mended.len() as u64 <= markers.max(1), "{} rows in a step of {}", mended.len(), markers);
        self.repaired += mended.len() as u64;
        prop_assert_eq!(repair.report().repaired, self.repaired);
        self.clock.extend(readings(&mended));
        self.clock.dedup();
        prop_assert!(self.clock.len() <= 1, "{:?}", self.clock);
        self.done.push((told, mended));
        if result != StepResult::More {
            if self.were_alone {
                prop_assert_eq!(timeless(&after.rows, &self.expected), &self.expected[..]);
            }
            self.repair = None;
        }
        Ok(())
    }

    /// Takes the steps that are left.
    pub(super) fn finish(&mut self, conn: &'conn Connection) -> Checked {
        for _ in 0..MOST_STEPS {
            if self.repair.is_none() {
                return Ok(());
            }
            self.step(conn, &None, 1)?;
        }
        Err(TestCaseError::fail("the steps don't end"))
    }

    /// Undoes what it did, the last step first.
    pub(super) fn undo(&mut self, conn: &Connection, other: &Option<Connection>) -> Checked {
        for (told, mended) in self.done.drain(..).rev() {
            let before = Database::read(conn)?;
            let done = told.iter().try_for_each(|change| conn.execute_batch(&change.undo));
            let after = Database::read(conn)?;
            match done {
                Err(error)
                    if other.is_some() && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
                {
                    prop_assert_eq!(after, before);
                }
                done => {
                    done?;
                    prop_assert_eq!(after, undone(&before, &mended), "{:?}", told);
                }
            }
        }
        Ok(())
    }
}
