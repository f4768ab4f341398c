//! Any bytes as ids, addresses and dates, in the database and as a C caller's arguments.

use std::ffi::{CStr, CString, c_int};
use std::ptr;

use arbitrary::{Arbitrary, Unstructured};
use facilitator_markers::rusqlite::{Connection, ErrorCode, Params, ffi, params};

use crate::abi::{self, Answer, Texts};
use crate::model::{self, CLOCK_READING, Database, Outcome, Report, Row, Value};

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    host: Host,
    users: Vec<Stored<'a>>,
    facilitators: Vec<(Stored<'a>, Stored<'a>)>,
    rows: Vec<(Stored<'a>, Stored<'a>, Kind, Stored<'a>)>,
    calls: Vec<Call<'a>>,
}

#[derive(Debug, Arbitrary)]
struct Host {
    columns: Columns,
    encoding: Encoding,
    in_transaction: bool,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Columns {
    Untyped,
    Text,
    TextInAnyCase,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Encoding {
    Utf8,
    Utf16be,
    Utf16le,
}

/// A value that a host stores.
#[derive(Debug, Arbitrary)]
enum Stored<'a> {
    Text(&'a [u8]),
    /// The id of the user at this position, if there is one that is text.
    User(u8, Casing),
    /// The name of that user's marker.
    MarkerOf(u8),
    Date(u8),
    Blob(&'a [u8]),
    Integer(i32),
    Null,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Casing {
    Exact,
    Lower,
    Upper,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Kind {
    Facilitator,
    Evm,
    InCapitals,
}

#[derive(Debug, Arbitrary)]
enum Call<'a> {
    Create(Stored<'a>, Stored<'a>),
    Ensure(Stored<'a>),
    /// With NULL for some of the out-parameters.
    EnsureUnasked {
        user_id: Stored<'a>,
        outcome: bool,
        marker: bool,
        errmsg: bool,
    },
    Preview,
    Backfill,
    Steps(u8),
}

pub fn check(bytes: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    run(&case).unwrap();
}

fn run(case: &Case<'_>) -> facilitator_markers::rusqlite::Result<()> {
    let conn = open(case)?;
    if case.host.in_transaction {
        conn.execute_batch("BEGIN")?;
    }
    for call in case.calls.iter().take(8) {
        let before = Database::read(&conn)?;
        let expected = check_call(&conn, case, call, &before);
        assert_eq!(conn.is_autocommit(), !case.host.in_transaction);
        // SAFETY: an open connection; the statements are only asked for.
        let statement = unsafe { ffi::sqlite3_next_stmt(conn.handle(), ptr::null_mut()) };
        assert!(statement.is_null(), "a statement is left");
        let mut after = Database::read(&conn)?;
        for added in after.rows.iter_mut().skip(before.rows.len()) {
            added.verified_at = Value::text(CLOCK_READING);
        }
        sort_added(&mut after.rows, before.rows.len());
        let mut expected = Database { rows: expected, ..before.clone() };
        sort_added(&mut expected.rows, before.rows.len());
        assert_eq!(after, expected, "{call:?} on {before:?}");
    }
    Ok(())
}

/// SQLite sorts what is UTF-16le by the low bytes first, so that a backfill adds its rows in another order there.
fn sort_added(rows: &mut [Row], old: usize) {
    rows[old..].sort_by_key(|row| row.id.shown());
}

/// Makes the call, and gives the rows that it has to leave.
fn check_call(conn: &Connection, case: &Case<'_>, call: &Call<'_>, before: &Database) -> Vec<Row> {
    match call {
        Call::Create(user_id, date) => {
            let (user_id, date) = (case.argument(user_id), case.argument(date));
            let answer = abi::create(conn, &user_id, &date);
            let (Ok(user_id), Ok(date)) = (user_id.to_str(), date.to_str()) else {
                return misused(answer, before);
            };
            let (expected, rows) = model::create(before, user_id, date);
            check_answer(answer, &expected);
            rows
        }
        Call::Ensure(user_id) => {
            let user_id = case.argument(user_id);
            let answer = abi::ensure(conn, &user_id);
            let Ok(user_id) = user_id.to_str() else { return misused(answer, before) };
            let (expected, rows) = model::ensure(before, user_id);
            check_answer(answer, &expected);
            rows
        }
        Call::EnsureUnasked { user_id, outcome, marker, errmsg } => {
            let user_id = case.argument(user_id);
            let code = ensure_unasked(conn, &user_id, [*outcome, *marker, *errmsg]);
            let Ok(user_id) = user_id.to_str() else {
                assert_eq!(code, ffi::SQLITE_MISUSE);
                return before.rows.clone();
            };
            let (expected, rows) = model::ensure(before, user_id);
            let is_refused = matches!(expected, Outcome::MarkerRefused(_));
            assert_eq!(code & 0xff, if is_refused { ffi::SQLITE_CONSTRAINT } else { ffi::SQLITE_OK });
            rows
        }
        Call::Preview => {
            let expected = model::backfill(before);
            let (report, warning) = abi::preview(conn).unwrap();
            assert_eq!(report, counts(expected.report));
            assert_eq!(warning.is_some(), !expected.refused.is_empty());
            before.rows.clone()
        }
        Call::Backfill | Call::Steps(_) => {
            let expected = model::backfill(before);
            let (answer, report) = match call {
                Call::Steps(size) => abi::steps(conn, &[i64::from(*size).max(1)]),
                _ => abi::backfill(conn),
            };
            assert_eq!(report, counts(expected.report), "{call:?} on {before:?}");
            let code = answer.map_or_else(|(code, _)| code & 0xff, |()| ffi::SQLITE_OK);
            let refused = if expected.refused.is_empty() { ffi::SQLITE_OK } else { ffi::SQLITE_CONSTRAINT };
            assert_eq!(code, refused);
            expected.rows
        }
    }
}

fn misused(answer: Answer<(c_int, Option<Texts>)>, before: &Database) -> Vec<Row> {
    assert_eq!(answer.unwrap_err().0, ffi::SQLITE_MISUSE);
    before.rows.clone()
}

fn check_answer(answer: Answer<(c_int, Option<Texts>)>, expected: &Outcome) {
    let outcome = match expected {
        Outcome::Created(_) => 1,
        Outcome::AlreadyEnrolled(_) => 2,
        Outcome::UnknownUser => 3,
        Outcome::NotAnOwner => 4,
        Outcome::AmbiguousUser => 5,
        Outcome::UnreadableDate => 6,
        Outcome::MarkerRefused(_) => {
            return assert_eq!(answer.unwrap_err().0 & 0xff, ffi::SQLITE_CONSTRAINT);
        }
        Outcome::UnreadableArgument => return assert_eq!(answer.unwrap_err().0, ffi::SQLITE_MISUSE),
    };
    let (actual, texts) = answer.unwrap();
    assert_eq!(actual, outcome, "instead of {expected:?}");
    let (Outcome::Created(row) | Outcome::AlreadyEnrolled(row)) = expected else {
        return assert!(texts.is_none());
    };
    let mut texts = texts.unwrap();
    if matches!(expected, Outcome::Created(_)) {
        texts[4] = Some(CLOCK_READING.to_owned());
    }
    let [verified_at, others @ ..] =
        [&row.verified_at, &row.id, &row.user_id, &row.address, &row.verification_status, &row.created_at];
    let [id, user_id, address, status, created_at] = others.map(|value| Some(c_text(value)));
    let verified_at = (*verified_at != Value::Null).then(|| c_text(verified_at));
    assert_eq!(texts, [id, user_id, address, status, verified_at, created_at]);
}

/// A column's value as the header says that a marker's text is.
fn c_text(value: &Value) -> String {
    let shown = if *value == Value::Null { String::new() } else { value.shown() };
    shown.split('\0').next().unwrap().to_owned()
}

fn ensure_unasked(conn: &Connection, user_id: &CStr, wanted: [bool; 3]) -> c_int {
    let (mut outcome, mut marker, mut errmsg) = (0, ptr::null_mut(), ptr::null_mut());
    // SAFETY: an open connection that nothing else uses, a C string, and places for those results that are wanted, each
    // of which is freed once.
    unsafe {
        let code = abi::fm_ensure_facilitator_marker(
            conn.handle(),
            user_id.as_ptr(),
            if wanted[0] { &raw mut outcome } else { ptr::null_mut() },
            if wanted[1] { &raw mut marker } else { ptr::null_mut() },
            if wanted[2] { &raw mut errmsg } else { ptr::null_mut() },
        );
        abi::fm_marker_free(marker);
        ffi::sqlite3_free(errmsg.cast());
        code
    }
}

fn counts(report: Report) -> abi::Report {
    let count = |rows: u64| i64::try_from(rows).unwrap();
    abi::Report {
        owners: count(report.owners),
        created: count(report.created),
        already_enrolled: count(report.already_enrolled),
        unreadable_date: count(report.unreadable_date),
        refused: count(report.refused),
        unknown_users: count(report.unknown_users),
        ambiguous_users: count(report.ambiguous_users),
        unreadable_dates: count(report.unreadable_dates),
    }
}

impl Case<'_> {
    fn value(&self, stored: &Stored<'_>) -> Value {
        match stored {
            Stored::Text(bytes) => Value::text(bytes),
            Stored::Blob(bytes) => Value::Blob(bytes.to_vec()),
            Stored::Integer(number) => Value::Integer((*number).into()),
            Stored::Null => Value::Null,
            Stored::User(position, case) => {
                let id = self.user(*position);
                Value::Text(match case {
                    Casing::Exact => id.to_vec(),
                    Casing::Lower => model::fold(id),
                    Casing::Upper => id.to_ascii_uppercase(),
                })
            }
            Stored::MarkerOf(position) => Value::Text(model::marker_name(self.user(*position))),
            Stored::Date(day) => Value::text(format!("2026-01-{:02}", day % 32)),
        }
    }

    fn user(&self, position: u8) -> &[u8] {
        match self.users.iter().cycle().nth(position.into()) {
            Some(Stored::Text(id)) => id,
            _ => b"Nobody",
        }
    }

    /// What a C caller can pass of it.
    fn argument(&self, stored: &Stored<'_>) -> CString {
        let bytes = match self.value(stored) {
            Value::Text(bytes) | Value::Blob(bytes) => bytes,
            other => other.shown().into_bytes(),
        };
        CString::new(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).unwrap()
    }
}

/// A database with all that is in the case and that the schema takes.
///
/// The keys of `reward_addresses` tell capitals from small letters whatever its columns do: a key that doesn't keeps
/// markers out of which only the run tells, and the model knows none such.
fn open(case: &Case<'_>) -> facilitator_markers::rusqlite::Result<Connection> {
    let conn = Connection::open_in_memory()?;
    let encoding = match case.host.encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Utf16be => "UTF-16be",
        Encoding::Utf16le => "UTF-16le",
    };
    let column = match case.host.columns {
        Columns::Untyped => "",
        Columns::Text => "TEXT NOT NULL",
        Columns::TextInAnyCase => "TEXT COLLATE NOCASE",
    };
    conn.execute_batch(&format!(
        r#"PRAGMA encoding = '{encoding}';
           CREATE TABLE "user" (id {column} PRIMARY KEY);
           CREATE TABLE facilitators (id INTEGER PRIMARY KEY, owner_address {column}, created_at {column});
           CREATE TABLE reward_addresses (
               id {column}, user_id {column}, chain_type {column}, address {column},
               verification_status TEXT DEFAULT 'pending', verified_at, created_at {column},
               PRIMARY KEY (id COLLATE BINARY), UNIQUE (user_id COLLATE BINARY, address COLLATE BINARY)
           );"#
    ))?;
    for id in case.users.iter().take(6) {
        insert(&conn, r#"INSERT INTO "user" (id) VALUES (?1)"#, params![case.value(id)])?;
    }
    for (owner, date) in case.facilitators.iter().take(8) {
        let sql = "INSERT INTO facilitators (owner_address, created_at) VALUES (?1, ?2)";
        insert(&conn, sql, params![case.value(owner), case.value(date)])?;
    }
    for (id, user, kind, address) in case.rows.iter().take(4) {
        let kind = match kind {
            Kind::Facilitator => "facilitator",
            Kind::Evm => "evm",
            Kind::InCapitals => "FACILITATOR",
        };
        let sql = "INSERT INTO reward_addresses (id, user_id, chain_type, address, created_at)
                   VALUES (?1, ?2, ?3, ?4, '2026-01-02 03:04:05')";
        insert(&conn, sql, params![case.value(id), case.value(user), kind, case.value(address)])?;
    }
    Ok(conn)
}

/// Runs an INSERT, which a constraint of the schema may refuse.
fn insert(conn: &Connection, sql: &str, values: impl Params) -> facilitator_markers::rusqlite::Result<()> {
    match conn.execute(sql, values) {
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) => Err(error),
        _ => Ok(()),
    }
}
