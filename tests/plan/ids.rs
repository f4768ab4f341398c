//! Ids that are easily taken for one another.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::Value;

/// Ids as some host has them, and stranger ones.
pub const TEXTS: [&str; 24] = [
    "",
    " ",
    "a ",
    " a",
    "'",
    "a'b",
    "\"a\"",
    "a\0b",
    "A\0B",
    "a\0",
    "%",
    "a_",
    "é",
    "É",
    // The Kelvin sign and the dotted capital I, which Unicode lower-cases to ASCII letters.
    "\u{212a}",
    "\u{130}",
    "12",
    "1.5",
    "NULL",
    "x'61'",
    "FACILITATOR_OWNER:a",
    "FACILITATOR_OWNER:",
    "Zq0Vn3xWcT8sLk5RjY2mHd7GpB4fNaEu",
    "ZQ0vN3XwCt8SlK5rJy2MhD7gPb4FnAeU",
];

/// The ids of up to so many users: as a rule few can be taken for one another, sometimes most.
pub fn users(most: usize) -> impl Strategy<Value = Vec<Value>> {
    prop_oneof![
        2 => vec(ids(), 0..=most),
        1 => vec(prop_oneof![4 => alike(), 1 => ids()], 0..=most),
    ]
}

/// The value of a `"user"` id, or of something like one.
pub fn ids() -> BoxedStrategy<Value> {
    let lower_case = (0..20_u8).prop_map(|number| Value::text(format!("u{number}")));
    let mixed_case = (0..20_u8).prop_map(|number| Value::text(format!("User{number}")));
    let strange = select(&TEXTS[..]).prop_map(Value::text);
    let not_utf8 = select(vec![&b"\xff"[..], b"a\xff", b"A\xff", b"\xc3"]).prop_map(Value::text);
    prop_oneof![
        4 => lower_case,
        8 => mixed_case,
        4 => alike(),
        5 => strange,
        1 => not_utf8,
        1 => not_text(),
    ]
    .boxed()
}

/// Ids that often differ in case only.
fn alike() -> impl Strategy<Value = Value> {
    vec(select(&b"aAbB"[..]), 1..=2).prop_map(Value::Text)
}

/// A value of another storage class.
pub fn not_text() -> impl Strategy<Value = Value> {
    let blobs = [&b""[..], b"a", b"ab", b"u1"].map(|bytes| Value::Blob(bytes.to_vec()));
    let others = [Value::Null, Value::Integer(12), Value::Integer(-1), Value::Real(1.5)];
    select([blobs, others].concat())
}
