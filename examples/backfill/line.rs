//! A JSON object on a line of its own, with its kind.

use std::io::{self, Write};

use serde::Serialize;

pub(crate) fn write(out: &mut impl Write, kind: &'static str, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { kind, object })?;
    writeln!(out)
}

#[derive(Serialize)]
struct Line<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    object: &'a T,
}
