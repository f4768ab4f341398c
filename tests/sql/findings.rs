//! What `audit.sql` tells of each finding is what the library tells.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{Finding, Marker, audit_facilitator_markers, sql};

use crate::host::{self, add_facilitator, add_owner, add_user};

/// Every finding, and every mend.
fn database() -> Connection {
    let conn = host::in_memory();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for id in ["Late", "Early", "Form", "Twice", "Pending", "Withheld"] {
        add_owner(&conn, id, "2026-01-21 10:00:00");
    }
    for id in ["Idle", "Alone", "Pair", "pAIR"] {
        add_user(&conn, id);
    }
    add_facilitator(&conn, "withheld", "yesterday");
    for (id, user_id, status, created_at) in [
        ("m01", "Late", "verified", "2026-02-01 00:00:00"),
        ("m02", "Early", "verified", "2025-12-31 00:00:00"),
        ("m03", "Form", "verified", "2026-01-21T10:00:00Z"),
        ("m04", "Twice", "verified", "2026-01-21 10:00:00"),
        ("m05", "Twice", "verified", "2026-01-21 10:00:00"),
        ("m06", "Pending", "pending", "2026-01-21 10:00:00"),
        ("m07", "Withheld", "pending", "2026-01-21T10:00:00Z"),
        ("m08", "Idle", "verified", "never"),
        ("m09", "aLONE", "verified", "2026-01-21 10:00:00"),
        ("m10", "PAIR", "verified", "2026-01-21 10:00:00"),
        ("m11", "it's gone", "verified", "2026-01-21 10:00:00"),
    ] {
        let sql = "INSERT INTO main.reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
                   VALUES (?1, ?2, 'facilitator', 'address of ' || ?1, ?3, ?4)";
        conn.execute(sql, [id, user_id, status, created_at]).unwrap();
    }
    conn
}

fn told(finding: &Finding) -> Vec<Option<String>> {
    let Marker { id, user_id, address, verification_status, verified_at, created_at, .. } = &finding.marker;
    [
        Some(finding.name()),
        Some(id),
        Some(user_id),
        Some(address),
        Some(verification_status),
        verified_at.as_deref(),
        Some(created_at),
        finding.enrollment_date(),
        finding.other_marker_id(),
        finding.same_fold(),
        Some(finding.mend.name()),
        finding.mend.column(),
        finding.mend.value(),
        finding.mend.statement(),
    ]
    .map(|value| value.map(str::to_owned))
    .to_vec()
}

#[test]
fn each_finding_is_told_with_the_librarys_words() {
    let conn = database();
    let mut expected = Vec::new();
    audit_facilitator_markers(&conn, |finding| expected.push(told(&finding))).unwrap();

    let mut statement = conn.prepare(sql::AUDIT).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
    let mut found: Vec<Vec<Option<String>>> = rows.collect::<Result<_, _>>().unwrap();
    for row in &mut found {
        // The library writes no statement for what a repair does.
        if row[10].as_deref() == Some("repair") {
            assert!(row[13].take().unwrap().starts_with("UPDATE main.reward_addresses SET "));
        }
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 12, "{found:?}");
}

/// What stands in a column that takes both for the same, and rows without an id, are easily changed together.
#[test]
fn a_statement_that_repairs_changes_one_row() {
    for schema in [
        host::SCHEMA.to_owned(),
        host::schema_with("address             TEXT NOT NULL", "address TEXT NOT NULL COLLATE NOCASE"),
    ] {
        let conn = host::in_memory_with(&schema);
        add_owner(&conn, "Ada", "2026-01-21 10:00:00");
        add_owner(&conn, "Bob", "2026-05-01 00:00:00");
        for user_id in ["Ada", "Bob"] {
            let sql = "INSERT INTO main.reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
                       VALUES (NULL, ?1, 'facilitator', 'marker', 'verified', '2026-05-01 00:00:00')";
            conn.execute(sql, [user_id]).unwrap();
        }
        let repair: String = conn.query_row(sql::AUDIT, [], |row| row.get("statement")).unwrap();
        assert_eq!(conn.execute(&repair, []).unwrap(), 1, "{repair}");
        let dates = host::markers(&conn);
        assert_eq!(
            dates,
            [("Ada".into(), "2026-01-21 10:00:00".into()), ("Bob".into(), "2026-05-01 00:00:00".into())]
        );
    }
}
