//! JSON lines.

use serde_json::{Map, Value};

pub(crate) type Object = Map<String, Value>;

/// The objects of the lines, those of one kind and then the report, which has to be the last.
#[track_caller]
pub(crate) fn objects(output: &str) -> (Vec<Object>, Object) {
    assert!(output.ends_with('\n'), "the last line is ended: {output}");
    let mut objects: Vec<Object> =
        output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let report = objects.pop().expect("there is a report");
    assert_eq!(report["kind"], "report");
    assert!(report["elapsed_ms"].is_u64());
    (objects, report)
}

/// Values of an object, as text.
pub(crate) fn texts<'o, const N: usize>(object: &'o Object, names: [&str; N]) -> [&'o str; N] {
    names.map(|name| object[name].as_str().unwrap_or_else(|| panic!("{name} in {object:?}")))
}
