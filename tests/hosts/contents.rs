//! All that a database holds and all that a connection is set to: what the library must leave as it is.

use std::collections::BTreeMap;

use facilitator_markers::rusqlite::{self, Connection};

use crate::model::Value;

/// Settings that a library could be tempted to change.
const SETTINGS: [&str; 14] = [
    "foreign_keys",
    "recursive_triggers",
    "query_only",
    "cache_size",
    "case_sensitive_like",
    "defer_foreign_keys",
    "ignore_check_constraints",
    "journal_mode",
    "locking_mode",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "temp_store",
    "user_version",
];

/// The rows of each table, each as text and sorted, and the schema as a table among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    tables: BTreeMap<String, Vec<String>>,
    pub settings: Vec<String>,
}

impl Contents {
    pub fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut names = conn.prepare(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'",
        )?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut tables = BTreeMap::new();
        for name in names {
            let rows = rows(conn, &format!("SELECT * FROM main.\"{name}\""))?;
            tables.insert(name.to_ascii_lowercase(), rows);
        }
        tables.insert(
            "sqlite_schema".to_owned(),
            rows(conn, "SELECT type, name, sql FROM main.sqlite_schema")?,
        );
        let setting = |name: &&str| Ok(rows(conn, &format!("PRAGMA {name}"))?.concat());
        let settings = SETTINGS.iter().map(setting).collect::<rusqlite::Result<_>>()?;
        Ok(Contents { tables, settings })
    }

    /// The rows that came to this table, `Err` with what else is different.
    pub fn since(&self, before: &Contents, table: &str) -> Result<usize, String> {
        if self.settings != before.settings {
            return Err(format!("settings {:?} were {:?}", self.settings, before.settings));
        }
        let names = |contents: &Contents| contents.tables.keys().cloned().collect::<Vec<_>>();
        if names(self) != names(before) {
            return Err(format!("tables {:?} were {:?}", names(self), names(before)));
        }
        let mut added = 0;
        for (name, rows) in &self.tables {
            let mut rows = rows.iter();
            for row in &before.tables[name] {
                let passed = rows.by_ref().take_while(|other| *other != row).count();
                added += passed;
                if passed > 0 && name != table {
                    return Err(format!("{name} has {passed} further rows, or lacks {row}"));
                }
            }
            let after = rows.count();
            added += after;
            if after > 0 && name != table {
                return Err(format!("{name} has {after} further rows"));
            }
        }
        let count = |contents: &Contents| contents.tables.values().map(Vec::len).sum::<usize>();
        if count(self) != count(before) + added {
            return Err(format!("rows are gone or changed: {self:?} instead of {before:?}"));
        }
        Ok(added)
    }
}

fn rows(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| Ok(Value::from(row.get_ref(column)?)));
        found.push(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?));
    }
    found.sort();
    Ok(found)
}
