//! docs/audit.md shows what the program prints, and what it says works.

use std::collections::BTreeSet;
use std::fs;

use facilitator_markers::backfill_facilitator_markers;
use serde_json::Value;

use crate::database::sample;
use crate::host;
use crate::program::{self, Database, example, run};

const PAGE: &str = include_str!("../../docs/audit.md");

/// What stands in the first block in this language after a heading that has this text.
#[track_caller]
fn block(heading: &str, language: &str, text: &str) -> &'static str {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).expect("the section is there");
    let mut blocks = section.split("```").skip(1).step_by(2);
    let block = blocks.find(|block| block.starts_with(&format!("{language}\n")) && block.contains(text));
    &block.expect("the block is there")[language.len() + 1..]
}

/// The commands of the session, each with what it prints.
fn session() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut commands: Vec<(_, Vec<_>)> = Vec::new();
    for line in block("A session", "text", "$ audit").lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, printed))) => printed.push(line),
            (None, None) => panic!("no command prints {line:?}"),
        }
    }
    commands
}

/// Without what is another one each time: how long it took, and the reading of the clock.
fn without_time(line: &str) -> String {
    let words: Vec<_> = line.split(", ").collect();
    let shown = words.iter().map(|word| {
        if let Some((_, rest)) = word.split_once(" ms").filter(|(number, _)| number.parse::<u64>().is_ok()) {
            return format!("some ms{rest}");
        }
        match word.split_once("the verified_at '") {
            Some((before, after)) => {
                format!("{before}the verified_at now{}", &after["2026-03-01 09:00:00".len()..])
            }
            None => (*word).to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Findings come in no particular order.
fn sorted<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut lines: Vec<_> = lines.map(without_time).collect();
    lines.sort();
    lines
}

#[test]
fn the_session_on_the_page_is_what_happens() {
    let database = sample();
    let folder = database.path().parent().unwrap().to_owned();
    let (mut status, mut audits) = (None, 0);
    for (command, printed) in session() {
        let words: Vec<_> = command.split(' ').collect();
        let output = match words[..] {
            ["audit", ref arguments @ ..] => {
                audits += 1;
                let run = run(example("audit").args(arguments).current_dir(&folder));
                status = run.status;
                assert_eq!(run.stderr, "", "{command}");
                run.stdout
            }
            ["echo", "$?"] => format!("{}\n", status.take().unwrap()),
            ["head", "-n", "1", file] => {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                text.lines().next().unwrap().to_owned() + "\n"
            }
            ["sqlite3", "host.db", ..] => {
                let statement = command.split('"').nth(1).expect("there is a statement");
                database.connect().execute_batch(statement).unwrap();
                String::new()
            }
            _ => panic!("{command}"),
        };
        assert_eq!(sorted(output.lines()), sorted(printed.into_iter()), "$ {command}");
    }
    assert_eq!(audits, 3);
}

#[test]
fn the_statement_on_the_page_undoes_a_backfill_and_nothing_else() {
    let database = Database::with(&[host::SCHEMA, program::SAMPLE]);
    let conn = database.connect();
    let before = database.rows();
    let backfill = |count| assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, count);
    backfill(2);
    let moments = block("Undo a backfill", "sql", "GROUP BY");
    let rows = |sql: &str| {
        let mut statement = conn.prepare(sql.trim()).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(String, u32)>, _>>().unwrap()
    };
    let counts = rows(moments);
    assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 2]);
    let moment = &counts[1].0;

    let statement = block("Undo a backfill", "sql", "DELETE").replace("2026-03-01 09:00:00", moment);
    assert_eq!(conn.execute(statement.trim(), []).unwrap(), 2);
    assert_eq!(database.rows(), before);

    // As the page says: with it goes a marker that was dated otherwise since, and one that was verified otherwise stays.
    backfill(2);
    let statement =
        |moment: &str| block("Undo a backfill", "sql", "DELETE").replace("2026-03-01 09:00:00", moment);
    let moment = &rows(moments)[1].0;
    let since = "UPDATE reward_addresses SET created_at = '2025-01-01 00:00:00' WHERE user_id LIKE 'Qj6%' AND id LIKE 'FAC%';
                 UPDATE reward_addresses SET verified_at = '2026-05-05 00:00:00' WHERE user_id LIKE 'pnq%'";
    conn.execute_batch(since).unwrap();
    assert_eq!(conn.execute(statement(moment).trim(), []).unwrap(), 1);
    assert_eq!(database.rows().len(), before.len() + 1);
}

/// The names of all fields of the lines, and of the objects in them.
fn fields(output: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in output.lines() {
        let mut objects = vec![serde_json::from_str::<Value>(line).unwrap()];
        while let Some(object) = objects.pop() {
            for (name, value) in object.as_object().into_iter().flatten() {
                names.insert(name.clone());
                objects.push(value.clone());
            }
        }
    }
    names
}

#[test]
fn each_field_and_each_finding_is_on_the_page() {
    let database = sample();
    let found = database.audit(&["--json-lines", "--cost"]).left_wrong();
    let repaired = database.repair_with_log(&["--json-lines"]).left_wrong();
    let undone = database.undo(&["--json-lines"]).success();
    let names: Vec<_> = [&found, &repaired, &undone].iter().flat_map(|output| fields(output)).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names.iter().filter(|name| *name != "kind") {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
    for line in found.lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        if let Some(finding) = object["finding"].as_str() {
            assert!(PAGE.contains(&format!("\n| `{finding}` | ")), "{finding}");
        }
    }
}
