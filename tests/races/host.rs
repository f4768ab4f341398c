//! The host's own threads, which change users, facilitators and dates.

use facilitator_markers::rusqlite::{self, Connection, params};

use crate::Setting;
use crate::clock::Clock;

/// There are never more users than twice this: `User7` may have a twin, `USER7`.
pub const USERS: u32 = 40;

pub struct Host {
    conn: Connection,
    random: fastrand::Rng,
    setting: Setting,
}

/// What a host may do within one transaction.
#[derive(Debug, Clone, Copy)]
enum Change {
    AddUser,
    AddTwin,
    RemoveUser,
    AddFacilitator,
    RemoveFacilitator,
    Date,
    DateAll,
    MakeUnreadable,
    RemoveMarker,
    RemoveMarkers,
}

/// As often as each occurs here.
const CHANGES: [Change; 20] = [
    Change::AddUser,
    Change::AddUser,
    Change::AddUser,
    Change::AddTwin,
    Change::RemoveUser,
    Change::RemoveUser,
    Change::AddFacilitator,
    Change::AddFacilitator,
    Change::AddFacilitator,
    Change::RemoveFacilitator,
    Change::RemoveFacilitator,
    Change::Date,
    Change::Date,
    Change::Date,
    Change::DateAll,
    Change::MakeUnreadable,
    Change::RemoveMarker,
    Change::RemoveMarker,
    Change::RemoveMarker,
    Change::RemoveMarkers,
];

pub fn user_id(number: u32) -> String {
    format!("User{number}")
}

impl Host {
    pub fn new(conn: Connection, random: fastrand::Rng, setting: Setting) -> Self {
        Host { conn, random, setting }
    }

    pub fn run(&mut self) {
        let Host { conn, random, setting } = self;
        let mut clock = Clock::new(conn, setting);
        for _ in 0..setting.commits {
            let changes =
                Vec::from_iter((0..random.u32(1..=4)).map(|_| CHANGES[random.usize(0..CHANGES.len())]));
            let seed = random.u64(..);
            let make = |conn: &Connection| {
                // The same changes at each try.
                let mut random = fastrand::Rng::with_seed(seed);
                changes.iter().try_for_each(|change| change.make(conn, &mut random))
            };
            match random.u32(0..12) {
                0 => clock.take_back(make),
                1 => drop(clock.vacuum()),
                _ => clock.tick(make),
            }
            std::thread::yield_now();
        }
    }
}

impl Change {
    fn make(self, conn: &Connection, random: &mut fastrand::Rng) -> rusqlite::Result<()> {
        let number = random.u32(0..USERS);
        let (id, folded) = (user_id(number), user_id(number).to_lowercase());
        let date =
            format!("20{:02}-0{}-1{} 10:00:00", random.u32(10..26), random.u32(1..9), random.u32(0..9));
        match self {
            Change::AddUser => {
                conn.execute(r#"INSERT OR IGNORE INTO "user" (id) VALUES (?1)"#, [&id])?;
                add_facilitator(conn, random, &folded, &date)
            }
            Change::AddTwin => conn
                .execute(r#"INSERT OR IGNORE INTO "user" (id) VALUES (?1)"#, [id.to_uppercase()])
                .map(drop),
            Change::RemoveUser => {
                let twin = if random.bool() { id.to_uppercase() } else { id };
                conn.execute("DELETE FROM reward_addresses WHERE user_id = ?1", [&twin])?;
                conn.execute(r#"DELETE FROM "user" WHERE id = ?1"#, [&twin]).map(drop)
            }
            Change::AddFacilitator => {
                let address = if random.u32(0..4) == 0 { &id } else { &folded };
                add_facilitator(conn, random, address, &date)
            }
            Change::RemoveFacilitator => {
                let earliest = "DELETE FROM facilitators WHERE id =
                    (SELECT id FROM facilitators WHERE owner_address = ?1 ORDER BY created_at LIMIT 1)";
                conn.execute(earliest, [&folded]).map(drop)
            }
            Change::Date => {
                let sql = "UPDATE facilitators SET created_at = ?2 WHERE owner_address = ?1";
                conn.execute(sql, [&folded, &date]).map(drop)
            }
            // One day later, or earlier, for all whose date can be read.
            Change::DateAll => conn
                .execute(
                    "UPDATE facilitators SET created_at = datetime(created_at, ?1)
                     WHERE datetime(created_at) IS NOT NULL",
                    [if random.bool() { "+1 day" } else { "-1 day" }],
                )
                .map(drop),
            Change::MakeUnreadable => {
                let sql = "UPDATE facilitators SET created_at = 'soon' WHERE owner_address = ?1";
                conn.execute(sql, [&folded]).map(drop)
            }
            Change::RemoveMarker => {
                conn.execute("DELETE FROM reward_addresses WHERE user_id = ?1", [&id]).map(drop)
            }
            Change::RemoveMarkers => conn.execute("DELETE FROM reward_addresses", []).map(drop),
        }
    }
}

fn add_facilitator(
    conn: &Connection,
    random: &mut fastrand::Rng,
    owner_address: &str,
    date: &str,
) -> rusqlite::Result<()> {
    let id = format!("f{:016x}", random.u64(..));
    let sql = "INSERT INTO facilitators (id, owner_address, created_at) VALUES (?1, ?2, ?3)";
    conn.execute(sql, params![id, owner_address, date]).map(drop)
}
