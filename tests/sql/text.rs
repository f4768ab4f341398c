//! The text keeps to what every engine takes.

use std::env;
use std::path::Path;
use std::process::Command;

use facilitator_markers::rusqlite::limits::Limit;
use facilitator_markers::rusqlite::{self, Connection, StatementStatus};
use facilitator_markers::sql;

use crate::{CLOCK, STATEMENTS, host};

/// The statement without its comments, and with each text in quotes replaced by `''`; and these texts.
fn taken_apart(statement: &str) -> (String, Vec<String>) {
    let mut code = String::new();
    let mut literals = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        if let Some((_, after)) = rest.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let (literal, after) = quoted.split_once('\'').expect("an end of the text");
            literals.push(literal.to_owned());
            code.push_str("''");
            rest = after;
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (code, literals)
}

fn words(code: &str) -> Vec<String> {
    let words =
        code.split(|one: char| !one.is_ascii_alphanumeric() && one != '_').filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[test]
fn it_is_what_its_generator_writes() {
    let generate = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/generate");
    match Command::new("python3").arg(generate).arg("--check").output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) if env::var("CI").as_deref() != Ok("true") => eprintln!("NOT CHECKED: there is no python3"),
        Err(error) => panic!("python3: {error}"),
    }
}

/// Many drivers bind by place only, and D1 binds 100 values at most.
#[test]
fn each_value_is_bound_by_its_place_and_once() {
    for (name, expected) in [
        ("ensure", 2),
        ("outcome", 1),
        ("due", 0),
        ("skipped", 0),
        ("report", 0),
        ("page", 3),
        ("last_page", 2),
        ("whole", 1),
        ("audit", 0),
    ] {
        let (_, statement) = STATEMENTS.into_iter().find(|(known, _)| *known == name).unwrap();
        let (code, _) = taken_apart(statement);
        assert_eq!(code.matches('?').count(), expected, "{name}");
        let numbered =
            code.split('?').skip(1).any(|after| after.starts_with(|one: char| one.is_ascii_digit()));
        assert!(!numbered && !code.contains([':', '@', '$']), "{name}");
    }
}

/// Engines that replicate statements would diverge by them, hiqlite panics on them, and D1, for one, may lack JSON's.
#[test]
fn it_calls_only_functions_that_are_in_every_sqlite_and_always_answer_the_same() {
    let known = [
        "char", "coalesce", "count", "hex", "instr", "length", "lower", "ltrim", "max", "min", "printf",
        "quote", "substr", "typeof",
    ];
    let never = ["now", "current_timestamp", "current_date", "current_time", "random", "randomblob", "rowid"];
    for (name, statement) in STATEMENTS {
        let (code, literals) = taken_apart(statement);
        assert!(!literals.iter().any(|literal| literal == "now"), "{name}");
        for word in words(&code) {
            assert!(!never.contains(&&*word), "{name}: {word}");
        }
        for (position, _) in code.match_indices('(') {
            let before =
                code[..position].trim_end_matches(|one: char| one.is_ascii_alphanumeric() || one == '_');
            let function = &code[before.len()..position];
            let is_name = function.starts_with(|one: char| one.is_ascii_lowercase());
            // A name and its columns, as in `WITH name(columns) AS`.
            let defines = code[position..]
                .split_once(')')
                .is_some_and(|(_, after)| after.trim_start().starts_with("AS"))
                && before.trim_end().ends_with([',', 'H', ')']);
            assert!(!is_name || defines || known.contains(&function), "{name} calls {function}");
        }
    }
}

/// D1's, as its runtime sets them: among others, patterns of 50 bytes, and five SELECTs put together. SQLite 3.54, which the newest
/// rusqlite bundles, counts tables by the depth of expressions.
#[test]
fn each_statement_runs_within_the_narrowest_limits_of_an_engine() {
    let conn = host::in_memory();
    conn.execute_batch(include_str!("../../sql/engines/workload.sql")).unwrap();
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    ] {
        // Versions of rusqlite differ in what this answers.
        let _ = conn.set_limit(limit, most);
    }
    let six = ["SELECT 1"; 6].join(" UNION ALL ");
    assert!(conn.prepare(&six).is_err(), "no limit is set");
    for (name, statement) in STATEMENTS {
        let mut statement = conn.prepare(statement).unwrap_or_else(|error| panic!("{name}: {error}"));
        let values = ["kq", CLOCK, CLOCK].into_iter().take(statement.parameter_count());
        let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
        while rows.next().unwrap_or_else(|error| panic!("{name}: {error}")).is_some() {}
    }
}

/// sqld takes HAVING in no other place.
#[test]
fn having_follows_a_group_by() {
    for (name, statement) in STATEMENTS {
        let code = taken_apart(statement).0;
        let selects = code.split("SELECT").filter(|select| select.contains("HAVING"));
        for select in selects {
            let having = select.find("HAVING").unwrap();
            assert!(select[..having].contains("GROUP BY"), "{name}: {select}");
        }
    }
}

/// Drivers look at the first word to know whether a statement writes.
#[test]
fn what_writes_begins_with_insert_and_writes_only_markers() {
    for (name, statement) in STATEMENTS {
        let code = taken_apart(statement).0;
        let writes = ["ensure", "page", "last_page", "whole"].contains(&name);
        assert_eq!(statement.starts_with("INSERT INTO main.reward_addresses"), writes, "{name}");
        let words = words(&code);
        let count = |word: &str| words.iter().filter(|other| *other == word).count();
        assert_eq!(count("insert"), usize::from(writes), "{name}");
        assert_eq!([count("update"), count("delete"), count("replace")], [0; 3], "{name}");
        assert!(!statement.contains("--") && !statement.trim_end().contains(';'), "{name}");
    }
}

/// A temporary table of the same name is another one.
#[test]
fn each_table_is_named_with_main() {
    for (name, statement) in STATEMENTS {
        let code = taken_apart(statement).0;
        for table in ["facilitators", "reward_addresses", "\"user\""] {
            let all = code.matches(table).count();
            assert_eq!(code.matches(&format!("main.{table}")).count(), all, "{name}: {table}");
        }
    }
}

/// D1 refuses a statement of more than 25,000 instructions as out of memory, and inlined expressions grow fast.
#[test]
fn its_program_is_short() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(host::SCHEMA).unwrap();
    for (name, statement) in STATEMENTS {
        let mut program = conn.prepare(&format!("EXPLAIN {statement}")).unwrap();
        let mut rows = program.raw_query();
        let mut instructions = 0;
        while rows.next().unwrap().is_some() {
            instructions += 1;
        }
        assert!((100..3_000).contains(&instructions), "{name}: {instructions} instructions");
    }
}

/// A page reads its users and what belongs to them, whatever else is in the tables. `ensure` looks for a user of another case only
/// where no id is the same.
#[test]
fn ensure_and_a_page_search_by_index() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(host::SCHEMA).unwrap();
    conn.execute_batch("CREATE INDEX user_fold ON \"user\"(lower(id))").unwrap();
    for statement in [sql::ENSURE, sql::OUTCOME, sql::PAGE, sql::LAST_PAGE] {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let lines: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap();
        for table in ["u", "v", "f", "r"] {
            let scan = format!("SCAN {table}");
            let is_scanned = lines.iter().any(|line| *line == scan || line.starts_with(&format!("{scan} ")));
            assert!(!is_scanned, "{lines:?}");
        }
        assert!(lines.iter().any(|line| line.starts_with("SEARCH f USING INDEX")), "{lines:?}");
    }
}

#[test]
fn ensure_reads_no_other_user_where_the_id_is_exact() {
    let conn = host::in_memory();
    for number in 0..1000 {
        host::add_user(&conn, format!("User{number}"));
    }
    let mut ensure = conn.prepare(sql::ENSURE).unwrap();
    for (user_id, is_searched) in [("User5", false), ("uSER5", true)] {
        ensure.reset_status(StatementStatus::VmStep);
        ensure.execute([user_id, CLOCK]).unwrap();
        let steps = ensure.get_status(StatementStatus::VmStep);
        assert_eq!(steps > 3_000, is_searched, "{user_id}: {steps} steps");
    }
}
