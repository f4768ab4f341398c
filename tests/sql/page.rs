//! docs/engines.md says what the statements take and answer.

use facilitator_markers::sql;

use crate::{STATEMENTS, host};

const PAGE: &str = include_str!("../../docs/engines.md");

/// Name, values and answer of each statement that the page lists.
fn rows() -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with("| statement |")).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let [name, _, values, answer] =
            row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{row}")
        };
        (name.trim_matches('`'), values.split(", ").filter(|value| !value.is_empty()).collect(), answer)
    })
    .collect()
}

#[test]
fn it_lists_each_statement_with_its_values_and_columns() {
    let conn = host::in_memory();
    let rows = rows();
    let names: Vec<_> = rows.iter().map(|(name, ..)| *name).collect();
    let known: Vec<_> = STATEMENTS.iter().map(|(name, _)| *name).chain(["triggers"]).collect();
    for name in &known {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(names.len(), known.len());
    for (name, values, answer) in rows {
        let Some((_, statement)) = STATEMENTS.into_iter().find(|(known, _)| *known == name) else { continue };
        let statement = conn.prepare(statement).unwrap();
        assert_eq!(values.len(), statement.parameter_count(), "{name}");
        let told: Vec<_> = answer.split('`').skip(1).step_by(2).collect();
        if answer.starts_with('`') {
            assert_eq!(told, Vec::from_iter(statement.column_names()), "{name}");
        }
    }
}

#[test]
fn the_index_that_it_recommends_is_the_one_that_ensure_searches() {
    let conn = host::in_memory();
    let (_, rest) = PAGE.split_once("```sql\n").unwrap();
    conn.execute_batch(rest.split_once("```").unwrap().0).unwrap();
    let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", sql::ENSURE)).unwrap();
    let lines: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap();
    assert!(lines.iter().any(|line| line.contains("user_lower_id")), "{lines:?}");
}
