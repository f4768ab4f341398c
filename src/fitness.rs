//! Whether `reward_addresses` takes markers at all, as far as its schema tells before one is written.

use rusqlite::{Connection, ffi};

use crate::check;
use crate::date::Second;
use crate::error::{CONSTRAINT_DATATYPE, During, Error, Refusal, turned_away};
use crate::insert::Writer;
use crate::marker::COLUMNS;
use crate::schema::{DOING, pragma, quoted};
use crate::statement::first_row;

/// What the schema says about every marker.
#[derive(Debug, Default)]
pub(crate) struct Fitness {
    /// Why no marker can be written. Of several reasons, all.
    refusals: Vec<Refusal>,
    /// A CHECK whose list of `chain_type` values is older than markers. Whether it is asked only the run
    /// tells.
    chain_type_check: Option<String>,
}

impl Fitness {
    /// Reads the schema of `main`, where all that [`Schema`](crate::schema::Schema) asks for is there. Writes
    /// nothing, and works on a read-only connection.
    pub(crate) fn read(conn: &Connection) -> Result<Self, Error> {
        let mut refusals = columns_that_take_none(conn)?;
        refusals.extend(missing_parents(conn)?);
        if refusals.is_empty() {
            // Whatever else SQLite has against the statement it says when the statement is prepared.
            let prepared = Writer::new(conn, Second::now()).map(drop);
            refusals.extend(prepared.err().map(turned_away).transpose()?);
        }
        Ok(Fitness { refusals, chain_type_check: chain_type_check(conn)? })
    }

    /// Why no marker can be written.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusals.first()
    }

    /// A CHECK that will turn markers away, unless it isn't what it seems.
    pub(crate) fn chain_type_check(&self) -> Option<&str> {
        self.chain_type_check.as_deref()
    }

    /// The refusal, with what the schema has to say about it.
    pub(crate) fn explain(&self, refusal: Refusal) -> Refusal {
        let Refusal::TurnedAway { code, .. } = refusal else { return refusal };
        let code = match code & 0xff {
            ffi::SQLITE_MISMATCH => CONSTRAINT_DATATYPE,
            _ => code,
        };
        let check = || self.chain_type_check.clone().map(|check| Refusal::ChainTypeCheck { check });
        let by_schema = self.refusals.iter().find(|refusal| refusal.code() == code).cloned();
        by_schema.or_else(|| check().filter(|refusal| refusal.code() == code)).unwrap_or(refusal)
    }
}

/// The columns that keep every marker out.
fn columns_that_take_none(conn: &Connection) -> Result<Vec<Refusal>, Error> {
    let (mut is_strict, mut has_rowid) = (false, true);
    pragma(conn, "PRAGMA main.table_list(\"reward_addresses\")", |row| {
        is_strict |= row.get::<_, bool>("strict")?;
        has_rowid &= !row.get::<_, bool>("wr")?;
        Ok(())
    })?;
    // A key that SQLite keeps in an index is not the rowid, whatever its type.
    pragma(conn, "PRAGMA main.index_list(\"reward_addresses\")", |row| {
        has_rowid &= row.get::<_, String>("origin")? != "pk";
        Ok(())
    })?;
    let mut refusals = Vec::new();
    pragma(conn, "PRAGMA main.table_xinfo(\"reward_addresses\")", |row| {
        let (column, declared_type) = (row.get::<_, String>("name")?, row.get::<_, String>("type")?);
        let is_type = |name: &str| declared_type.eq_ignore_ascii_case(name);
        let is_rowid = has_rowid && row.get::<_, i64>("pk")? > 0 && is_type("INTEGER");
        if COLUMNS.iter().any(|name| name.eq_ignore_ascii_case(&column)) {
            if is_rowid || is_strict && !is_type("TEXT") && !is_type("ANY") {
                refusals.push(Refusal::ColumnTakesNoText { column, declared_type });
            }
            return Ok(());
        }
        let default: Option<String> = row.get("dflt_value")?;
        let has_default = default.is_some_and(|default| !default.eq_ignore_ascii_case("NULL"));
        let is_generated = row.get::<_, i64>("hidden")? > 0;
        if row.get("notnull")? && !has_default && !is_generated && !is_rowid {
            refusals.push(Refusal::ColumnWithoutDefault { column });
        }
        Ok(())
    })?;
    Ok(refusals)
}

/// The tables that foreign keys lead to and that aren't there, if the connection enforces foreign keys: then
/// SQLite refuses every row, also one that has a NULL there.
/// See <https://sqlite.org/foreignkeys.html#fk_schemaerrors>.
fn missing_parents(conn: &Connection) -> Result<Vec<Refusal>, Error> {
    let mut is_enforced = false;
    pragma(conn, "PRAGMA foreign_keys", |row| {
        is_enforced = row.get(0)?;
        Ok(())
    })?;
    let mut parents = Vec::new();
    if is_enforced {
        pragma(conn, "PRAGMA main.foreign_key_list(\"reward_addresses\")", |row| {
            parents.push(row.get::<_, String>("table")?);
            Ok(())
        })?;
    }
    let mut missing = Vec::new();
    for parent in parents {
        let mut exists = false;
        pragma(conn, &format!("PRAGMA main.table_list({})", quoted(&parent)), |_| {
            exists = true;
            Ok(())
        })?;
        if !exists && !missing.contains(&Refusal::ParentMissing { parent: parent.clone() }) {
            missing.push(Refusal::ParentMissing { parent });
        }
    }
    Ok(missing)
}

fn chain_type_check(conn: &Connection) -> Result<Option<String>, Error> {
    let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = 'reward_addresses' COLLATE NOCASE";
    let create_table: Option<Option<String>> = first_row(conn, sql, |row| row.get(0)).during(conn, DOING)?;
    let create_table = create_table.flatten().unwrap_or_default();
    Ok(check::list_without(&create_table, "chain_type", "facilitator").map(str::to_owned))
}
