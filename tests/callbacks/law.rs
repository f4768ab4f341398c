//! What holds after every call, whatever came in between.

use std::collections::{BTreeMap, BTreeSet};

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, ffi};

use crate::answer::{Answer, Report, Told};
use crate::call::{Call, Task};
use crate::case::Case;
use crate::database::{Row, Shape, notes, rows, statements};
use crate::done::{all_told, done, is_undone};
use crate::expected::{self, where_it_seems};
use crate::fault::Appearance;
use crate::run::Heard;
use crate::setting::{Setting, UNCOMMITTED};
use crate::wrong::Seen;

/// A broken promise, in words.
pub type Broken = String;

/// What was there before the call.
pub struct Law<'a> {
    case: &'a Case,
    conn: &'a Connection,
    rows: BTreeMap<i64, Row>,
    statements: usize,
}

/// Fails with these words unless it holds.
macro_rules! promise {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

impl<'a> Law<'a> {
    pub fn new(case: &'a Case, conn: &'a Connection) -> Self {
        Law { case, conn, rows: rows(conn), statements: statements(conn) }
    }

    /// What holds when the call returns, also within a SELECT of the host's.
    pub fn on_return(&self, outcome: &Result<Answer, Error>) -> Result<(), Broken> {
        let setting = self.case.setting;
        let open = statements(self.conn) - usize::from(setting.is_select());
        promise!(open == self.statements, "statements are left open: {open}");
        let is_there = !self.conn.is_autocommit();
        match outcome {
            Err(Error::TransactionEnded { .. }) => {
                let is_so = setting.is_transaction() && !is_there;
                promise!(is_so, "the transaction is said to have ended, and has not")
            }
            Err(Error::NotUndone { undo, .. }) => {
                promise!(
                    self.case.fault.may_prevent_undoing(setting),
                    "what could be undone is not undone: {undo}"
                )
            }
            _ => promise!(
                is_there == setting.is_transaction(),
                "autocommit is {}, as it wasn't before, and nobody said so: {outcome:?}",
                if is_there { "off" } else { "on" }
            ),
        }
        Ok(())
    }

    /// What holds after a call that may have failed, before the host does anything else.
    pub fn after(
        &self,
        outcome: &Result<Answer, Error>,
        heard: &Heard,
        report: Option<Report>,
    ) -> Result<(), Broken> {
        let Case { setting, call, fault, .. } = self.case;
        let is_there = !self.conn.is_autocommit();
        // SAFETY: the connection is open, and the name ends with a NUL.
        let state = unsafe { ffi::sqlite3_txn_state(self.conn.handle(), c"main".as_ptr()) };
        promise!(is_there || state == ffi::SQLITE_TXN_NONE, "a snapshot or a lock is left: {state}");
        let is_noted = notes(self.conn).iter().any(|note| note == UNCOMMITTED);
        let is_gone = setting.is_transaction() && !is_there;
        promise!(
            is_noted == (setting.is_transaction() && is_there),
            "the host's own row is there: {is_noted}"
        );

        let done = self.done()?;
        match outcome {
            // A SELECT of the host's that fails may end its transaction with it.
            _ if is_gone => {
                promise!(
                    done.is_empty(),
                    "markers are written or mended in a transaction that is gone: {done:?}"
                );
                return Ok(());
            }
            Ok(answer) => self.answer(answer, &done)?,
            Err(error) if fault.changes_nothing() => return Err(format!("the call failed: {error}")),
            Err(Error::NotUndone { .. }) => return Ok(()),
            Err(error) => {
                self.told(heard)?;
                if let Some(report) = report {
                    self.counts(report, &done)?;
                } else if setting.is_transaction() || !call.commits_as_it_goes() {
                    let own = if fault.writes_others() { &BTreeSet::new() } else { &done };
                    promise!(
                        own.is_empty(),
                        "markers are written or mended by a call that failed: {own:?}, {error}"
                    );
                }
            }
        }
        self.all_told(&self.rows, &heard.changes, outcome.is_ok())
    }

    /// The owners whose markers are new or mended, all of them right, in a table in which nothing else has changed.
    pub fn done(&self) -> Result<BTreeSet<String>, Broken> {
        let Case { host, setting, call, fault } = self.case;
        let is_seen = fault.appearance(host.shape).is_true();
        let mut calls = vec![*call];
        if fault.writes_others() {
            calls = [Task::Backfill, Task::Repair].map(Call::Whole).to_vec();
        }
        let seen = match host.shape {
            _ if is_seen => Seen::All,
            Shape::Loose => Seen::Any,
            _ => Seen::ButTime,
        };
        let done = done(&self.rows, &rows(self.conn), &calls, seen)?;
        // What a trigger does may be hidden too.
        if host.shape.has_triggers() && is_seen {
            let mut expected: Vec<String> = done.iter().cloned().collect();
            expected.extend(
                (setting.is_transaction() && !self.conn.is_autocommit()).then(|| UNCOMMITTED.to_owned()),
            );
            expected.sort();
            let noted = notes(self.conn);
            promise!(
                noted == expected,
                "the trigger's notes aren't those of the markers: {noted:?}, {expected:?}"
            );
        }
        Ok(done)
    }

    /// What was told of changes is what has become of these rows; if `only`, nothing else.
    fn all_told(&self, before: &BTreeMap<i64, Row>, changes: &[Told], only: bool) -> Result<(), Broken> {
        let Case { host, fault, .. } = self.case;
        let is_own = fault.appearance(host.shape).is_true() && !fault.writes_others();
        if is_own { all_told(before, &rows(self.conn), changes, only) } else { Ok(()) }
    }

    /// What holds of what the call told before its retry, when these were the rows, and in the retry.
    pub fn retold(
        &self,
        before: &BTreeMap<i64, Row>,
        mut earlier: Vec<Told>,
        later: Vec<Told>,
    ) -> Result<(), Broken> {
        let Case { host, fault, .. } = self.case;
        self.all_told(before, &later, true)?;
        earlier.extend(later);
        let is_own = fault.appearance(host.shape).is_true() && !fault.writes_others();
        if is_own { is_undone(self.conn, &self.rows, &earlier) } else { Ok(()) }
    }

    /// The right answer, or one that a host which hides things has itself made right.
    fn answer(&self, answer: &Answer, done: &BTreeSet<String>) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        if let Some(report) = answer.report() {
            self.counts(report, done)?;
        }
        if let Answer::Enrollment("created", Some(marker)) = answer {
            promise!(done.contains(&marker[1]), "created {marker:?}, which isn't there");
        }
        let expected = expected::after(host.shape, *call, &BTreeSet::new());
        let refuses_more = !fault.changes_nothing() && self.refuses_more(answer, &expected);
        if *answer == expected || refuses_more || fault.writes_others() {
            return Ok(());
        }
        let seems = |sql: &String| *where_it_seems(host.shape, *call, sql) == *answer;
        let may_seem_so = match fault.appearance(host.shape) {
            Appearance::AsItIs => false,
            Appearance::OneOf(statements) => statements.iter().any(seems),
            Appearance::Unknown => true,
        };
        promise!(may_seem_so, "the answer is wrong: {answer:?}, not {expected:?}");
        Ok(())
    }

    /// Whether the answer is the expected one, but that more markers are refused, or foreseen to be.
    fn refuses_more(&self, answer: &Answer, expected: &Answer) -> bool {
        let counts = |one: &Report, other: &Report| {
            one.without_work() == other.without_work() && one.refused() >= other.refused()
        };
        let Case { call, fault, .. } = self.case;
        match (answer, expected) {
            (
                Answer::Refused(_, _, Some(one)),
                Answer::Report(other) | Answer::Refused(_, _, Some(other)),
            ) => counts(one, other),
            (Answer::Refused(_, _, None), Answer::Enrollment("created", _)) => true,
            (Answer::Preview(one, _), Answer::Preview(other, _)) => {
                fault.may_refuse_every_marker() && counts(one, other)
            }
            (Answer::Told(one), Answer::Told(other)) if fault.may_refuse_every_marker() => match call
                .in_rust()
            {
                Call::Due => one.is_subset(other),
                _ => {
                    let is_other = |owner: &&String| !owner.starts_with("refused");
                    one.iter().filter(is_other).eq(other.iter().filter(is_other)) && one.len() >= other.len()
                }
            },
            _ => false,
        }
    }

    fn counts(&self, report: Report, done: &BTreeSet<String>) -> Result<(), Broken> {
        promise!(report.adds_up(), "the counts don't add up: {report:?}");
        let others = self.case.fault.writes_others();
        let (said, there) = (report.done(), done.len() as u64);
        promise!(
            said == there || others && said < there,
            "the count of markers is wrong: {said} are said to be written or mended, and {there} are: {done:?}"
        );
        Ok(())
    }

    /// Who was told of before a failure, is told of without one.
    fn told(&self, heard: &Heard) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        let Answer::Told(right) = &*where_it_seems(host.shape, *call, "") else { return Ok(()) };
        let wrong = heard.told.difference(right).next();
        promise!(
            wrong.is_none() || !fault.appearance(host.shape).is_true(),
            "told before the failure: {wrong:?}"
        );
        Ok(())
    }

    /// What holds once nothing is in the way any more: everything is as if nothing had been.
    pub fn retried(
        &self,
        outcome: &Result<Answer, Error>,
        done_before: &BTreeSet<String>,
        goes_on: bool,
    ) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        let answer = outcome.as_ref().map_err(|error| format!("the retry failed: {error}"))?;
        let done = self.done()?;
        let all: BTreeSet<_> = call.owners().into_iter().map(str::to_owned).collect();
        promise!(done.is_superset(&all), "markers are not written or mended after the retry: only {done:?}");
        let nobody = BTreeSet::new();
        let expected = expected::after(host.shape, *call, if goes_on { &nobody } else { done_before });
        let is_right = *answer == expected || goes_on && fault.writes_others();
        promise!(
            is_right,
            "the retry is wrong: it answers {answer:?}, not {expected:?}; done before were {done_before:?}"
        );
        Ok(())
    }

    /// What holds when the host has ended its transaction.
    pub fn ended(&self, other: Option<&Connection>) -> Result<(), Broken> {
        promise!(self.conn.is_autocommit(), "autocommit is off at the end");
        promise!(statements(self.conn) == self.statements, "statements are left at the end");
        let verdict: String = self.conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        promise!(verdict == "ok", "integrity_check: {verdict}");
        if let Some(other) = other {
            promise!(rows(other) == rows(self.conn), "another connection sees other rows");
        }
        Ok(())
    }
}

/// Where the host's transaction is gone, or can't be kept, it begins another. Says whether it did.
pub fn begin_again(
    conn: &Connection,
    setting: Setting,
    outcome: &Result<Answer, Error>,
) -> Result<bool, Broken> {
    if let Err(Error::NotUndone { .. }) = outcome {
        if !conn.is_autocommit() {
            conn.execute_batch("ROLLBACK")
                .map_err(|error| format!("what wasn't undone can't be rolled back: {error}"))?;
        }
    }
    let is_gone = setting.is_transaction() && conn.is_autocommit();
    if is_gone {
        setting.begin(conn).map_err(|error| format!("the transaction can't be begun again: {error}"))?;
    }
    Ok(is_gone)
}
