//! The triggers, and each of the limits that their documentation names.

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{audit_facilitator_markers, backfill_facilitator_markers, sql};

use crate::host::{self, add_facilitator, add_reward_address, add_user, markers};

fn with_triggers(schema: &str) -> Connection {
    let conn = host::in_memory_with(schema);
    conn.execute_batch(sql::triggers()).unwrap();
    conn
}

fn marker(user_id: &str, created_at: &str) -> (String, String) {
    (user_id.to_owned(), created_at.to_owned())
}

#[test]
fn the_owner_of_an_inserted_facilitator_is_enrolled_since_its_date_and_nobody_else() {
    let conn = with_triggers(host::SCHEMA);
    for id in ["Ada", "Bob", "Cid", "cId"] {
        add_user(&conn, id);
    }
    add_facilitator(&conn, "ada", "2026-01-21T10:30:00+02:00");
    add_facilitator(&conn, "Bob", "2026-02-01");
    add_facilitator(&conn, "cid", "2026-02-01");
    add_facilitator(&conn, "nobody", "2026-02-01");
    let expected = [marker("Ada", "2026-01-21 08:30:00"), marker("Bob", "2026-02-01 00:00:00")];
    assert_eq!(markers(&conn), expected);
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 0);
}

#[test]
fn its_row_is_the_librarys_but_for_the_clock() {
    let (conn, other_conn) = (with_triggers(host::SCHEMA), host::in_memory());
    for conn in [&conn, &other_conn] {
        host::add_owner(conn, "Ada", "2026-01-21");
    }
    backfill_facilitator_markers(&other_conn).unwrap();
    let row = |conn: &Connection| host::reward_addresses(conn).remove(0);
    let verified_at: String =
        other_conn.query_row("SELECT verified_at FROM reward_addresses", [], |row| row.get(0)).unwrap();
    assert_eq!(row(&conn), row(&other_conn).replace(&verified_at, "2026-01-21 00:00:00"));
}

#[test]
fn a_facilitator_whose_date_can_not_be_read_enrolls_nobody() {
    let conn = with_triggers(host::SCHEMA);
    add_user(&conn, "Ada");
    add_facilitator(&conn, "ada", "yesterday");
    add_facilitator(&conn, "ada", "2026-01-21");
    assert_eq!(markers(&conn), []);
}

#[test]
fn the_facilitator_that_was_inserted_first_dates_the_marker_and_an_audit_finds_it() {
    let conn = with_triggers(host::SCHEMA);
    add_user(&conn, "Ada");
    add_facilitator(&conn, "ada", "2026-01-21");
    add_facilitator(&conn, "ada", "2025-01-21");
    assert_eq!(markers(&conn), [marker("Ada", "2026-01-21 00:00:00")]);
    let mut found = Vec::new();
    audit_facilitator_markers(&conn, |finding| found.push(finding.name())).unwrap();
    assert_eq!(found, ["dated_late"]);
}

#[test]
fn it_enrolls_before_an_ambiguity_arrives() {
    let conn = with_triggers(host::SCHEMA);
    add_user(&conn, "Ada");
    add_facilitator(&conn, "ada", "2026-01-21");
    add_user(&conn, "aDa");
    assert_eq!(markers(&conn), [marker("Ada", "2026-01-21 00:00:00")]);
    assert_eq!(backfill_facilitator_markers(&conn).unwrap().ambiguous_users, 1);
}

#[test]
fn a_row_in_the_markers_place_keeps_no_facilitator_out() {
    let conn = with_triggers(host::SCHEMA);
    add_user(&conn, "Ada");
    add_user(&conn, "Bob");
    add_reward_address(&conn, "FACILITATOR_OWNER:Ada", "Bob", "evm", "0x1");
    add_facilitator(&conn, "ada", "2026-01-21");
    assert_eq!(markers(&conn), []);
}

#[test]
fn where_a_check_refuses_the_marker_the_facilitator_is_refused_too() {
    let conn = with_triggers(&host::schema_with(", 'facilitator'", ""));
    add_user(&conn, "Ada");
    let sql = "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES ('f', 'Pay', 'pay', 'ada', '2026-01-21')";
    assert!(conn.execute(sql, []).is_err());
    let left: i64 = conn.query_row("SELECT count(*) FROM facilitators", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn the_hosts_rollback_undoes_the_marker_with_the_facilitator() {
    let conn = with_triggers(host::SCHEMA);
    add_user(&conn, "Ada");
    conn.execute_batch("BEGIN").unwrap();
    add_facilitator(&conn, "ada", "2026-01-21");
    conn.execute_batch("ROLLBACK").unwrap();
    assert_eq!(markers(&conn), []);
}

#[test]
fn it_searches_by_index_where_there_is_one() {
    let conn = host::in_memory();
    conn.execute_batch("CREATE INDEX user_fold ON \"user\"(lower(id))").unwrap();
    // The trigger's own statement, about one address.
    let body = sql::triggers().split_once("*/\n").unwrap().1.rsplit_once(';').unwrap().0;
    let mut plan =
        conn.prepare(&format!("EXPLAIN QUERY PLAN {}", body.replace("new.owner_address", "?1"))).unwrap();
    let lines: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap();
    for table in ["SCAN u", "SCAN f", "SCAN r"] {
        assert!(
            !lines.iter().any(|line| *line == table || line.starts_with(&format!("{table} "))),
            "{lines:?}"
        );
    }
    assert!(lines.iter().any(|line| line.contains("user_fold")), "{lines:?}");
}
