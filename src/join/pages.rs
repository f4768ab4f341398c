//! Reading a whole table page by page.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, ToSql};

use super::laps::{Laps, in_a_circle};
use crate::connection::{data_version, schema_version};
use crate::encoding::Encoding;
use crate::error::{During, Error};
use crate::schema::{Schema, Table};
use crate::snapshot::reading;
use crate::statement::{hidden, prepare, require_not_ignored};
use crate::value::Value;

/// How many bytes of ids a page may give before it is to end: what bounds the memory where ids are long.
pub(crate) const BYTES_AT_ONCE: usize = 1 << 20;

/// A place in a table, from which it can be read on.
///
/// Each page is read in a transaction of its own: nothing stays open between two of them, no lock and no snapshot.
pub(crate) struct Pages {
    doing: &'static str,
    encoding: Encoding,
    /// How many columns are read, keys and raw texts apart.
    columns: usize,
    /// SELECT and FROM.
    select: String,
    /// The key, as SQL expressions; none where the table's rows can't be told apart.
    keys: Vec<String>,
    /// The condition of the first page.
    from_the_start: &'static str,
    /// Where the key stands in a row, in front of its raw texts if there are any.
    first_key: usize,
    /// How many of the first columns tell whether a row is still the one that it was, where the key is the place at which
    /// it is stored.
    identity: usize,
    /// Whether the key is the value that is read, and not the place where the row is stored, from which SQLite or
    /// the host may move it.
    is_by_value: bool,
    /// Where the last page ended.
    place: Option<Place>,
    laps: Laps,
}

/// Where a page ended: at this row.
struct Place {
    key: Vec<Value>,
    /// The columns, where the key is the place at which the row is stored.
    columns: Vec<Value>,
    schema_version: i64,
}

/// What follows a row.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flow {
    /// The next row.
    GoOn,
    /// The end of the page.
    Pause,
}

/// What reading on comes to.
pub(crate) enum Reading {
    Page(Page),
    /// Rows may have been moved from where they weren't read yet to where they won't be read any more: the schema
    /// was changed, as VACUUM does too, which numbers rows anew; or the row at which the last page ended isn't there
    /// as it was. All is to be read again.
    Moved,
}

/// How far a page went.
pub(crate) struct Page {
    /// Rows read.
    pub(crate) rows: u64,
    /// The version of the database that was read, if it was one.
    pub(crate) version: Option<u32>,
    /// Where the next page begins; `None` at the end of the table.
    resume: Option<Place>,
}

impl Page {
    /// Whether the table ends here.
    pub(crate) fn is_last(&self) -> bool {
        self.resume.is_none()
    }
}

/// A row that is read.
pub(crate) struct Record<'r, 's> {
    row: &'r Row<'s>,
    /// The first column's, which is asked of SQLite once: for some tables there is no other.
    first: ValueRef<'r>,
    encoding: Encoding,
    columns: usize,
}

impl Record<'_, '_> {
    /// The value of a column. A TEXT that doesn't survive as UTF-8 is given as a BLOB, since it is equal to no
    /// id that does.
    pub(crate) fn value(&self, column: usize) -> rusqlite::Result<ValueRef<'_>> {
        let value = if column == 0 { self.first } else { self.row.get_ref(column)? };
        if self.encoding == Encoding::Utf8 || !matches!(value, ValueRef::Text(_)) {
            return Ok(value);
        }
        let stored = self.row.get_ref(self.columns + column)?.as_blob()?;
        Ok(if self.encoding.survives(stored) { value } else { ValueRef::Blob(stored) })
    }

    /// The text of a column that holds one which survives.
    pub(crate) fn text(&self, column: usize) -> rusqlite::Result<Option<&[u8]>> {
        Ok(match self.value(column)? {
            ValueRef::Text(text) => Some(text),
            _ => None,
        })
    }
}

impl Pages {
    /// Reads these columns of all rows, in the order in which the table is stored.
    pub(crate) fn of_table(table: &Table, encoding: Encoding, doing: &'static str, columns: &[&str]) -> Self {
        Self::with_keys(table.name(), table.key(), encoding, doing, columns)
    }

    fn with_keys(
        table: &str,
        keys: Vec<String>,
        encoding: Encoding,
        doing: &'static str,
        columns: &[&str],
    ) -> Self {
        let stored = |column: &String| format!("CAST({column} AS BLOB)");
        let mut read: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
        if encoding != Encoding::Utf8 {
            read.extend(read.iter().map(stored).collect::<Vec<_>>());
        }
        let first_key = read.len();
        read.extend(keys.iter().cloned());
        if encoding != Encoding::Utf8 {
            read.extend(keys.iter().map(stored));
        }
        let select = format!("SELECT {} FROM main.\"{table}\"", read.join(", "));
        let columns = columns.len();
        Pages {
            doing,
            encoding,
            columns,
            select,
            keys,
            from_the_start: "",
            first_key,
            identity: columns,
            is_by_value: false,
            place: None,
            laps: Laps::default(),
        }
    }

    /// Reads the ids of all users in the order of a unique index, so that what is written for them comes close
    /// together in the indexes of `reward_addresses`; without one that is known, in the order in which the table is
    /// stored. To sort them anew for each page would take time with the square of their number.
    pub(crate) fn of_users(schema: &Schema) -> Self {
        let doing = "reading users";
        let by_id = |collation| {
            let keys = vec![format!("id COLLATE {collation}")];
            let pages = Pages::with_keys(schema.user.name(), keys, schema.encoding, doing, &["id"]);
            // TEXT lies between '' and every BLOB: what else a column may hold is no id. An upper bound here would be
            // compared with each row.
            let pages = Pages { from_the_start: "WHERE id >= ''", is_by_value: true, ..pages };
            match schema.encoding {
                // The id is its own key.
                Encoding::Utf8 => {
                    Pages { select: "SELECT id FROM main.\"user\"".to_owned(), first_key: 0, ..pages }
                }
                _ => pages,
            }
        };
        match schema.user_order {
            Some(collation) => by_id(collation),
            None if schema.user.key().is_empty() => by_id("BINARY"),
            None => Pages::of_table(&schema.user, schema.encoding, doing, &["id"]),
        }
    }

    /// Reads these columns, of which the first is the id, of the rows of `reward_addresses` whose id is a text, in the order
    /// of the unique index on it. Where that has a collation of the host's own, all rows, in the order in which the table is
    /// stored; the first four columns tell whether a row is still the one that it was.
    pub(crate) fn of_markers(schema: &Schema, columns: &[&str]) -> Self {
        let table = &schema.reward_addresses;
        let with_keys = |keys| Pages::of_rows(schema, keys, columns);
        match table.order("id") {
            None if !table.key().is_empty() => Pages { identity: 4, ..with_keys(table.key()) },
            collation => {
                let keys = vec![format!("id COLLATE {}", collation.unwrap_or("BINARY"))];
                Pages { from_the_start: "WHERE id >= ''", is_by_value: true, ..with_keys(keys) }
            }
        }
    }

    /// Whether [`Pages::of_markers`] leaves no row out.
    pub(crate) fn are_all_markers(schema: &Schema) -> bool {
        !Pages::of_markers(schema, &["id"]).is_by_value
    }

    /// Reads the rows that [`Pages::of_markers`] leaves out, in one page.
    pub(crate) fn of_other_markers(schema: &Schema, columns: &[&str]) -> Self {
        let from_the_start = "WHERE id IS NULL OR id < '' OR id >= x''";
        Pages { from_the_start, ..Pages::of_rows(schema, Vec::new(), columns) }
    }

    fn of_rows(schema: &Schema, keys: Vec<String>, columns: &[&str]) -> Self {
        let doing = "reading reward_addresses";
        Pages::with_keys(schema.reward_addresses.name(), keys, schema.encoding, doing, columns)
    }

    /// Reads on, up to `limit` rows or until `each` pauses, without moving: [`Pages::move_past`] does, once
    /// the page has been put to use.
    ///
    /// A page ends with a row whose key comes back as it was: where one is a TEXT that doesn't survive as UTF-8,
    /// it goes on to the next that does.
    pub(crate) fn read(
        &self,
        conn: &Connection,
        limit: u64,
        mut each: impl FnMut(&Record<'_, '_>) -> rusqlite::Result<Flow>,
    ) -> Result<Reading, Error> {
        reading(conn, || {
            let before = data_version(conn);
            let schema_version = schema_version(conn).during(conn, "reading the schema's version")?;
            if self.place.as_ref().is_some_and(|place| place.is_moved_by(schema_version, self.is_by_value)) {
                return Ok(Reading::Moved);
            }
            let read = self.read_rows(conn, limit, schema_version, &mut each).during(conn, self.doing)?;
            let Some((rows, resume)) = read else { return Ok(Reading::Moved) };
            if resume.as_ref().is_some_and(|place| self.laps.have_seen(&place.key)) {
                return Err(in_a_circle()).during(conn, self.doing);
            }
            let version = before.filter(|before| data_version(conn) == Some(*before));
            Ok(Reading::Page(Page { rows, version, resume }))
        })
    }

    /// How many rows there were, and where they end; `None` where the first isn't the one that was the last.
    fn read_rows(
        &self,
        conn: &Connection,
        limit: u64,
        schema_version: i64,
        each: &mut impl FnMut(&Record<'_, '_>) -> rusqlite::Result<Flow>,
    ) -> rusqlite::Result<Option<(u64, Option<Place>)>> {
        let again = self.place.as_ref().filter(|_| !self.is_by_value);
        // SQLite's limit is signed, and a row that is read again is one more.
        let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(again.is_some().into());
        let most = if self.encoding == Encoding::Utf8 { most } else { -1 };
        let parameters = self.place.iter().flat_map(|place| &place.key).map(|value| value as &dyn ToSql);
        let in_pages = (!self.keys.is_empty()).then_some(&most as &dyn ToSql);
        let parameters: Vec<_> = parameters.chain(in_pages).collect();
        let mut statement = prepare(conn, &self.sql())?;
        let mut rows = statement.query(parameters.as_slice())?;
        if let Some(place) = again {
            match rows.next()? {
                Some(row) if self.is_at(row, place)? => {}
                _ => return Ok(None),
            }
        }
        let (mut read, mut pause) = (0, false);
        while let Some(row) = rows.next()? {
            let first = row.get_ref(0)?;
            if self.is_by_value && !matches!(first, ValueRef::Text(_)) {
                break;
            }
            let record = Record { row, first, encoding: self.encoding, columns: self.columns };
            pause |= each(&record)? == Flow::Pause;
            read += 1;
            if !self.keys.is_empty() && (pause || read >= limit) {
                if let Some(place) = self.place_of(row, schema_version)? {
                    return Ok(Some((read, Some(place))));
                }
            }
        }
        drop(rows);
        require_not_ignored(&statement)?;
        Ok(Some((read, None)))
    }

    fn sql(&self) -> String {
        let Pages { select, keys, from_the_start, .. } = self;
        let names = keys.join(", ");
        if keys.is_empty() {
            return format!("{select} {from_the_start}");
        }
        if self.place.is_none() {
            return format!("{select} {from_the_start} ORDER BY {names} LIMIT ?1");
        }
        let parameters: Vec<_> = (1..=keys.len()).map(|number| format!("?{number}")).collect();
        let (parameters, limit) = (parameters.join(", "), keys.len() + 1);
        let beyond = if self.is_by_value { ">" } else { ">=" };
        format!("{select} WHERE ({names}) {beyond} ({parameters}) ORDER BY {names} LIMIT ?{limit}")
    }

    /// Whether this row is the one at which a page ended, and as it was.
    fn is_at(&self, row: &Row<'_>, place: &Place) -> rusqlite::Result<bool> {
        for (number, value) in place.key.iter().enumerate() {
            if !value.is(row.get_ref(self.first_key + number)?) {
                return Ok(false);
            }
        }
        for (number, value) in place.columns.iter().enumerate() {
            if !value.is(row.get_ref(number)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where a page ends that has this row as its last, if the row's key survives.
    fn place_of(&self, row: &Row<'_>, schema_version: i64) -> rusqlite::Result<Option<Place>> {
        let mut key = Vec::with_capacity(self.keys.len());
        for (number, name) in self.keys.iter().enumerate() {
            let value = row.get_ref(self.first_key + number)?;
            if value == ValueRef::Null {
                return Err(hidden(name));
            }
            if self.encoding != Encoding::Utf8 && matches!(value, ValueRef::Text(_)) {
                let stored = row.get_ref(self.first_key + self.keys.len() + number)?.as_blob()?;
                if !self.encoding.survives(stored) {
                    return Ok(None);
                }
            }
            key.push(Value::copy(value)?);
        }
        let mut columns = Vec::new();
        if !self.is_by_value {
            for number in 0..self.identity {
                columns.push(Value::copy(row.get_ref(number)?)?);
            }
        }
        Ok(Some(Place { key, columns, schema_version }))
    }

    /// Whether [`Pages::read`] can find that rows have been moved.
    pub(crate) fn may_be_moved(&self) -> bool {
        !self.is_by_value
    }

    /// Goes to where `page` ended.
    pub(crate) fn move_past(&mut self, page: Page) {
        if let Some(place) = page.resume {
            self.laps.pass(&place.key);
            self.place = Some(place);
        }
    }
}

impl Place {
    /// Whether a change of the schema may have moved rows. One that is sought by its value is found all the same.
    fn is_moved_by(&self, schema_version: i64, is_by_value: bool) -> bool {
        !is_by_value && self.schema_version != schema_version
    }
}
