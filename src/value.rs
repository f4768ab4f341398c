//! A value of any storage class, kept beyond the statement that gave it.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::memory::{self, OutOfMemory, joined};
use crate::text::Text;

/// Like `rusqlite::types::Value`, with TEXT that may be other than UTF-8.
#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(Text),
    Blob(Vec<u8>),
}

impl Value {
    /// A copy of a value.
    pub(crate) fn copy(value: ValueRef<'_>) -> Result<Self, OutOfMemory> {
        Ok(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => Value::Text(Text::copy(bytes)?),
            ValueRef::Blob(bytes) => Value::Blob(joined(&[bytes])?),
        })
    }

    /// The same value once more.
    pub(crate) fn again(&self) -> Result<Self, OutOfMemory> {
        Value::copy(self.as_ref())
    }

    /// The value itself.
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(&text.0),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    /// How many bytes it has beyond its own size.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.0.len(),
            Value::Blob(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// Whether it is this text.
    pub(crate) fn is_text(&self, text: &[u8]) -> bool {
        self.as_ref() == ValueRef::Text(text)
    }

    /// Whether it is the same value, of the same storage class.
    pub(crate) fn is(&self, value: ValueRef<'_>) -> bool {
        match (self.as_ref(), value) {
            (ValueRef::Real(own), ValueRef::Real(other)) => own.to_bits() == other.to_bits(),
            (own, other) => own == other,
        }
    }
}

/// A value for a person to read: text as it is, anything else as SQL writes it.
pub(crate) fn display(value: ValueRef<'_>) -> Result<String, OutOfMemory> {
    Ok(match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => memory::display(bytes)?,
        ValueRef::Blob(bytes) => {
            let mut written = String::new();
            written.try_reserve(2 * bytes.len() + 3)?;
            written.push_str("x'");
            for byte in bytes {
                for digit in [byte >> 4, byte & 0xf] {
                    written.push(char::from_digit(digit.into(), 16).unwrap_or_default());
                }
            }
            written.push('\'');
            written
        }
    })
}

/// A value as SQL writes it, byte for byte.
pub(crate) fn literal(value: ValueRef<'_>) -> Result<String, OutOfMemory> {
    match value {
        ValueRef::Text(bytes) => text_literal(bytes),
        ValueRef::Real(number) if number.is_infinite() => {
            Ok(if number > 0.0 { "9e999" } else { "-9e999" }.to_owned())
        }
        // The shortest digits that are read as the same number, with a point or an exponent.
        ValueRef::Real(number) => Ok(format!("{number:?}")),
        value => display(value),
    }
}

fn text_literal(bytes: &[u8]) -> Result<String, OutOfMemory> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        // Only a UTF-8 database holds such a text, and takes these bytes as they are.
        return Ok(format!("CAST({} AS TEXT)", display(ValueRef::Blob(bytes))?));
    };
    let (quotes, nuls) = (text.matches('\'').count(), text.matches('\0').count());
    let mut literal = String::new();
    literal.try_reserve(text.len() + quotes + nuls * NUL.len() + 4)?;
    literal.push_str(if nuls > 0 { "('" } else { "'" });
    for letter in text.chars() {
        match letter {
            '\'' => literal.push_str("''"),
            // SQL's text ends at a NUL.
            '\0' => literal.push_str(NUL),
            letter => literal.push(letter),
        }
    }
    literal.push_str(if nuls > 0 { "')" } else { "'" });
    Ok(literal)
}

const NUL: &str = "' || char(0) || '";

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        match self {
            Value::Null => {}
            Value::Integer(number) => number.hash(state),
            Value::Real(number) => number.to_bits().hash(state),
            Value::Text(text) => text.hash(state),
            Value::Blob(bytes) => bytes.hash(state),
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn a_literal_is_the_value_itself() {
        for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(&format!("PRAGMA encoding = '{encoding}'; CREATE TABLE any(value)")).unwrap();
            let text = |bytes: &[u8]| Value::Text(Text(bytes.to_vec()));
            let values = [
                Value::Null,
                Value::Integer(i64::MIN),
                Value::Real(0.1),
                Value::Real(-1e300),
                Value::Real(2.0),
                Value::Real(f64::INFINITY),
                Value::Real(f64::NEG_INFINITY),
                Value::Blob(b"\0\xffx".to_vec()),
                text(b""),
                text(b"O'Neill ''"),
                text(b"a\0b\0"),
                text("\u{1f980}\u{fffd}".as_bytes()),
            ];
            let broken = [text(b"\xff\0'")];
            for value in values.iter().chain(broken.iter().filter(|_| encoding == "UTF-8")) {
                let written = literal(value.as_ref()).unwrap();
                let sql = format!("SELECT {written} IS ?1, typeof({written}) = typeof(?1)");
                let both = |row: &rusqlite::Row<'_>| Ok(row.get::<_, bool>(0)? && row.get::<_, bool>(1)?);
                assert!(conn.query_row(&sql, [value], both).unwrap(), "{written} in {encoding}");
            }
        }
    }
}
