//! How the work grows with the host, counted in the instructions that SQLite runs.

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{
    Backfill, StepResult, backfill_facilitator_markers, ensure_facilitator_marker, for_each_skipped_owner,
};

use crate::host::{SCHEMA, add_facilitator, add_user, in_memory_with, schema_with};

unsafe extern "C" fn count(instructions: *mut c_void) -> c_int {
    // SAFETY: the test keeps the counter alive while the handler is set.
    unsafe { *instructions.cast::<u64>() += 1 };
    0
}

/// What `work` takes.
fn instructions(conn: &Connection, work: impl FnOnce()) -> u64 {
    let mut instructions = 0_u64;
    // SAFETY: the connection is open, and the handler is gone before the counter is.
    unsafe {
        let counter = ptr::from_mut(&mut instructions).cast();
        ffi::sqlite3_progress_handler(conn.handle(), 1, Some(count), counter);
    }
    work();
    // SAFETY: the connection is open.
    unsafe { ffi::sqlite3_progress_handler(conn.handle(), 0, None, ptr::null_mut()) };
    instructions
}

/// A host with so many owners, of whom every eighth has a date that can't be read, and as many other users. The
/// owners' ids have so many characters besides.
fn host(schema: &str, owners: usize, further_characters: usize) -> Connection {
    let conn = in_memory_with(schema);
    conn.execute_batch("BEGIN").unwrap();
    for number in 0..owners {
        let id = format!("User{number}{}", "x".repeat(further_characters));
        add_user(&conn, &id);
        let created_at = if number % 8 == 7 { "soon" } else { "2026-01-21 00:00:00" };
        add_facilitator(&conn, id.to_ascii_lowercase(), created_at);
        add_user(&conn, format!("NoOwner{number}"));
    }
    conn.execute_batch("COMMIT").unwrap();
    conn
}

/// The schemas that the tests know, in which tables are read and rows found in other ways.
fn schemas() -> Vec<(&'static str, String)> {
    let collated = |collation: &str| {
        SCHEMA
            .replace("id            TEXT PRIMARY KEY", &format!("id TEXT COLLATE {collation} PRIMARY KEY"))
            .replace("owner_address    TEXT", &format!("owner_address TEXT COLLATE {collation}"))
            .replace("user_id             TEXT", &format!("user_id TEXT COLLATE {collation}"))
    };
    let without_rowid = |schema: &str| {
        schema
            .replace("\n);", "\n) WITHOUT ROWID;")
            .replace("TEXT PRIMARY KEY,", "TEXT PRIMARY KEY NOT NULL,")
    };
    vec![
        ("as usual", SCHEMA.to_owned()),
        (
            "no index on owner_address",
            schema_with("CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);", ""),
        ),
        ("NOCASE", collated("NOCASE")),
        ("RTRIM", collated("RTRIM")),
        ("WITHOUT ROWID", without_rowid(SCHEMA)),
        ("WITHOUT ROWID, NOCASE", without_rowid(&collated("NOCASE"))),
        ("UTF-16le", format!("PRAGMA encoding = 'UTF-16le'; {SCHEMA}")),
        ("UTF-16be, WITHOUT ROWID", format!("PRAGMA encoding = 'UTF-16be'; {}", without_rowid(SCHEMA))),
    ]
}

/// Asserts that `work` for four times as many owners takes little more than four times as long.
fn assert_linear(what: &str, hosts: [Connection; 2], work: impl Fn(&Connection)) {
    let [small, large] = hosts.map(|conn| instructions(&conn, || work(&conn)));
    assert!(
        2 * large < 9 * small,
        "{what}: four times as much takes {large} instructions instead of {small}"
    );
}

fn run(conn: &Connection) {
    let mut backfill = Backfill::new(conn).unwrap();
    while backfill.step(20).unwrap() == StepResult::More {}
    assert_eq!(backfill.report().created, 7 * backfill.report().unreadable_date);
}

#[test]
fn the_work_grows_with_users_and_facilitators_and_not_with_their_product() {
    for (name, schema) in schemas() {
        assert_linear(name, [400, 1_600].map(|owners| host(&schema, owners, 0)), run);
    }
}

#[test]
fn the_work_grows_so_where_there_are_more_ids_than_a_backfill_keeps() {
    for (name, schema) in schemas() {
        // Users are read in the order of the index, or by the table's own key.
        if !["as usual", "NOCASE", "UTF-16be, WITHOUT ROWID"].contains(&name) {
            continue;
        }
        assert_linear(name, [304, 1_216].map(|owners| host(&schema, owners, 15_000)), run);
    }
}

#[test]
fn the_list_of_skipped_owners_grows_with_users_and_facilitators() {
    for (name, schema) in schemas() {
        assert_linear(name, [400, 1_600].map(|owners| host(&schema, owners, 0)), |conn| {
            let mut listed = 0;
            for_each_skipped_owner(conn, |_| listed += 1).unwrap();
            assert!(listed == 50 || listed == 200);
        });
    }
}

#[test]
fn the_work_beside_a_host_that_writes_grows_so_where_an_index_finds_the_ids() {
    for (name, schema) in schemas() {
        // To find what differs from an id in case only, all users are read here.
        if name == "RTRIM" || name.starts_with("UTF-16") || name.starts_with("no index") {
            continue;
        }
        assert_linear(name, [400, 1_600].map(|owners| host(&schema, owners, 0)), |conn| {
            let mut backfill = Backfill::new(conn).unwrap();
            for step in 0.. {
                add_user(conn, format!("Stranger{step}"));
                if backfill.step(20).unwrap() == StepResult::Done {
                    break;
                }
            }
        });
    }
}

/// So many users whose ids somebody has chosen: each begins with another way to write the same letters, so that those
/// of one id's case variants that are possible lie between all of them.
fn host_with_chosen_ids(schema: &str, owners: u32) -> Connection {
    let conn = in_memory_with(schema);
    conn.execute_batch("BEGIN").unwrap();
    for number in 0..owners {
        let id = chosen_id(number);
        add_user(&conn, &id);
        add_facilitator(&conn, id.to_ascii_lowercase(), "2026-01-21 00:00:00");
    }
    conn.execute_batch("COMMIT").unwrap();
    conn
}

fn chosen_id(number: u32) -> String {
    let letter = |(place, letter): (usize, char)| {
        if number >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    let prefix: String = "facilitatorowner".chars().enumerate().map(letter).collect();
    format!("{prefix}{number}")
}

/// Writes after a step has looked whether somebody has written.
unsafe extern "C" fn write_meanwhile(
    _: c_uint,
    conn: *mut c_void,
    statement: *mut c_void,
    _: *mut c_void,
) -> c_int {
    // SAFETY: SQLite hands over a statement of the connection that is traced, which is open.
    unsafe {
        if CStr::from_ptr(ffi::sqlite3_sql(statement.cast())) == c"PRAGMA main.journal_mode" {
            let sql = c"UPDATE facilitators SET name = 'other' WHERE id = (SELECT max(id) FROM facilitators)";
            let code = ffi::sqlite3_exec(conn.cast(), sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut());
            assert_eq!(code, ffi::SQLITE_OK);
        }
    }
    0
}

#[test]
fn one_call_beside_a_host_that_writes_grows_so_whatever_the_ids_and_the_indexes() {
    for (name, schema) in schemas() {
        let sizes = match name {
            // Below that, fewer users are passed for each owner than is worth longer steps.
            "as usual" => [5_000, 20_000],
            // All facilitators are read, or all users.
            "no index on owner_address" | "RTRIM" => [1_000, 4_000],
            _ => continue,
        };
        assert_linear(name, sizes.map(|owners| host_with_chosen_ids(&schema, owners)), |conn| {
            // SAFETY: the connection is open, and outlives the trace.
            unsafe {
                let (mask, data) = (ffi::SQLITE_TRACE_PROFILE as c_uint, conn.handle().cast());
                ffi::sqlite3_trace_v2(conn.handle(), mask, Some(write_meanwhile), data);
            }
            let report = backfill_facilitator_markers(conn).unwrap();
            assert_eq!(report.created, report.owners);
            // SAFETY: as above.
            unsafe { ffi::sqlite3_trace_v2(conn.handle(), 0, None, ptr::null_mut()) };
        });
    }
}

#[test]
fn ensure_of_an_id_in_lower_case_takes_no_more_than_a_reading_of_all_users() {
    for (name, schema) in schemas() {
        let hosts = [2_000, 8_000].map(|owners| host_with_chosen_ids(&schema, owners));
        assert_linear(name, hosts, |conn| {
            let id = chosen_id(1_234).to_ascii_lowercase();
            assert_eq!(ensure_facilitator_marker(conn, &id).unwrap().name(), "created");
        });
    }
}

#[test]
fn an_index_that_takes_no_notice_of_case_makes_it_a_look_up() {
    let schema = format!("{SCHEMA} CREATE INDEX user_by_folded_id ON \"user\"(id COLLATE NOCASE);");
    let [small, large] = [500, 8_000].map(|owners| {
        let conn = host_with_chosen_ids(&schema, owners);
        let id = chosen_id(123).to_ascii_lowercase();
        instructions(&conn, || drop(ensure_facilitator_marker(&conn, &id).unwrap()))
    });
    assert!(large < small + small / 10, "{large} instructions instead of {small}");
}
