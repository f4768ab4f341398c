//! The SQL edition held against the model of the library's promises, and against the library, over random databases. Each test
//! tries 256 of them, or as many as the environment variable `PROPTEST_CASES` says.

mod agreement;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod model;
#[allow(dead_code, reason = "each test file uses its own part of this")]
mod plan;

use facilitator_markers::rusqlite::{self, Connection, Statement};
use facilitator_markers::{Error, backfill_facilitator_markers, ensure_facilitator_marker, sql};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use agreement::{Checked, argument, timeless};
use model::{CLOCK_READING, Database, Finding, Mend, Outcome, Report, Row, Skipped, Value};
use plan::{HostWrite, Id, Plan, plans, plans_with_markers, some_id};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Each user in every spelling, and others.
    #[test]
    fn ensure_and_outcome_do_as_the_model_and_the_library_do(plan in plans(), others in vec(some_id(), 0..4)) {
        let conn = plan.open()?;
        let mut database = Database::read(&conn)?;
        let before = database.clone();
        let (mut outcome, mut ensure) = (conn.prepare(sql::OUTCOME)?, conn.prepare(sql::ENSURE)?);
        let spellings = [Id::UpperCase, Id::Folded, Id::Exact];
        let each_user = spellings.iter().flat_map(|spelling| (0..plan.users.len()).map(spelling));
        for user_id in each_user.chain(others) {
            let user_id = argument(&plan.id(&user_id));
            let (expected, rows) = model::ensure(&database, &user_id);
            let name: String = outcome.query_row([&user_id], |row| row.get(0))?;
            let written = ensure.execute([&*user_id, CLOCK_READING])?;
            let is_created = matches!(expected, Outcome::Created(_));
            prop_assert_eq!(name, if is_created { "due" } else { expected.name() });
            prop_assert_eq!(written, usize::from(is_created));
            if is_created {
                database.rows = rows;
                prop_assert_eq!(&Database::read(&conn)?, &database);
            }
        }
        prop_assert_eq!(&Database::read(&conn)?, &database);

        let other_conn = plan.open()?;
        for position in 0..plan.users.len() {
            done_or_refused(ensure_facilitator_marker(&other_conn, &argument(&plan.id(&Id::Exact(position)))))?;
        }
        let by_the_library = timeless(&Database::read(&other_conn)?, &before);
        prop_assert_eq!(sorted(&by_the_library), sorted(&database.rows));
    }

    #[test]
    fn pages_of_any_size_do_as_one_backfill_and_a_second_run_writes_nothing(
        plan in plans(),
        owners_per_page in select(&[Some(1), Some(2), Some(7), Some(50), None][..]),
    ) {
        let conn = plan.open()?;
        let before = Database::read(&conn)?;
        let expected = model::backfill(&before);
        let mut edition = Edition::new(&conn, owners_per_page)?;
        edition.check_lists(&expected)?;
        prop_assert_eq!(edition.backfill()? as u64, expected.report.created);
        let after = Database::read(&conn)?;
        prop_assert!(after.rows.starts_with(&before.rows));
        prop_assert_eq!(sorted(&after.rows), sorted(&expected.rows));
        edition.check_lists(&model::backfill(&after))?;

        prop_assert_eq!(edition.backfill()?, 0);
        prop_assert_eq!(Database::read(&conn)?, after);

        let other_conn = plan.open()?;
        done_or_refused(backfill_facilitator_markers(&other_conn))?;
        prop_assert_eq!(sorted(&timeless(&Database::read(&other_conn)?, &before)), sorted(&expected.rows));
    }

    #[test]
    fn an_audit_tells_what_the_model_tells_and_its_statements_repair(plan in plans_with_markers()) {
        let conn = plan.open()?;
        // Rows without an id can't be told apart, and text that isn't UTF-8 can't be written into a statement.
        let is_plain = |value: &Value| value.as_text().is_none_or(|text| std::str::from_utf8(text).is_ok());
        for Row { id, user_id, address, created_at, verification_status, .. } in Database::read(&conn)?.rows {
            let values = [&id, &user_id, &address, &created_at, &verification_status];
            if id == Value::Null || !values.into_iter().all(is_plain) {
                conn.execute("DELETE FROM main.reward_addresses WHERE id IS ?1", [&id])?;
            }
        }
        let before = Database::read(&conn)?;
        let mut expected = model::audit(&before);
        let rows = query(&mut conn.prepare(sql::AUDIT)?)?;
        let mut found = rows.iter().map(|row| finding(row)).collect::<Vec<_>>();
        for findings in [&mut expected, &mut found] {
            findings.sort_by(|one, other| one.partial_cmp(other).expect("no NaN"));
        }
        prop_assert_eq!(found, expected);

        for row in rows {
            let [.., mend, _, _, statement] = &row[..] else { panic!("{row:?}") };
            if let (Value::Text(statement), true) = (statement, mend.is_text(b"repair")) {
                let statement = String::from_utf8_lossy(statement);
                let mut statement = conn.prepare(&statement)?;
                let clock: &[&str] = if statement.parameter_count() == 1 { &[CLOCK_READING] } else { &[] };
                statement.execute(rusqlite::params_from_iter(clock))?;
            }
        }
        let repaired = Database { rows: model::repair(&before), ..before };
        prop_assert_eq!(Database::read(&conn)?, repaired);
    }
}

proptest! {
    // Each of these inserts facilitators one by one, and asks the model after each.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..a_tenth() })]

    #[test]
    fn triggers_enroll_whom_an_inserted_facilitator_makes_due_and_nobody_else(plan in plans()) {
        let without_facilitators = Plan { facilitators: Vec::new(), ..plan.clone() };
        let conn = without_facilitators.open()?;
        conn.execute_batch(sql::triggers())?;
        let mut count = 0;
        for facilitator in plan.facilitators {
            let before = Database::read(&conn)?.rows;
            without_facilitators.write(&conn, &HostWrite::AddFacilitator(facilitator))?;
            let after = Database::read(&conn)?;
            prop_assert!(after.rows.starts_with(&before));
            count += 1;
            let Some(new) = after.facilitators.iter().find(|its| its.id.is_text(format!("f{}", 1000 + count).as_bytes())) else {
                prop_assert_eq!(after.rows.len(), before.len());
                count -= 1;
                continue;
            };
            let meant: Vec<Value> = after.users_meant_by(&new.owner_address).into_iter().map(Value::text).collect();
            let due = model::backfill(&Database { rows: before.clone(), ..after.clone() }).rows;
            let mut expected = due[before.len()..].to_vec();
            expected.retain(|row| meant.contains(&row.user_id));
            for row in &mut expected {
                row.verified_at = row.created_at.clone();
            }
            prop_assert_eq!(sorted(&after.rows[before.len()..]), sorted(&expected));
        }
    }
}

fn a_tenth() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases / 10, ..default }
}

/// The statements of a backfill and of its lists, prepared once: they are long.
struct Edition<'c> {
    due: Statement<'c>,
    report: Statement<'c>,
    skipped: Statement<'c>,
    writes: Writes<'c>,
}

enum Writes<'c> {
    Pages { page: Statement<'c>, last_page: Statement<'c>, owners_per_page: usize },
    Whole(Statement<'c>),
}

impl<'c> Edition<'c> {
    /// One that backfills in pages of so many owners, or else in one statement.
    fn new(conn: &'c Connection, owners_per_page: Option<usize>) -> rusqlite::Result<Self> {
        let writes = match owners_per_page {
            Some(owners_per_page) => {
                let (page, last_page) = (conn.prepare(sql::PAGE)?, conn.prepare(sql::LAST_PAGE)?);
                Writes::Pages { page, last_page, owners_per_page }
            }
            None => Writes::Whole(conn.prepare(sql::WHOLE)?),
        };
        let [due, report, skipped] =
            [sql::DUE, sql::REPORT, sql::SKIPPED].map(|statement| conn.prepare(statement));
        Ok(Edition { due: due?, report: report?, skipped: skipped?, writes })
    }

    /// How many rows it wrote.
    fn backfill(&mut self) -> rusqlite::Result<usize> {
        let clock = Value::text(CLOCK_READING);
        let (page, last_page, owners_per_page) = match &mut self.writes {
            Writes::Pages { page, last_page, owners_per_page } => (page, last_page, *owners_per_page),
            Writes::Whole(whole) => return whole.execute([clock]),
        };
        let empty = Value::text("");
        let due = query(&mut self.due)?;
        let mut bounds: Vec<&Value> = due.iter().step_by(owners_per_page).map(|row| &row[0]).collect();
        if let Some(first) = bounds.first_mut() {
            *first = &empty;
        }
        let mut written = 0;
        for (position, first) in bounds.iter().enumerate() {
            written += match bounds.get(position + 1) {
                Some(after_the_last) => page.execute([&clock, first, after_the_last])?,
                None => last_page.execute([&clock, first])?,
            };
        }
        Ok(written)
    }

    /// Holds what is told of a backfill before it begins against the model's.
    fn check_lists(&mut self, expected: &model::Backfill) -> Checked {
        let due: Vec<_> = query(&mut self.due)?.iter().map(|row| (row[0].shown(), row[1].shown())).collect();
        prop_assert_eq!(&due, &expected.due);

        let [counts] = &query(&mut self.report)?[..] else { panic!("one row") };
        prop_assert_eq!(report(counts), expected.report);

        let mut refused = expected.refused.iter().map(|refused| refused.user_id.shown()).collect::<Vec<_>>();
        refused.sort();
        let (mut told, mut told_refused) = skipped(&query(&mut self.skipped)?);
        let mut skipped = expected.skipped.clone();
        told.sort();
        told_refused.sort();
        skipped.sort();
        prop_assert_eq!(told, skipped);
        prop_assert_eq!(told_refused, refused);
        Ok(())
    }
}

/// All rows of a statement without values.
fn query(statement: &mut Statement<'_>) -> rusqlite::Result<Vec<Vec<Value>>> {
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(
            (0..columns).map(|column| Ok(row.get_ref(column)?.into())).collect::<rusqlite::Result<_>>()?,
        );
    }
    Ok(found)
}

fn report(counts: &[Value]) -> Report {
    let counts: Vec<u64> = counts.iter().map(|count| count.shown().parse().expect("a number")).collect();
    let [
        owners,
        created,
        already_enrolled,
        unreadable_date,
        refused,
        unknown_users,
        ambiguous_users,
        unreadable_dates,
    ] = counts[..]
    else {
        panic!("{counts:?}")
    };
    Report {
        owners,
        created,
        already_enrolled,
        unreadable_date,
        refused,
        unknown_users,
        ambiguous_users,
        unreadable_dates,
    }
}

/// What the rows of `skipped.sql` say, one for each owner; and the users of the refused ones.
fn skipped(rows: &[Vec<Value>]) -> (Vec<Skipped>, Vec<String>) {
    let (mut told, mut refused) = (Vec::new(), Vec::new());
    // Rows about one owner follow each other.
    for rows in rows.chunk_by(|one, other| {
        one[..2] == other[..2] && (one[0].is_text(b"ambiguous_user") || one[2] == other[2])
    }) {
        let [reason, owner_address, user_id, ..] = &rows[0][..] else { panic!("{rows:?}") };
        let (owner_address, user_id) = (owner_address.shown(), user_id.shown());
        match &*reason.shown() {
            "unknown_user" => told.push(Skipped::UnknownUser { owner_address }),
            "refused" => refused.push(user_id),
            "ambiguous_user" => {
                let candidate = |row: &Vec<Value>| (row[2].shown(), row[3] == Value::Integer(1));
                told.push(Skipped::AmbiguousUser {
                    owner_address,
                    candidates: rows.iter().map(candidate).collect(),
                });
            }
            "unreadable_date" => {
                let facilitator = |row: &Vec<Value>| (row[4].shown(), row[5].shown());
                told.push(Skipped::UnreadableDate {
                    user_id,
                    facilitators: rows.iter().map(facilitator).collect(),
                });
            }
            other => panic!("{other} is no reason"),
        }
    }
    (told, refused)
}

fn finding(row: &[Value]) -> Finding {
    let [name, id, .., mend, column, value, _] = row else { panic!("{row:?}") };
    let names =
        ["orphan", "duplicate", "not_an_owner", "dated_late", "dated_early", "date_form", "not_verified"];
    let name = names.into_iter().find(|known| name.is_text(known.as_bytes())).expect("a finding");
    let mend = match (&*mend.shown(), &*column.shown()) {
        ("nothing", _) => Mend::Nothing,
        ("withheld", _) => Mend::Withheld,
        ("statement", _) => Mend::Statement,
        ("repair", "created_at") => Mend::CreatedAt(value.shown()),
        ("repair", "verification_status") => Mend::Verified,
        other => panic!("{other:?}"),
    };
    Finding { id: id.clone(), name, mend }
}

fn sorted(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by(|one, other| one.id.partial_cmp(&other.id).expect("no NaN"));
    rows
}

fn done_or_refused<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Ok(_) | Err(Error::MarkerRefused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
