//! Dates: what the host's rows may hold, and the one form that the library writes.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::text::Text;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 0001-01-01 00:00:00, the first second that can be written with four digits of year.
const FIRST: i64 = -62_135_596_800;
/// 9999-12-31 23:59:59, the last one.
const LAST: i64 = 253_402_300_799;

/// A second in UTC within the years 0001 to 9999, counted from 1970-01-01 00:00:00.
///
/// Displayed as `YYYY-MM-DD HH:MM:SS`: the host compares dates as text, and a date in any other form
/// (an ISO `T`, a `Z`, a fraction) would sort wrongly against its own.
///
/// Fractions of a second are cut off on reading. Cutting keeps the order of instants, so the earliest of
/// several cut dates is the cut earliest date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(i64);

impl Second {
    /// The clock's reading, which is kept within the years that can be written.
    pub(crate) fn now() -> Self {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(LAST),
            Err(_) => 0,
        };
        Second(seconds.clamp(FIRST, LAST))
    }

    /// The second from a number that [`Second::get`] gave.
    pub(crate) fn new(seconds: i64) -> Self {
        debug_assert!((FIRST..=LAST).contains(&seconds));
        Second(seconds)
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub(crate) fn get(self) -> i64 {
        self.0
    }

    /// The second that this text is, if it is one in the form of [`Second::to_text`].
    pub(crate) fn of_written(text: &[u8]) -> Option<Self> {
        // No other form has these at these places.
        let is_written = matches!(text, [.., b' ', _, _, b':', _, _, b':', _, _]) && text.len() == 19;
        Second::parse(text).filter(|_| is_written)
    }

    /// The second as the host writes it. A backfill writes a million of them, so this doesn't go through
    /// `fmt`.
    pub(crate) fn to_text(self) -> Text {
        let (days, time) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let mut text = b"0000-00-00 00:00:00".to_vec();
        for (last, digits, mut number) in [
            (3, 4, year),
            (6, 2, month),
            (9, 2, day),
            (12, 2, time / HOUR),
            (15, 2, time % HOUR / MINUTE),
            (18, 2, time % MINUTE),
        ] {
            for place in 0..digits {
                text[last - place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        Text(text)
    }

    /// Reads `YYYY-MM-DD`, which may be followed by a time (one space, `T` or `t`, then `HH:MM`, `HH:MM:SS` or
    /// `HH:MM:SS.` and any number of digits) and then by a zone, which one space may precede: `Z`, `z`, or a
    /// difference of up to 14:59 as `+HH:MM`, `+HHMM`, `+HH`, or the same with `-`.
    ///
    /// These are the forms of SQLite, JavaScript, Sequelize, Prisma and PostgreSQL. `None` is everything else,
    /// dates that the calendar doesn't have, and instants outside the years 0001 to 9999.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = Reader(text);
        let year = rest.digits(4)?;
        rest.expect(b'-')?;
        let month = rest.digits(2)?;
        rest.expect(b'-')?;
        let day = rest.digits(2)?;
        if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        let mut seconds = days_from_civil(year, month, day) * DAY;
        if !rest.is_empty() {
            if !rest.accept_any(b" Tt") {
                return None;
            }
            seconds += rest.time_of_day()? - rest.zone()?;
            if !rest.is_empty() {
                return None;
            }
        }
        (FIRST..=LAST).contains(&seconds).then_some(Second(seconds))
    }
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_text().0))
    }
}

/// What is left of a date to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.accept_any(&[byte])
    }

    fn accept_any(&mut self, bytes: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if bytes.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits
            .iter()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
    }

    /// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`, as whole seconds since midnight.
    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.digits(2)?;
        self.expect(b':')?;
        let minute = self.digits(2)?;
        let mut second = 0;
        if self.accept(b':') {
            second = self.digits(2)?;
            if self.accept(b'.') {
                let fraction = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if fraction == 0 {
                    return None;
                }
                self.0 = &self.0[fraction..];
            }
        }
        (hour < 24 && minute < 60 && second < 60).then_some(hour * HOUR + minute * MINUTE + second)
    }

    /// Nothing, or one space at most and then `Z`, `z`, `+HH:MM`, `+HHMM`, `+HH` or the same with `-`, as
    /// seconds east of Greenwich.
    fn zone(&mut self) -> Option<i64> {
        if self.is_empty() {
            return Some(0);
        }
        self.accept(b' ');
        if self.accept_any(b"Zz") {
            return Some(0);
        }
        let sign = if self.accept(b'-') {
            -1
        } else {
            self.expect(b'+')?;
            1
        };
        let hour = self.digits(2)?;
        let minute = if self.accept(b':') || !self.is_empty() { self.digits(2)? } else { 0 };
        (hour <= 14 && minute < 60).then_some(sign * (hour * HOUR + minute * MINUTE))
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both conversions count in years that begin in March, so that a leap day is a year's last day, and in
// cycles of 400 such years, which always have 146,097 days.
const DAYS_IN_CYCLE: i64 = 146_097;
/// From 0000-03-01, where the cycles begin, to 1970-01-01.
const EPOCH: i64 = 719_468;

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (cycle, year_of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    cycle * DAYS_IN_CYCLE + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year
        - EPOCH
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (cycle, day_of_cycle) = (days.div_euclid(DAYS_IN_CYCLE), days.rem_euclid(DAYS_IN_CYCLE));
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    (cycle * 400 + year_of_cycle + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        Second::parse(text.as_bytes()).map(|second| second.to_string())
    }

    #[derive(serde::Deserialize)]
    struct Dates {
        readable: Vec<(String, String)>,
        unreadable: Vec<String>,
    }

    fn dates() -> Dates {
        serde_json::from_str(include_str!("../tests/host/dates.json")).unwrap()
    }

    #[test]
    fn every_readable_form_becomes_the_hosts_own() {
        for (text, expected) in dates().readable {
            assert_eq!(written(&text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for text in dates().unreadable {
            assert_eq!(written(&text), None, "{text:?}");
        }
    }

    #[test]
    fn every_day_reads_back_as_written() {
        // The calendar repeats after 400 years of 146,097 days.
        for (first_day, days) in [(FIRST, 2 * 146_097), (LAST + 1 - 146_097 * DAY, 146_097)] {
            for day in 0..days {
                let second = Second(first_day + day * DAY + 86_399);
                assert_eq!(Second::parse(second.to_string().as_bytes()), Some(second));
            }
        }
    }
}
