//! What holds after every call, whatever came in between.

use std::collections::{BTreeMap, BTreeSet};

use facilitator_markers::rusqlite::types::Value;
use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{BackfillReport, Error};

use crate::call::{Answer, Call, Run};
use crate::case::Case;
use crate::database::{Row, notes, rows, statements};
use crate::expected::Expected;
use crate::fault::Appearance;
use crate::setting::{Setting, UNCOMMITTED};

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
    pub fn after(&self, outcome: &Result<Answer, Error>, run: &Run<'_>) -> Result<(), Broken> {
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

        let enrolled = self.enrolled()?;
        match outcome {
            // A SELECT of the host's that fails may end its transaction with it.
            _ if is_gone => promise!(
                enrolled.is_empty(),
                "owners are enrolled in a transaction that is gone: {enrolled:?}"
            ),
            Ok(answer) => self.answer(answer, &enrolled)?,
            Err(error) if fault.changes_nothing() => return Err(format!("the call failed: {error}")),
            Err(Error::NotUndone { .. }) => {}
            Err(error) => {
                self.told(run)?;
                if let Some(report) = run.report() {
                    self.counts(report, &enrolled)?;
                } else if setting.is_transaction() || !call.commits_as_it_goes() {
                    let own = if fault.enrolls_others() { &BTreeSet::new() } else { &enrolled };
                    promise!(own.is_empty(), "owners are enrolled after a failure: {own:?}, {error}");
                }
            }
        }
        Ok(())
    }

    /// The owners whose markers are new, all of them right, in a table in which nothing else has changed.
    pub fn enrolled(&self) -> Result<BTreeSet<String>, Broken> {
        let now = rows(self.conn);
        for (rowid, row) in &self.rows {
            promise!(now.get(rowid) == Some(row), "row {rowid} was {row:?} and is {:?}", now.get(rowid));
        }
        let right = match self.case.call {
            _ if self.case.fault.enrolls_others() => Call::Backfill.right_markers(),
            call => call.right_markers(),
        };
        let mut enrolled = BTreeSet::new();
        for (_, row) in now.iter().filter(|(rowid, _)| !self.rows.contains_key(*rowid)) {
            let owner = right.iter().find(|(id, date)| is_marker(row, id, date));
            let Some((id, _)) = owner else { return Err(format!("a row is wrong: {row:?}")) };
            promise!(enrolled.insert((*id).to_owned()), "{id} has two markers");
        }
        // What a trigger does may be hidden too.
        let is_seen = self.case.fault.appearance(self.case.host.shape).is_true();
        if self.case.host.shape.has_triggers() && is_seen {
            let mut expected: Vec<String> = enrolled.iter().cloned().collect();
            expected.extend(
                (self.case.setting.is_transaction() && !self.conn.is_autocommit())
                    .then(|| UNCOMMITTED.to_owned()),
            );
            expected.sort();
            let noted = notes(self.conn);
            promise!(
                noted == expected,
                "the trigger's notes aren't those of the markers: {noted:?}, {expected:?}"
            );
        }
        Ok(enrolled)
    }

    /// The right answer, or one that a host which hides things has itself made right.
    fn answer(&self, answer: &Answer, enrolled: &BTreeSet<String>) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        if let Some(report) = answer.report() {
            self.counts(report, enrolled)?;
        }
        if let Answer::Enrollment("created", Some(marker)) = answer {
            promise!(enrolled.contains(&marker[1]), "created {marker:?}, which isn't there");
        }
        let expected = Expected::of(*host, *call).answer(*call, &BTreeSet::new());
        let refuses_more = !fault.changes_nothing() && self.refuses_more(answer, &expected);
        if *answer == expected || refuses_more || fault.enrolls_others() {
            return Ok(());
        }
        let seems = |sql: &String| Expected::where_it_seems(host.shape, *call, sql).first == *answer;
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
        let counts = |one: &BackfillReport, other: &BackfillReport| {
            let without = |report: &BackfillReport| {
                let mut rest = *report;
                (rest.created, rest.refused) = (0, 0);
                rest
            };
            without(one) == without(other) && one.refused >= other.refused
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
            (Answer::Told(one), Answer::Told(other)) if fault.may_refuse_every_marker() => match call {
                Call::Due => one.is_subset(other),
                _ => {
                    let is_other = |owner: &&String| !owner.starts_with("refused");
                    one.iter().filter(is_other).eq(other.iter().filter(is_other)) && one.len() >= other.len()
                }
            },
            _ => false,
        }
    }

    fn counts(&self, report: BackfillReport, enrolled: &BTreeSet<String>) -> Result<(), Broken> {
        let BackfillReport { owners, created, already_enrolled, unreadable_date, refused, .. } = report;
        let sum = created + already_enrolled + unreadable_date + refused;
        promise!(owners == sum, "the counts don't add up: {report:?}");
        let others = self.case.fault.enrolls_others();
        let there = enrolled.len() as u64;
        promise!(
            created == there || others && created < there,
            "the count of markers is wrong: {created} are said to be created, and {there} are there"
        );
        Ok(())
    }

    /// Who was told of before a failure, is told of without one.
    fn told(&self, run: &Run<'_>) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        let Answer::Told(right) = &Expected::of(*host, *call).first else { return Ok(()) };
        let wrong = run.told.difference(right).next();
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
        enrolled_before: &BTreeSet<String>,
        goes_on: bool,
    ) -> Result<(), Broken> {
        let Case { host, call, fault, .. } = self.case;
        let answer = outcome.as_ref().map_err(|error| format!("the retry failed: {error}"))?;
        let enrolled = self.enrolled()?;
        let all: BTreeSet<_> = call.right_markers().iter().map(|(id, _)| (*id).to_owned()).collect();
        promise!(enrolled.is_superset(&all), "owners are not enrolled after the retry: only {enrolled:?}");
        let expected = Expected::of(*host, *call);
        let nobody = BTreeSet::new();
        let expected = expected.answer(*call, if goes_on { &nobody } else { enrolled_before });
        let is_right = *answer == expected || goes_on && fault.enrolls_others();
        promise!(
            is_right,
            "the retry is wrong: it answers {answer:?}, not {expected:?}; enrolled before were {enrolled_before:?}"
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

/// Whether a row is the whole marker of this owner with this date.
fn is_marker(row: &Row, id: &str, date: &str) -> bool {
    let name = format!("FACILITATOR_OWNER:{id}");
    let texts: Option<Vec<&str>> = row
        .iter()
        .map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let Some([own, user_id, chain_type, address, status, verified_at, created_at]) = texts.as_deref() else {
        return false;
    };
    let is_moment = verified_at.len() == date.len()
        && verified_at
            .bytes()
            .zip(date.bytes())
            .all(|(one, other)| one.is_ascii_digit() == other.is_ascii_digit());
    [*own, user_id, chain_type, address, status, created_at]
        == [&name, id, "facilitator", &name, "verified", date]
        && is_moment
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
