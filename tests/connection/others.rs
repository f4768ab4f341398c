//! Other connections, and other statements of this one.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{Connection, OpenFlags, ffi};
use facilitator_markers::{Backfill, Enrollment, StepResult, ensure_facilitator_marker};

use crate::host::{File, add_owner, in_memory, markers};
use crate::{DAY, WRITING_CALLS, count};

#[test]
fn two_connections_racing_for_one_owner_write_one_marker() {
    for journal in ["wal", "delete"] {
        let file = File::new();
        let setup = file.connect();
        setup.execute_batch(&format!("PRAGMA journal_mode = {journal}")).unwrap();
        let ids: Vec<_> = (0..100).map(|number| format!("User{number}")).collect();
        for id in &ids {
            add_owner(&setup, id, DAY);
        }
        let (barrier, ids) = (Arc::new(Barrier::new(2)), Arc::new(ids));
        let racers = [(), ()].map(|()| {
            let conn = file.connect();
            conn.busy_timeout(Duration::from_secs(60)).unwrap();
            let (barrier, ids) = (Arc::clone(&barrier), Arc::clone(&ids));
            thread::spawn(move || {
                let race = |id: &String| {
                    barrier.wait();
                    ensure_facilitator_marker(&conn, id).unwrap()
                };
                ids.iter().map(race).collect::<Vec<_>>()
            })
        });
        let [one, other] = racers.map(|racer| racer.join().unwrap());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.marker(), other.marker());
            let created = [one, other].iter().filter(|it| matches!(it, Enrollment::Created(_))).count();
            let already =
                [one, other].iter().filter(|it| matches!(it, Enrollment::AlreadyEnrolled(_))).count();
            assert_eq!((created, already), (1, 1));
        }
        assert_eq!(markers(&setup).len(), 100, "{journal}");
    }
}

#[test]
fn a_statement_of_the_hosts_may_be_reading() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let conn = file.connect();
        add_owner(&conn, "Ada", DAY);
        add_owner(&conn, "Bob", "soon");
        let mut statement = conn.prepare("SELECT id FROM \"user\" ORDER BY id").unwrap();
        let mut rows = statement.query([]).unwrap();
        rows.next().unwrap();
        run(&conn).unwrap();
        let second: String = rows.next().unwrap().unwrap().get(0).unwrap();
        assert_eq!(second, "Bob", "{call}");
        drop(rows);
        assert_eq!(markers(&file.connect()).len(), 1, "{call}");
    }
}

#[test]
fn while_a_statement_of_the_hosts_is_writing_nothing_is_done() {
    for transaction in [false, true] {
        for (call, run) in WRITING_CALLS {
            let conn = in_memory();
            add_owner(&conn, "Ada", DAY);
            conn.execute_batch("CREATE TABLE notes(note TEXT)").unwrap();
            let error = Arc::new(Mutex::new(None));
            let seen = Arc::clone(&error);
            let flags = FunctionFlags::SQLITE_UTF8;
            conn.create_scalar_function("run", 0, flags, move |context| {
                // SAFETY: the connection is used on its own thread, and no longer than the function runs.
                let conn = unsafe { context.get_connection() }?;
                *seen.lock().unwrap() = run(&conn).err();
                Ok("done")
            })
            .unwrap();
            if transaction {
                conn.execute_batch("BEGIN").unwrap();
            }
            conn.execute("INSERT INTO notes SELECT run() UNION ALL SELECT 'more'", []).unwrap();
            assert_eq!(conn.is_autocommit(), !transaction, "{call}");
            let error = error.lock().unwrap().take().expect(call);
            assert_eq!(error.code(), ffi::SQLITE_BUSY, "{call}: {error}");
            assert!(error.to_string().contains("a statement that is still running"), "{call}: {error}");
            assert_eq!((count(&conn, "notes"), markers(&conn).len()), (2, 0), "{call}");

            // Under a statement that only reads it works.
            let done: String = conn.query_row("SELECT run()", [], |row| row.get(0)).unwrap();
            assert_eq!((done.as_str(), markers(&conn).len()), ("done", 1), "{call}");
        }
    }
}

#[test]
fn what_a_running_write_may_still_undo_is_not_read() {
    let conn = in_memory();
    for number in 0..40 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    let mut backfill = Backfill::new(&conn).unwrap();
    let mut statement =
        conn.prepare("UPDATE facilitators SET created_at = '2020-01-01' RETURNING id").unwrap();
    let mut rows = statement.query([]).unwrap();
    rows.next().unwrap().unwrap();
    assert!(conn.is_autocommit());
    let error = backfill.step(1).unwrap_err();
    assert_eq!(error.code(), ffi::SQLITE_BUSY, "{error}");
    drop(rows);
    conn.execute("UPDATE facilitators SET created_at = ?1", [DAY]).unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
    assert!(markers(&conn).iter().all(|(_, date)| date == DAY));
}

#[test]
fn what_another_connection_has_not_committed_is_not_trusted() {
    let open = || {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE;
        Connection::open_with_flags("file:uncommitted?mode=memory&cache=shared", flags).unwrap()
    };
    let (conn, other) = (open(), open());
    conn.execute_batch(crate::host::SCHEMA).unwrap();
    conn.execute_batch("PRAGMA read_uncommitted = ON").unwrap();
    add_owner(&conn, "Ada", DAY);
    let mut backfill = Backfill::new(&conn).unwrap();
    other.execute_batch("BEGIN; UPDATE facilitators SET created_at = '2020-01-01'").unwrap();
    assert!(backfill.step(1).is_err(), "the other connection holds the lock");
    other.execute_batch("ROLLBACK").unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
    assert_eq!(markers(&conn), [("Ada".to_owned(), DAY.to_owned())]);
}

#[test]
fn attached_databases_are_not_locked() {
    let (file, attached) = (File::new(), File::new());
    for (call, run) in WRITING_CALLS {
        let conn = file.connect();
        conn.execute_batch("DELETE FROM reward_addresses; DELETE FROM facilitators; DELETE FROM \"user\"")
            .unwrap();
        add_owner(&conn, "Ada", DAY);
        conn.execute("ATTACH ?1 AS other", [attached.path().to_str().unwrap()]).unwrap();
        let neighbour = attached.connect();
        neighbour.execute_batch("BEGIN IMMEDIATE").unwrap();
        run(&conn).unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}
