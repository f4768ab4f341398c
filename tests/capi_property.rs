//! Over the random databases of `property.rs`, which holds Rust's answers against a model, C gives the same
//! answers as Rust and leaves the same rows. `PROPTEST_CASES` says how many databases.

mod abi;
#[allow(dead_code, reason = "the model itself is for property.rs")]
mod model;
#[allow(dead_code, reason = "what a host writes meanwhile is for property.rs")]
mod plan;

use std::borrow::Borrow;
use std::ffi::{CString, c_int};

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    BackfillReport, Enrollment, Error, Marker, Preview, backfill_facilitator_markers,
    create_facilitator_marker, ensure_facilitator_marker, preview_facilitator_markers,
};
use proptest::collection::vec;
use proptest::prelude::*;

use abi::{Answer, Report, Texts};
use model::{CLOCK_READING, Database, Value};
use plan::{MOST_USERS, Plan, date_text, plans, some_id};

type Checked = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ensure_and_create(plan in plans(), calls in vec((some_id(), date_text(), any::<bool>()), 1..8)) {
        on_two(&plan, |of_rust, of_c| {
            for (id, date, ensures) in &calls {
                let id = plan.id(id).shown();
                let (Ok(c_id), Ok(c_date)) = (CString::new(id.as_str()), CString::new(date.as_str())) else {
                    continue;
                };
                let (rust, c) = if *ensures {
                    (ensure_facilitator_marker(of_rust, &id), abi::ensure(of_c, &c_id))
                } else {
                    (create_facilitator_marker(of_rust, &id, date), abi::create(of_c, &c_id, &c_date))
                };
                prop_assert_eq!(timeless(c), timeless(answer(rust, enrollment)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn preview_and_backfill(plan in plans()) {
        on_two(&plan, |of_rust, of_c| {
            let of_preview = |preview: Preview| {
                let warning = preview.warnings.first().map(|warning| warning.to_string().replace('\0', "\u{fffd}"));
                (counts(preview.report), warning)
            };
            prop_assert_eq!(abi::preview(of_c), answer(preview_facilitator_markers(of_rust), of_preview));
            let rust = backfill_facilitator_markers(of_rust);
            prop_assert_eq!(abi::backfill(of_c), (answer(rust.as_ref().map(drop), |()| ()), counts_of(&rust)));
            Ok(())
        })?;
    }

    #[test]
    fn steps(plan in plans(), sizes in vec(1..MOST_USERS as i64, 1..8)) {
        on_two(&plan, |of_rust, of_c| {
            let (result, report) = abi::steps(of_c, &sizes);
            let rust = backfill_facilitator_markers(of_rust);
            prop_assert_eq!(report, counts_of(&rust));
            prop_assert_eq!(result, answer(rust.as_ref().map(drop), |()| ()));
            Ok(())
        })?;
    }
}

/// Makes calls on two databases that are alike, as the plan's host does, and compares what they leave.
fn on_two(plan: &Plan, calls: impl FnOnce(&Connection, &Connection) -> Checked) -> Checked {
    let both = [plan.open()?, plan.open()?];
    let before = Database::read(&both[0])?;
    if plan.host.in_transaction {
        both.iter().try_for_each(|conn| conn.execute_batch("BEGIN"))?;
    }
    calls(&both[0], &both[1])?;
    prop_assert_eq!(both[0].is_autocommit(), both[1].is_autocommit());
    let [of_rust, of_c] = both.map(|conn| {
        Database::read(&conn).map(|mut after| {
            for added in after.rows.iter_mut().skip(before.rows.len()) {
                added.verified_at = Value::text(CLOCK_READING);
            }
            after
        })
    });
    prop_assert_eq!(of_c?, of_rust?);
    Ok(())
}

fn answer<T, U>(result: Result<T, impl Borrow<Error>>, translate: impl FnOnce(T) -> U) -> Answer<U> {
    let told = |error: &Error| (error.code(), error.to_string().replace('\0', "\u{fffd}"));
    result.map(translate).map_err(|error| told(error.borrow()))
}

/// The counts of a backfill, also of one that met refused markers.
fn counts_of(result: &Result<BackfillReport, Error>) -> Report {
    match result {
        Ok(report) => counts(*report),
        Err(Error::MarkerRefused { report: Some(report), .. }) => counts(**report),
        Err(error) => panic!("{error}"),
    }
}

fn enrollment(enrollment: Enrollment) -> (c_int, Option<Texts>) {
    let outcome = match enrollment.name() {
        "created" => 1,
        "already_enrolled" => 2,
        "unknown_user" => 3,
        "not_an_owner" => 4,
        "ambiguous_user" => 5,
        "unreadable_date" => 6,
        name => panic!("{name} has no number"),
    };
    (outcome, enrollment.marker().map(texts))
}

fn texts(marker: &Marker) -> Texts {
    let Marker { id, user_id, address, verification_status, verified_at, created_at, .. } = marker;
    [
        Some(id),
        Some(user_id),
        Some(address),
        Some(verification_status),
        verified_at.as_ref(),
        Some(created_at),
    ]
    .map(|text| text.map(|text| text.split('\0').next().unwrap().to_owned()))
}

/// Without the clock reading, which may differ.
fn timeless(answer: Answer<(c_int, Option<Texts>)>) -> Answer<(c_int, Option<Texts>)> {
    answer.map(|(outcome, mut texts)| {
        if let (1 | 2, Some(texts)) = (outcome, &mut texts) {
            texts[4] = texts[4].take().map(|_| CLOCK_READING.to_owned());
        }
        (outcome, texts)
    })
}

fn counts(report: BackfillReport) -> Report {
    let count = |rows: u64| i64::try_from(rows).unwrap();
    Report {
        owners: count(report.owners),
        created: count(report.created),
        already_enrolled: count(report.already_enrolled),
        unreadable_date: count(report.unreadable_date),
        refused: count(report.refused),
        unknown_users: count(report.unknown_users),
        ambiguous_users: count(report.ambiguous_users),
        unreadable_dates: count(report.unreadable_dates),
    }
}
