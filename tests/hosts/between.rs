//! A backfill in steps, and a host that does what it likes before each.

use std::collections::BTreeSet;

use facilitator_markers::rusqlite::{Connection, ErrorCode};
use facilitator_markers::{Backfill, Error, SkippedOwner, StepResult, backfill_facilitator_markers};

use crate::act::{Renewed, act, move_rows};
use crate::calls::{check_markers, is_the_same};
use crate::contents::Contents;
use crate::harness::Case;
use crate::host::{Host, added, check_sum};
use crate::model::{self, Database, fold};
use crate::watch::Call;

/// How many steps are enough for any backfill here.
const ENOUGH: u32 = 10_000;

pub fn whatever_the_host_does(case: &mut Case) {
    let host = Host::new(case, true);
    let other = host.connect_again();
    case.count("hosts that lack something", host.schema.is_missing.into());
    let begun = Backfill::new(&host.conn);
    if host.schema.is_missing {
        assert!(matches!(begun, Err(Error::MissingSchema { .. })));
        return;
    }
    let mut backfill = begun.unwrap();
    let mut waiting = Waiting::new(&host.read());
    let mut created = 0;
    let mut is_done = false;
    let (rounds, only_moves) = (case.random.u32(1..40), case.random.bool());
    // What is written while the tables are read is known by then not to be one state.
    let reads_in_peace = !only_moves && case.random.bool();
    for round in 0..ENOUGH {
        if round < rounds {
            let is_in_peace = reads_in_peace && backfill.progress().owners_visited == 0;
            for _ in 0..if is_in_peace { 0 } else { case.random.u32(0..3) } {
                let by_other = case.random.bool();
                let act = if only_moves { move_rows } else { act };
                let renewed = act(case, &host, if by_other { &other } else { &host.conn });
                make_readable(case, &host, &other);
                waiting.look(&host.read(), renewed);
            }
        } else if round == rounds {
            case.tell("the host stops");
            [&host.conn, &other].into_iter().for_each(roll_back);
            waiting.look(&host.read(), Renewed::Nobody);
        }
        // Where rows are moved, reading is to take many steps.
        let owners = if only_moves { 1 } else { case.pick(&[0, 1, 1, 2, 3]) };
        let before = host.read();
        case.tell(format!("step({owners})"));
        let called = host.call(Call::Backfill, |_| backfill.step(owners));
        case.count("steps", 1);
        if called.has_ended {
            waiting.look(&host.read(), Renewed::Nobody);
            continue;
        }
        created += called.added as u64;
        let after = host.read();
        check_step(&before, &after);
        waiting.look(&after, Renewed::Nobody);
        check_sum(&backfill.report());
        assert_eq!(backfill.report().created, created);
        match called.result {
            Ok(StepResult::Done) | Err(Error::MarkerRefused { .. }) => {
                is_done = true;
                break;
            }
            _ => {}
        }
    }
    assert!(is_done, "no end after {:?}", backfill.progress());
    case.count("markers", created);
    case.count("owners who were due all the time", waiting.due.len() as u64);
    waiting.check(&host, &backfill);
    drop(backfill);

    [&host.conn, &other].into_iter().for_each(roll_back);
    let before = host.read();
    let expected = model::backfill(&before);
    case.tell("one more backfill");
    let called = host.call(Call::Backfill, backfill_facilitator_markers);
    if let Err(error) = &called.result {
        assert!(matches!(error, Error::MarkerRefused { .. }), "{error:?}");
    }
    check_markers(&host, &before, &expected, &added(&before, &host.read()));
}

/// Each new marker is one that a backfill of the tables as they were just before the step would write.
fn check_step(before: &Database, after: &Database) {
    let right = model::backfill(before).rows;
    for row in added(before, after) {
        assert!(right.iter().any(|right| is_the_same(&row, right)), "{row:?} in {before:?}");
    }
}

fn roll_back(conn: &Connection) {
    if !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK").unwrap();
    }
}

/// With a rollback journal, the other connection can keep this one from reading: then it gives up what it does.
fn make_readable(case: &mut Case, host: &Host, other: &Connection) {
    match Contents::read(&host.conn) {
        Ok(_) => {}
        Err(error) => {
            let code = error.sqlite_error_code();
            assert!(matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)), "{error}");
            case.tell("  the other connection rolls back");
            roll_back(other);
        }
    }
}

/// The owners who waited for their markers all the time, and whom a backfill therefore must not pass over.
struct Waiting {
    due: BTreeSet<Vec<u8>>,
    enrolled: BTreeSet<Vec<u8>>,
}

impl Waiting {
    fn new(database: &Database) -> Self {
        Waiting { due: due(database), enrolled: BTreeSet::new() }
    }

    /// Looks at the tables after each act of the host's.
    fn look(&mut self, database: &Database, renewed: Renewed) {
        let (due, enrolled) = (due(database), enrolled(database));
        let was_enrolled = &self.enrolled;
        self.due.retain(|id| due.contains(id) && !was_enrolled.contains(id) || enrolled.contains(id));
        self.enrolled.extend(enrolled);
        match renewed {
            Renewed::Nobody => {}
            Renewed::One(id) => {
                let id = fold(id.as_text().unwrap_or_default());
                self.due.retain(|other| fold(other) != id);
            }
            Renewed::Everybody => self.due.clear(),
        }
    }

    /// Those who have none once the backfill is done were refused one.
    fn check(&self, host: &Host, backfill: &Backfill<'_>) {
        let mut refused = BTreeSet::new();
        let note = |owner| {
            if let SkippedOwner::MarkerRefused(marker) = owner {
                refused.insert(marker.user_id);
            }
        };
        host.call(Call::Reading, |_| backfill.for_each_skipped_owner(note)).result.unwrap();
        let enrolled = enrolled(&host.read());
        for id in self.due.difference(&enrolled) {
            let id = String::from_utf8_lossy(id);
            assert!(refused.contains(&*id), "{id:?} was due all the time, and has no marker");
        }
    }
}

/// Whose markers are missing, and not kept out by another row, which the host may remove after a step met it.
fn due(database: &Database) -> BTreeSet<Vec<u8>> {
    let expected = model::backfill(database);
    let new = expected.rows.iter().filter(|row| !database.rows.contains(row)).map(|row| &row.user_id);
    new.filter_map(|id| id.as_text().map(<[u8]>::to_vec)).collect()
}

fn enrolled(database: &Database) -> BTreeSet<Vec<u8>> {
    let markers = database.rows.iter().filter(|row| row.chain_type.is_text(b"facilitator"));
    markers.filter_map(|row| row.user_id.as_text().map(<[u8]>::to_vec)).collect()
}
