//! A small database of any host, and what the host and the library do to it in any order.

use std::cell::Cell;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Backfill, Enrollment, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, preview_facilitator_markers,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use tempfile::TempDir;

use crate::agreement::{
    Checked, argument, as_if_done, check_call, check_report, check_skipped, check_tables, now, reading_only,
    timeless,
};
use crate::model::{self, Database, Outcome, Row};
use crate::plan::{
    HostWrite, Id, MOST_USERS, Plan, date_text, facilitators, host_writes, hosts, ids::ids, rows, some_id,
};

/// What is done next.
#[derive(Debug, Clone)]
enum Act {
    Create(Id, String),
    Ensure(Id),
    Backfill,
    Preview,
    ListSkipped,
    Open,
    Step(u64),
    Write(HostWrite),
    /// By the other connection, if there is one.
    WriteByOther(HostWrite),
    /// What moves rows in the file and leaves the tables as they are.
    Rearrange(&'static str),
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..4_u64).prop_map(Act::Step),
        2 => host_writes().prop_map(Act::Write),
        2 => host_writes().prop_map(Act::WriteByOther),
        2 => some_id().prop_map(Act::Ensure),
        1 => (some_id(), date_text()).prop_map(|(id, date)| Act::Create(id, date)),
        1 => Just(Act::Backfill),
        1 => Just(Act::Preview),
        1 => Just(Act::ListSkipped),
        1 => Just(Act::Open),
        1 => select(&["VACUUM", "ANALYZE main", "REINDEX"][..]).prop_map(Act::Rearrange),
    ]
}

/// One of so many random values. A case is a row of these: each stays what it is where others are added, taken away or
/// moved, and that is what a fuzzer does.
type Seed = [u8; 3];

/// The host first, then users, facilitators, rows and acts in any order.
pub fn check(bytes: &[u8]) {
    let mut records = bytes.chunks_exact(1 + size_of::<Seed>());
    let Some([shared, host @ ..]) = records.next() else { return };
    let plan = &mut Plan { host: drawn(&hosts(), host), users: vec![], facilitators: vec![], rows: vec![] };
    let (all_ids, all_facilitators, all_rows, all_acts) = (ids(), facilitators(), rows(), acts());
    let mut then = Vec::new();
    for record in records {
        let (kind, seed) = (record[0], &record[1..]);
        match kind % 8 {
            0 | 1 if plan.users.len() < MOST_USERS => plan.users.push(drawn(&all_ids, seed)),
            2 | 3 if plan.facilitators.len() < 12 => plan.facilitators.push(drawn(&all_facilitators, seed)),
            4 if plan.rows.len() < 8 => plan.rows.push(drawn(&all_rows, seed)),
            5.. if then.len() < 16 => then.push(drawn(&all_acts, seed)),
            _ => {}
        }
    }
    let shared = shared % 4 == 0;
    if let Err(error) = run(plan, shared, &then) {
        panic!("{error}\n{plan:#?}\n{} {then:#?}", if shared { "two connections" } else { "one connection" });
    }
}

fn drawn<T>(strategy: &impl Strategy<Value = T>, seed: &[u8]) -> T {
    let seed = seed.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let mut random = [0; 16];
    fastrand::Rng::with_seed(seed).fill(&mut random);
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &random);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    strategy.new_tree(&mut runner).expect("nothing is filtered").current()
}

fn run(plan: &Plan, shared: bool, acts: &[Act]) -> Checked {
    let folder = shared.then(TempDir::new).transpose()?;
    let (conn, other) = match &folder {
        Some(folder) => {
            let [conn, other] = plan.open_twice(&folder.path().join("host.db"))?;
            (conn, Some(other))
        }
        None => (plan.open()?, None),
    };
    if plan.host.in_transaction {
        conn.execute_batch("BEGIN")?;
    }
    let mut steps = Steps::default();
    for act in acts {
        match act {
            Act::Open => steps.open(&conn, &other)?,
            Act::Step(owners) => steps.step(&conn, &other, *owners)?,
            Act::Rearrange(sql) => plan.write(&conn, &HostWrite::Statement(sql))?,
            Act::Write(write) => {
                steps.were_alone = false;
                plan.write(&conn, write)?;
            }
            Act::WriteByOther(write) => {
                steps.were_alone = false;
                plan.write(other.as_ref().unwrap_or(&conn), write)?;
            }
            call => {
                steps.were_alone = false;
                check_one(plan, &conn, &other, call)?;
            }
        }
    }
    drop(steps);
    for conn in other.iter().chain([&conn]) {
        plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
    }
    check_one(plan, &conn, &None, &Act::Backfill)?;
    prop_assert!(conn.close().is_ok(), "a statement is left");
    Ok(())
}

/// A backfill in steps, and what it did so far.
#[derive(Default)]
struct Steps<'conn> {
    backfill: Option<Backfill<'conn>>,
    /// What a backfill would have come to when it began.
    expected: Option<model::Backfill>,
    /// Nobody has written since.
    were_alone: bool,
    added: Vec<Row>,
}

impl<'conn> Steps<'conn> {
    fn open(&mut self, conn: &'conn Connection, other: &Option<Connection>) -> Checked {
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
    fn step(&mut self, conn: &'conn Connection, other: &Option<Connection>, owners: u64) -> Checked {
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

/// Makes one call and holds it against the model. Where the other connection is in its way, it leaves all as it was.
fn check_one(plan: &Plan, conn: &Connection, other: &Option<Connection>, call: &Act) -> Checked {
    let was_in_the_way = Cell::new(false);
    let autocommit = conn.is_autocommit();
    let before = Database::read(conn)?;
    let checked = match call {
        Act::Create(id, date) => {
            let id = argument(&plan.id(id));
            check_enrollment(conn, &before, model::create(&before, &id, date), || {
                told(&was_in_the_way, other, create_facilitator_marker(conn, &id, date))
            })
        }
        Act::Ensure(id) => {
            let id = argument(&plan.id(id));
            check_enrollment(conn, &before, model::ensure(&before, &id), || {
                told(&was_in_the_way, other, ensure_facilitator_marker(conn, &id))
            })
        }
        Act::Preview => {
            let preview = || told(&was_in_the_way, other, preview_facilitator_markers(conn));
            let expected = model::backfill(&before);
            check_report(reading_only(conn, preview)?.and_then(as_if_done), &expected).and_then(|()| {
                let mut due = Vec::new();
                for_each_due_owner(conn, |owner| due.push((owner.user_id, owner.enrollment_date)))?;
                due.sort();
                let mut expected_due = expected.due;
                expected_due.sort();
                prop_assert_eq!(due, expected_due);
                Ok(())
            })
        }
        Act::ListSkipped => check_skipped(conn, &model::backfill(&before)),
        _ => {
            let expected = model::backfill(&before);
            let started = now(conn)?;
            let backfill = || told(&was_in_the_way, other, backfill_facilitator_markers(conn));
            let report = if expected.due.is_empty() && expected.refused.is_empty() {
                reading_only(conn, backfill)?
            } else {
                backfill()
            };
            check_report(report, &expected)
                .and_then(|()| check_tables(conn, &before, expected.rows, &started).map(drop))
        }
    };
    prop_assert_eq!(conn.is_autocommit(), autocommit);
    if was_in_the_way.get() {
        prop_assert_eq!(Database::read(conn)?, before);
        return Ok(());
    }
    checked
}

fn check_enrollment(
    conn: &Connection,
    before: &Database,
    expected: (Outcome, Vec<Row>),
    call: impl FnOnce() -> Result<Enrollment, Error>,
) -> Checked {
    check_call(conn, before.clone(), expected, call)
}

/// Notes whether the other connection kept a call from doing its work.
fn told<T>(
    was_in_the_way: &Cell<bool>,
    other: &Option<Connection>,
    answer: Result<T, Error>,
) -> Result<T, Error> {
    was_in_the_way.set(answer.as_ref().is_err_and(|error| is_in_the_way(other, error)));
    answer
}

fn is_in_the_way(other: &Option<Connection>, error: &Error) -> bool {
    other.is_some() && error.code() & 0xff == ffi::SQLITE_BUSY
}
