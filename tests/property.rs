//! The library held against a model of its promises, over random databases. Each test tries 256 of them, or
//! as many as the environment variable `PROPTEST_CASES` says.

mod agreement;
mod model;
mod plan;

use facilitator_markers::rusqlite::{self, Connection};
use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, preview_facilitator_markers,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use agreement::{
    argument, as_if_done, as_the_host, check_call, check_report, check_skipped, check_tables, now,
    reading_only, timeless,
};
use model::{Database, Row};
use plan::{HostWrite, MOST_USERS, date_text, host_writes, plans, some_id};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ensure_does_as_the_model_does(plan in plans(), user_ids in vec(some_id(), 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for user_id in &user_ids {
                let user_id = argument(&plan.id(user_id));
                let before = Database::read(&conn)?;
                let expected = model::ensure(&before, &user_id);
                check_call(&conn, before, expected, || ensure_facilitator_marker(&conn, &user_id))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn create_does_as_the_model_does(plan in plans(), calls in vec((some_id(), date_text()), 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            for (user_id, date) in &calls {
                let user_id = argument(&plan.id(user_id));
                let before = Database::read(&conn)?;
                let expected = model::create(&before, &user_id, date);
                check_call(&conn, before, expected, || create_facilitator_marker(&conn, &user_id, date))?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn backfill_does_as_the_model_does_and_a_second_one_does_nothing(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let started = now(&conn)?;
            let writes = expected.report.created > 0;
            let call = || backfill_facilitator_markers(&conn);
            check_report(if writes { call() } else { reading_only(&conn, call)? }, &expected)?;
            let after = check_tables(&conn, &before, expected.rows, &started)?;

            let expected = model::backfill(&after);
            check_report(reading_only(&conn, call)?, &expected)?;
            prop_assert_eq!(Database::read(&conn)?, after);
            Ok(())
        })?;
    }

    #[test]
    fn a_preview_foresees_the_backfill_and_writes_nothing(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let preview = reading_only(&conn, || preview_facilitator_markers(&conn))?;
            check_report(preview.and_then(as_if_done), &expected)?;
            let mut due = Vec::new();
            reading_only(&conn, || for_each_due_owner(&conn, |owner| due.push((owner.user_id, owner.enrollment_date))))??;
            due.sort();
            let mut expected_due = expected.due;
            expected_due.sort();
            prop_assert_eq!(due, expected_due);
            prop_assert_eq!(Database::read(&conn)?, before);
            Ok(())
        })?;
    }

    #[test]
    fn the_same_owners_are_listed_as_skipped_before_and_after_a_backfill(plan in plans()) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            check_skipped(&conn, &expected)?;
            prop_assert_eq!(Database::read(&conn)?, before);
            check_report(backfill_facilitator_markers(&conn), &expected)?;
            check_skipped(&conn, &expected)
        })?;
    }

    #[test]
    fn steps_of_any_size_do_as_one_backfill(plan in plans(), sizes in vec(0..5_u64, 1..8)) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let started = now(&conn)?;
            let mut backfill = Backfill::new(&conn)?;
            let mut visited = 0;
            let mut sizes = sizes.iter().copied().cycle();
            let result = loop {
                let size = sizes.next().unwrap_or(1);
                let result = backfill.step(size);
                let progress = backfill.progress();
                let newly_visited = progress.owners_visited - visited;
                visited = progress.owners_visited;
                prop_assert!(newly_visited <= size.max(1), "{} owners in a step of {}", newly_visited, size);
                prop_assert_eq!(conn.is_autocommit(), !plan.host.in_transaction);
                prop_assert_eq!(progress.remaining == 0, !matches!(result, Ok(StepResult::More)));
                prop_assert_eq!(progress.report, backfill.report());
                match result {
                    Ok(StepResult::More) => {}
                    Ok(_) => break Ok(backfill.report()),
                    Err(error) => break Err(error),
                }
            };
            check_report(result, &expected)?;
            prop_assert_eq!(visited, expected.report.owners);
            check_tables(&conn, &before, expected.rows, &started)?;
            Ok(())
        })?;
    }

    #[test]
    fn a_backfill_stopped_after_any_step_is_finished_by_the_next(plan in plans(), steps in 0..10_usize) {
        let conn = plan.open()?;
        as_the_host(&plan, &conn, || {
            let before = Database::read(&conn)?;
            let expected = model::backfill(&before);
            let mut stopped = Backfill::new(&conn)?;
            for _ in 0..steps {
                if stopped.step(1).is_err() {
                    break;
                }
            }
            drop(stopped);
            let remaining = model::backfill(&Database::read(&conn)?);
            check_report(backfill_facilitator_markers(&conn), &remaining)?;
            let after = Database::read(&conn)?;
            prop_assert_eq!(timeless(&after, &before), expected.rows);
            Ok(())
        })?;
    }

    /// Every marker is one that a backfill of the tables as they were just before the step would write, and what the
    /// steps leave out is left for the next backfill.
    #[test]
    fn each_step_is_right_whatever_the_host_writes_before_it(
        plan in plans(),
        schedule in vec((option::of(host_writes()), any::<bool>(), 0..4_u64), 0..16),
    ) {
        let directory = tempfile::tempdir()?;
        let [conn, other_conn] = plan.open_twice(&directory.path().join("host.db"))?;
        if plan.host.in_transaction {
            conn.execute_batch("BEGIN")?;
        }
        let mut backfill = Backfill::new(&conn)?;
        let mut added = Vec::new();
        for (write, by_other, owners) in &schedule {
            if let Some(write) = write {
                plan.write(if *by_other { &other_conn } else { &conn }, write)?;
            }
            let autocommit = conn.is_autocommit();
            let before = Database::read(&conn)?;
            let result = backfill.step(*owners);
            prop_assert_eq!(conn.is_autocommit(), autocommit);
            let after = Database::read(&conn)?;
            prop_assert!(after.rows.starts_with(&before.rows), "a row was changed: {:?} {:?}", before, after);
            let right = model::backfill(&before).rows;
            for row in timeless(&after, &before).iter().skip(before.rows.len()) {
                prop_assert!(right.contains(row), "{:?} in {:?}", row, before);
            }
            added.extend(after.rows.into_iter().skip(before.rows.len()));
            match result {
                Ok(StepResult::More) => {}
                Ok(_) | Err(Error::MarkerRefused { .. }) => break,
                Err(Error::Sqlite { code, .. }) if code & 0xff == rusqlite::ffi::SQLITE_BUSY => {}
                Err(error) => return Err(error.into()),
            }
        }
        prop_assert_eq!(backfill.report().created, added.len() as u64);
        prop_assert!(added.windows(2).all(|two| two[0].verified_at == two[1].verified_at), "{:?}", added);

        drop(backfill);
        for conn in [&other_conn, &conn] {
            plan.write(conn, &HostWrite::Statement("ROLLBACK"))?;
        }
        let before = Database::read(&conn)?;
        let expected = model::backfill(&before);
        let started = now(&conn)?;
        check_report(backfill_facilitator_markers(&conn), &expected)?;
        check_tables(&conn, &before, expected.rows, &started)?;
    }

    #[test]
    fn ensure_for_every_user_leaves_the_markers_of_one_backfill(
        plan in plans(),
        order in Just(Vec::from_iter(0..MOST_USERS)).prop_shuffle(),
    ) {
        let (conn, other_conn) = (plan.open()?, plan.open()?);
        let before = Database::read(&conn)?;
        let users: Vec<&str> = before.user_ids().into_iter().filter_map(|id| std::str::from_utf8(id).ok()).collect();
        let certain: Vec<&str> =
            users.iter().copied().filter(|id| !before.may_own_an_ambiguous_facilitator(id.as_bytes())).collect();
        let markers = |conn: &Connection| -> Result<Vec<Row>, TestCaseError> {
            let mut rows = timeless(&Database::read(conn)?, &before);
            rows.retain(|row| certain.iter().any(|id| row.user_id.is_text(id.as_bytes())));
            rows.sort_by_key(|row| row.id.shown());
            Ok(rows)
        };

        done_or_refused(backfill_facilitator_markers(&conn))?;
        for user_id in order.iter().filter_map(|&position| users.get(position)) {
            done_or_refused(ensure_facilitator_marker(&other_conn, user_id))?;
        }
        prop_assert_eq!(markers(&other_conn)?, markers(&conn)?);
    }
}

fn done_or_refused<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Ok(_) | Err(Error::MarkerRefused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
