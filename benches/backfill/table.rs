//! The figures as one table, in Markdown.

use std::fmt::Display;

use comfy_table::{Table, presets::ASCII_MARKDOWN};

use crate::figure::Figure;

const COLUMNS: usize = 8;
const HEADINGS: [&str; COLUMNS] =
    ["topic", "scenario", "what", "figure", "beside", "its figure", "ratio", "target"];

type Line = [String; COLUMNS];

/// One line for each target and each comparison.
pub fn render(figures: &[Figure]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(HEADINGS).add_rows(figures.iter().flat_map(lines_of));
    format!("{table}\n")
}

fn lines_of(figure: &Figure) -> Vec<Line> {
    let show = |value| figure.unit.show(value);
    let line = |beside: &str, its_figure: String, ratio: String, target: String| {
        let [topic, scenario, what] =
            [figure.topic.name(), &figure.scenario, &figure.what].map(str::to_owned);
        [topic, scenario, what, show(figure.value), beside.to_owned(), its_figure, ratio, target]
    };
    let mut lines = Vec::new();
    if figure.at_most.is_some() || figure.comparisons.is_empty() {
        let target = target(figure.at_most.map(show), figure.is_met());
        lines.push(line("", String::new(), String::new(), target));
    }
    for other in &figure.comparisons {
        let ratio = format!("{:.2}", other.ratio);
        let target = target(other.ratio_at_most, other.is_met());
        lines.push(line(&other.with, show(other.value), ratio, target));
    }
    lines
}

fn target(at_most: Option<impl Display>, is_met: Option<bool>) -> String {
    match (at_most, is_met) {
        (Some(at_most), Some(true)) => format!("≤ {at_most}: met"),
        (Some(at_most), _) => format!("≤ {at_most}: not met"),
        (None, _) => String::new(),
    }
}

/// A number with a comma for each thousand.
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
