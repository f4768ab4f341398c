//! `preview_facilitator_markers()`: TEXT, what a backfill would do, as one JSON object.

use marker_core::{Preview, preview_facilitator_markers};

use super::Function;
use crate::answer::Answer;

pub(super) fn function() -> Function {
    Function {
        name: c"preview_facilitator_markers",
        arguments: 0,
        run: Box::new(|conn, _| Ok(Answer::Text(json(&preview_facilitator_markers(conn)?)))),
    }
}

fn json(Preview { report, warnings, .. }: &Preview) -> String {
    let counts = [
        ("owners", report.owners),
        ("created", report.created),
        ("already_enrolled", report.already_enrolled),
        ("unreadable_date", report.unreadable_date),
        ("refused", report.refused),
        ("unknown_users", report.unknown_users),
        ("ambiguous_users", report.ambiguous_users),
        ("unreadable_dates", report.unreadable_dates),
    ];
    let members: Vec<_> = counts.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
    let warnings: Vec<_> = warnings.iter().map(|warning| string(&warning.to_string())).collect();
    format!("{{{},\"warnings\":[{}]}}", members.join(","), warnings.join(","))
}

/// A string of JSON. See RFC 8259, section 7.
fn string(text: &str) -> String {
    let mut string = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => string.extend(['\\', character]),
            '\0'..='\u{1f}' => string.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => string.push(character),
        }
    }
    string + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_of_json_has_no_character_that_json_forbids() {
        assert_eq!(string("\"a\\b\"\n\0é\u{7f}"), "\"\\\"a\\\\b\\\"\\u000a\\u0000é\u{7f}\"");
    }
}
