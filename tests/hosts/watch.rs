//! A trigger of the host's that looks at the tables at the very moment at which a marker is to be written.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use facilitator_markers::rusqlite::functions::{Context, FunctionFlags};
use facilitator_markers::rusqlite::{self, Connection};

use crate::model::{self, Database, Outcome, Value};

/// What the host is calling.
#[derive(Debug, Clone, Default)]
pub enum Call {
    /// Nothing that may write.
    #[default]
    Reading,
    Create(String),
    Ensure,
    Backfill,
}

#[derive(Default)]
struct Seen {
    call: Call,
    /// The ids of the markers that were to be written.
    markers: BTreeSet<String>,
    wrong: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Watch {
    seen: Arc<Mutex<Seen>>,
}

impl Watch {
    /// Watches the markers that are written through this connection. SQLite runs the triggers of the temporary schema
    /// before others, and of those the oldest first, so this one has to be made before all others.
    pub fn set(&self, conn: &Connection, facilitator_id: &'static str) -> rusqlite::Result<()> {
        let watch = self.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        conn.create_scalar_function("watch", 2, flags, move |context| {
            watch.look(context, facilitator_id)?;
            Ok(0)
        })?;
        conn.execute_batch(
            "CREATE TEMP TRIGGER watched BEFORE INSERT ON main.reward_addresses
             WHEN NEW.id LIKE 'FACILITATOR@_OWNER:%' ESCAPE '@' AND NEW.chain_type = 'facilitator'
                  AND NEW.created_at IS NOT '2003-03-03 00:00:00'
             BEGIN SELECT watch(NEW.user_id, NEW.created_at); END",
        )
    }

    /// From now on, the host makes this call.
    pub fn expect(&self, call: Call) {
        *self.lock() = Seen { call, ..Seen::default() };
    }

    /// How many markers were to be written since, each of them right at that moment.
    pub fn markers(&self) -> u64 {
        let seen = self.lock();
        assert!(seen.wrong.is_empty(), "{:?}: {:?}", seen.call, seen.wrong);
        seen.markers.len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn look(&self, context: &Context<'_>, facilitator_id: &str) -> rusqlite::Result<()> {
        // SAFETY: the connection is open while one of its functions runs, and the reference doesn't outlive that.
        let conn = unsafe { context.get_connection()? };
        let database = Database::read_with(&conn, facilitator_id, "1")?;
        let (user_id, date) = (Value::from(context.get_raw(0)), Value::from(context.get_raw(1)));
        let mut seen = self.lock();
        seen.markers.insert(format!("{user_id:?}"));
        if let Err(why) = judge(&seen.call, &database, &user_id, &date) {
            seen.wrong.push(format!("{user_id:?} dated {date:?}: {why}, in {database:?}"));
        }
        Ok(())
    }
}

/// Whether the call may write this marker into these tables.
fn judge(call: &Call, database: &Database, user_id: &Value, date: &Value) -> Result<(), String> {
    let Some(Ok(id)) = user_id.as_text().map(std::str::from_utf8) else { return Ok(()) };
    let outcome = match call {
        Call::Reading => return Err("written by a call that only reads".to_owned()),
        Call::Create(date) => model::create(database, id, date).0,
        Call::Ensure | Call::Backfill => model::ensure(database, id).0,
    };
    match outcome {
        Outcome::Created(row) if row.created_at != *date => Err(format!("the date is {:?}", row.created_at)),
        Outcome::Created(_)
            if matches!(call, Call::Backfill) && database.may_own_an_ambiguous_facilitator(id.as_bytes()) =>
        {
            Err("the user may own an ambiguous facilitator".to_owned())
        }
        // To be turned away by another row is the database's part.
        Outcome::Created(_) | Outcome::MarkerRefused(_) => Ok(()),
        other => Err(format!("the model says {}", other.name())),
    }
}
