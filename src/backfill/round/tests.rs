use super::*;
use crate::backfill::skipped::list_skipped;
use crate::join::freshness::FRESH_PER_RECHECK;

/// Several hundred addresses of every kind, some of them for the same owner.
fn host() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../../../tests/host/schema.sql")).unwrap();
    let add_user = "INSERT INTO \"user\"(id, name, email) VALUES (?1, 'Somebody', ?1)";
    let add_facilitator = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                           VALUES (hex(randomblob(8)), 'Pay', hex(randomblob(8)), ?1, ?2)";
    for number in 0..150 {
        let date =
            if number % 11 == 0 { "soon".to_owned() } else { format!("2026-01-{:02}", 10 + number % 13) };
        let id = format!("User{number}");
        conn.execute(add_user, [&id]).unwrap();
        let mut addresses = vec![id.to_lowercase(), format!("gone{number}")];
        match number % 5 {
            0 => addresses.push(id.to_lowercase()),
            1 => addresses.push(id),
            2 => {
                conn.execute(add_user, [id.to_uppercase()]).unwrap();
                addresses.push(id);
            }
            3 => addresses.push(id.to_uppercase()),
            _ => {}
        }
        for owner_address in addresses {
            conn.execute(add_facilitator, [&owner_address, &date]).unwrap();
        }
    }
    conn
}

/// The report, the markers, and whether the addresses were read in parts.
fn run(conn: &Connection, mode: Mode, capacity: u64) -> (BackfillReport, Vec<(String, String)>, bool) {
    let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
    let mut round = Round::with_addresses(conn, mode, addresses).unwrap();
    let mut in_parts = false;
    while round.step(conn, 7).unwrap() == StepResult::More {
        in_parts |= !round.addresses.is_last();
    }
    (round.report, written(conn), in_parts)
}

fn written(conn: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT user_id, created_at FROM reward_addresses ORDER BY user_id";
    let mut statement = conn.prepare(sql).unwrap();
    let markers = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    markers.collect::<Result<_, _>>().unwrap()
}

#[test]
fn addresses_that_do_not_fit_are_read_in_parts_and_come_to_the_same() {
    let (report, markers, in_parts) = run(&host(), Mode::Steps, 100_000);
    assert!(!in_parts);
    assert!(report.created > 50 && report.ambiguous_users > 20 && report.unknown_users > 150, "{report:?}");
    for capacity in [3, 10, 64, 100, 250] {
        let conn = host();
        let (foreseen, none, _) = run(&conn, Mode::Preview, capacity);
        assert_eq!((foreseen, none.len()), (report, 0), "capacity {capacity}");
        let (done, written, in_parts) = run(&conn, Mode::Steps, capacity);
        assert_eq!((done, &written), (report, &markers), "capacity {capacity}");
        assert!(in_parts, "capacity {capacity}");
        let (again, ..) = run(&conn, Mode::Steps, capacity);
        assert_eq!((again.created, again.already_enrolled), (0, report.created));
    }
}

#[test]
fn what_the_host_rolls_back_is_not_trusted_in_any_part() {
    let (_, markers, _) = run(&host(), Mode::Steps, 100_000);
    for step_within in 0..60 {
        let conn = host();
        run(&conn, Mode::Steps, 100_000);
        // Most parts have nothing to write, so that a step can go on to the next.
        conn.execute("DELETE FROM reward_addresses WHERE user_id LIKE '%77'", []).unwrap();
        let addresses = |facilitators| Addresses::with_capacity(30, facilitators);
        let mut round = Round::with_addresses(&conn, Mode::Steps, addresses).unwrap();
        for step in 0.. {
            if step == step_within {
                conn.execute_batch("BEGIN; UPDATE facilitators SET created_at = '2020-01-01'").unwrap();
                let _ = round.step(&conn, 20).unwrap();
                conn.execute_batch("ROLLBACK").unwrap();
            } else if round.step(&conn, 20).unwrap() == StepResult::Done {
                break;
            }
        }
        assert!(written(&conn).iter().all(|marker| markers.contains(marker)), "step {step_within}");
    }
}

fn add_owner(conn: &Connection, id: &str) {
    conn.execute("INSERT INTO \"user\"(id, name, email) VALUES (?1, ?1, ?1)", [id]).unwrap();
    let sql = "INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES (?1, ?1, ?1, lower(?1))";
    conn.execute(sql, [id]).unwrap();
}

#[test]
fn only_a_step_that_writes_keeps_others_from_it() {
    for journal_mode in ["WAL", "DELETE"] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let conn = Connection::open(file.path()).unwrap();
        conn.execute_batch(&format!("PRAGMA journal_mode = {journal_mode}")).unwrap();
        conn.execute_batch(include_str!("../../../tests/host/schema.sql")).unwrap();
        let ids = ["Ada", "Bob", "Cid", "Dan"];
        ids.iter().for_each(|id| add_owner(&conn, id));
        let mut round = Round::new(&conn, Mode::Steps).unwrap();
        while round.report.created == 0 {
            assert!(round.wrote().is_none(), "{journal_mode}: it only read");
            let _ = round.step(&conn, 1).unwrap();
        }
        assert!(round.wrote().is_some_and(|wrote| !wrote.writing.is_zero()), "{journal_mode}");
        for id in ids {
            let _ = crate::ensure_facilitator_marker(&conn, id).unwrap();
        }
        while round.step(&conn, 1).unwrap() == StepResult::More {
            assert!(round.wrote().is_none(), "{journal_mode}: the owner is enrolled by now");
        }
        assert_eq!((round.report.created, round.report.already_enrolled), (1, 3));
    }
}

#[test]
fn a_step_tells_whether_somebody_else_has_written_since_the_last_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let conn = Connection::open(file.path()).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    conn.execute_batch(include_str!("../../../tests/host/schema.sql")).unwrap();
    let other = Connection::open(file.path()).unwrap();
    (0..6).for_each(|number| add_owner(&conn, &format!("User{number}")));
    let mut round = Round::new(&conn, Mode::Steps).unwrap();
    let mut met = |meanwhile: &dyn Fn()| loop {
        meanwhile();
        let _ = round.step(&conn, 1).unwrap();
        if let Some(wrote) = round.wrote() {
            return wrote.met_others;
        }
    };
    assert!(!met(&|| {}));
    assert!(met(&|| other
        .execute_batch("INSERT INTO \"user\"(id, name, email) VALUES ('a', 'A', 'a')")
        .unwrap()));
    assert!(!met(&|| {}), "what was seen once is no longer new");
}

#[test]
fn a_step_that_meets_somebody_who_holds_the_lock_looks_few_owners_up_under_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (conn, other) = (Connection::open(file.path()).unwrap(), Connection::open(file.path()).unwrap());
    conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    conn.execute_batch(include_str!("../../../tests/host/schema.sql")).unwrap();
    (10..30).for_each(|number| add_owner(&conn, &format!("User{number}")));
    let mut round = Round::new(&conn, Mode::Steps).unwrap();
    while round.report.created == 0 {
        let _ = round.step(&conn, 8).unwrap();
    }
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert_eq!(round.step(&conn, 8).unwrap_err().code(), rusqlite::ffi::SQLITE_BUSY);
    other.execute_batch("ROLLBACK").unwrap();
    let _ = round.step(&conn, 8).unwrap();
    assert_eq!(round.report.created, 8 + 8 / FRESH_PER_RECHECK);
    while round.step(&conn, 8).unwrap() == StepResult::More {}
    assert_eq!(round.report.created, 20);
}

#[test]
fn fewer_owners_are_visited_as_soon_as_somebody_has_written() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../../../tests/host/schema.sql")).unwrap();
    (10..30).for_each(|number| add_owner(&conn, &format!("User{number}")));
    let mut round = Round::new(&conn, Mode::Steps).unwrap();
    while round.report.created == 0 {
        let _ = round.step(&conn, 8).unwrap();
    }
    assert_eq!(round.report.created, 8);
    add_owner(&conn, "Somebody");
    let _ = round.step(&conn, 8).unwrap();
    assert_eq!(round.report.created, 8 + 8 / FRESH_PER_RECHECK);
}

#[test]
fn skipped_owners_that_do_not_fit_are_listed_all_the_same() {
    let conn = host();
    let listed = |capacity| {
        let mut all = Vec::new();
        let addresses = |facilitators| Addresses::with_capacity(capacity, facilitators);
        list_skipped(&conn, &RefusedMarkers::default(), addresses, |owner| {
            all.push(format!("{owner:?}"));
            Ok(())
        })
        .unwrap();
        all.sort();
        all
    };
    let all = listed(100_000);
    assert!(all.len() > 50);
    assert_eq!(listed(30), all);
}
