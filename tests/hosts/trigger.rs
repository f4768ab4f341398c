//! Triggers at random.

use crate::harness::Case;

/// What a case's triggers do when a marker is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Triggers {
    None,
    /// They turn markers away, or do nothing.
    TurnAway,
    /// They write, so that the model can't tell what a call leaves behind. Each marker is right all the same when it is
    /// written.
    Write,
}

/// A trigger of the host's.
#[derive(Debug, Clone)]
pub struct Trigger {
    pub sql: String,
    pub rolls_back: bool,
}

const TURN_AWAY: [&str; 9] = [
    "SELECT raise(IGNORE)",
    "SELECT raise(ABORT, 'not today')",
    "SELECT raise(FAIL, 'not today')",
    "SELECT raise(ROLLBACK, 'not today')",
    "SELECT missing_function(NEW.id)",
    "SELECT missing_column FROM reward_addresses",
    "INSERT INTO missing_table VALUES (1)",
    "SELECT CASE WHEN length(NEW.user_id) % 2 THEN raise(ABORT, 'an odd id') END",
    "SELECT 1",
];

/// Of each, the body and whether it is for one before the row is there, after it, or for either.
const WRITE: [(&str, &str); 26] = [
    ("DELETE FROM reward_addresses WHERE id = NEW.id", "AFTER"),
    ("DELETE FROM reward_addresses WHERE id = NEW.id AND length(NEW.user_id) % 2", "AFTER"),
    ("UPDATE reward_addresses SET created_at = '2001-01-01 00:00:00' WHERE id = NEW.id", "AFTER"),
    ("UPDATE reward_addresses SET chain_type = 'evm' WHERE id = NEW.id", "AFTER"),
    ("UPDATE reward_addresses SET verification_status = 'pending', verified_at = NULL WHERE id = NEW.id", "AFTER"),
    ("UPDATE reward_addresses SET user_id = upper(user_id) WHERE id = NEW.id", "AFTER"),
    ("UPDATE reward_addresses SET address = address || 'x', id = id || 'x'", "AFTER"),
    ("DELETE FROM reward_addresses", "BEFORE"),
    ("DELETE FROM reward_addresses", "AFTER"),
    (
        "INSERT INTO reward_addresses (id, user_id, chain_type, address, created_at)
         VALUES ('t' || NEW.id, NEW.user_id, 'evm', 't' || NEW.id, NEW.created_at)",
        "",
    ),
    (
        "INSERT OR IGNORE INTO reward_addresses (id, user_id, chain_type, address, created_at)
         SELECT 't' || id, id, 'facilitator', 't' || id, '2002-02-02 00:00:00' FROM \"user\" WHERE id > NEW.user_id
         ORDER BY id LIMIT 1",
        "",
    ),
    (
        "INSERT OR IGNORE INTO reward_addresses (id, user_id, chain_type, address, created_at)
         VALUES ('t' || NEW.id, NEW.user_id, 'facilitator', 't' || NEW.id, '2002-02-02 00:00:00')",
        "BEFORE",
    ),
    (
        "INSERT OR REPLACE INTO reward_addresses (id, user_id, chain_type, address, created_at)
         VALUES (NEW.id, NEW.user_id, 'facilitator', NEW.address, '2003-03-03 00:00:00')",
        "",
    ),
    ("INSERT OR IGNORE INTO \"user\" (id) VALUES (upper(NEW.user_id))", ""),
    ("INSERT OR IGNORE INTO \"user\" (id) SELECT upper(id) FROM \"user\" WHERE id > NEW.user_id", ""),
    ("DELETE FROM \"user\" WHERE id = NEW.user_id", ""),
    ("DELETE FROM \"user\" WHERE id > NEW.user_id", ""),
    ("UPDATE OR IGNORE \"user\" SET id = id || 'x' WHERE id > NEW.user_id", ""),
    ("DELETE FROM facilitators WHERE owner_address = lower(NEW.user_id)", ""),
    ("DELETE FROM facilitators WHERE created_at < '2023'", ""),
    ("DELETE FROM facilitators", ""),
    ("UPDATE facilitators SET created_at = '2000-01-01 00:00:00'", ""),
    ("UPDATE facilitators SET created_at = 'soon' WHERE owner_address > lower(NEW.user_id)", ""),
    ("UPDATE facilitators SET owner_address = upper(owner_address)", ""),
    (
        "INSERT INTO facilitators (id, owner_address, created_at)
         SELECT 100000 + abs(random() % 1000000), lower(id), '2004-04-04 00:00:00' FROM \"user\"",
        "",
    ),
    (
        "INSERT INTO reward_addresses (id, user_id, chain_type, address, created_at)
         SELECT NEW.id || 'r', NEW.user_id, 'evm', NEW.id || 'r', NEW.created_at WHERE length(NEW.id) < 60",
        "AFTER",
    ),
];

/// On other tables and events: what runs only when another trigger, or the host, writes there.
const ELSEWHERE: [&str; 8] = [
    "AFTER DELETE ON \"user\" BEGIN DELETE FROM facilitators WHERE owner_address = lower(OLD.id); END",
    "AFTER INSERT ON \"user\" BEGIN INSERT INTO facilitators (id, owner_address, created_at)
     VALUES (200000 + abs(random() % 1000000), lower(NEW.id), '2005-05-05 00:00:00'); END",
    "BEFORE DELETE ON \"user\" BEGIN SELECT raise(IGNORE); END",
    "AFTER UPDATE ON facilitators BEGIN DELETE FROM reward_addresses WHERE user_id = NEW.owner_address; END",
    "BEFORE INSERT ON facilitators BEGIN SELECT raise(ABORT, 'no more'); END",
    "AFTER DELETE ON facilitators BEGIN UPDATE facilitators SET created_at = '2006-06-06' WHERE id < OLD.id; END",
    "BEFORE UPDATE ON reward_addresses BEGIN SELECT raise(ABORT, 'never change a row'); END",
    "BEFORE DELETE ON reward_addresses BEGIN SELECT raise(ABORT, 'never remove a row'); END",
];

/// Some triggers of this kind.
pub fn some(case: &mut Case, kind: Triggers) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    let count = if kind == Triggers::None { 0 } else { case.random.u32(1..=2) };
    for number in 0..count {
        let (body, time) = match kind {
            Triggers::Write if number == 0 || case.random.bool() => case.pick(&WRITE),
            _ => (case.pick(&TURN_AWAY), ""),
        };
        let time = if time.is_empty() { case.pick(&["BEFORE", "AFTER"]) } else { time };
        // Without a condition, those that insert would never end.
        let of_the_library = "NEW.id LIKE 'FACILITATOR@_OWNER:%' ESCAPE '@' AND NEW.id NOT LIKE '%x'";
        let condition = match case.random.u32(0..5) {
            0..=1 => of_the_library.to_owned(),
            2 => format!("{of_the_library} AND NEW.user_id LIKE '%a%'"),
            3 => format!("{of_the_library} AND (SELECT count(*) FROM reward_addresses) > 2"),
            _ => format!("{of_the_library} AND NEW.created_at > '2023'"),
        };
        // A trigger of the temporary schema may be on a table of main.
        let (temporary, trigger_schema, schema) =
            if case.one_in(5) { ("TEMP ", "", "main.") } else { ("", "main.", "") };
        triggers.push(Trigger {
            sql: format!(
                "CREATE {temporary}TRIGGER {trigger_schema}t{number} {time} INSERT ON {schema}reward_addresses WHEN {condition} BEGIN {body}; END"
            ),
            rolls_back: body.contains("ROLLBACK"),
        });
    }
    if kind != Triggers::None && case.random.bool() {
        let elsewhere = case.pick(&ELSEWHERE);
        triggers
            .push(Trigger { sql: format!("CREATE TRIGGER main.elsewhere {elsewhere}"), rolls_back: false });
    }
    triggers
}
