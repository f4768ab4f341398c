//! UTF-16 databases, which can hold texts that have no UTF-8: half of a surrogate pair.

mod host;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    Backfill, Error, StepResult, backfill_facilitator_markers, ensure_facilitator_marker,
    for_each_skipped_owner, preview_facilitator_markers,
};
use host::{SCHEMA, add_facilitator, add_owner, add_reward_address, add_user, markers};

const DAY: &str = "2026-01-05 10:00:00";

/// How a text of some units is written in SQL.
type InSql = fn(&[u16]) -> String;

/// A host in each of the encodings, and how a text is written there.
fn hosts(schema: &str) -> [(Connection, InSql); 2] {
    fn low_first(units: &[u16]) -> String {
        sql_of(units.iter().map(|unit| unit.swap_bytes()))
    }
    fn high_first(units: &[u16]) -> String {
        sql_of(units.iter().copied())
    }
    let open = |encoding: &str| {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&format!("PRAGMA encoding = '{encoding}'; {schema}")).unwrap();
        conn
    };
    [(open("UTF-16le"), low_first), (open("UTF-16be"), high_first)]
}

fn sql_of(units: impl Iterator<Item = u16>) -> String {
    format!("CAST(x'{}' AS TEXT)", units.map(|unit| format!("{unit:04x}")).collect::<String>())
}

/// Schemas in which a scan has a key of another kind.
fn schemas() -> [String; 2] {
    [
        SCHEMA.to_owned(),
        SCHEMA
            .replace("\n);", "\n) WITHOUT ROWID;")
            .replace("TEXT PRIMARY KEY,", "TEXT PRIMARY KEY NOT NULL,"),
    ]
}

/// Steps to the end of a backfill, which is noticed if it doesn't come.
fn run(conn: &Connection, owners: u64) -> Result<Backfill<'_>, Error> {
    let mut backfill = Backfill::new(conn)?;
    for _ in 0..10_000 {
        if backfill.step(owners)? == StepResult::Done {
            return Ok(backfill);
        }
    }
    panic!("no end after {:?}", backfill.progress());
}

#[test]
fn a_row_whose_id_does_not_survive_costs_no_other_user_anything() {
    for schema in schemas() {
        for owners in [1, 3, 500] {
            for (conn, text) in hosts(&schema) {
                for character in '0'..='_' {
                    add_owner(&conn, &format!("a{character}"), DAY);
                }
                // The one before and the one behind what each of these is taken for; and what they are taken for.
                for id in ["a", "a\u{fffd}", "\u{1f461}", "a\u{10ffff}"] {
                    add_owner(&conn, id, DAY);
                }
                for units in [&[0x61, 0xd83d][..], &[0xd83d, 0x61], &[0xdc61], &[0x61, 0xdc00, 0x62]] {
                    let id = text(units);
                    conn.execute_batch(&format!(
                        "INSERT INTO \"user\"(id, name, email) VALUES ({id}, 'n', hex({id}));
                         INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                         VALUES (hex({id}), 'n', hex({id}), {id}, '2020-01-01')"
                    ))
                    .unwrap();
                }
                // Ids that differ in case only are ambiguous here as well: aA to aZ have none such.
                let report = preview_facilitator_markers(&conn).unwrap().report;
                assert_eq!((report.owners, report.created, report.unknown_users), (52, 52, 4));
                let backfill = run(&conn, owners).unwrap();
                assert_eq!(backfill.report().created, 52, "steps of {owners}");
                assert!(markers(&conn).iter().all(|(_, date)| date == DAY), "and nobody has another's date");
                let orphans =
                    "SELECT count(*) FROM reward_addresses WHERE user_id NOT IN (SELECT id FROM \"user\")";
                assert_eq!(conn.query_row(orphans, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
                assert_eq!(run(&conn, owners).unwrap().report().already_enrolled, 52);
                assert_eq!(ensure_facilitator_marker(&conn, "\u{1f461}").unwrap().name(), "already_enrolled");

                let mut listed = Vec::new();
                for_each_skipped_owner(&conn, |owner| listed.push(owner.reason())).unwrap();
                assert_eq!(listed, ["unknown_user"; 4]);
            }
        }
    }
}

#[test]
fn a_marker_whose_user_id_does_not_survive_is_nobodys() {
    for schema in schemas() {
        for (conn, text) in hosts(&schema) {
            add_owner(&conn, "\u{1f461}", DAY);
            add_user(&conn, "Wallet");
            add_reward_address(&conn, "m", "Wallet", "facilitator", "0x1");
            conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
            conn.execute_batch(&format!("UPDATE reward_addresses SET user_id = {}", text(&[0xd83d, 0x61])))
                .unwrap();
            assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 1);
        }
    }
}

#[test]
fn an_owner_is_looked_up_again_without_what_does_not_survive() {
    for schema in schemas() {
        let without_index =
            schema.replace("CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);", "");
        for (conn, text) in hosts(&without_index) {
            for number in 0..5 {
                add_owner(&conn, &format!("User{number}"), DAY);
            }
            add_owner(&conn, "\u{1f461}", DAY);
            conn.execute_batch(&format!(
                "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
                 VALUES ('f', 'n', 's', {}, '2020-01-01')",
                text(&[0xd83d, 0x61])
            ))
            .unwrap();
            let mut backfill = Backfill::new(&conn).unwrap();
            while backfill.report().created == 0 {
                let _ = backfill.step(2).unwrap();
            }
            // Now nothing is trusted any more.
            add_facilitator(&conn, "nobody", DAY);
            while backfill.step(2).unwrap() == StepResult::More {}
            assert_eq!(backfill.report().created, 6);
            assert!(markers(&conn).iter().all(|(_, date)| date == DAY));
        }
    }
}

#[test]
fn an_id_that_does_not_survive_makes_no_other_ambiguous() {
    for schema in schemas() {
        for (conn, text) in hosts(&schema) {
            add_owner(&conn, "b\u{1f461}", DAY);
            let id = text(&[0x42, 0xd83d, 0x61]);
            conn.execute_batch(&format!("INSERT INTO \"user\"(id, name, email) VALUES ({id}, 'n', 'e')"))
                .unwrap();
            assert_eq!(ensure_facilitator_marker(&conn, "B\u{1f461}").unwrap().name(), "created");
        }
    }
}
