//! The audit and the repair held against a model of their promises, over random databases with wrong markers.
//! `PROPTEST_CASES` says how many databases.

mod agreement;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod plan;

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{Error, Repair, StepResult};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use agreement::audit::{
    audit, check_audit, check_repaired, check_step, check_told, expected_findings, has_a_key, mended,
    readings, repair, sorted, timeless, undone,
};
use agreement::{as_the_host, check_marker, now, reading_only};
use model::Database;
use plan::{HostWrite, marker_writes, plans_with_markers};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_audit_tells_what_the_model_tells_and_writes_nothing(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            check_audit(&conn, &before)?;
            prop_assert_eq!(Database::read(&conn)?, before);
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_does_as_the_model_does_and_a_second_one_does_nothing(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let started = now(&conn)?;
            let (rows, written) = (rowids(&conn)?, changes_so_far(&conn)?);
            let expected = model::repaired(&before).len();
            let changes = if expected == 0 { reading_only(&conn, || repair(&conn))? } else { repair(&conn) }?;
            prop_assert_eq!(changes_so_far(&conn)? - written, expected as i64, "rows written");
            prop_assert_eq!(rowids(&conn)?, rows);
            let after = check_repaired(&conn, &before, &started)?;
            check_told(&conn, &mended(&before, &after), &changes)?;
            check_audit(&conn, &after)?;

            let changes = reading_only(&conn, || repair(&conn))??;
            prop_assert!(changes.is_empty(), "a second repair changes {:?}", changes);
            prop_assert_eq!(Database::read(&conn)?, after);
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_is_undone_by_the_statements_that_it_tells(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let changes = repair(&conn)?;
            let repaired = Database::read(&conn)?;
            for change in &changes {
                conn.execute_batch(&change.undo)?;
            }
            let after = Database::read(&conn)?;
            let mended = mended(&before, &repaired);
            prop_assert_eq!(&after, &undone(&repaired, &mended), "{:?}", changes);
            if mended.iter().all(|[row, _]| has_a_key(row)) {
                prop_assert_eq!(after, before, "{:?}", changes);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_statement_that_an_audit_tells_deletes_that_row_and_no_other(plan in plans_with_markers()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for told in audit(&conn)?.0 {
                let Some(statement) = told.statement else { continue };
                let before = Database::read(&conn)?;
                let mut meant = before.rows.iter().filter(|row| check_marker(&told.marker, row).is_ok());
                if !meant.all(has_a_key) {
                    continue;
                }
                conn.execute_batch(&statement)?;
                let after = Database::read(&conn)?;
                let mut rows = before.rows.clone();
                let deleted = (0..rows.len()).find(|&at| after.rows.get(at) != rows.get(at));
                let Some(deleted) = deleted else {
                    return Err(TestCaseError::fail(format!("{statement} deletes nothing")));
                };
                check_marker(&told.marker, &rows.remove(deleted))?;
                prop_assert_eq!(&after, &Database { rows, ..before.clone() }, "{}", statement);

                let mut left = expected_findings(&after);
                left.push((told.marker.id, told.name, told.mend));
                prop_assert_eq!(sorted(left), expected_findings(&before));
            }
            Ok(())
        })?;
    }

    #[test]
    fn steps_of_any_size_do_as_one_repair(plan in plans_with_markers(), sizes in vec(0..5_u64, 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let started = now(&conn)?;
            let mut repair = Repair::new(&conn)?;
            for &size in sizes.iter().cycle() {
                let written = changes_so_far(&conn)?;
                let result = repair.step(size, |_| ())?;
                let newly_written = changes_so_far(&conn)? - written;
                prop_assert!(newly_written <= size.max(1) as i64, "{} rows in a step of {}", newly_written, size);
                prop_assert_eq!(conn.is_autocommit(), !plan.host.in_transaction);
                if !matches!(result, StepResult::More) {
                    break;
                }
            }
            check_repaired(&conn, &before, &started)?;
            Ok(())
        })?;
    }

    #[test]
    fn a_repair_stopped_after_any_step_is_finished_by_the_next(plan in plans_with_markers(), steps in 0..10_usize) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let mut stopped = Repair::new(&conn)?;
            for _ in 0..steps {
                stopped.step(1, |_| ())?;
            }
            drop(stopped);
            repair(&conn)?;
            let after = Database::read(&conn)?;
            prop_assert_eq!(timeless(&after.rows, &model::repair(&before)), model::repair(&before));
            Ok(())
        })?;
    }

    /// Every change is one that a repair of the tables as they were just before the step would make, and what the
    /// steps leave out is left for the next repair.
    #[test]
    fn each_step_of_a_repair_is_right_whatever_the_host_writes_before_it(
        plan in plans_with_markers(),
        schedule in vec((option::of(marker_writes()), any::<bool>(), 0..4_u64), 0..16),
    ) {
        let directory = tempfile::tempdir()?;
        let [conn, other_conn] = plan.open_twice(&directory.path().join("host.db"))?;
        if plan.host.in_transaction {
            conn.execute_batch("BEGIN")?;
        }
        let mut steps = Repair::new(&conn)?;
        let mut clock = Vec::new();
        for (write, by_other, markers) in &schedule {
            if let Some(write) = write {
                plan.write(if *by_other { &other_conn } else { &conn }, write)?;
            }
            let autocommit = conn.is_autocommit();
            let before = Database::read(&conn)?;
            let mut changes = Vec::new();
            let result = steps.step(*markers, |change| changes.push(change));
            prop_assert_eq!(conn.is_autocommit(), autocommit);
            let after = Database::read(&conn)?;
            check_step(&before, &after)?;
            let mended = mended(&before, &after);
            clock.extend(readings(&mended));
            match result {
                Ok(result) => {
                    check_told(&conn, &mended, &changes)?;
                    if result != StepResult::More {
                        break;
                    }
                }
                Err(Error::Sqlite { code, .. }) if code & 0xff == rusqlite::ffi::SQLITE_BUSY => {
                    prop_assert_eq!(after, before);
                }
                Err(error) => return Err(error.into()),
            }
        }
        clock.dedup();
        prop_assert!(clock.len() <= 1, "{:?}", clock);

        drop(steps);
        for conn in [&other_conn, &conn] {
            plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
        }
        let before = Database::read(&conn)?;
        let started = now(&conn)?;
        repair(&conn)?;
        check_repaired(&conn, &before, &started)?;
    }
}

fn rowids(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare("SELECT rowid FROM main.reward_addresses ORDER BY rowid")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// How many rows this connection has written so far.
fn changes_so_far(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT total_changes()", [], |row| row.get(0))
}
