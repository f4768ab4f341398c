//! What an audit tells.

use std::sync::Mutex;

use facilitator_markers::{Error, Mend, Wrong, audit_facilitator_markers};

use super::*;
use crate::host::{File, add_facilitator, add_owner, add_user, in_memory};

#[test]
fn each_kind_of_wrongness_is_told_under_its_name() {
    let conn = host_with_all();
    let expected = [
        "2: dated_late",
        "3: date_form",
        "3: dated_late",
        "4: not_verified",
        "6: duplicate",
        "7: orphan",
        "8: not_an_owner",
        "9: dated_early",
    ];
    assert_eq!(audited(&conn), expected);
    let report = audit_facilitator_markers(&conn, |_| ()).unwrap();
    assert_eq!((report.markers, report.dated_late, report.date_form, report.not_verified), (9, 2, 1, 1));
    assert_eq!((report.duplicate, report.orphan, report.not_an_owner, report.dated_early), (1, 1, 1, 1));
}

#[test]
fn each_finding_says_what_mends_it() {
    let conn = host_with_all();
    let mut told = Vec::new();
    audit_facilitator_markers(&conn, |finding| told.push(finding)).unwrap();
    told.sort_by_key(named);
    let repair = |column, value: &str| Mend::Repair { column, value: value.to_owned() };
    let mends: Vec<_> = told.iter().map(|finding| finding.mend.clone()).collect();
    assert_eq!(mends[0], repair("created_at", FIRST_DAY));
    assert_eq!(mends[1], repair("created_at", FIRST_DAY));
    assert_eq!(mends[3], repair("verification_status", "verified"));
    assert!(matches!((&mends[6], &mends[7]), (Mend::Nothing, Mend::Nothing)));
    assert_eq!(told[4].wrong, Wrong::Duplicate { other_marker_id: "5".to_owned() });
    assert_eq!(told[5].wrong, Wrong::Orphan { same_fold: Some("Lost".to_owned()) });
    for finding in &told[4..6] {
        let Mend::Statement(delete) = &finding.mend else { panic!("{finding:?}") };
        assert_eq!(conn.execute(delete, []).unwrap(), 1, "{delete}");
    }
    assert!(!audited(&conn).iter().any(|name| name.starts_with('6') || name.starts_with('7')));
}

#[test]
fn a_date_in_another_form_keeps_its_instant_unless_the_facilitators_are_earlier() {
    let conn = in_memory();
    for (id, created_at, mended) in [
        ("Space", "2025-05-31 20:00:00 -02:00", Some("2025-05-31 22:00:00")),
        ("Fraction", "2025-06-01 10:00:00.9", Some(FIRST_DAY)),
        ("Day", "2025-06-01", Some("2025-06-01 00:00:00")),
        ("Zone", "2025-06-01 10:00+00", Some(FIRST_DAY)),
        ("Late", "2025-06-02T00:00:00Z", Some(FIRST_DAY)),
        ("Unreadable", "yesterday", Some(FIRST_DAY)),
        ("Empty", "", Some(FIRST_DAY)),
        ("Right", FIRST_DAY, None),
    ] {
        add_owner(&conn, id, FIRST_DAY);
        add_marker(&conn, id, id, created_at);
        let mut mends = Vec::new();
        audit_facilitator_markers(&conn, |finding| {
            if finding.marker.id == id && finding.name() == "date_form" {
                mends.push(finding.mend);
            }
        })
        .unwrap();
        let mend = |value: &str| Mend::Repair { column: "created_at", value: value.to_owned() };
        assert_eq!(mends, Vec::from_iter(mended.map(mend)), "{id}");
    }
}

#[test]
fn a_user_with_an_unreadable_or_ambiguous_facilitator_is_left_alone() {
    let conn = in_memory();
    add_owner(&conn, "Unread", FIRST_DAY);
    add_facilitator(&conn, "unread", "some day");
    for id in ["Ada", "ADA"] {
        add_user(&conn, id);
    }
    add_facilitator(&conn, "ada", FIRST_DAY);
    add_facilitator(&conn, "Ada", FIRST_DAY);
    for id in ["Unread", "Ada"] {
        add_row(&conn, id, id, &format!("FACILITATOR_OWNER:{id}"), "pending", "2026-01-22T09:00:00Z");
    }
    let before = host::reward_addresses(&conn);
    let mut told = Vec::new();
    let report = audit_facilitator_markers(&conn, |finding| told.push(finding.mend)).unwrap();
    assert_eq!((report.markers, report.date_form, report.not_verified, report.dated_late), (2, 2, 2, 0));
    assert!(told.iter().all(|mend| *mend == Mend::Withheld), "{told:?}");
    assert!(repaired(&conn).is_empty());
    assert_eq!(host::reward_addresses(&conn), before);
}

#[test]
fn what_an_audit_tells_may_be_looked_into_with_the_same_connection() {
    let conn = host_with_all();
    let mut users = 0;
    audit_facilitator_markers(&conn, |finding| {
        let sql = r#"SELECT count(*) FROM "user" WHERE id = ?1"#;
        users += conn.query_row(sql, [&finding.marker.user_id], |row| row.get::<_, u32>(0)).unwrap();
        conn.execute("UPDATE facilitators SET name = 'seen'", []).unwrap();
    })
    .unwrap();
    assert_eq!(users, 7);
}

#[test]
fn an_audit_writes_nothing() {
    let file = File::new();
    let conn = file.connect();
    add_owner(&conn, "Late", FIRST_DAY);
    add_marker(&conn, "1", "Late", LATER);
    let before = file.bytes();
    conn.execute_batch("PRAGMA query_only = ON").unwrap();
    assert_eq!(audited(&conn), ["1: dated_late"]);
    assert_eq!(file.bytes(), before);
}

#[test]
fn ids_of_every_class_are_audited() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(
        r#"CREATE TABLE "user"(id PRIMARY KEY);
           CREATE TABLE facilitators(id, owner_address, created_at);
           CREATE TABLE reward_addresses(
               id PRIMARY KEY, user_id, chain_type, address, verification_status, verified_at, created_at,
               UNIQUE (user_id, address)
           );
           INSERT INTO "user" VALUES ('a');
           INSERT INTO facilitators VALUES (1, 'a', '2025-06-01 10:00:00');
           INSERT INTO reward_addresses VALUES
               (NULL, 'nobody', 'facilitator', 1, 'verified', NULL, 'x'),
               (7, 7, 'facilitator', 2, 'verified', NULL, 'x'),
               (x'61', x'61', 'facilitator', 3, 'verified', NULL, 'x'),
               ('t', NULL, 'facilitator', 4, 'verified', NULL, 'x'),
               (8.5, 'a', 'facilitator', 'FACILITATOR_OWNER:a', 1, NULL, 20250601);"#,
    )
    .unwrap();
    let expected =
        ["7: orphan", "8.5: date_form", "8.5: not_verified", ": orphan", "t: orphan", "x'61': orphan"];
    assert_eq!(audited(&conn), expected);
    let undo: Vec<_> = repaired(&conn).into_iter().map(|change| change.undo).collect();
    let sql = "SELECT created_at || verification_status FROM reward_addresses WHERE id = 8.5";
    let row = || conn.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(row(), "2025-06-01 10:00:00verified");
    assert_eq!(conn.execute(&undo[0], []).unwrap(), 1);
    assert_eq!(row(), "202506011");
}

#[test]
fn what_the_schema_lacks_is_said() {
    let conn = Connection::open_in_memory().unwrap();
    let error = audit_facilitator_markers(&conn, |_| ()).unwrap_err();
    assert!(matches!(error, Error::MissingSchema { .. }), "{error}");
}

#[test]
fn what_a_marker_costs_is_exact_at_any_length() {
    let conn = host_with_all();
    conn.execute_batch("UPDATE facilitators SET id = owner_address").unwrap();
    let add = |id: &str, facilitator: &str, amount: &str, created_at: &str| {
        conn.execute(
            "INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset,
                                      status, created_at)
             VALUES (?1, ?2, 'settle', 'base', 'a', 'b', ?3, 'USDC', 'success', ?4)",
            [id, facilitator, amount, created_at],
        )
        .unwrap();
    };
    add("1", "late", "123456789012345678901234567890", "2025-07-01 00:00:00");
    add("2", "late", "5", "2026-02-01 00:00:00");
    add("3", "pending", "7", "2026-02-01 00:00:00");
    add("4", "late", "a lot", "2026-02-01 00:00:00");
    conn.execute_batch(
        "INSERT INTO transactions SELECT 'refund', facilitator_id, type, network, 'a', 'a', '9', asset, status, created_at
         FROM transactions WHERE id = '2';
         INSERT INTO transactions SELECT 'failed', facilitator_id, type, network, 'a', 'b', '9', asset, 'failed', created_at
         FROM transactions WHERE id = '2';",
    )
    .unwrap();
    let mut costs = Vec::new();
    audit_facilitator_markers(&conn, |finding| {
        let cost = finding.cost(&conn).unwrap().map_or("nothing".to_owned(), |cost| cost.to_string());
        costs.push(format!("{}: {cost}", named(&finding)));
    })
    .unwrap();
    costs.sort();
    let late = "2: dated_late: 5 of 123,456,789,012,345,678,901,234,567,895 counted, and 1 amount that can't be read";
    assert_eq!(costs[0], late);
    assert_eq!(costs[3], "4: not_verified: 0 of 7 counted");
    assert_eq!(costs[6], "8: not_an_owner: nothing");
    conn.execute_batch("DROP TABLE transactions").unwrap();
    audit_facilitator_markers(&conn, |finding| assert!(finding.cost(&conn).unwrap().is_none())).unwrap();
}

#[test]
fn what_is_mended_while_an_audit_tells_is_not_told_any_more() {
    let conn = in_memory();
    // More than are read at once.
    conn.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
         INSERT INTO \"user\"(id, name, email) SELECT 'User' || i, 'Somebody', i FROM n;
         INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
         SELECT id, 'Pay', id, lower(id), '2025-06-01 10:00:00' FROM \"user\";
         INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
         SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2025-06-01 10:00:00' FROM \"user\";
         UPDATE reward_addresses SET created_at = '2026-01-22 09:00:00' WHERE id IN ('User10000', 'User19999');",
    )
    .unwrap();
    let mut told = Vec::new();
    audit_facilitator_markers(&conn, |finding| {
        told.push(named(&finding));
        let sql =
            "UPDATE facilitators SET created_at = '2026-01-22 09:00:00' WHERE owner_address = 'user19999'";
        conn.execute(sql, []).unwrap();
    })
    .unwrap();
    assert_eq!(told, ["User10000: dated_late"]);
}

#[test]
fn where_the_hosts_transaction_ends_as_a_cost_is_read_the_error_says_so() {
    let conn = host_with_all();
    // It ends as by an error of the file system: without the host's doing.
    // SAFETY: the connection is open until the test ends.
    let other = Mutex::new(unsafe { Connection::from_handle(conn.handle()) }.unwrap());
    conn.create_collation("host", move |one, with| {
        let _ = other.lock().unwrap().execute_batch("ROLLBACK");
        one.cmp(with)
    })
    .unwrap();
    conn.execute_batch(
        "UPDATE facilitators SET id = owner_address;
         DROP TABLE transactions;
         CREATE TABLE transactions(facilitator_id, type COLLATE host, status, from_address, to_address, amount, created_at);
         INSERT INTO transactions VALUES ('late', 'settle', 'success', 'a', 'b', '5', '2026-02-01 00:00:00');
         BEGIN;
         CREATE TABLE mine(x);",
    )
    .unwrap();
    let mut errors = Vec::new();
    audit_facilitator_markers(&conn, |finding| errors.extend(finding.cost(&conn).err())).unwrap();
    assert!(matches!(errors[..], [Error::TransactionEnded { .. }]), "{errors:?}");
    assert!(conn.is_autocommit());
}
