//! A value in a database.

use std::fmt;

/// A value of any storage class, in the order in which SQLite sorts the classes. Text is kept as bytes: a
/// database can hold text that isn't UTF-8.
#[derive(Clone, PartialEq, PartialOrd)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Value {
    pub fn text(bytes: impl AsRef<[u8]>) -> Self {
        Value::Text(bytes.as_ref().to_vec())
    }

    pub fn as_text(&self) -> Option<&[u8]> {
        match self {
            Value::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn is_text(&self, bytes: &[u8]) -> bool {
        self.as_text() == Some(bytes)
    }

    /// As messages show it: text as it is, anything else as SQL writes it.
    pub fn shown(&self) -> String {
        match self {
            Value::Null => "NULL".into(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => format!("{number:?}"),
            Value::Text(bytes) => String::from_utf8_lossy(bytes).into(),
            Value::Blob(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("x'{digits}'")
            }
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            },
            _ => f.write_str(&self.shown()),
        }
    }
}
