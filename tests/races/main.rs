//! Many threads at one database, some of them calling the library and some of them the host's own, with a clock of the
//! host's commits: each marker is held against the state of the tables at the last commit before its own.
//!
//! A seed fixes what each thread does, not how they meet: a case that failed may take several tries to fail again.

#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "each harness uses its own part of this")]
mod harness;
#[path = "../model/mod.rs"]
#[allow(dead_code, reason = "most of the model is for tests/property.rs")]
mod model;

mod caller;
mod clock;
mod history;
mod host;
mod storage;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Backfill, Progress};

use caller::Caller;
use clock::Clock;
use harness::Case;
use history::History;
use host::Host;
use storage::STORAGES;

/// How often a failed call of the host's or of the library is tried again before it is held to be stuck.
const PATIENCE: u32 = 1_000_000;

/// Cases that are tried unless more is asked for.
const USUAL_CASES: u64 = STORAGES.len() as u64;

/// What differs between the cases, apart from what the threads do.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Whether a trigger of the host's on `reward_addresses` notes when a marker came. It makes the library write one
    /// marker at a time.
    noted_by_trigger: bool,
    owner_index: bool,
    foreign_keys: bool,
    /// Whether those who call the library read what others haven't committed, where that is possible.
    read_uncommitted: bool,
    busy_timeout: u64,
    /// How many commits each thread of the host's makes.
    commits: u32,
}

#[test]
fn every_marker_is_right_at_its_commit_whoever_writes_meanwhile() {
    harness::run(USUAL_CASES, race);
}

fn race(case: &mut Case) {
    let storage = STORAGES[(case.seed % STORAGES.len() as u64) as usize];
    let setting = Setting {
        noted_by_trigger: case.one_in(3),
        owner_index: !case.one_in(4),
        foreign_keys: case.random.bool(),
        read_uncommitted: case.one_in(6),
        busy_timeout: case.pick(&[0, 0, 20]),
        commits: if cfg!(debug_assertions) { 60 } else { 200 },
    };
    let (callers, hosts) = (case.random.usize(1..=3), case.random.usize(1..=2));
    case.tell(format!("{storage:?}, {callers} callers, {hosts} hosts, {setting:?}"));
    let place = storage.place();
    let keeper = place.connect();
    clock::create_tables(&keeper, &setting);

    // Opened before anybody writes: one that shares a cache with a writer can't be set up.
    let mut connections: Vec<_> = (0..hosts + callers).map(|_| place.connect()).collect();
    let mut connection = || connections.pop().expect("there is one for each");
    let hosts_left = AtomicUsize::new(hosts);
    let created = thread::scope(|scope| {
        let mut threads = Vec::new();
        for number in 0..hosts {
            let mut host = Host::new(connection(), case.random.fork(), setting);
            let hosts_left = &hosts_left;
            let name = format!("host {number}");
            let run = move || {
                let _done = Done(hosts_left);
                host.run();
                0
            };
            threads.push(thread::Builder::new().name(name).spawn_scoped(scope, run).unwrap());
        }
        for number in 0..callers {
            let mut caller = Caller::new(connection(), case.random.fork(), setting, storage);
            let hosts_left = &hosts_left;
            let run = move || {
                while hosts_left.load(Ordering::Acquire) > 0 {
                    caller.call();
                }
                caller.created()
            };
            let name = format!("caller {number}");
            threads.push(thread::Builder::new().name(name).spawn_scoped(scope, run).unwrap());
        }
        threads.into_iter().map(|thread| thread.join().expect("a thread")).sum::<u64>()
    });

    let left = backfill_the_rest(&keeper);
    Clock::new(&keeper, &setting).tick(|_| Ok(()));
    let history = History::read(&keeper);
    history.check(case, storage, setting);
    assert_eq!(history.markers(), created + left, "markers, and how many the calls said were created");
    history.check_completeness(&keeper);
    let integrity: String = keeper.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
}

/// Says that a host has done its part, also when it panics.
struct Done<'n>(&'n AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Nobody writes any more: what is left has to be written now, and nothing stands in the way.
fn backfill_the_rest(conn: &Connection) -> u64 {
    let mut backfill = Backfill::new(conn).unwrap();
    backfill.run_to_completion(7, std::time::Duration::ZERO, None::<fn(Progress)>).unwrap().created
}
