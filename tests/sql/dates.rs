//! Dates are read as the library reads them.

use std::env;

use facilitator_markers::rusqlite::{Connection, params};
use facilitator_markers::sql;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;

use crate::model::Instant;
use crate::{CLOCK, host, plan};

/// What `whole.sql` makes of each text, which is the date of some owner's only facilitator.
fn read(texts: &[String]) -> Vec<Option<String>> {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(host::SCHEMA).unwrap();
    let transaction = conn.unchecked_transaction().unwrap();
    {
        let mut user =
            conn.prepare("INSERT INTO main.\"user\"(id, name, email) VALUES (?1, '', ?1)").unwrap();
        let mut facilitator = conn
            .prepare(
                "INSERT INTO main.facilitators(id, name, subdomain, owner_address, created_at) VALUES (?1, '', ?1, ?1, ?2)",
            )
            .unwrap();
        for (number, text) in texts.iter().enumerate() {
            let id = format!("u{number:09}");
            user.execute([&id]).unwrap();
            facilitator.execute(params![id, text]).unwrap();
        }
    }
    transaction.commit().unwrap();
    conn.execute(sql::WHOLE, [CLOCK]).unwrap();
    let sql = "SELECT r.created_at FROM main.\"user\" u LEFT JOIN main.reward_addresses r ON r.user_id = u.id ORDER BY u.id";
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn each_date_of_the_librarys_table_is_read_as_it_says() {
    let table: Json = serde_json::from_str(include_str!("../host/dates.json")).unwrap();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let (mut texts, mut expected) = (Vec::new(), Vec::new());
    for pair in table["readable"].as_array().unwrap() {
        texts.push(text(&pair[0]));
        expected.push(Some(text(&pair[1])));
    }
    for unreadable in table["unreadable"].as_array().unwrap() {
        texts.push(text(unreadable));
        expected.push(None);
    }
    for ((text, read), expected) in texts.iter().zip(read(&texts)).zip(expected) {
        assert_eq!(read, expected, "{text:?}");
    }
}

/// 400,000 of them where `PROPTEST_CASES` is 10,000.
#[test]
fn any_text_is_read_as_the_model_reads_it() {
    let cases = env::var("PROPTEST_CASES").map_or(256, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::default();
    let strategy = plan::date_text();
    let texts: Vec<String> =
        (0..40 * cases).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    for (text, read) in texts.iter().zip(read(&texts)) {
        let expected = Instant::read(text.as_bytes()).map(|instant| instant.written());
        assert_eq!(read, expected, "{text:?}");
    }
}
