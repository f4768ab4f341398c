//! Dates, read one character after the other and moved between time zones one minute at a time.

/// An instant in UTC. The order of the fields makes an earlier instant the smaller one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    /// The digits after the decimal point, without zeros at the end.
    fraction: Vec<u8>,
}

impl Instant {
    /// The instant that this text means, `None` when it is unreadable.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut text = Reader(text);
        let year = text.number(4)?;
        text.expect(b"-")?;
        let month = text.number(2)?;
        text.expect(b"-")?;
        let day = text.number(2)?;
        let mut instant = Instant { year, month, day, hour: 0, minute: 0, second: 0, fraction: Vec::new() };
        if text.is_at_end() {
            return Some(instant).filter(Instant::exists).filter(Instant::is_in_range);
        }

        text.expect(b" Tt")?;
        instant.hour = text.number(2)?;
        text.expect(b":")?;
        instant.minute = text.number(2)?;
        if text.expect(b":").is_some() {
            instant.second = text.number(2)?;
            if text.expect(b".").is_some() {
                instant.fraction = text.digits()?;
            }
        }
        if !instant.exists() {
            return None;
        }
        let after_a_space = text.expect(b" ").is_some();
        match text.expect(b"Zz+-") {
            Some(b'Z' | b'z') => {}
            None if after_a_space => return None,
            None => {}
            Some(sign) => {
                let hours = text.number(2)?;
                let minutes = if text.is_at_end() {
                    0
                } else {
                    text.expect(b":");
                    text.number(2)?
                };
                if hours > 14 || minutes > 59 {
                    return None;
                }
                for _ in 0..hours * 60 + minutes {
                    // A clock that is ahead of UTC shows a later time than UTC's.
                    instant =
                        if sign == b'+' { instant.a_minute_earlier()? } else { instant.a_minute_later() };
                }
            }
        }
        text.is_at_end().then_some(instant).filter(Instant::is_in_range)
    }

    /// The form in which the host compares dates.
    pub fn written(&self) -> String {
        let Instant { year, month, day, hour, minute, second, .. } = self;
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    fn exists(&self) -> bool {
        (1..=12).contains(&self.month)
            && (1..=days(self.year, self.month)).contains(&self.day)
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 59
    }

    fn is_in_range(&self) -> bool {
        (1..=9999).contains(&self.year)
    }

    fn a_minute_later(mut self) -> Self {
        self.minute += 1;
        if self.minute == 60 {
            (self.minute, self.hour) = (0, self.hour + 1);
        }
        if self.hour == 24 {
            (self.hour, self.day) = (0, self.day + 1);
        }
        if self.day > days(self.year, self.month) {
            (self.day, self.month) = (1, self.month + 1);
        }
        if self.month == 13 {
            (self.month, self.year) = (1, self.year + 1);
        }
        self
    }

    /// `None` before the year 0.
    fn a_minute_earlier(mut self) -> Option<Self> {
        if self.minute > 0 {
            self.minute -= 1;
            return Some(self);
        }
        self.minute = 59;
        if self.hour > 0 {
            self.hour -= 1;
            return Some(self);
        }
        self.hour = 23;
        if self.day > 1 {
            self.day -= 1;
            return Some(self);
        }
        if self.month > 1 {
            self.month -= 1;
        } else {
            (self.year, self.month) = (self.year.checked_sub(1)?, 12);
        }
        self.day = days(self.year, self.month);
        Some(self)
    }
}

/// How many days the month has.
fn days(year: u32, month: u32) -> u32 {
    let leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap_year => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The part of a text that is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// Reads one of these characters.
    fn expect(&mut self, any_of: &[u8]) -> Option<u8> {
        let (&next, rest) = self.0.split_first()?;
        if !any_of.contains(&next) {
            return None;
        }
        self.0 = rest;
        Some(next)
    }

    /// Reads a number of exactly this many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + u32::from(self.expect(b"0123456789")? - b'0');
        }
        Some(number)
    }

    /// Reads a fraction's digits, of which there is at least one.
    fn digits(&mut self) -> Option<Vec<u8>> {
        let mut digits = vec![self.expect(b"0123456789")?];
        while let Some(digit) = self.expect(b"0123456789") {
            digits.push(digit);
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Some(digits)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
