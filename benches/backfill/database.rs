//! The databases: made once for each size, kept for the next run, and copied for each measurement.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use facilitator_markers::rusqlite::{Connection, Statement, params};
use fastrand::Rng;

use crate::Result;
use crate::size::Size;

const SCHEMA: &str = include_str!("../../tests/host/schema.sql");

/// One owner in ten is unknown: for nine users there is one id that nobody has.
const USERS_PER_UNKNOWN: usize = 9;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Synchronous {
    Normal,
    Full,
}

impl Synchronous {
    pub const BOTH: [Synchronous; 2] = [Synchronous::Normal, Synchronous::Full];

    pub fn name(self) -> &'static str {
        match self {
            Synchronous::Normal => "NORMAL",
            Synchronous::Full => "FULL",
        }
    }
}

/// A host's database in which nobody is enrolled yet.
pub struct Database {
    path: PathBuf,
}

impl Database {
    /// The database of this size, as it is always: made the first time, and again when the recipe changes.
    pub fn of(size: Size) -> Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backfill");
        fs::create_dir_all(&folder)?;
        let name = format!("{}-{}-{:016x}", size.users, size.facilitators, recipe());
        let path = folder.join(name).with_extension("db");
        if !path.exists() {
            eprintln!("making {size}");
            let unfinished = path.with_extension("unfinished");
            let _ = fs::remove_file(&unfinished);
            make(&unfinished, size)?;
            fs::rename(&unfinished, &path)?;
        }
        Ok(Database { path })
    }

    pub fn copy(&self) -> Result<Copy> {
        let copy = Copy { path: self.path.with_extension("copy") };
        // A benchmark that was killed may have left its WAL, which SQLite would take for this copy's.
        copy.remove();
        fs::copy(&self.path, &copy.path)?;
        // What is still on its way to the disk would slow down the measurement.
        fs::File::open(&copy.path)?.sync_all()?;
        Ok(copy)
    }

    pub fn connect(&self) -> Result<Connection> {
        Ok(Connection::open(&self.path)?)
    }
}

/// A copy to be measured on, which goes when this is dropped.
pub struct Copy {
    path: PathBuf,
}

impl Copy {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn connect(&self, synchronous: Synchronous) -> Result<Connection> {
        connect(&self.path, synchronous)
    }

    /// How large the WAL ever was since it was made: SQLite writes it from the start again, and cuts it only
    /// when the last connection is closed.
    pub fn wal_bytes(&self) -> Result<u64> {
        Ok(fs::metadata(beside(&self.path, "-wal"))?.len())
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&self.path, suffix));
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A host's connection, with what the usual driver sets and SQLite's defaults otherwise.
pub fn connect(path: &Path, synchronous: Synchronous) -> Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "synchronous", synchronous.name())?;
    Ok(conn)
}

/// Says whether a database that was made before is still what would be made now.
fn recipe() -> u64 {
    let mut hasher = DefaultHasher::new();
    (SCHEMA, include_str!("database.rs")).hash(&mut hasher);
    hasher.finish()
}

fn make(path: &Path, size: Size) -> Result<()> {
    let conn = Connection::open(path)?;
    conn.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000")?;
    conn.execute_batch(SCHEMA)?;
    let mut random = Rng::with_seed(2026);
    conn.execute_batch("BEGIN")?;
    let users = add_users(&conn, &mut random, size.users)?;
    let unknown: Vec<_> = (0..size.users / USERS_PER_UNKNOWN).map(|_| id(&mut random)).collect();
    let owners: Vec<_> = users.iter().chain(&unknown).collect();
    add_facilitators(&conn, &mut random, size.facilitators, &owners)?;
    conn.execute_batch("COMMIT; PRAGMA journal_mode = WAL")?;
    conn.close().map_err(|(_, error)| error)?;
    fs::File::open(path)?.sync_all()?;
    Ok(())
}

fn add_users(conn: &Connection, random: &mut Rng, count: usize) -> Result<Vec<String>> {
    let mut insert = conn.prepare(
        "INSERT INTO \"user\"(id, name, email, emailVerified, createdAt, updatedAt) VALUES (?1, ?2, ?3, 1, ?4, ?4)",
    )?;
    let mut add = |number| {
        let id = id(random);
        let (name, email) = (format!("User {number}"), format!("user{number}@example.org"));
        let created_at = format!("{}.000Z", date(random).replace(' ', "T"));
        insert.execute(params![id, name, email, created_at])?;
        Ok(id)
    };
    (0..count).map(&mut add).collect()
}

/// Each facilitator is anyone's: some owners have several, others none.
fn add_facilitators(conn: &Connection, random: &mut Rng, count: usize, owners: &[&String]) -> Result<()> {
    let mut insert = conn.prepare(
        "INSERT INTO facilitators(id, name, subdomain, owner_address, supported_chains, supported_tokens, created_at)
         VALUES (?1, ?2, ?3, ?4, '[\"base\",\"solana\"]', '[\"USDC\"]', ?5)",
    )?;
    for number in 0..count {
        let owner_address = random.choice(owners).map(|id| id.to_lowercase());
        add_facilitator(&mut insert, random, number, owner_address)?;
    }
    Ok(())
}

fn add_facilitator(
    insert: &mut Statement<'_>,
    random: &mut Rng,
    number: usize,
    owner_address: Option<String>,
) -> Result<()> {
    let (name, subdomain) = (format!("Facilitator {number}"), format!("pay{number}"));
    insert.execute(params![id(random), name, subdomain, owner_address, date(random)])?;
    Ok(())
}

/// 32 letters and digits in mixed case.
fn id(random: &mut Rng) -> String {
    (0..32).map(|_| random.alphanumeric()).collect()
}

/// A second of 2025, as SQLite writes it.
fn date(random: &mut Rng) -> String {
    let (month, day) = (random.u32(1..=12), random.u32(1..=28));
    let (hour, minute, second) = (random.u32(0..24), random.u32(0..60), random.u32(0..60));
    format!("2025-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
