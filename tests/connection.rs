//! What the library does to the connection that it is lent, and what it leaves alone.

mod host;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use facilitator_markers::rusqlite::functions::FunctionFlags;
use facilitator_markers::rusqlite::{self, Connection, OpenFlags, ffi};
use facilitator_markers::{
    Backfill, Enrollment, Error, StepResult, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_skipped_owner, preview_facilitator_markers,
};
use host::{File, add_facilitator, add_owner, add_reward_address, add_user, in_memory, markers};

const DAY: &str = "2026-01-21 10:00:00";

fn count(conn: &Connection, table: &str) -> i64 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Every call that could write, by name. Each finds Ada unenrolled.
type Call = fn(&Connection) -> Result<(), Error>;
const WRITING_CALLS: [(&str, Call); 4] = [
    ("create", |conn| create_facilitator_marker(conn, "Ada", DAY).map(drop)),
    ("ensure", |conn| ensure_facilitator_marker(conn, "Ada").map(drop)),
    ("backfill", |conn| backfill_facilitator_markers(conn).map(drop)),
    ("steps", |conn| {
        let mut backfill = Backfill::new(conn)?;
        while backfill.step(1)? == StepResult::More {}
        Ok(())
    }),
];

/// Every call that finds nothing to write once Ada is enrolled.
fn calls_with_nothing_to_write(conn: &Connection) {
    assert_eq!(create_facilitator_marker(conn, "Ada", DAY).unwrap().name(), "already_enrolled");
    assert_eq!(create_facilitator_marker(conn, "nobody", DAY).unwrap().name(), "unknown_user");
    for (user_id, outcome) in [
        ("Ada", "already_enrolled"),
        ("nobody", "unknown_user"),
        ("Wallet", "not_an_owner"),
        ("Undated", "unreadable_date"),
        ("PAIR", "ambiguous_user"),
    ] {
        assert_eq!(ensure_facilitator_marker(conn, user_id).unwrap().name(), outcome);
    }
    assert_eq!(backfill_facilitator_markers(conn).unwrap().created, 0);
    assert_eq!(preview_facilitator_markers(conn).unwrap().report.created, 0);
    for_each_skipped_owner(conn, |_| {}).unwrap();
    let mut backfill = Backfill::new(conn).unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
}

fn add_every_kind_of_owner(conn: &Connection) {
    add_owner(conn, "Ada", DAY);
    add_user(conn, "Wallet");
    add_owner(conn, "Undated", "soon");
    add_user(conn, "Pair");
    add_user(conn, "pAIR");
    add_facilitator(conn, "pair", DAY);
    add_facilitator(conn, "gone", DAY);
}

#[test]
fn a_call_with_nothing_to_write_changes_no_byte_and_needs_no_write_lock() {
    let file = File::new();
    let conn = file.connect();
    add_every_kind_of_owner(&conn);
    backfill_facilitator_markers(&conn).unwrap();
    let writer = file.connect();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = file.bytes();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("BEGIN").unwrap();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("COMMIT").unwrap();
    assert!(file.bytes() == before, "the file or its WAL has changed");
}

#[test]
fn a_read_only_connection_can_do_what_needs_no_writing() {
    let file = File::new();
    let conn = file.connect();
    add_every_kind_of_owner(&conn);
    let reader = Connection::open_with_flags(file.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(preview_facilitator_markers(&reader).unwrap().report.created, 1);
    for (call, run) in WRITING_CALLS {
        let error = run(&reader).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_READONLY, "{call}: {error}");
        assert!(error.to_string().contains("open the database for writing"), "{call}: {error}");
        assert!(reader.is_autocommit(), "{call}");
    }
    backfill_facilitator_markers(&conn).unwrap();
    calls_with_nothing_to_write(&reader);
}

#[test]
fn in_autocommit_mode_each_call_is_committed_when_it_returns() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let conn = file.connect();
        add_owner(&conn, "Ada", DAY);
        run(&conn).unwrap();
        assert!(conn.is_autocommit(), "{call}");
        assert_eq!(markers(&file.connect()).len(), 1, "{call}");
    }
}

#[test]
fn the_hosts_rollback_undoes_a_call_and_its_commit_keeps_it() {
    for (call, run) in WRITING_CALLS {
        for (end, kept) in [("ROLLBACK", 0), ("COMMIT", 1)] {
            let file = File::new();
            let conn = file.connect();
            conn.execute_batch("BEGIN").unwrap();
            add_owner(&conn, "Ada", DAY);
            run(&conn).unwrap();
            assert!(!conn.is_autocommit(), "{call}");
            assert_eq!(markers(&conn).len(), 1, "{call}");
            assert_eq!(markers(&file.connect()).len(), 0, "{call}: not committed by the call");
            conn.execute_batch(end).unwrap();
            assert_eq!(markers(&file.connect()).len(), kept, "{call}: {end}");
        }
    }
}

#[test]
fn a_savepoint_of_the_hosts_with_the_same_name_stays_the_hosts() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        conn.execute_batch("SAVEPOINT facilitator_markers").unwrap();
        add_owner(&conn, "Ada", DAY);
        run(&conn).unwrap();
        conn.execute_batch("ROLLBACK TO facilitator_markers").unwrap();
        assert_eq!(count(&conn, "facilitators") + count(&conn, "reward_addresses"), 0, "{call}");
        conn.execute_batch("RELEASE facilitator_markers").unwrap();
        assert!(conn.is_autocommit(), "{call}");
    }
}

/// A database in which the trigger `fail` answers the marker of Cid, the third of four owners.
fn failing_at_cid(raise: &str) -> Connection {
    let conn = in_memory();
    conn.execute_batch(&format!(
        "CREATE TABLE noted(user_id TEXT);
         CREATE TRIGGER note AFTER INSERT ON reward_addresses BEGIN
             INSERT INTO noted VALUES (new.user_id);
             SELECT {raise} WHERE new.user_id = 'Cid';
         END;"
    ))
    .unwrap();
    for id in ["Ada", "Bob", "Cid", "Dan"] {
        add_owner(&conn, id, DAY);
    }
    conn
}

#[test]
fn in_the_hosts_transaction_a_failing_call_undoes_its_own_work_only() {
    for raise in ["raise(ABORT, 'no')", "raise(FAIL, 'no')"] {
        let conn = failing_at_cid(raise);
        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        ensure_facilitator_marker(&conn, "Dan").unwrap();
        for result in [
            ensure_facilitator_marker(&conn, "Cid").map(drop),
            create_facilitator_marker(&conn, "Cid", DAY).map(drop),
            backfill_facilitator_markers(&conn).map(drop),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{raise}: {error}");
            assert!(!conn.is_autocommit());
            assert_eq!(markers(&conn).len() as i64, count(&conn, "noted"), "{raise}: nothing of Cid's");
        }
        assert_eq!(markers(&conn).len(), 3, "{raise}");
        conn.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&conn, "\"user\""), 5);
    }
}

#[test]
fn in_autocommit_mode_only_the_step_that_failed_is_undone() {
    let conn = failing_at_cid("stumble()");
    // A failure that isn't the row's.
    let stumble = || Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), None));
    conn.create_scalar_function("stumble", 0, FunctionFlags::default(), move |_| {
        stumble() as rusqlite::Result<i64>
    })
    .unwrap();
    let mut backfill = Backfill::new(&conn).unwrap();
    let error = loop {
        match backfill.step(1) {
            Ok(result) => assert_eq!(result, StepResult::More),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), ffi::SQLITE_AUTH);
    assert!(conn.is_autocommit());
    assert_eq!((markers(&conn).len(), count(&conn, "noted")), (2, 2));
    assert_eq!(backfill.report().created, 2);

    // The same step again, and then the rest.
    assert!(backfill.step(1).is_err());
    conn.execute_batch("DROP TRIGGER note").unwrap();
    while backfill.step(1).unwrap() == StepResult::More {}
    assert_eq!((backfill.report().owners, backfill.report().created), (4, 4));
}

#[test]
fn refused_markers_do_not_undo_the_others_in_the_hosts_transaction() {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    add_owner(&conn, "Bob", DAY);
    add_reward_address(&conn, "w", "Ada", "evm", "FACILITATOR_OWNER:Ada");
    conn.execute_batch("BEGIN").unwrap();
    assert!(matches!(backfill_facilitator_markers(&conn), Err(Error::MarkerRefused { count: 1, .. })));
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!(markers(&conn).len(), 1);
}

#[test]
fn where_sqlite_ends_the_hosts_transaction_the_error_says_so() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch(
            "CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT raise(ROLLBACK, 'no'); END",
        )
        .unwrap();
        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        let error = run(&conn).unwrap_err();
        assert!(matches!(error, Error::TransactionEnded { .. }), "{call}: {error:?}");
        assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{call}");
        assert!(error.to_string().ends_with("begin it again"), "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");

        // In autocommit mode there is no transaction of the host's to speak of.
        let error = run(&conn).unwrap_err();
        assert!(matches!(error, Error::MarkerRefused { count: 1, .. }), "{call}: {error:?}");
        assert!(conn.is_autocommit(), "{call}");
    }
}

/// Interrupts the first write that comes to the marker's trigger.
fn interrupt_while_writing(conn: &Connection) {
    let handle = conn.get_interrupt_handle();
    conn.create_scalar_function("interrupt", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        handle.interrupt();
        Ok(0)
    })
    .unwrap();
    conn.execute_batch(
        "CREATE TRIGGER interrupted AFTER INSERT ON reward_addresses BEGIN
             SELECT interrupt();
             SELECT max(number) FROM (
                 WITH RECURSIVE numbers(number) AS (
                     VALUES (1) UNION ALL SELECT number + 1 FROM numbers WHERE number < 1000
                 ) SELECT number FROM numbers
             );
         END",
    )
    .unwrap();
}

#[test]
fn an_interrupted_write_ends_the_hosts_transaction() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        interrupt_while_writing(&conn);
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
        assert!(matches!(error, Error::Sqlite { .. }) && conn.is_autocommit(), "{call}: {error:?}");

        conn.execute_batch("BEGIN").unwrap();
        add_user(&conn, "Host");
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
        assert!(matches!(error, Error::TransactionEnded { .. }) && conn.is_autocommit(), "{call}: {error:?}");

        conn.execute_batch("DROP TRIGGER interrupted").unwrap();
        run(&conn).unwrap();
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}

/// Interrupts every statement that does more than a little, or stops doing so.
fn interrupt_whatever_runs(conn: &Connection, on: bool) {
    unsafe extern "C" fn always(_: *mut c_void) -> c_int {
        1
    }
    let handler = on.then_some(always as unsafe extern "C" fn(*mut c_void) -> c_int);
    // SAFETY: the connection is open, and the handler uses nothing.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 1_000, handler, ptr::null_mut()) };
}

#[test]
fn an_interrupted_read_leaves_the_hosts_transaction() {
    let conn = in_memory();
    for number in 0..2_000 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    for transaction in [false, true] {
        if transaction {
            conn.execute_batch("BEGIN").unwrap();
            add_user(&conn, "Host");
        }
        interrupt_whatever_runs(&conn, true);
        for (call, result) in [
            ("backfill", backfill_facilitator_markers(&conn).map(drop)),
            ("preview", preview_facilitator_markers(&conn).map(drop)),
            ("skipped", for_each_skipped_owner(&conn, |_| {})),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ffi::SQLITE_INTERRUPT, "{call}: {error}");
            assert_eq!(conn.is_autocommit(), !transaction, "{call}");
        }
        interrupt_whatever_runs(&conn, false);
    }
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!((count(&conn, "\"user\""), markers(&conn).len()), (2_001, 0));
}

#[test]
fn a_full_database_undoes_the_step_and_says_so() {
    for transaction in [false, true] {
        let file = File::new();
        let conn = file.connect();
        for number in 0..500 {
            add_owner(&conn, &format!("User{number}"), DAY);
        }
        let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        conn.query_row(&format!("PRAGMA max_page_count = {}", pages + 20), [], |_| Ok(())).unwrap();
        if transaction {
            conn.execute_batch("BEGIN").unwrap();
            add_user(&conn, "Host");
        }
        let error = backfill_facilitator_markers(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_FULL, "{error}");
        assert!(error.to_string().contains("make room on the disk"), "{error}");
        let ended = matches!(error, Error::TransactionEnded { .. });
        assert_eq!(conn.is_autocommit(), !transaction || ended);
        if !conn.is_autocommit() {
            conn.execute_batch("COMMIT").unwrap();
        }
        let host_rows = i64::from(transaction && !ended);
        assert_eq!((count(&conn, "\"user\""), markers(&conn).len()), (500 + host_rows, 0));

        conn.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(())).unwrap();
        assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 500);
    }
}

#[test]
fn a_busy_database_is_an_error_and_the_call_can_be_repeated() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, other) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        other.execute_batch("COMMIT").unwrap();
        run(&conn).unwrap();
        assert_eq!(markers(&other).len(), 1, "{call}");
    }
}

#[test]
fn a_stale_snapshot_is_an_error_that_leaves_the_hosts_transaction() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, other) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch("BEGIN").unwrap();
        count(&conn, "\"user\"");
        add_user(&other, "Host");
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY_SNAPSHOT, "{call}: {error}");
        assert!(error.to_string().contains("BEGIN IMMEDIATE"), "{call}: {error}");
        assert!(!conn.is_autocommit(), "{call}");
        conn.execute_batch("ROLLBACK").unwrap();
        run(&conn).unwrap();
    }
}

#[test]
fn a_commit_that_fails_is_rolled_back() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch(
            "CREATE TABLE strict_log(user_id TEXT REFERENCES \"user\"(email) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER log AFTER INSERT ON reward_addresses BEGIN
                 INSERT INTO strict_log VALUES ('nobody');
             END;",
        )
        .unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        assert_eq!(markers(&conn).len(), 0, "{call}");
    }
}

#[test]
fn a_commit_that_a_reader_blocks_is_rolled_back_and_can_be_repeated() {
    for (call, run) in WRITING_CALLS {
        let file = File::new();
        let (conn, reader) = (file.connect(), file.connect());
        add_owner(&conn, "Ada", DAY);
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).ok();
        drop(reader);
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
        let reader = file.connect();
        let mut statement = reader.prepare("SELECT id FROM \"user\"").unwrap();
        let mut rows = statement.query([]).unwrap();
        rows.next().unwrap();
        let error = run(&conn).unwrap_err();
        assert_eq!(error.code(), ffi::SQLITE_BUSY, "{call}: {error}");
        assert!(conn.is_autocommit(), "{call}");
        drop(rows);
        run(&conn).unwrap();
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}

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
fn between_steps_nothing_is_open() {
    let file = File::new();
    let (conn, other) = (file.connect(), file.connect());
    for number in 0..50 {
        add_owner(&conn, &format!("User{number}"), DAY);
    }
    let mut backfill = Backfill::new(&conn).unwrap();
    loop {
        // SAFETY: both only look at the connection, which is open.
        let (statement, state) = unsafe {
            let handle = conn.handle();
            (
                ffi::sqlite3_next_stmt(handle, ptr::null_mut()),
                ffi::sqlite3_txn_state(handle, c"main".as_ptr()),
            )
        };
        assert!(statement.is_null(), "a statement is open");
        assert_eq!(state, ffi::SQLITE_TXN_NONE, "a snapshot lives on");
        // A reader would keep this from emptying the WAL, and a writer from taking the lock.
        let busy = "PRAGMA wal_checkpoint(TRUNCATE)";
        assert_eq!(other.query_row(busy, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        other.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
        if backfill.step(3).unwrap() == StepResult::Done {
            break;
        }
    }
    assert_eq!(backfill.report().created, 50);
}

/// What SQLite's authorizer is told: the action's code, and what it is about.
type Action = (c_int, String);

unsafe extern "C" fn note_action(
    actions: *mut c_void,
    code: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    let about = if code == ffi::SQLITE_FUNCTION { second } else { first };
    // SAFETY: the test hands over its vector and outlives this; SQLite hands over a string or NULL.
    unsafe {
        let about = if about.is_null() { c"" } else { CStr::from_ptr(about) };
        (*actions.cast::<Vec<Action>>()).push((code, about.to_string_lossy().into_owned()));
    }
    ffi::SQLITE_OK
}

#[test]
fn only_the_three_tables_are_read_and_only_markers_are_written() {
    let conn = in_memory();
    add_every_kind_of_owner(&conn);
    let mut actions: Vec<Action> = Vec::new();
    // SAFETY: the vector is used here only when the authorizer is gone again.
    unsafe {
        ffi::sqlite3_set_authorizer(conn.handle(), Some(note_action), ptr::from_mut(&mut actions).cast());
    }
    for (_, run) in WRITING_CALLS {
        run(&conn).unwrap();
    }
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("BEGIN").unwrap();
    calls_with_nothing_to_write(&conn);
    conn.execute_batch("ROLLBACK").unwrap();
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_set_authorizer(conn.handle(), None, ptr::null_mut()) };

    let pragmas = [
        "table_list",
        "table_xinfo",
        "index_list",
        "index_info",
        "index_xinfo",
        "encoding",
        "database_list",
        "read_uncommitted",
        "schema_version",
        "foreign_keys",
        "foreign_key_list",
    ];
    // datetime is in the host's own defaults.
    let functions = ["count", "datetime"];
    for (code, about) in &actions {
        let about = about.as_str();
        let allowed = match *code {
            ffi::SQLITE_READ => {
                ["user", "facilitators", "reward_addresses", "sqlite_master", "sqlite_schema"]
                    .contains(&about)
            }
            ffi::SQLITE_INSERT => about == "reward_addresses",
            ffi::SQLITE_PRAGMA => pragmas.contains(&about),
            ffi::SQLITE_FUNCTION => functions.contains(&about),
            ffi::SQLITE_SELECT | ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => true,
            _ => false,
        };
        assert!(allowed, "action {code} on {about:?}");
    }
    assert!(actions.contains(&(ffi::SQLITE_INSERT, "reward_addresses".to_owned())));
}

#[test]
fn the_hosts_settings_stay_as_they_are() {
    let settings = |conn: &Connection| {
        [
            "busy_timeout",
            "foreign_keys",
            "synchronous",
            "cache_size",
            "journal_mode",
            "recursive_triggers",
            "data_version",
        ]
        .map(|name| {
            conn.query_row(&format!("PRAGMA {name}"), [], |row| Ok(format!("{:?}", row.get_ref(0)?))).unwrap()
        })
    };
    let file = File::new();
    let conn = file.connect();
    conn.execute_batch(
        "PRAGMA busy_timeout = 123; PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF",
    )
    .unwrap();
    add_every_kind_of_owner(&conn);
    let before = settings(&conn);
    for (_, run) in WRITING_CALLS {
        run(&conn).unwrap();
    }
    calls_with_nothing_to_write(&conn);
    assert_eq!(settings(&conn), before);
}

#[test]
fn the_error_keeps_the_extended_code_of_a_connection_that_reports_primary_codes() {
    let conn = in_memory();
    add_owner(&conn, "Ada", DAY);
    conn.execute_batch(
        "CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT raise(ABORT, 'no'); END",
    )
    .unwrap();
    // SAFETY: the connection is open, and the call changes nothing but what its results look like.
    unsafe { ffi::sqlite3_extended_result_codes(conn.handle(), 0) };
    for (call, run) in WRITING_CALLS {
        assert_eq!(run(&conn).unwrap_err().code(), ffi::SQLITE_CONSTRAINT_TRIGGER, "{call}");
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
    conn.execute_batch(host::SCHEMA).unwrap();
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

#[test]
fn a_host_that_counts_changes_in_rows_is_served() {
    for (call, run) in WRITING_CALLS {
        let conn = in_memory();
        add_owner(&conn, "Ada", DAY);
        conn.execute_batch("PRAGMA count_changes = ON").unwrap();
        run(&conn).unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(markers(&conn).len(), 1, "{call}");
    }
}
