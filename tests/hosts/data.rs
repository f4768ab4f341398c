//! What a host's rows may hold.

use std::cell::Cell;

use facilitator_markers::rusqlite::{self, Connection, params};

use crate::harness::Case;
use crate::host::run;
use crate::model::{Value, fold, marker_name};
use crate::{dates, ids};

/// Texts that are stored in a UTF-16 database and have no UTF-8, or none that comes back: half of a surrogate pair, a
/// noncharacter, an odd byte, a byte order mark.
const NOT_SURVIVING: [&[u8]; 6] = [
    &[0x00, 0xd8],
    &[0xd8, 0x3d, 0x00, 0x61],
    &[0x61, 0x00, 0x3d, 0xd8],
    &[0xff, 0xff, 0x61, 0x61],
    &[0x61, 0x00, 0x62],
    &[0xff, 0xfe, 0x61, 0x00],
];

/// The ids of a case's users, and what rows are made of.
pub struct Data {
    ids: Vec<Value>,
    /// Whether all ids are texts and all dates in the host's own form.
    is_plain: bool,
    /// The last number that a row was given.
    serial: Cell<u32>,
}

impl Data {
    /// With more users, as a rule, where it is to take some steps to read them, or where one may matter to the next.
    pub fn new(case: &mut Case, is_plain: bool, many: bool) -> Self {
        let most = case.pick(if many { &[8, 40, 80, 120] } else { &[3, 8, 30, 60] });
        let count = case.random.usize(if many { most / 2 } else { 0 }..=most);
        let alike = case.one_in(3);
        let ids =
            (0..count).map(|_| if is_plain { plain_id(case, alike) } else { some_id(case, alike) }).collect();
        Data { ids, is_plain, serial: Cell::new(0) }
    }

    /// One of the users' ids, in one case or another, or something else.
    pub fn id(&self, case: &mut Case) -> Value {
        let id = match self.ids.len() {
            0 => Value::text("nobody"),
            count => self.ids[case.random.usize(0..count)].clone(),
        };
        match (case.random.u32(0..20), id) {
            (0..=8, Value::Text(id)) => Value::Text(fold(&id)),
            (9, Value::Text(id)) => Value::Text(id.to_ascii_uppercase()),
            (10, _) if !self.is_plain => some_id(case, true),
            (_, id) => id,
        }
    }

    pub fn date(&self, case: &mut Case) -> Value {
        let (year, month, day) =
            (case.random.u32(2020..2027), case.random.u32(1..=12), case.random.u32(1..=28));
        let (hour, minute) = (case.random.u32(0..24), case.random.u32(0..60));
        let usual = format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:00");
        if self.is_plain || !case.one_in(4) {
            return Value::text(usual);
        }
        match case.random.u32(0..8) {
            0..=2 => Value::text(case.pick(&dates::TEXTS)),
            3 => Value::text(usual.replace(' ', "T") + case.pick(&["Z", "", "+05:30", "-1430", ".75Z"])),
            4 => Value::text(&usual[..case.random.usize(0..usual.len())]),
            5 => other_class(case),
            6 => Value::Text([usual.as_bytes(), b"\xff"].concat()),
            _ => Value::text(&usual[..10]),
        }
    }

    pub fn add_user(&self, conn: &Connection, case: &mut Case) -> rusqlite::Result<()> {
        let id = self.id(case);
        insert_user(conn, &id)
    }

    pub fn add_facilitator(&self, conn: &Connection, case: &mut Case) -> rusqlite::Result<()> {
        let (serial, owner, date) = (self.next_serial(), self.id(case), self.date(case));
        let sql = "INSERT INTO main.facilitators (id, owner_address, created_at) VALUES (?1, ?2, ?3)";
        run(conn, sql, params![serial, owner, date])
    }

    /// A row of `reward_addresses`, a marker or another.
    pub fn add_row(&self, conn: &Connection, case: &mut Case) -> rusqlite::Result<()> {
        let (serial, user_id) = (self.next_serial(), self.id(case));
        let name = |data: &Data, case: &mut Case| match case.random.u32(0..10) {
            0..=1 => Value::text(marker_name(user_id.as_text().unwrap_or_default())),
            2 => Value::text(marker_name(data.id(case).as_text().unwrap_or_default())),
            3 if !data.is_plain => other_class(case),
            _ => Value::text(format!("row {serial}")),
        };
        let (id, address) = (name(self, case), name(self, case));
        let chain_type = case.pick(&["facilitator", "facilitator", "evm", "solana", "FACILITATOR", ""]);
        let (verified_at, created_at) = (self.date(case), self.date(case));
        let sql =
            "INSERT INTO main.reward_addresses (id, user_id, chain_type, address, verified_at, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        run(conn, sql, params![id, user_id, chain_type, address, verified_at, created_at])
    }

    fn next_serial(&self) -> u32 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    /// Fills the tables. Rows that the schema refuses are simply not there.
    pub fn fill(&self, conn: &Connection, case: &mut Case) {
        for id in self.ids.clone() {
            let _ = insert_user(conn, &id);
        }
        for _ in 0..case.random.usize(0..=2 * self.ids.len() + 1) {
            let _ = self.add_facilitator(conn, case);
        }
        let most = if case.random.bool() { 0 } else { self.ids.len() };
        for _ in 0..case.random.usize(0..=most) {
            let _ = self.add_row(conn, case);
        }
        if self.is_plain || case.random.bool() {
            return;
        }
        for place in [
            r#"main."user" SET id"#,
            "main.facilitators SET owner_address",
            "main.reward_addresses SET user_id",
        ] {
            for id in [self.id(case), self.id(case)] {
                let stored = case.pick(&NOT_SURVIVING);
                let column = place.split_once("SET ").unwrap().1;
                let sql = format!("UPDATE OR IGNORE {place} = CAST(?1 AS TEXT) WHERE {column} = ?2");
                let _ = conn.execute(&sql, params![stored, id]);
            }
        }
    }
}

fn insert_user(conn: &Connection, id: &Value) -> rusqlite::Result<()> {
    run(conn, r#"INSERT INTO main."user" (id) VALUES (?1)"#, [id])
}

/// An id as hosts have them.
fn plain_id(case: &mut Case, alike: bool) -> Value {
    if alike && case.random.bool() {
        return Value::text(case.pick(&["ab", "aB", "AB", "Ab", "b", "B", "a", "A"]));
    }
    let length = case.pick(&[1, 2, 8, 32]);
    Value::text(std::iter::repeat_with(|| case.random.alphanumeric()).take(length).collect::<String>())
}

fn some_id(case: &mut Case, alike: bool) -> Value {
    match case.random.u32(0..24) {
        0..=3 => Value::text(case.pick(&ids::TEXTS)),
        4 => other_class(case),
        5 => Value::Text(
            case.pick(&[&b"\xff"[..], b"a\xff", b"A\xff", b"\xc3", b"\xed\xa0\xbd", b"\xc0\x80"]).to_vec(),
        ),
        6 => Value::text(case.pick(&[
            "\u{feff}a",
            "\u{ffff}",
            "a\u{fffe}B",
            "\u{1f461}X",
            "\u{e000}x",
            "\u{10ffff}",
        ])),
        7 => {
            let length = case.pick(&[100, 1000, 5000, 20_000]);
            Value::text(case.pick(&["x", "Xy", "\u{e9}"]).repeat(length))
        }
        _ => plain_id(case, alike),
    }
}

/// Something that is no text.
fn other_class(case: &mut Case) -> Value {
    case.pick(&[
        Value::Null,
        Value::Integer(12),
        Value::Integer(i64::MIN),
        Value::Real(1.5),
        Value::Real(1e300),
        Value::Blob(Vec::new()),
        Value::Blob(b"ab".to_vec()),
        Value::Blob(b"2026-01-21".to_vec()),
    ])
}
