//! The summary as JSON.

use serde_json::{Map, Value};

pub(crate) const BACKFILL: bool = false;
pub(crate) const DRY_RUN: bool = true;

/// The one object on the one line of `output`.
#[track_caller]
pub(crate) fn object(output: &str) -> Map<String, Value> {
    let line = output.strip_suffix('\n').expect("the line is ended");
    assert!(!line.contains('\n'), "one line: {output}");
    match serde_json::from_str(line).expect("the line is JSON") {
        Value::Object(object) => object,
        _ => panic!("not an object: {line}"),
    }
}

/// The objects on the lines of `output`, one each.
#[track_caller]
pub(crate) fn objects(output: &str) -> Vec<Map<String, Value>> {
    output.split_inclusive('\n').map(object).collect()
}

/// The counts of the object that `--json` prints, in the order of the table, once all of it is found to be
/// right.
#[track_caller]
pub(crate) fn counts(output: &str, dry_run: bool) -> [u64; 8] {
    let summary = object(output);
    let names = [
        "owners",
        "created",
        "already_enrolled",
        "unreadable_date",
        "refused",
        "unknown_users",
        "ambiguous_users",
        "unreadable_dates",
    ];
    assert_eq!(summary.len(), names.len() + if dry_run { 3 } else { 2 }, "{output}");
    assert_eq!(summary.get("warnings").is_some_and(Value::is_array), dry_run, "{output}");
    assert!(summary["elapsed_ms"].is_u64(), "{output}");
    assert_eq!(summary["dry_run"], Value::Bool(dry_run), "{output}");
    names.map(|name| summary[name].as_u64().unwrap_or_else(|| panic!("{name} is no whole number: {output}")))
}
