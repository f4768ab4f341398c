//! Dates in every form that the library reads, and in many that it doesn't.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::model::Value;

/// The ends of the calendar and of each rule, from both sides.
pub const TEXTS: [&str; 82] = [
    "2024-02-29",
    "2023-02-29",
    "2000-02-29 12:00",
    "1900-02-29 12:00",
    "2026-04-31",
    "2026-00-10",
    "2026-13-10",
    "2026-01-00",
    "2026-01-32",
    "0000-12-31",
    "0001-01-01",
    "0000-12-31T23:59+00:00",
    "0000-12-31T23:59-00:01",
    "0001-01-01T00:00+00:01",
    "0001-01-01T00:01+00:01",
    "0000-01-01T00:00+00:01",
    "9999-12-31 23:59:59.999",
    "9999-12-31T23:59:59.999-00:01",
    "9999-12-31T23:58:59.999-00:01",
    "10000-01-01",
    "-2026-01-21",
    "+2026-01-21",
    "2026-1-21",
    "26-01-21",
    "20260121",
    "2026/01/21",
    "2026-01",
    "2026-01-21T",
    "2026-01-21Z",
    "2026-01-21+01:00",
    "2026-01-21 ",
    " 2026-01-21",
    "2026-01-21\n",
    "2026-01-21\0",
    "2026-01-21  10:00",
    "2026-01-21_10:00",
    "2026-01-21t10:00",
    "2026-01-21T10:00z",
    "2026-01-21T10:00Z ",
    "2026-01-21T10:00 Z",
    "2026-01-21T10:00ZZ",
    "2026-01-21 10",
    "2026-01-21 1:00",
    "2026-01-21 24:00",
    "2026-01-21 23:60",
    "2026-01-21 23:59:60",
    "2026-01-21 10:00:0",
    "2026-01-21 10:00.5",
    "2026-01-21 10:00:00.",
    "2026-01-21 10:00:00,5",
    "2026-01-21 10:00:00.5.5",
    "2026-01-21T10:00:00.123456789012345678901234567890Z",
    "2026-01-21T10:00+14:59",
    "2026-01-21T10:00-14:59",
    "2026-01-21T10:00+15:00",
    "2026-01-21T10:00+14:60",
    "2026-01-21T10:00+0100",
    "2026-01-21T10:00+01",
    "2026-01-21T10:00+1",
    "2026-01-21T10:00+010",
    "2026-01-21T10:00+01000",
    "2026-01-21T10:00+01:",
    "2026-01-21T10:00+15",
    "2026-01-21T10:00-1460",
    "2026-01-21T10:00  +01:00",
    "2026-01-21T10:00 ",
    "2026-01-21T10:00 z",
    "2026-01-21 +01:00",
    "2025-06-01 00:00:00.000 +00:00",
    "2025-06-01 00:00:00.000+00",
    "2025-06-01 05:30:00+0530",
    "2025-06-01t00:00:00z",
    "1748736000000",
    "Sun Jun 01 2025 00:00:00 GMT+0000",
    "2026-01-21T10:00\u{2212}01:00",
    "２０２６-01-21",
    "10:00",
    "now",
    "",
    "2461061.5",
    "1769000000",
    "January 21, 2026",
];

/// A value that a host's `created_at` may hold.
pub fn dates() -> BoxedStrategy<Value> {
    let not_text = select(vec![
        Value::Null,
        Value::Integer(2461061),
        Value::Integer(20260121),
        Value::Real(2461061.5),
        Value::Blob(b"2026-01-21".to_vec()),
    ]);
    let not_utf8 = Just(Value::text(b"2026-01-21\xff"));
    prop_oneof![
        20 => date_text().prop_map(Value::text),
        1 => not_text,
        1 => not_utf8,
    ]
    .boxed()
}

/// Text that may be a date.
pub fn date_text() -> BoxedStrategy<String> {
    let damaged =
        (well_formed(), any::<Index>(), select(&b" 0:-.TtZz+\0"[..])).prop_map(|(date, at, byte)| {
            let mut bytes = date.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            String::from_utf8_lossy(&bytes).into_owned()
        });
    let shortened =
        (well_formed(), any::<Index>()).prop_map(|(date, at)| date[..at.index(date.len())].to_owned());
    prop_oneof![
        12 => well_formed(),
        1 => damaged,
        1 => shortened,
        2 => select(&TEXTS[..]).prop_map(str::to_owned),
    ]
    .boxed()
}

/// Text in one of the forms of a date; its day may be in no calendar.
fn well_formed() -> BoxedStrategy<String> {
    let day = prop_oneof![
        4 => (2025..=2026_u16, 1..=2_u8, 1..=3_u8),
        1 => (0..=9999_u16, 1..=12_u8, 1..=31_u8),
    ]
    .prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    (day, option::weighted(0.8, times())).prop_map(|(day, time)| day + &time.unwrap_or_default()).boxed()
}

/// A time with the separator before it.
fn times() -> impl Strategy<Value = String> {
    let separator = select(&[" ", "T", "t"][..]);
    let minute = prop_oneof![
        4 => (0..=23_u8, 0..=59_u8),
        1 => select(&[(0, 0), (23, 59), (24, 0), (12, 60)][..]),
    ]
    .prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    let fraction = vec(0..=9_u8, 1..=10).prop_map(|digits| {
        digits.iter().fold(".".to_owned(), |fraction, digit| format!("{fraction}{digit}"))
    });
    let second = (0..=60_u8, option::of(fraction))
        .prop_map(|(second, fraction)| format!(":{second:02}{}", fraction.unwrap_or_default()));
    let space = || select(&["", "", " "][..]);
    let minutes = (select(&["", ":"][..]), prop_oneof![Just(0_u8), 0..=60_u8])
        .prop_map(|(colon, minutes)| format!("{colon}{minutes:02}"));
    let offset = (space(), select(&["+", "-"][..]), 0..=15_u8, option::weighted(0.8, minutes)).prop_map(
        |(space, sign, hours, minutes)| format!("{space}{sign}{hours:02}{}", minutes.unwrap_or_default()),
    );
    let utc = (space(), select(&["Z", "z"][..])).prop_map(|(space, zone)| format!("{space}{zone}"));
    let zone = prop_oneof![2 => Just(String::new()), 1 => utc, 2 => offset];
    (separator, minute, option::of(second), zone).prop_map(|(separator, minute, second, zone)| {
        format!("{separator}{minute}{}{zone}", second.unwrap_or_default())
    })
}
