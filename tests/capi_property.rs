//! Over the random databases of `property.rs`, which holds Rust's answers against a model, C gives the same
//! answers as Rust and leaves the same rows. `PROPTEST_CASES` says how many databases.

mod abi;
#[allow(dead_code, reason = "the model itself is for property.rs")]
mod model;
#[allow(dead_code, reason = "what a host writes meanwhile is for property.rs")]
mod plan;

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::ffi::{CString, c_int};

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::{
    AuditReport, BackfillReport, Change, Cost, Enrollment, Error, Finding, Marker, Mend, Preview,
    RepairReport, SkippedOwner, Wrong, audit_facilitator_markers, backfill_facilitator_markers,
    create_facilitator_marker, ensure_facilitator_marker, for_each_due_owner, for_each_skipped_owner,
    preview_facilitator_markers, repair_facilitator_markers,
};
use proptest::collection::vec;
use proptest::prelude::*;

use abi::{Answer, Report, Texts};
use model::{CLOCK_READING, Database, Value};
use plan::{MOST_USERS, Plan, date_text, plans, plans_with_markers, some_id};

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

    #[test]
    fn lists(plan in plans()) {
        on_two(&plan, |of_rust, of_c| {
            let mut due = Vec::new();
            for_each_due_owner(of_rust, |owner| {
                due.push(([owner.user_id, owner.enrollment_date].map(|text| shown(&text)), owner.is_to_come));
            })?;
            prop_assert_eq!(abi::due(of_c, &mut |_| 0), (due, Ok(())));
            let mut skipped = Vec::new();
            for_each_skipped_owner(of_rust, |owner| skipped.push(skipped_owner(&owner)))?;
            prop_assert_eq!(abi::skipped(of_c, &mut |_| 0), (skipped, Ok(())));
            Ok(())
        })?;
    }

    #[test]
    fn audit_and_repair(plan in plans_with_markers()) {
        on_two(&plan, |of_rust, of_c| {
            for is_repaired in [false, true] {
                let mut findings = Vec::new();
                let report = audit_facilitator_markers(of_rust, |told| {
                    let cost = told.cost(of_rust).unwrap();
                    findings.push(finding(&told, cost.as_ref()));
                })?;
                let (mut told, result) = abi::audit(of_c, &mut |_| 0);
                if is_repaired {
                    // The clock reading may differ.
                    findings.iter_mut().chain(&mut told).for_each(|finding| finding[VERIFIED_AT] = None);
                }
                prop_assert_eq!((told, result), (findings, Ok(audit_counts(report))));
                let mut changes = Vec::new();
                let rust = repair_facilitator_markers(of_rust, |told| changes.push(change(&told)));
                let (told, result, report) = abi::repair(of_c, &mut |_| 0);
                prop_assert_eq!(told.iter().map(clockless).collect::<Vec<_>>(),
                                changes.iter().map(clockless).collect::<Vec<_>>());
                prop_assert_eq!(report, repair_counts(&rust));
                prop_assert_eq!(result, answer(rust.as_ref().map(drop), |()| ()));
            }
            Ok(())
        })?;
    }

    /// Where the callback ends a step, once for each change, the step is taken again.
    #[test]
    fn repair_steps(plan in plans_with_markers(), sizes in vec(1..MOST_USERS as i64, 1..8), ends in any::<bool>()) {
        on_two(&plan, |of_rust, of_c| {
            let mut heard = BTreeSet::new();
            let mut end = |change: &abi::Change| c_int::from(ends && heard.insert(change.clone()));
            let (mut told, result, report) = abi::repair_steps(of_c, &sizes, &mut end);
            let mut changes = Vec::new();
            let rust = repair_facilitator_markers(of_rust, |told| changes.push(change(&told)));
            [&mut told, &mut changes].into_iter().for_each(|changes| changes.sort());
            prop_assert_eq!(told.iter().map(clockless).collect::<Vec<_>>(),
                            changes.iter().map(clockless).collect::<Vec<_>>());
            prop_assert_eq!(report, repair_counts(&rust));
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
            for (number, row) in after.rows.iter_mut().enumerate() {
                if before.rows.get(number).is_none_or(|before| before.verified_at != row.verified_at) {
                    row.verified_at = Value::text(CLOCK_READING);
                }
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

/// The place of `verified_at` among the texts of a finding.
const VERIFIED_AT: usize = 5;

/// A text as C has it.
fn shown(text: &str) -> Option<String> {
    Some(text.replace('\0', "\u{fffd}"))
}

fn skipped_owner(skipped: &SkippedOwner) -> [Option<String>; 4] {
    let (owner_address, user_id) = match skipped {
        SkippedOwner::UnknownUser { owner_address } | SkippedOwner::AmbiguousUser { owner_address, .. } => {
            (Some(owner_address), None)
        }
        SkippedOwner::UnreadableDate { user_id, .. } => (None, Some(user_id)),
        SkippedOwner::MarkerRefused(refused) => (None, Some(&refused.user_id)),
        other => panic!("{other} is new"),
    };
    let [owner_address, user_id] = [owner_address, user_id].map(|text| text.map(String::as_str));
    [Some(skipped.reason()), owner_address, user_id, Some(&skipped.to_string())]
        .map(|text| text.and_then(shown))
}

fn finding(finding: &Finding, cost: Option<&Cost>) -> abi::Finding {
    let Marker { id, user_id, address, verification_status, verified_at, created_at, .. } = &finding.marker;
    let (mend, column, value, statement) = match &finding.mend {
        Mend::Nothing => ("nothing", None, None, None),
        Mend::Withheld => ("withheld", None, None, None),
        Mend::Repair { column, value } => ("repair", Some(*column), Some(value.as_str()), None),
        Mend::Statement(statement) => ("statement", None, None, Some(statement.as_str())),
        other => panic!("{other:?} is new"),
    };
    let (enrollment_date, other_marker_id, same_fold) = match &finding.wrong {
        Wrong::DatedLate { enrollment_date } | Wrong::DatedEarly { enrollment_date } => {
            (Some(enrollment_date.as_str()), None, None)
        }
        Wrong::Duplicate { other_marker_id } => (None, Some(other_marker_id.as_str()), None),
        Wrong::Orphan { same_fold } => (None, None, same_fold.as_deref()),
        _ => (None, None, None),
    };
    [
        Some(finding.name()),
        Some(id),
        Some(user_id),
        Some(address),
        Some(verification_status),
        verified_at.as_deref(),
        Some(created_at),
        enrollment_date,
        other_marker_id,
        same_fold,
        Some(mend),
        column,
        value,
        statement,
        Some(finding.to_string().as_str()),
        cost.map(|cost| cost.counted.as_str()),
        cost.map(|cost| cost.total.as_str()),
    ]
    .map(|text| text.and_then(shown))
}

fn change(change: &Change) -> abi::Change {
    let columns = [&change.created_at, &change.verification_status, &change.verified_at].map(Option::as_ref);
    let [created_at, verification_status, verified_at] =
        columns.map(|replaced| replaced.map(|replaced| (replaced.old.as_str(), replaced.new.as_str())));
    [
        Some(change.marker_id.as_str()),
        Some(change.user_id.as_str()),
        created_at.map(|(old, _)| old),
        created_at.map(|(_, new)| new),
        verification_status.map(|(old, _)| old),
        verification_status.map(|(_, new)| new),
        verified_at.map(|(old, _)| old),
        verified_at.map(|(_, new)| new),
        Some(change.undo.as_str()),
        Some(change.to_string().as_str()),
    ]
    .map(|text| text.and_then(shown))
}

/// Without the clock reading, which may differ.
fn clockless(change: &abi::Change) -> abi::Change {
    let reading = change[7].clone().unwrap_or_default();
    let mut change = change.clone();
    if !reading.is_empty() {
        for text in change.iter_mut().flatten() {
            *text = text.replace(&reading, CLOCK_READING);
        }
    }
    change
}

fn audit_counts(report: AuditReport) -> abi::AuditReport {
    let count = |rows: u64| i64::try_from(rows).unwrap();
    abi::AuditReport {
        markers: count(report.markers),
        dated_late: count(report.dated_late),
        date_form: count(report.date_form),
        not_verified: count(report.not_verified),
        duplicate: count(report.duplicate),
        orphan: count(report.orphan),
        not_an_owner: count(report.not_an_owner),
        dated_early: count(report.dated_early),
    }
}

/// The counts of a repair, also of one that met refused changes.
fn repair_counts(result: &Result<RepairReport, Error>) -> abi::RepairReport {
    let report = match result {
        Ok(report) => *report,
        Err(Error::RepairRefused { report, .. }) => **report,
        Err(error) => panic!("{error}"),
    };
    let count = |rows: u64| i64::try_from(rows).unwrap();
    abi::RepairReport {
        markers: count(report.markers),
        repaired: count(report.repaired),
        refused: count(report.refused),
    }
}
