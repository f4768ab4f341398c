//! What a host does between two steps.

use facilitator_markers::rusqlite::{self, Connection, params};

use crate::harness::Case;
use crate::host::{Host, run};
use crate::model::Value;
use crate::schema::{FACILITATOR_INDEXES, REWARD_INDEXES};

/// Whose facilitators may have come anew, so that a backfill that is under way may leave them for the next.
#[derive(Debug, PartialEq)]
pub enum Renewed {
    Nobody,
    /// The owner with this id, in whatever case of letters.
    One(Value),
    Everybody,
}

/// Statements that change no row.
const STATEMENTS: [&str; 34] = [
    "BEGIN",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT host",
    "ROLLBACK TO host",
    "RELEASE host",
    "VACUUM",
    "VACUUM",
    "REINDEX",
    "ANALYZE",
    "PRAGMA optimize",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA incremental_vacuum",
    "PRAGMA journal_mode = WAL",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA foreign_keys = ON",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA reverse_unordered_selects = ON",
    "PRAGMA recursive_triggers = ON",
    "DROP INDEX IF EXISTS main.idx_owner",
    "DROP INDEX IF EXISTS main.idx_owner_nocase",
    "DROP INDEX IF EXISTS main.idx_user",
    "DROP INDEX IF EXISTS main.idx_chain",
    "ALTER TABLE main.facilitators ADD COLUMN plan TEXT",
    "ALTER TABLE main.facilitators DROP COLUMN plan",
    "ALTER TABLE main.\"user\" ADD COLUMN plan TEXT NOT NULL DEFAULT 'free'",
    "ALTER TABLE main.reward_addresses ADD COLUMN label TEXT",
    "ALTER TABLE main.reward_addresses RENAME COLUMN label TO title",
    "CREATE TABLE IF NOT EXISTS main.further (note TEXT)",
    "CREATE TEMP TABLE reward_addresses (id TEXT)",
    "ALTER TABLE main.facilitators RENAME TO for_a_while; ALTER TABLE main.for_a_while RENAME TO facilitators",
];

/// In which order rows are inserted again.
const ORDERS: [&str; 4] = ["owner_address DESC", "created_at", "length(owner_address), id DESC", "id"];

/// Moves the rows of tables, and changes none. What SQLite refuses is simply not done.
pub fn move_rows(case: &mut Case, host: &Host, conn: &Connection) -> Renewed {
    let (what, result) = match case.random.u32(0..4) {
        0 => ("VACUUM".to_owned(), vacuum(conn)),
        1 => {
            // Numbers are left out, and VACUUM numbers the rows anew.
            let sql = "DELETE FROM main.facilitators WHERE length(owner_address) % 3 = 0";
            let result = conn.execute_batch(sql).and_then(|()| vacuum(conn));
            ("some facilitators go, and VACUUM".to_owned(), result)
        }
        _ => copy_facilitators(case, host, conn),
    };
    told(case, what, result, Renewed::Nobody)
}

/// Does something on this connection. What SQLite refuses is simply not done.
pub fn act(case: &mut Case, host: &Host, conn: &Connection) -> Renewed {
    let data = &host.data;
    let (id, other, date) = (data.id(case), data.id(case), data.date(case));
    let (what, result) = match case.random.u32(0..30) {
        0 => ("a user comes".to_owned(), data.add_user(conn, case)),
        1..=2 => ("a facilitator comes".to_owned(), data.add_facilitator(conn, case)),
        3 => ("a row comes".to_owned(), data.add_row(conn, case)),
        4 => {
            let result = run(conn, r#"DELETE FROM main."user" WHERE id = ?1"#, [&id]);
            return told(case, format!("user {id:?} goes"), result, Renewed::One(id));
        }
        5 => {
            let result = run(conn, "DELETE FROM main.facilitators WHERE owner_address = ?1", [&id]);
            return told(case, format!("the facilitators of {id:?} go"), result, Renewed::One(id));
        }
        6 => {
            let sql = "DELETE FROM main.reward_addresses WHERE user_id = ?1";
            (format!("the rows of {id:?} go"), run(conn, sql, [&id]))
        }
        7..=9 => {
            let sql = "UPDATE main.facilitators SET created_at = ?2 WHERE owner_address = ?1";
            (format!("the facilitators of {id:?} are dated {date:?}"), run(conn, sql, params![id, date]))
        }
        10 => {
            let result =
                run(conn, r#"UPDATE OR IGNORE main."user" SET id = ?2 WHERE id = ?1"#, [&id, &other]);
            return told(case, format!("user {id:?} becomes {other:?}"), result, Renewed::Everybody);
        }
        11 => {
            let sql = "UPDATE main.facilitators SET owner_address = ?2 WHERE owner_address = ?1";
            let result = run(conn, sql, [&id, &other]);
            return told(
                case,
                format!("facilitators of {id:?} become {other:?}'s"),
                result,
                Renewed::Everybody,
            );
        }
        12 => {
            let order = case.pick(&ORDERS);
            let result = conn.execute_batch(&format!(
                "CREATE TEMP TABLE kept AS SELECT id, owner_address, created_at FROM main.facilitators;
                 DELETE FROM main.facilitators;
                 INSERT INTO main.facilitators (id, owner_address, created_at)
                 SELECT id, owner_address, created_at FROM temp.kept ORDER BY {order};"
            ));
            let _ = conn.execute_batch("DROP TABLE IF EXISTS temp.kept");
            let what = format!("all facilitators go and come again by {order}");
            return told(case, what, result, Renewed::Everybody);
        }
        13..=16 => copy_facilitators(case, host, conn),
        17 => {
            let index = case.pick(&[FACILITATOR_INDEXES, REWARD_INDEXES].concat());
            (index.to_owned(), conn.execute_batch(&index.replace("INDEX ", "INDEX main.")))
        }
        18..=19 => {
            let sql = "UPDATE main.facilitators SET created_at = ?1";
            (format!("all facilitators are dated {date:?}"), run(conn, sql, [date]))
        }
        _ => {
            let sql = case.pick(&STATEMENTS);
            (sql.to_owned(), if sql == "VACUUM" { vacuum(conn) } else { conn.execute_batch(sql) })
        }
    };
    told(case, what, result, Renewed::Nobody)
}

fn told(case: &mut Case, what: String, result: rusqlite::Result<()>, renewed: Renewed) -> Renewed {
    let outcome = result.err().map_or(String::new(), |error| format!(", which fails: {error}"));
    case.tell(format!("  {what}{outcome}"));
    case.count("acts of the host's", 1);
    renewed
}

/// VACUUM, unless there are temporary tables: it makes the indexes of a table anew in the temporary schema if that has one
/// of the same name, so that they are gone.
fn vacuum(conn: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT count(*) FROM temp.sqlite_schema WHERE type <> 'trigger'";
    let has_temporary = conn.query_row(sql, [], |row| row.get::<_, bool>(0))?;
    if has_temporary { Ok(()) } else { conn.execute_batch("VACUUM") }
}

/// As a migration does it that SQLite has no statement for.
fn copy_facilitators(case: &mut Case, host: &Host, conn: &Connection) -> (String, rusqlite::Result<()>) {
    let definition = &host.schema.facilitators;
    let columns = &definition[definition.find('(').unwrap()..];
    let order = case.pick(&ORDERS);
    let result = conn.execute_batch(&format!(
        "SAVEPOINT copy;
         CREATE TABLE main.copied {columns};
         INSERT INTO main.copied (id, owner_address, created_at)
         SELECT id, owner_address, created_at FROM main.facilitators ORDER BY {order};
         DROP TABLE main.facilitators;
         ALTER TABLE main.copied RENAME TO facilitators;
         RELEASE copy;"
    ));
    if result.is_err() {
        let _ = conn.execute_batch("ROLLBACK TO copy; RELEASE copy");
    }
    (format!("facilitators is copied by {order}"), result)
}
