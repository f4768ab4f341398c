//! What the C layer adds to a call: each call from Rust and through the C ABI in turn, the shortest of many
//! rounds of each. The target is less than a microsecond.

#[path = "../tests/abi/mod.rs"]
mod abi;

use std::ffi::CStr;
use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{fs, ptr};

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{create_facilitator_marker, ensure_facilitator_marker};

use abi::{fm_create_facilitator_marker, fm_ensure_facilitator_marker, fm_marker_free};

const CALLS_PER_ROUND: u32 = 5;
const ROUNDS: usize = 5000;
const DATE: &CStr = c"2026-01-21 10:00:00";

fn main() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../tests/host/schema.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO \"user\"(id, name, email) VALUES ('Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy', 'Ada', 'ada@example.org');
         INSERT INTO facilitators(id, name, subdomain, owner_address)
         VALUES ('f1', 'Ada', 'ada', 'qj6duxjoilvp0avgdwgllwoyscuizlry')",
    )
    .unwrap();
    let enrolled = c"Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy";
    ensure_facilitator_marker(&conn, enrolled.to_str().unwrap()).unwrap();

    for (name, user_id) in [("already enrolled", enrolled), ("unknown user", c"nobody")] {
        let id = user_id.to_str().unwrap();
        let rust = || drop(black_box(ensure_facilitator_marker(&conn, id).unwrap()));
        compare("ensure", name, rust, || ensure_through_c(&conn, user_id));
        let rust = || drop(black_box(create_facilitator_marker(&conn, id, DATE.to_str().unwrap()).unwrap()));
        compare("create", name, rust, || create_through_c(&conn, user_id));
    }
    match std::env::var_os("C_LIBRARY") {
        Some(shared) => {
            println!("shared library, stripped: {} KiB", fs::metadata(shared).unwrap().len() / 1024)
        }
        None => println!("C_LIBRARY isn't set: the shared library's size isn't known"),
    }
}

fn compare(call: &str, outcome: &str, rust: impl Fn(), c: impl Fn()) {
    let (mut of_rust, mut of_c) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        of_rust = of_rust.min(round(&rust));
        of_c = of_c.min(round(&c));
    }
    let nanoseconds = |round: Duration| round.as_nanos() as f64 / f64::from(CALLS_PER_ROUND);
    let added = nanoseconds(of_c) - nanoseconds(of_rust);
    println!(
        "{call}, {outcome}: from Rust {:.2} µs, through C {:.2} µs: the C layer adds {:.2} µs ({})",
        nanoseconds(of_rust) / 1000.0,
        nanoseconds(of_c) / 1000.0,
        added / 1000.0,
        if added < 1000.0 { "target met" } else { "target not met" }
    );
}

fn round(call: &impl Fn()) -> Duration {
    let start = Instant::now();
    (0..CALLS_PER_ROUND).for_each(|_| call());
    start.elapsed()
}

fn ensure_through_c(conn: &Connection, user_id: &CStr) {
    let (mut outcome, mut marker, mut errmsg) = (0, ptr::null_mut(), ptr::null_mut());
    // SAFETY: an open connection that nothing else uses, a C string, and places for the results.
    unsafe {
        let db = conn.handle();
        let code = fm_ensure_facilitator_marker(
            db,
            user_id.as_ptr(),
            &raw mut outcome,
            &raw mut marker,
            &raw mut errmsg,
        );
        assert_eq!(code, ffi::SQLITE_OK);
        fm_marker_free(black_box(marker));
    }
}

fn create_through_c(conn: &Connection, user_id: &CStr) {
    let (mut outcome, mut marker, mut errmsg) = (0, ptr::null_mut(), ptr::null_mut());
    // SAFETY: an open connection that nothing else uses, C strings, and places for the results.
    unsafe {
        let code = fm_create_facilitator_marker(
            conn.handle(),
            user_id.as_ptr(),
            DATE.as_ptr(),
            &raw mut outcome,
            &raw mut marker,
            &raw mut errmsg,
        );
        assert_eq!(code, ffi::SQLITE_OK);
        fm_marker_free(black_box(marker));
    }
}
