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
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        // SQL's text ends at a NUL.
        _ => return Ok(format!("CAST({} AS TEXT)", display(ValueRef::Blob(bytes))?)),
    };
    let mut literal = String::new();
    literal.try_reserve(text.len() + text.matches('\'').count() + 2)?;
    literal.push('\'');
    for (number, part) in text.split('\'').enumerate() {
        literal.push_str(if number > 0 { "''" } else { "" });
        literal.push_str(part);
    }
    literal.push('\'');
    Ok(literal)
}

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
