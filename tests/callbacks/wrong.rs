//! Markers of the host's that are wrong, with what is right for them in plain words.

use facilitator_markers::rusqlite::types::Value;
use facilitator_markers::rusqlite::{Connection, params};

use crate::database::{ENROLLED, ENROLLED_SINCE, Row};
use crate::host::{add_facilitator, add_user};

/// A marker that somebody else has written.
struct Marker {
    /// Also the row's `id`, in lower case.
    user_id: &'static str,
    created_at: &'static str,
    is_verified: bool,
    verified_at: Option<&'static str>,
    /// The dates of the user's facilitators.
    facilitators: &'static [&'static str],
}

const fn marker(
    user_id: &'static str,
    created_at: &'static str,
    is_verified: bool,
    verified_at: Option<&'static str>,
    facilitators: &'static [&'static str],
) -> Marker {
    Marker { user_id, created_at, is_verified, verified_at, facilitators }
}

const SINCE: Option<&str> = Some("2026-03-01 09:00:00");

const MARKERS: [Marker; 13] = [
    // Dated late.
    marker("Ned", "2026-03-01 09:00:00", true, SINCE, &["2026-01-20 08:00:00", "2026-02-01 08:00:00"]),
    // In another form.
    marker("Ole", "2026-01-21T00:00:00.000Z", true, None, &["2026-01-21 00:00:00"]),
    marker("pIa", "2026-01-22 00:00:00", false, None, &["2026-01-22 00:00:00"]),
    // All at once.
    marker("Quin", "2026-02-31T09:00:00Z", false, SINCE, &["2026-01-23 10:00:00"]),
    marker("Rex", "soon", true, SINCE, &["2026-01-24"]),
    // No owner, and in another form.
    marker("Sue", "2026-01-25T01:00:00+01:00", true, SINCE, &[]),
    // Dated early, which may be meant; this one is only to be verified.
    marker("Tom", "2025-11-01 00:00:00", false, SINCE, &["2026-01-26 00:00:00"]),
    // The same, and nothing is to be mended.
    marker("Udo", "2025-11-02 00:00:00", true, SINCE, &["2026-01-27 00:00:00"]),
    // Dated late, and another row is in the way of the right date.
    marker(TURNED_AWAY, "2026-03-01 09:00:00", true, SINCE, &[TAKEN]),
    // A facilitator has a date that can't be read.
    marker("Wyn", "2026-03-01 09:00:00", false, None, &["2026-01-28 00:00:00", "soon"]),
    // As the library writes it.
    marker("Xia", "2026-01-29 00:00:00", true, SINCE, &["2026-01-29 00:00:00"]),
    marker("Yul", "2026-03-01T09:00:00Z", true, SINCE, &["2026-01-30 00:00:00"]),
    // No user has this id.
    marker("Nobody", "2026-03-01 09:00:00", false, None, &[]),
];

/// Whose marker can't be mended.
const TURNED_AWAY: &str = "Vic";
/// The date that this takes.
const TAKEN: &str = "2020-02-02 02:02:02";

/// Whose markers are to be mended.
pub const MENDED: [&str; 9] = ["Ned", "Ole", "pIa", "Quin", "Rex", "Sue", "Tom", "Yul", ENROLLED];

/// The right date of each of these, if that is another one.
fn right_date(user_id: &str) -> Option<&'static str> {
    Some(match user_id {
        "Ned" => "2026-01-20 08:00:00",
        "Ole" => "2026-01-21 00:00:00",
        "Quin" => "2026-01-23 10:00:00",
        "Rex" => "2026-01-24 00:00:00",
        "Sue" => "2026-01-25 00:00:00",
        "Yul" => "2026-01-30 00:00:00",
        _ => return None,
    })
}

/// A statement that does what a repair does to the marker of this user, if it is to be mended.
pub fn mending(user_id: &str) -> Option<String> {
    let date = right_date(user_id).map(|date| format!(", created_at = '{date}'")).unwrap_or_default();
    let update = format!(
        "UPDATE reward_addresses SET verification_status = 'verified'{date} WHERE user_id = '{user_id}';"
    );
    MENDED.contains(&user_id).then_some(update)
}

/// Adds them to a host's tables, whose foreign keys are off.
pub fn add(conn: &Connection) {
    for Marker { user_id, created_at, is_verified, verified_at, facilitators } in MARKERS {
        if user_id != "Nobody" {
            add_user(conn, user_id);
        }
        facilitators.iter().for_each(|date| add_facilitator(conn, user_id.to_ascii_lowercase(), date));
        let status = if is_verified { "verified" } else { "pending" };
        let id = user_id.to_ascii_lowercase();
        let address = format!("FACILITATOR_OWNER:{user_id}");
        add_row(conn, &id, user_id, &address, [Some(status), verified_at, Some(created_at)]);
    }
    // A further marker of one who has one.
    add_row(conn, "further", "Xia", "legacy", [Some("pending"), None, Some("2026-03-01 09:00:00")]);
    conn.execute_batch(&format!(
        "CREATE UNIQUE INDEX one_date ON reward_addresses (created_at) WHERE user_id IN ('{TURNED_AWAY}', 'Zoe')"
    ))
    .unwrap();
}

/// Adds an owner with a marker that is dated late.
pub fn add_late(conn: &Connection, user_id: &str) {
    add_user(conn, user_id);
    let id = user_id.to_ascii_lowercase();
    add_facilitator(conn, &id, "2026-01-31 00:00:00");
    let rest = [Some("verified"), SINCE, Some("2026-03-01 09:00:00")];
    add_row(conn, &id, user_id, &format!("FACILITATOR_OWNER:{user_id}"), rest);
}

fn add_row(conn: &Connection, id: &str, user_id: &str, address: &str, rest: [Option<&str>; 3]) {
    let [status, verified_at, created_at] = rest;
    let sql = "INSERT INTO main.reward_addresses
               (id, user_id, chain_type, address, verification_status, verified_at, created_at)
               VALUES (?1, ?2, 'facilitator', ?3, ?4, ?5, ?6)";
    conn.execute(sql, params![id, user_id, address, status, verified_at, created_at]).unwrap();
}

/// Transactions of each facilitator, before and after any date; one of them with an amount that can't be read.
pub fn add_transactions(conn: &Connection) {
    conn.execute_batch(
        "INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
         SELECT f.id || column1, f.id, 'settle', 'base', 'a', column2, column3, 'USDC', 'success', column4
         FROM facilitators AS f, (VALUES
             (1, 'b', '5', '2026-01-27 00:00:00'), (2, 'b', '1000000', '2026-04-01 00:00:00'),
             (3, 'a', '70', '2026-04-01 00:00:00'), (4, 'b', 'much', '2026-04-01 00:00:00'))",
    )
    .unwrap();
}

/// How the columns of a marker seem that a host hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    All,
    /// The time of verification may seem to be NULL.
    ButTime,
    /// Any column may.
    Any,
}

/// Whose marker a row is, of whose id, user id, type, address, status, time of verification and date these are the values, if
/// it is mended: all is right, and nothing else has changed.
pub fn is_mended(before: &Row, now: &Row, seen: Seen) -> Option<String> {
    if seen == Seen::Any {
        return is_mended_as_it_seems(before, now);
    }
    let Value::Text(user_id) = &before[1] else { return None };
    let user_id = MENDED.into_iter().find(|id| id == user_id)?;
    let mut right = before.clone();
    if let Some(date) = right_date(user_id) {
        right[6] = Value::Text(date.to_owned());
    }
    let verified = Value::Text("verified".to_owned());
    if right[4] != verified {
        right[4] = verified;
        let needs_time = right[5] == Value::Null || seen == Seen::ButTime;
        if needs_time && matches!(&now[5], Value::Text(moment) if is_moment(moment)) {
            right[5] = now[5].clone();
        }
    }
    (right == *now && (right[4] == before[4] || now[5] != Value::Null)).then(|| user_id.to_owned())
}

/// The same where the host may have hidden anything that could as well be NULL in every row: each value is as it was, or one
/// that is right for this user as far as one can see. Says so if it isn't the right date.
fn is_mended_as_it_seems(before: &Row, now: &Row) -> Option<String> {
    let owners = MARKERS.iter().map(|marker| (marker.user_id, marker.facilitators));
    let (user_id, dates) = owners
        .chain([(ENROLLED, &[ENROLLED_SINCE][..])])
        .find(|(id, _)| before[1] == Value::Text((*id).to_owned()))?;
    let is_text = |column: usize, is_right: &dyn Fn(&str) -> bool| {
        now[column] == before[column] || matches!(&now[column], Value::Text(text) if is_right(text))
    };
    let was_date =
        |text: &str| matches!(&before[6], Value::Text(date) if date.replace('T', " ").starts_with(text));
    let is_first =
        |text: &str| right_date(user_id) == Some(text) || dates.iter().any(|date| text.starts_with(date));
    let is_date = |text: &str| is_moment(text) && (is_first(text) || was_date(text));
    let is_right = before[..4] == now[..4]
        && is_text(4, &|text| text == "verified")
        && is_text(5, &is_moment)
        && is_text(6, &is_date);
    let is_whole = right_date(user_id).is_none() || matches!(&now[6], Value::Text(text) if is_first(text));
    is_right.then(|| if is_whole { user_id.to_owned() } else { format!("{user_id}, but for the date") })
}

/// Whether a text is written as a moment is.
pub fn is_moment(text: &str) -> bool {
    let pattern = "0000-00-00 00:00:00";
    let is_like = |(one, other): (u8, u8)| if other == b'0' { one.is_ascii_digit() } else { one == other };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_like)
}
