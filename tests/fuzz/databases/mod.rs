//! A small database of any host, and what the host and the library do to it in any order.

mod backfill;
mod calls;
mod repair;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use tempfile::TempDir;

use self::calls::{Call, check_one};
use crate::agreement::Checked;
use crate::plan::{
    HostWrite, MOST_USERS, Plan, date_text, dated_facilitators, facilitators, hosts, ids::ids, marker_writes,
    markers, rows, some_id,
};

/// What is done next.
#[derive(Debug, Clone)]
enum Act {
    Call(Call),
    Open,
    Step(u64),
    OpenRepair,
    RepairStep(u64),
    /// Of what the repair in steps did.
    Undo,
    Write(HostWrite),
    /// By the other connection, if there is one.
    WriteByOther(HostWrite),
    /// What moves rows in the file and leaves the tables as they are.
    Rearrange(&'static str),
}

fn acts() -> BoxedStrategy<Act> {
    let calls = prop_oneof![
        2 => some_id().prop_map(Call::Ensure),
        1 => (some_id(), date_text()).prop_map(|(id, date)| Call::Create(id, date)),
        1 => Just(Call::Backfill),
        1 => Just(Call::Preview),
        1 => Just(Call::ListSkipped),
        2 => Just(Call::Audit),
        2 => Just(Call::Repair),
    ];
    prop_oneof![
        4 => (0..4_u64).prop_map(Act::Step),
        1 => Just(Act::Open),
        5 => (0..4_u64).prop_map(Act::RepairStep),
        1 => Just(Act::OpenRepair),
        1 => Just(Act::Undo),
        3 => marker_writes().prop_map(Act::Write),
        3 => marker_writes().prop_map(Act::WriteByOther),
        8 => calls.prop_map(Act::Call),
        1 => select(&["VACUUM", "ANALYZE main", "REINDEX"][..]).prop_map(Act::Rearrange),
    ]
    .boxed()
}

/// One of so many random values. A case is a row of these: each stays what it is where others are added, taken away or
/// moved, and that is what a fuzzer does.
type Seed = [u8; 3];

/// The host first, then users, facilitators, rows and acts in any order.
pub fn check(bytes: &[u8]) {
    let mut records = bytes.chunks_exact(1 + size_of::<Seed>());
    let Some([shared, host @ ..]) = records.next() else { return };
    let plan = &mut Plan { host: drawn(&hosts(), host), users: vec![], facilitators: vec![], rows: vec![] };
    let (all_ids, all_rows, all_acts) = (ids(), [rows().boxed(), markers()], acts());
    let all_facilitators = [facilitators().boxed(), dated_facilitators()];
    let mut then = Vec::new();
    for record in records {
        let (kind, seed) = (record[0], &record[1..]);
        // Half of them are such as markers are wrong beside.
        let half = usize::from(kind / 8 % 2);
        match kind % 8 {
            0 if plan.users.len() < MOST_USERS => plan.users.push(drawn(&all_ids, seed)),
            1 | 2 if plan.facilitators.len() < 12 => {
                plan.facilitators.push(drawn(&all_facilitators[half], seed));
            }
            3 | 4 if plan.rows.len() < 12 => plan.rows.push(drawn(&all_rows[half], seed)),
            5.. if then.len() < 20 => then.push(drawn(&all_acts, seed)),
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
    let mut backfill = backfill::Steps::default();
    let mut repair = repair::Steps::default();
    for act in acts {
        let reads =
            matches!(act, Act::Rearrange(_) | Act::Call(Call::Preview | Call::ListSkipped | Call::Audit));
        backfill.were_alone &= reads || matches!(act, Act::Step(_));
        repair.were_alone &= reads || matches!(act, Act::RepairStep(_));
        match act {
            Act::Call(call) => check_one(plan, &conn, &other, call)?,
            Act::Open => backfill.open(&conn, &other)?,
            Act::Step(owners) => backfill.step(&conn, &other, *owners)?,
            Act::OpenRepair => repair.open(&conn, &other)?,
            Act::RepairStep(markers) => repair.step(&conn, &other, *markers)?,
            Act::Undo => repair.undo(&conn, &other)?,
            Act::Write(write) => plan.write(&conn, write)?,
            Act::WriteByOther(write) => plan.write(other.as_ref().unwrap_or(&conn), write)?,
            Act::Rearrange(sql) => plan.write(&conn, &HostWrite::Statement(sql))?,
        }
    }
    repair.were_alone = false;
    for conn in other.iter().chain([&conn]) {
        plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
    }
    repair.finish(&conn)?;
    drop((backfill, repair));
    for call in [Call::Backfill, Call::Audit, Call::Repair] {
        check_one(plan, &conn, &None, &call)?;
    }
    prop_assert!(conn.close().is_ok(), "a statement is left");
    Ok(())
}
