//! What the host changed and saw, tick by tick, and whether each marker was right when it came.

use std::collections::BTreeMap;

use facilitator_markers::rusqlite::Connection;

use crate::caller::{CREATED_WITH, is_created, is_ensured};
use crate::harness::Case;
use crate::model::{self, Database, Facilitator, Outcome, Value};
use crate::storage::Storage;
use crate::{Setting, clock};

/// A user or a facilitator that came or went.
struct Change {
    tick: i64,
    added: bool,
    id: String,
    /// Of a facilitator: `owner_address` and `created_at`.
    facilitator: Option<(String, String)>,
}

/// A marker, and the first tick that saw it.
struct Seen {
    tick: i64,
    id: String,
    user_id: String,
    created_at: String,
}

pub struct History {
    changes: Vec<Change>,
    seen: Vec<Seen>,
    /// When a trigger says that the markers of these ids came, one after the other.
    noted: Option<BTreeMap<String, Vec<i64>>>,
}

/// The tables at one tick.
#[derive(Default)]
struct State {
    users: Vec<String>,
    facilitators: BTreeMap<String, (String, String)>,
}

impl History {
    pub fn read(conn: &Connection) -> Self {
        let mut changes =
            conn.prepare("SELECT tick, added, id, owner, date FROM history ORDER BY serial").unwrap();
        let changes = changes.query_map([], |row| {
            let facilitator = row.get::<_, Option<String>>(3)?.zip(row.get(4)?);
            Ok(Change { tick: row.get(0)?, added: row.get(1)?, id: row.get(2)?, facilitator })
        });
        let changes = changes.unwrap().collect::<Result<_, _>>().unwrap();
        let mut seen =
            conn.prepare("SELECT tick, id, user_id, created_at FROM seen ORDER BY serial").unwrap();
        let seen = seen.query_map([], |row| {
            Ok(Seen { tick: row.get(0)?, id: row.get(1)?, user_id: row.get(2)?, created_at: row.get(3)? })
        });
        let seen = seen.unwrap().collect::<Result<_, _>>().unwrap();
        let noted = clock::is_noted(conn).then(|| {
            let mut noted: BTreeMap<String, Vec<i64>> = BTreeMap::new();
            let mut rows = conn.prepare("SELECT id, tick FROM noted ORDER BY rowid").unwrap();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                noted.entry(row.get(0).unwrap()).or_default().push(row.get(1).unwrap());
            }
            noted
        });
        History { changes, seen, noted }
    }

    /// How many markers there ever were.
    pub fn markers(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Holds each marker against the state that the last commit before its own left.
    pub fn check(&self, case: &mut Case, storage: Storage, setting: Setting) {
        let (mut state, mut changes) = (State::default(), self.changes.iter().peekable());
        let mut wrong = Vec::new();
        for seen in &self.seen {
            while let Some(change) = changes.next_if(|change| change.tick < seen.tick) {
                state.apply(change);
            }
            if let Err(why) = state.judge(seen) {
                wrong.push(format!("the marker of {:?} that tick {} saw: {why}", seen.user_id, seen.tick));
            }
        }
        case.count("markers", self.markers());
        case.count(format!("markers with {storage:?}"), self.markers());
        case.count("ticks", self.changes.last().map_or(0, |last| last.tick.unsigned_abs()));
        assert!(
            wrong.is_empty(),
            "{storage:?}, {setting:?}: {} of {} markers are wrong:\n{}",
            wrong.len(),
            self.markers(),
            wrong.join("\n")
        );
        if let Some(noted) = &self.noted {
            let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
            for marker in &self.seen {
                seen.entry(marker.id.clone()).or_default().push(marker.tick - 1);
            }
            assert_eq!(*noted, seen, "the ticks at which the trigger says that markers came");
        }
    }

    /// Whoever is due has a marker, once all has come to rest.
    pub fn check_completeness(&self, conn: &Connection) {
        let database = Database::read(conn).unwrap();
        let left = model::backfill(&database);
        assert!(left.due.is_empty() && left.refused.is_empty(), "{left:?} is left");
    }
}

impl State {
    fn apply(&mut self, Change { added, id, facilitator, .. }: &Change) {
        match (facilitator, added) {
            (None, true) => self.users.push(id.clone()),
            (None, false) => self.users.retain(|user| user != id),
            (Some(facilitator), true) => drop(self.facilitators.insert(id.clone(), facilitator.clone())),
            (Some(_), false) => drop(self.facilitators.remove(id)),
        }
    }

    /// Whether some call that is made for this user could write the marker now.
    fn judge(&self, seen: &Seen) -> Result<(), String> {
        let facilitators = self.facilitators.iter().map(|(id, (owner, date))| Facilitator {
            id: Value::text(id),
            owner_address: Value::text(owner),
            created_at: Value::text(date),
        });
        let database = Database {
            users: self.users.iter().map(Value::text).collect(),
            facilitators: facilitators.collect(),
            rows: Vec::new(),
        };
        let number = seen.user_id[4..].parse().unwrap();
        let outcome = if is_created(number) && seen.created_at == CREATED_WITH {
            model::create(&database, &seen.user_id, CREATED_WITH).0
        } else {
            model::ensure(&database, &seen.user_id).0
        };
        match outcome {
            Outcome::Created(row) if !row.created_at.is_text(seen.created_at.as_bytes()) => {
                Err(format!("dated {} instead of {:?}", seen.created_at, row.created_at))
            }
            Outcome::Created(_)
                if !is_ensured(number)
                    && database.may_own_an_ambiguous_facilitator(seen.user_id.as_bytes()) =>
            {
                Err("the user may own an ambiguous facilitator".to_owned())
            }
            Outcome::Created(_) => Ok(()),
            other => Err(format!("dated {}, and the model says {}", seen.created_at, other.name())),
        }
    }
}
