//! Whose marker is written, with which date, and what each call answers.

mod host;

use facilitator_markers::rusqlite::types::Value;
use facilitator_markers::{
    BackfillReport, Enrollment, Error, SkippedOwner, backfill_facilitator_markers, create_facilitator_marker,
    ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner, preview_facilitator_markers,
    rusqlite::Connection,
};
use host::{add_facilitator, add_owner, add_reward_address, add_user, in_memory, in_memory_with, markers};

const DAY: &str = "2026-01-21 00:00:00";

fn ensure(conn: &Connection, user_id: &str) -> &'static str {
    ensure_facilitator_marker(conn, user_id).unwrap().name()
}

fn enrolled(conn: &Connection) -> Vec<String> {
    markers(conn).into_iter().map(|(user_id, _)| user_id).collect()
}

fn skipped(conn: &Connection) -> Vec<SkippedOwner> {
    let mut all = Vec::new();
    for_each_skipped_owner(conn, |owner| all.push(owner)).unwrap();
    all.sort_by_key(|owner| format!("{owner:?}"));
    all
}

fn sentences(conn: &Connection) -> Vec<String> {
    skipped(conn).iter().map(ToString::to_string).collect()
}

/// The report as eight numbers in the order of its fields.
fn counts(report: BackfillReport) -> [u64; 8] {
    [
        report.owners,
        report.created,
        report.already_enrolled,
        report.unreadable_date,
        report.refused,
        report.unknown_users,
        report.ambiguous_users,
        report.unreadable_dates,
    ]
}

#[test]
fn the_marker_row_is_a_function_of_user_facilitators_and_clock() {
    let conn = in_memory();
    add_owner(&conn, "Xk9", "2026-01-21T10:00:00.750Z");
    let before: String = conn.query_row("SELECT datetime('now')", [], |row| row.get(0)).unwrap();
    let Enrollment::Created(marker) = ensure_facilitator_marker(&conn, "Xk9").unwrap() else {
        panic!("not created")
    };
    let after: String = conn.query_row("SELECT datetime('now')", [], |row| row.get(0)).unwrap();

    assert_eq!(marker.id, "FACILITATOR_OWNER:Xk9");
    assert_eq!(marker.address, "FACILITATOR_OWNER:Xk9");
    assert_eq!(marker.user_id, "Xk9");
    assert_eq!(marker.chain_type, "facilitator");
    assert_eq!(marker.verification_status, "verified");
    assert_eq!(marker.created_at, "2026-01-21 10:00:00");
    let verified_at = marker.verified_at.unwrap();
    assert!((before..=after).contains(&verified_at), "{verified_at} is not the clock's reading");
    let types = "SELECT DISTINCT typeof(id) || typeof(user_id) || typeof(created_at) || typeof(verified_at)
                 FROM reward_addresses";
    let types: String = conn.query_row(types, [], |row| row.get(0)).unwrap();
    assert_eq!(types, "texttexttexttext");
}

#[test]
fn a_facilitator_belongs_to_the_user_whose_id_it_names_exactly_or_in_lower_case() {
    let conn = in_memory();
    for id in ["Exact", "Folded", "Upper"] {
        add_user(&conn, id);
    }
    add_facilitator(&conn, "Exact", DAY);
    add_facilitator(&conn, "folded", DAY);
    add_facilitator(&conn, "UPPER", DAY);
    assert_eq!(ensure(&conn, "Upper"), "not_an_owner");
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [2, 2, 0, 0, 0, 1, 0, 0]);
    assert_eq!(enrolled(&conn), ["Exact", "Folded"]);
}

#[test]
fn only_a_to_z_are_folded() {
    let conn = in_memory();
    add_user(&conn, "ÄB");
    add_facilitator(&conn, "äb", DAY);
    assert_eq!(ensure(&conn, "ÄB"), "not_an_owner");
    assert_eq!(ensure(&conn, "äb"), "unknown_user");
    add_facilitator(&conn, "Äb", DAY);
    assert_eq!(ensure(&conn, "Äb"), "created");
}

#[test]
fn ensure_finds_the_exact_id_first_else_the_only_one_in_another_case() {
    let conn = in_memory();
    for id in ["abc", "aBc", "Only"] {
        add_owner(&conn, id, DAY);
    }
    assert_eq!(ensure(&conn, "ABC"), "ambiguous_user");
    assert_eq!(ensure(&conn, "aBc"), "created");
    assert_eq!(ensure(&conn, "ONLY"), "created");
    assert_eq!(ensure(&conn, "only"), "already_enrolled");
    assert_eq!(ensure(&conn, "nobody"), "unknown_user");
    assert_eq!(enrolled(&conn), ["Only", "aBc"]);
}

#[test]
fn create_writes_for_exactly_this_user() {
    let conn = in_memory();
    add_user(&conn, "Xk9");
    assert_eq!(create_facilitator_marker(&conn, "xk9", DAY).unwrap(), Enrollment::UnknownUser);
    assert_eq!(create_facilitator_marker(&conn, "Xk9", DAY).unwrap().name(), "created");
    let again = create_facilitator_marker(&conn, "Xk9", "2020-01-01").unwrap();
    assert_eq!(again.name(), "already_enrolled");
    assert_eq!(again.marker().unwrap().created_at, DAY);
}

#[test]
fn create_refuses_a_date_that_it_cannot_read_before_anything_else() {
    let conn = Connection::open_in_memory().unwrap();
    for date in ["", "now", "21.01.2026", "2026-01-21 24:00", "2026-02-30"] {
        let error = create_facilitator_marker(&conn, "nobody", date).unwrap_err();
        assert!(matches!(&error, Error::UnreadableDate { date: given } if given == date), "{error:?}");
    }
}

#[test]
fn of_several_outcomes_the_first_wins() {
    let conn = in_memory();
    add_user(&conn, "Wallet");
    add_user(&conn, "Undated");
    add_facilitator(&conn, "undated", "soon");
    assert_eq!(ensure(&conn, "Wallet"), "not_an_owner");
    assert_eq!(ensure(&conn, "Undated"), "unreadable_date");
    for id in ["Wallet", "Undated"] {
        add_reward_address(&conn, id, id, "facilitator", "elsewhere");
        assert_eq!(ensure(&conn, id), "already_enrolled");
    }
}

#[test]
fn the_earliest_instant_counts_and_not_the_smallest_text() {
    let conn = in_memory();
    add_user(&conn, "Xk9");
    for date in
        ["2026-01-21 00:10:00", "2026-01-21T01:00:00+01:00", "2026-01-21T00:00:00.5Z", "2026-01-21T23:00"]
    {
        add_facilitator(&conn, "xk9", date);
    }
    let enrollment = ensure_facilitator_marker(&conn, "Xk9").unwrap();
    assert_eq!(enrollment.marker().unwrap().created_at, DAY);
}

#[test]
fn both_forms_of_address_count_for_the_date() {
    for (exact, folded) in [("2026-01-01", "2026-01-02"), ("2026-01-02", "2026-01-01")] {
        for backfill in [true, false] {
            let conn = in_memory();
            add_user(&conn, "Xk9");
            add_facilitator(&conn, "Xk9", exact);
            add_facilitator(&conn, "xk9", folded);
            if backfill {
                assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [1, 1, 0, 0, 0, 0, 0, 0]);
            } else {
                ensure(&conn, "Xk9");
            }
            assert_eq!(markers(&conn), [("Xk9".to_owned(), "2026-01-01 00:00:00".to_owned())]);
        }
    }
}

#[test]
fn an_owner_with_an_unreadable_date_is_not_enrolled_until_all_are_mended() {
    let schema = host::schema_with("created_at       TEXT NOT NULL", "created_at       BLOB");
    let conn = in_memory_with(&schema);
    for id in ["All", "Some", "None"] {
        add_user(&conn, id);
        add_facilitator(&conn, id.to_lowercase(), DAY);
    }
    for unreadable in [
        Value::Null,
        Value::Integer(20_200_101),
        Value::Real(2_458_849.5),
        Value::Blob(b"2020-01-01".to_vec()),
        Value::Text("01/01/2020".into()),
    ] {
        add_facilitator(&conn, "some", unreadable.clone());
        add_facilitator(&conn, "All", unreadable.clone());
        add_facilitator(&conn, "gone", unreadable);
    }
    assert_eq!(counts(preview_facilitator_markers(&conn).unwrap().report), [3, 1, 0, 2, 0, 1, 0, 15]);
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [3, 1, 0, 2, 0, 1, 0, 15]);
    assert_eq!(markers(&conn), [("None".to_owned(), DAY.to_owned())]);
    for id in ["Some", "All"] {
        assert_eq!(ensure(&conn, id), "unreadable_date");
    }

    conn.execute("UPDATE facilitators SET created_at = '2025-05-04' WHERE typeof(created_at) <> 'text'", [])
        .unwrap();
    assert_eq!(ensure(&conn, "Some"), "unreadable_date", "one is left");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().unreadable_date, 2);
    conn.execute("UPDATE facilitators SET created_at = '2025-05-05' WHERE created_at LIKE '%/%'", [])
        .unwrap();
    assert_eq!(ensure(&conn, "Some"), "created");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 1);
    let date = "2025-05-04 00:00:00";
    assert_eq!(
        markers(&conn),
        [("All", date), ("None", DAY), ("Some", date)].map(|(id, date)| (id.to_owned(), date.to_owned()))
    );
}

#[test]
fn the_facilitators_to_mend_are_named_with_and_without_an_index() {
    let without_index =
        host::schema_with("CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);", "");
    for schema in [host::SCHEMA, &without_index] {
        let conn = in_memory_with(schema);
        add_user(&conn, "Ada");
        add_user(&conn, "Bob");
        let add = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES (?1, 'n', ?1, ?2, ?3)";
        conn.execute(add, ["a1", "ada", "04/05/2025"]).unwrap();
        conn.execute(add, ["a2", "Ada", "soon"]).unwrap();
        conn.execute(add, ["a3", "ada", DAY]).unwrap();
        for number in 0..120 {
            conn.execute(add, [&format!("b{number}"), "bob", ""]).unwrap();
        }
        let told = sentences(&conn);
        let [ada, bob] = &told[..] else { panic!("{told:?}") };
        assert_eq!(
            ada,
            "user \"Ada\" has facilitators whose created_at can't be read: \"a1\" with \"04/05/2025\", \"a2\" with \
             \"soon\"; set all of them to the date that is meant, as YYYY-MM-DD HH:MM:SS in UTC: an unreadable one may be \
             the earliest, and a marker with half the history is wrong for good"
        );
        assert!(bob.contains(" and 20 more; set all of them"), "{bob}");
        conn.execute("DELETE FROM facilitators WHERE id NOT IN ('a2', 'a3')", []).unwrap();
        let told = sentences(&conn);
        assert!(
            told[0].contains(
                "has a facilitator whose created_at can't be read: \"a2\" with \"soon\"; set it to"
            ),
            "{told:?}"
        );
    }
}

#[test]
fn facilitators_without_an_id_are_named_by_their_dates() {
    let conn = in_memory_with(&host::schema_with(
        "id               TEXT PRIMARY KEY,",
        "number INTEGER PRIMARY KEY,",
    ));
    add_user(&conn, "Ada");
    let sql = "INSERT INTO facilitators(name, subdomain, owner_address, created_at) VALUES ('n', 's', 'ada', 'soon')";
    conn.execute(sql, []).unwrap();
    let told = sentences(&conn);
    assert!(told[0].contains("can't be read: one with \"soon\"; set it"), "{told:?}");
}

#[test]
fn a_date_that_is_still_to_come_is_written_and_told() {
    let conn = in_memory();
    add_owner(&conn, "Ada", "2999-01-01");
    add_owner(&conn, "Bob", DAY);
    let mut due = Vec::new();
    for_each_due_owner(&conn, |owner| due.push((owner.is_to_come, owner.to_string()))).unwrap();
    due.sort();
    assert_eq!(
        due,
        [
            (false, format!("user \"Bob\" would be enrolled since {DAY}")),
            (
                true,
                "user \"Ada\" would be enrolled since 2999-01-01 00:00:00, which is still to come: check the created_at of \
                 the user's facilitators"
                    .to_owned()
            ),
        ]
    );
    let enrollment = ensure_facilitator_marker(&conn, "Ada").unwrap();
    let marker = enrollment.marker().unwrap();
    assert_eq!(marker.created_at, "2999-01-01 00:00:00");
    let written = marker.verified_at.as_deref().unwrap();
    assert_eq!(
        marker.to_string(),
        format!(
            "Ada enrolled since 2999-01-01 00:00:00, which was still to come on {written}: check the dates of the facilitators"
        )
    );
    let past = ensure_facilitator_marker(&conn, "Bob").unwrap();
    assert_eq!(past.marker().unwrap().to_string(), format!("Bob enrolled since {DAY}"));
}

#[test]
fn an_ambiguity_that_the_host_has_settled_is_no_longer_listed() {
    let host = || {
        let conn = in_memory();
        for id in ["Abc", "aBc", "ABC"] {
            add_user(&conn, id);
        }
        add_facilitator(&conn, "abc", DAY);
        add_facilitator(&conn, "abc", "2026-02-01 00:00:00");
        conn
    };
    let conn = host();
    assert_eq!(skipped(&conn).len(), 1);
    assert_eq!(ensure(&conn, "aBc"), "created");
    assert_eq!(skipped(&conn), []);
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().ambiguous_users, 1, "and it stays ambiguous");

    // A marker that begins later than these facilitators has not been written because of them.
    let conn = host();
    assert_eq!(create_facilitator_marker(&conn, "Abc", "2026-01-21 00:00:01").unwrap().name(), "created");
    let told = sentences(&conn);
    assert!(told[0].contains("any of the users \"ABC\", \"Abc\" (enrolled), \"aBc\"; find out"), "{told:?}");
    for id in ["ABC", "aBc"] {
        add_reward_address(&conn, id, id, "facilitator", id);
        conn.execute("UPDATE reward_addresses SET created_at = 'soon' WHERE id = ?1", [id]).unwrap();
        assert_eq!(skipped(&conn).len(), usize::from(id == "ABC"), "until each of them is enrolled");
    }

    // Of a facilitator that can't be read nobody knows when it began.
    let conn = host();
    add_facilitator(&conn, "abc", "soon");
    assert_eq!(create_facilitator_marker(&conn, "Abc", "2000-01-01").unwrap().name(), "created");
    assert_eq!(skipped(&conn).len(), 1);
}

#[test]
fn of_many_candidates_ten_are_named() {
    let conn = in_memory();
    for number in 0..16_u8 {
        let cased = |place: u8, letter: char| {
            if number >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        };
        add_user(
            &conn,
            ('a'..='d').enumerate().map(|(place, letter)| cased(place as u8, letter)).collect::<String>(),
        );
    }
    add_facilitator(&conn, "abcd", DAY);
    let told = sentences(&conn);
    assert!(told[0].contains(" and 6 more; find out which"), "{told:?}");
}

#[test]
fn backfill_enrolls_nobody_because_of_an_ambiguous_address() {
    let conn = in_memory();
    add_user(&conn, "Abc");
    add_user(&conn, "aBc");
    add_facilitator(&conn, "abc", DAY);
    // This one is Abc's beyond doubt, and would be half of Abc's history.
    add_facilitator(&conn, "Abc", "2026-02-01 00:00:00");
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [0, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(
        sentences(&conn),
        [
            "owner_address \"abc\" could mean any of the users \"Abc\", \"aBc\"; find out which, and have the server call \
          ensure_facilitator_marker with exactly that id"
        ]
    );
    assert!(enrolled(&conn).is_empty());

    // Who names a user exactly has decided.
    assert_eq!(ensure(&conn, "Abc"), "created");
    assert_eq!(markers(&conn), [("Abc".to_owned(), DAY.to_owned())]);
}

#[test]
fn exact_addresses_are_not_ambiguous_among_users_whose_ids_differ_in_case() {
    let conn = in_memory();
    add_user(&conn, "Abc");
    add_user(&conn, "aBc");
    add_facilitator(&conn, "Abc", "2026-01-01 00:00:00");
    add_facilitator(&conn, "aBc", "2026-01-02 00:00:00");
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [2, 2, 0, 0, 0, 0, 0, 0]);
    let expected = [("Abc", "2026-01-01 00:00:00"), ("aBc", "2026-01-02 00:00:00")];
    assert_eq!(markers(&conn), expected.map(|(id, date)| (id.to_owned(), date.to_owned())));
}

#[test]
fn unknown_owners_are_counted_by_distinct_address_and_listed_once() {
    let schema = host::schema_with("owner_address    TEXT NOT NULL", "owner_address    BLOB");
    let conn = in_memory_with(&schema);
    for _ in 0..2 {
        add_facilitator(&conn, "gone", DAY);
        add_facilitator(&conn, "Gone", DAY);
        add_facilitator(&conn, Value::Null, DAY);
        add_facilitator(&conn, 12, DAY);
        add_facilitator(&conn, b"gone".to_vec(), DAY);
    }
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [0, 0, 0, 0, 0, 5, 0, 0]);
    let unknown = |address: &str| SkippedOwner::UnknownUser { owner_address: address.to_owned() };
    assert_eq!(skipped(&conn), ["12", "Gone", "NULL", "gone", "x'676f6e65'"].map(unknown));
}

#[test]
fn ids_that_are_not_text_are_no_users() {
    let schema = host::schema_with("id            TEXT PRIMARY KEY NOT NULL", "id BLOB PRIMARY KEY NOT NULL");
    let conn = in_memory_with(&schema);
    add_user(&conn, 12);
    add_user(&conn, b"abc".to_vec());
    add_facilitator(&conn, "12", DAY);
    add_facilitator(&conn, "abc", DAY);
    assert_eq!(ensure(&conn, "12"), "unknown_user");
    assert_eq!(ensure(&conn, "ABC"), "unknown_user");
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [0, 0, 0, 0, 0, 2, 0, 0]);
}

#[test]
fn an_existing_marker_counts_whatever_its_address_or_status() {
    let conn = in_memory();
    add_owner(&conn, "Xk9", DAY);
    add_reward_address(&conn, "b", "Xk9", "facilitator", "0x2");
    add_reward_address(&conn, "a", "Xk9", "facilitator", "0x1");
    let before = host::reward_addresses(&conn);
    let found = ensure_facilitator_marker(&conn, "Xk9").unwrap();
    assert_eq!((found.name(), found.marker().unwrap().id.as_str()), ("already_enrolled", "a"));
    assert_eq!(found.marker().unwrap().verified_at, None);
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [1, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(host::reward_addresses(&conn), before);

    add_reward_address(&conn, "c", "Xk9", "facilitator", "FACILITATOR_OWNER:Xk9");
    let found = ensure_facilitator_marker(&conn, "Xk9").unwrap();
    assert_eq!(found.marker().unwrap().id, "c");
}

#[test]
fn wallets_and_the_markers_of_others_are_no_marker() {
    let conn = in_memory();
    add_owner(&conn, "Xk9", DAY);
    add_user(&conn, "xK9x");
    add_reward_address(&conn, "w", "Xk9", "evm", "0x1");
    add_reward_address(&conn, "m", "xK9x", "facilitator", "0x1");
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    // The marker of a user who is gone, whose id differs in case.
    add_reward_address(&conn, "o", "xK9", "facilitator", "0x2");
    assert_eq!(counts(preview_facilitator_markers(&conn).unwrap().report), [1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [1, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn no_marker_without_its_user_though_foreign_keys_are_off() {
    let conn = in_memory();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    add_facilitator(&conn, "gone", DAY);
    assert_eq!(ensure(&conn, "gone"), "unknown_user");
    assert_eq!(create_facilitator_marker(&conn, "gone", DAY).unwrap().name(), "unknown_user");
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 0);
    assert!(enrolled(&conn).is_empty());
}

#[test]
fn ids_may_hold_quotes_nul_and_any_unicode() {
    let ids =
        ["o'Brien\"", "nul\0A", "nul\0B", "", "日本語", "e\u{301}É", "%_*?[", "\u{10ffff}Z", "a\r\n\tB"];
    let conn = in_memory();
    for id in ids {
        add_owner(&conn, id, DAY);
    }
    let ensured = in_memory();
    for id in ids {
        add_owner(&ensured, id, DAY);
        assert_eq!(ensure(&ensured, &id.to_ascii_lowercase()), "created", "{id:?}");
    }
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [9, 9, 0, 0, 0, 0, 0, 0]);
    assert_eq!(markers(&conn), markers(&ensured));
    for id in ids {
        let marker = ensure_facilitator_marker(&conn, id).unwrap();
        assert_eq!(marker.marker().unwrap().id, format!("FACILITATOR_OWNER:{id}"));
    }
}

#[test]
fn ids_that_are_not_utf8_are_kept_byte_for_byte() {
    let conn = in_memory();
    conn.execute_batch(
        "INSERT INTO \"user\"(id, name, email) VALUES (CAST(x'41ff' AS TEXT), 'n', 'e');
         INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
         VALUES ('f', 'n', 's', CAST(x'61ff' AS TEXT), '2026-01-21')",
    )
    .unwrap();
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [1, 1, 0, 0, 0, 0, 0, 0]);
    let sql = "SELECT hex(user_id), hex(address) FROM reward_addresses";
    let row: (String, String) = conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(row, ("41FF".to_owned(), "464143494C495441544F525F4F574E45523A41FF".to_owned()));
    assert_eq!(counts(backfill_facilitator_markers(&conn).unwrap()), [1, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_backfill_appends_in_the_order_of_user_ids() {
    let conn = in_memory();
    for id in ["b", "A", "a1", "Z", "B0", "é", "0"] {
        add_owner(&conn, id, DAY);
    }
    backfill_facilitator_markers(&conn).unwrap();
    let sql = "SELECT group_concat(user_id, ' ') FROM (SELECT user_id FROM reward_addresses ORDER BY rowid)";
    let order: String = conn.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(order, "0 A B0 Z a1 b é");
    let clocks = "SELECT count(DISTINCT verified_at) FROM reward_addresses";
    assert_eq!(conn.query_row(clocks, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn ensure_for_every_user_leaves_what_one_backfill_leaves() {
    let setup = |conn: &Connection| {
        for id in ["Xk9", "Yk9", "Zk9"] {
            add_owner(conn, id, DAY);
        }
        add_user(conn, "Nobody");
        add_facilitator(conn, "Yk9", "2025-01-01");
    };
    let (one, other) = (in_memory(), in_memory());
    setup(&one);
    setup(&other);
    backfill_facilitator_markers(&one).unwrap();
    for id in ["Zk9", "Nobody", "Xk9", "Yk9"] {
        ensure(&other, id);
    }
    assert_eq!(markers(&one), markers(&other));
}

#[test]
fn an_owner_who_is_enrolled_while_the_skipped_are_listed_is_not_told_as_refused() {
    let conn = in_memory();
    for id in ["Ada", "Bob"] {
        add_owner(&conn, id, DAY);
        add_reward_address(&conn, &format!("FACILITATOR_OWNER:{id}"), id, "evm", &format!("0x{id}"));
    }
    let mut reasons = Vec::new();
    for_each_skipped_owner(&conn, |owner| {
        reasons.push(owner.reason());
        conn.execute("UPDATE reward_addresses SET chain_type = 'facilitator'", []).unwrap();
    })
    .unwrap();
    assert_eq!(reasons, ["refused"]);
}
