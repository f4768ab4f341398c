//! An audit of an existing database.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::database::{SAMPLE, sample};
use crate::host::SCHEMA;
use crate::json::{objects, texts};
use crate::program::{Database, Run, example, run};

/// What makes the sample right but for what is told for information.
const MEND: &str = "DELETE FROM reward_addresses WHERE id IN ('m1', 'm2', 'm3', 'm5', 'm7', 'm9', 'n1')";

#[test]
fn each_finding_is_a_sentence_and_the_table_counts_them() {
    let output = sample().audit(&[]).left_wrong();
    let (sentences, rest) = output.split_once("\n\nAudit of ").expect("there is a table");
    assert_eq!(sentences.lines().count(), 10);
    assert!(sentences.lines().all(|line| line.contains(": marker \"")), "{sentences}");
    assert!(rest.contains(": nothing was written\n"), "{rest}");
    for row in [
        "\nmarkers          10  were read\n",
        "\ndated_late        2  ",
        "\ndate_form         1  ",
        "\nnot_verified      3  ",
        "\nduplicate         1  ",
        "\norphan            1  ",
        "\nnot_an_owner      1  ",
        "\ndated_early       1  ",
    ] {
        assert!(rest.contains(row), "{row:?} is not in: {rest}");
    }
    assert!(
        rest.ends_with("\n--repair --undo-log FILE mends what nobody has to decide, and can be undone\n"),
        "{rest}"
    );
}

#[test]
fn an_audit_leaves_the_bytes_of_the_database_as_they_are() {
    let database = sample();
    let before = database.bytes();
    for options in [&[][..], &["--cost"], &["--json-lines"], &["--json-lines", "--cost"]] {
        database.audit(options).left_wrong();
        assert_eq!(database.bytes(), before, "{options:?}");
    }
}

#[test]
fn an_audit_leaves_the_bytes_in_wal_mode_as_they_are_too() {
    let database = sample();
    let other = database.connect();
    other.execute_batch("PRAGMA journal_mode = WAL; UPDATE \"user\" SET name = name || '.'").unwrap();
    let bytes = || (database.bytes(), fs::read(database.beside("host.db-wal")).unwrap());
    let before = bytes();
    assert!(!before.1.is_empty());
    database.audit(&["--cost"]).left_wrong();
    assert_eq!(bytes(), before);
}

#[test]
fn an_audit_works_while_another_connection_writes_and_on_a_read_only_file() {
    let database = sample();
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    database.audit(&[]).left_wrong();
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    database.forbid_writing();
    database.audit(&[]).left_wrong();
}

#[test]
fn it_exits_with_0_where_nothing_is_wrong_though_there_is_something_for_information() {
    let database = Database::with(&[SCHEMA, SAMPLE, MEND]);
    let output = database.audit(&[]).success();
    assert!(output.contains("dated_early: ") && output.contains("not_an_owner: "), "{output}");
    assert!(!output.contains("--repair"), "{output}");
    let output = Database::with(&[SCHEMA]).audit(&[]).success();
    assert!(output.starts_with("Audit of "), "{output}");
}

#[test]
fn each_kind_of_wrongness_alone_makes_it_exit_with_3() {
    for kept in ["m1", "m2", "m3", "m5", "n1"] {
        let mend = MEND.replace(&format!("'{kept}'"), "''");
        let Run { status, .. } = Database::with(&[SCHEMA, SAMPLE, &mend]).audit(&["--json-lines"]);
        assert_eq!(status, Some(3), "{kept}");
    }
}

#[test]
fn json_lines_are_one_object_a_finding_and_the_report_comes_last() {
    let (findings, report) = objects(&sample().audit(&["--json-lines"]).left_wrong());
    let mut told: Vec<_> =
        findings.iter().map(|finding| texts(finding, ["kind", "id", "finding", "mend"])).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ["finding", "m1", "dated_late", "repair"],
            ["finding", "m2", "date_form", "repair"],
            ["finding", "m3", "not_verified", "repair"],
            ["finding", "m5", "duplicate", "statement"],
            ["finding", "m6", "dated_early", "nothing"],
            ["finding", "m7", "not_verified", "withheld"],
            ["finding", "m8", "not_an_owner", "nothing"],
            ["finding", "m9", "dated_late", "repair"],
            ["finding", "m9", "not_verified", "repair"],
            ["finding", "n1", "orphan", "statement"],
        ]
    );
    let late = findings.iter().find(|finding| finding["id"] == "m1").unwrap();
    assert_eq!(
        texts(late, ["created_at", "enrollment_date", "value"]),
        ["2026-03-01 09:00:00", "2026-01-05 10:00:00", "2026-01-05 10:00:00"]
    );
    assert!(
        late["advice"]
            .as_str()
            .unwrap()
            .starts_with("marker \"m1\" of user \"Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao\"")
    );
    assert!(late.get("cost").is_none());
    let names = [
        "markers",
        "dated_late",
        "date_form",
        "not_verified",
        "duplicate",
        "orphan",
        "not_an_owner",
        "dated_early",
    ];
    assert_eq!(names.map(|name| report[name].as_u64().unwrap()), [10, 2, 1, 3, 1, 1, 1, 1]);
}

#[test]
fn the_cost_is_what_a_repair_brings_back_and_exact() {
    let (findings, report) = objects(&sample().audit(&["--json-lines", "--cost"]).left_wrong());
    let cost = |id: &str| {
        let mut costs =
            findings.iter().filter(|finding| finding["id"] == id).map(|finding| finding.get("cost"));
        let cost = costs.next().unwrap();
        assert!(costs.all(|other| other == cost), "{id}");
        cost.cloned()
    };
    let expected = |counted, lost| Some(json!({"counted": counted, "lost": lost, "unreadable_amounts": 0}));
    assert_eq!(cost("m1"), expected("25000000", "100500000"));
    assert_eq!(cost("m2"), expected("30000000", "12250000"));
    assert_eq!(cost("m3"), expected("0", "80000000"));
    assert_eq!(cost("m9"), expected("0", "100000000000000000001"));
    for id in ["m5", "m6", "m7", "m8", "n1"] {
        assert_eq!(cost(id), None, "{id}");
    }
    assert_eq!(report.get("cost").cloned(), expected("55000000", "100000000000192750001"));
}

#[test]
fn amounts_that_are_no_whole_numbers_are_counted_apart() {
    let odd = "UPDATE transactions SET amount = '40.5' WHERE id = 't01';
               UPDATE transactions SET amount = NULL WHERE id = 't03'";
    let output = Database::with(&[SCHEMA, SAMPLE, odd]).audit(&["--cost"]).left_wrong();
    let sentence = "\n  counted now: 0; not counted because of this: 60500000; amounts that are no whole numbers, and are in \
                    neither: 1\n";
    assert!(output.contains(sentence), "{output}");
}

#[test]
fn a_further_marker_that_is_right_makes_a_late_one_cost_nothing() {
    let further = "INSERT INTO reward_addresses
                       (id, user_id, chain_type, address, verification_status, verified_at, created_at)
                   VALUES ('z', 'Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao', 'facilitator', 'further', 'verified', NULL,
                       '2026-01-05 10:00:00')";
    let output = Database::with(&[SCHEMA, SAMPLE, further]).audit(&["--cost"]).left_wrong();
    assert!(output.contains("\n  counted now: 125500000; not counted because of this: 0\n"), "{output}");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let database = sample();
    let mut child =
        example("audit").arg(database.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Run::from(child.wait_with_output().unwrap()).left_wrong();
}

#[test]
fn immutable_reads_a_file_without_a_lock_and_says_when_that_is_right() {
    let database = sample();
    let output = database.audit(&["--immutable"]).left_wrong();
    assert!(output.contains("it is right if nobody else wrote meanwhile"), "{output}");
    fs::write(database.beside("host.db-wal"), "changes").unwrap();
    let refused = database.audit(&["--immutable"]);
    assert!(refused.failure().contains("host.db-wal holds changes"), "{refused:?}");
}

#[test]
fn a_missing_file_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.db");
    for options in [&[][..], &["--repair"]] {
        let failed = run(example("audit").arg(&path).args(options));
        assert!(failed.failure().starts_with("audit: "), "{failed:?}");
        assert!(failed.failure().contains("pass the path of the host's database"), "{failed:?}");
    }
    assert!(!path.exists());
}
