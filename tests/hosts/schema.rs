//! Schemas at random: what a host's three tables may be.

use facilitator_markers::rusqlite::{self, Connection};

use crate::harness::Case;

/// A host's schema, and what is known of it beforehand.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The statements that make it, before any row is there.
    statements: Vec<String>,
    /// That of `facilitators` among them.
    pub facilitators: String,
    /// What takes a table's place once the rows are there.
    replaced: Vec<String>,
    /// Whether something that the library needs isn't there.
    pub is_missing: bool,
    /// What names a facilitator.
    pub facilitator_id: &'static str,
    /// Whether what the schema turns away it may turn away by rolling back.
    pub rolls_back: bool,
    /// Whether only a run can tell which markers the schema turns away.
    pub only_the_run_tells: bool,
    /// Whether all is as most hosts have it, so that rows can be as well.
    pub is_plain: bool,
}

const CONFLICTS: [&str; 8] = ["", "", "", "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"];
const ACTIONS: [&str; 5] = ["NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT", "CASCADE"];

impl Schema {
    /// One of so many is as most hosts have it.
    pub fn new(case: &mut Case, plain_one_in: u32) -> Self {
        let mut schema = Schema { is_plain: case.one_in(plain_one_in), ..Schema::default() };
        schema.add_user(case);
        schema.add_facilitators(case);
        schema.add_reward_addresses(case);
        if !schema.is_plain && case.one_in(12) {
            schema.replace_a_table(case);
        } else if case.one_in(3) {
            let create = case.pick(&[
                "CREATE TABLE audit (note TEXT)",
                "CREATE VIEW owners AS SELECT owner_address FROM facilitators",
                "CREATE VIRTUAL TABLE notes USING fts5 (note)",
                "CREATE VIRTUAL TABLE places USING rtree (id, x0, x1)",
                "CREATE TABLE sequence (number INTEGER PRIMARY KEY AUTOINCREMENT)",
                "CREATE TEMP TABLE facilitators (owner_address TEXT, created_at TEXT)",
                "CREATE TEMP TABLE \"user\" (id TEXT PRIMARY KEY)",
                "CREATE TEMP VIEW reward_addresses AS SELECT 1 AS id",
            ]);
            schema.statements.push(create.to_owned());
        }
        schema
    }

    pub fn create(&self, conn: &Connection) -> rusqlite::Result<()> {
        self.statements.iter().try_for_each(|sql| conn.execute_batch(sql))
    }

    /// Puts what isn't a table into a table's place.
    pub fn replace(&self, conn: &Connection) -> rusqlite::Result<()> {
        self.replaced.iter().try_for_each(|sql| conn.execute_batch(sql))
    }

    pub fn describe(&self) -> String {
        [&self.statements[..], &self.replaced[..]].concat().join(";\n")
    }

    fn add_user(&mut self, case: &mut Case) {
        let table = Table::new(case, self, "user");
        let id = table.column(case, self, "id", Kind::Id);
        let (key, index) = self.unique(case, &table, "id");
        let extra = self.further_columns(case);
        self.statements.push(format!(
            "CREATE TABLE {} ({id} {key}, name TEXT DEFAULT 'Somebody'{extra}) {}",
            table.name, table.options
        ));
        self.statements.extend(index);
    }

    fn add_facilitators(&mut self, case: &mut Case) {
        let table = Table::new(case, self, "facilitators");
        let owner = table.column(case, self, "owner_address", Kind::Id);
        let date = table.column(case, self, "created_at", Kind::Date);
        let (id, key) = if table.without_rowid {
            (
                "id",
                case.pick(&[
                    "id TEXT PRIMARY KEY NOT NULL",
                    "id TEXT NOT NULL, part TEXT NOT NULL DEFAULT 'p'",
                ]),
            )
        } else {
            let keys = [
                ("id", "id TEXT PRIMARY KEY"),
                ("id", "id TEXT PRIMARY KEY"),
                ("id", "id INTEGER PRIMARY KEY"),
                ("id", "id INTEGER PRIMARY KEY AUTOINCREMENT"),
                ("id", "id TEXT, rowid TEXT, oid TEXT"),
                ("id", "id TEXT, rowid TEXT, oid TEXT, _rowid_ TEXT"),
                ("id", "id TEXT PRIMARY KEY, oid INTEGER, _ROWID_ BLOB"),
            ];
            case.pick(&keys[..if self.is_plain { 4 } else { 7 }])
        };
        let composite = if key.contains("part") { ", PRIMARY KEY (part, id)" } else { "" };
        let foreign_key = match case.random.u32(0..12) {
            0 => ", FOREIGN KEY (owner_address) REFERENCES \"user\" (id) DEFERRABLE INITIALLY DEFERRED"
                .to_owned(),
            1 => format!(
                ", FOREIGN KEY (owner_address) REFERENCES \"user\" (id) ON DELETE {}",
                case.pick(&ACTIONS)
            ),
            _ => String::new(),
        };
        let extra = self.further_columns(case);
        self.facilitator_id = id;
        self.facilitators = format!(
            "CREATE TABLE {} ({key}, {owner}, {date}, name TEXT{extra}{composite}{foreign_key}) {}",
            table.name, table.options
        );
        self.statements.push(self.facilitators.clone());
        for _ in 0..case.random.u32(0..3) {
            let index = case.pick(&FACILITATOR_INDEXES);
            if !self.statements.iter().any(|statement| statement == index) {
                self.statements.push(index.to_owned());
            }
        }
    }

    fn add_reward_addresses(&mut self, case: &mut Case) {
        let table = Table::new(case, self, "reward_addresses");
        let id = table.column(case, self, "id", Kind::Text);
        let user_id = table.column(case, self, "user_id", Kind::Text);
        let chain_type = table.column(case, self, "chain_type", Kind::Text);
        let address = table.column(case, self, "address", Kind::Text);
        let dates = [
            table.column(case, self, "verified_at", Kind::Nullable),
            table.column(case, self, "created_at", Kind::Date),
        ];
        let (key, index) = self.unique(case, &table, "id");
        let foreign_key = self.foreign_key(case);
        let (mut pair, mut pair_index) = (String::new(), None);
        match case.random.u32(0..if self.is_plain { 6 } else { 8 }) {
            0..=3 => pair = format!(", UNIQUE (user_id, address){}", on_conflict(self, case)),
            4 => pair = format!(", CONSTRAINT pair UNIQUE (address, user_id){}", on_conflict(self, case)),
            5 | 6 => {
                pair_index = Some("CREATE UNIQUE INDEX pair ON reward_addresses (user_id, address DESC)")
            }
            _ => {
                self.is_missing = true;
                pair_index = case.pick(&[
                    None,
                    Some("CREATE UNIQUE INDEX pair ON reward_addresses (user_id, address) WHERE chain_type <> ''"),
                    Some("CREATE UNIQUE INDEX pair ON reward_addresses (user_id, address || '')"),
                    Some("CREATE INDEX pair ON reward_addresses (user_id, address)"),
                ]);
            }
        }
        let status = table.column(case, self, "verification_status", Kind::Nullable);
        let checks = self.checks(case);
        let extra = self.further_columns(case) + &self.columns_that_may_refuse(case, &table);
        self.statements.push(format!(
            "CREATE TABLE {} ({id} {key}, {user_id} {foreign_key}, {chain_type}, {address}, {status} DEFAULT 'pending', {}{extra}{pair}{checks}) {}",
            table.name,
            dates.join(", "),
            table.options
        ));
        self.statements.extend(index);
        self.statements.extend(pair_index.map(str::to_owned));
        for _ in 0..case.random.u32(0..4) {
            let index = case.pick(&REWARD_INDEXES);
            if !self.statements.iter().any(|statement| statement == index) {
                self.only_the_run_tells |= index.contains("UNIQUE");
                self.statements.push(index.to_owned());
            }
        }
    }

    /// A unique constraint on a column, within the column's definition or as an index of its own.
    fn unique(&mut self, case: &mut Case, table: &Table, column: &str) -> (String, Option<String>) {
        if table.without_rowid {
            return (format!("PRIMARY KEY{} NOT NULL", on_conflict(self, case)), None);
        }
        let index =
            |what: &str| Some(format!("CREATE {what}", what = what.replace("TABLE", table.plain_name)));
        match case.random.u32(0..if self.is_plain { 6 } else { 10 }) {
            0..=3 => (format!("PRIMARY KEY{}", on_conflict(self, case)), None),
            4 => (format!("UNIQUE{}", on_conflict(self, case)), None),
            5 | 6 => {
                (String::new(), index(&format!("UNIQUE INDEX \"key of TABLE\" ON \"TABLE\" ({column} DESC)")))
            }
            7 => ("PRIMARY KEY DESC".to_owned(), None),
            8 => ("UNIQUE PRIMARY KEY".to_owned(), None),
            _ => {
                self.is_missing = true;
                let kinds = [
                    format!("UNIQUE INDEX \"key of TABLE\" ON \"TABLE\" ({column}) WHERE {column} <> ''"),
                    format!("UNIQUE INDEX \"key of TABLE\" ON \"TABLE\" ({column} || '')"),
                    format!("INDEX \"key of TABLE\" ON \"TABLE\" ({column})"),
                ];
                (String::new(), index(&case.pick(&kinds)))
            }
        }
    }

    fn foreign_key(&mut self, case: &mut Case) -> String {
        let deferred = case.pick(&["", "", "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE"]);
        match case.random.u32(0..10) {
            0..=3 => String::new(),
            9 if !self.is_plain => "REFERENCES nobody (id)".to_owned(),
            _ => {
                // Only the run tells whether the user's key is one that a foreign key can lead to.
                self.only_the_run_tells = true;
                let (on_delete, on_update) = (case.pick(&ACTIONS), case.pick(&ACTIONS));
                format!("REFERENCES \"User\" (id) ON DELETE {on_delete} ON UPDATE {on_update} {deferred}")
            }
        }
    }

    fn checks(&mut self, case: &mut Case) -> String {
        if self.is_plain || !case.one_in(4) {
            return String::new();
        }
        let check = case.pick(&[
            "chain_type IN ('solana', 'evm', 'facilitator', '', 'FACILITATOR')",
            "chain_type IN ('solana', 'evm')",
            "length(user_id) < 20",
            "user_id NOT LIKE '%a%'",
            "created_at > '2023'",
            "verification_status IS NOT 'verified' OR verified_at IS NOT NULL",
            "created_at LIKE '____-__-__ __:__:__'",
            "typeof(user_id) = 'text' AND address = id",
        ]);
        self.only_the_run_tells = true;
        format!(", CHECK ({check})")
    }

    /// Further columns, which refuse nothing.
    fn further_columns(&mut self, case: &mut Case) -> String {
        if !case.one_in(3) {
            return String::new();
        }
        let columns = [
            ", network TEXT NOT NULL DEFAULT 'base'",
            ", \"a \"\"b\"\"\" TEXT",
            ", length_of_id INTEGER AS (length(id))",
            ", id_in_lower_case TEXT GENERATED ALWAYS AS (lower(id)) STORED",
            ", \"select\" TEXT COLLATE NOCASE",
            ", marked_at TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'never'",
        ];
        case.pick(&columns).to_owned()
    }

    /// Further columns of `reward_addresses` that may refuse some markers or all.
    fn columns_that_may_refuse(&mut self, case: &mut Case, table: &Table) -> String {
        if self.is_plain || !case.one_in(5) {
            return String::new();
        }
        self.only_the_run_tells = true;
        let conflict =
            case.pick(&["", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE", " ON CONFLICT ROLLBACK"]);
        self.rolls_back |= conflict.contains("ROLLBACK");
        match case.random.u32(0..5) {
            0 => format!(", label TEXT NOT NULL{conflict}"),
            1 => ", sponsor TEXT DEFAULT 'nobody' REFERENCES \"user\" (id)".to_owned(),
            2 => ", sponsor TEXT DEFAULT 'nobody' REFERENCES \"user\" (id) DEFERRABLE INITIALLY DEFERRED"
                .to_owned(),
            3 if !table.without_rowid => format!(", once TEXT DEFAULT 'x' UNIQUE{conflict}"),
            _ => format!(", UNIQUE (created_at){conflict}"),
        }
    }

    fn replace_a_table(&mut self, case: &mut Case) {
        self.is_missing = true;
        let table = case.pick(&["user", "facilitators", "reward_addresses"]);
        let columns = match table {
            "user" => "id",
            "facilitators" => "id, owner_address, created_at",
            _ => "id, user_id, chain_type, address, verification_status, verified_at, created_at",
        };
        self.replaced = match case.random.u32(0..3) {
            0 => vec![
                format!("ALTER TABLE main.\"{table}\" RENAME TO real"),
                format!("CREATE VIEW main.\"{table}\" AS SELECT {columns} FROM real"),
                format!(
                    "CREATE TRIGGER main.instead INSTEAD OF INSERT ON \"{table}\" BEGIN INSERT INTO real (id) VALUES (NEW.id); END"
                ),
            ],
            1 => vec![
                format!("ALTER TABLE main.\"{table}\" RENAME TO real"),
                format!("CREATE VIRTUAL TABLE main.\"{table}\" USING fts5 ({columns})"),
                format!("INSERT INTO main.\"{table}\" ({columns}) SELECT {columns} FROM real"),
            ],
            _ => vec![format!("ALTER TABLE main.\"{table}\" RENAME TO real")],
        };
    }
}

pub const FACILITATOR_INDEXES: [&str; 8] = [
    "CREATE INDEX idx_owner ON facilitators (owner_address)",
    "CREATE INDEX idx_owner_nocase ON facilitators (owner_address COLLATE NOCASE)",
    "CREATE INDEX idx_owner_rtrim ON facilitators (owner_address COLLATE RTRIM, created_at)",
    "CREATE INDEX idx_owner_partial ON facilitators (owner_address) WHERE created_at > '2024'",
    "CREATE INDEX idx_lower ON facilitators (lower(owner_address))",
    "CREATE INDEX idx_date ON facilitators (created_at, owner_address)",
    "CREATE INDEX \"idx \"\"covering\"\"\" ON facilitators (owner_address DESC, created_at, id)",
    "CREATE INDEX idx_length ON facilitators (length(owner_address), owner_address)",
];

pub const REWARD_INDEXES: [&str; 8] = [
    "CREATE INDEX idx_user ON reward_addresses (user_id)",
    "CREATE INDEX idx_address ON reward_addresses (address)",
    "CREATE INDEX idx_chain ON reward_addresses (chain_type)",
    "CREATE INDEX idx_markers ON reward_addresses (user_id) WHERE chain_type = 'facilitator'",
    "CREATE INDEX idx_user_nocase ON reward_addresses (user_id COLLATE NOCASE, chain_type COLLATE NOCASE)",
    "CREATE INDEX idx_expression ON reward_addresses (lower(user_id), chain_type || '')",
    "CREATE UNIQUE INDEX idx_one_marker ON reward_addresses (user_id) WHERE chain_type = 'facilitator'",
    "CREATE UNIQUE INDEX idx_address_nocase ON reward_addresses (address COLLATE NOCASE)",
];

fn on_conflict(schema: &mut Schema, case: &mut Case) -> String {
    let conflict = case.pick(&CONFLICTS);
    schema.rolls_back |= conflict == "ROLLBACK";
    if conflict.is_empty() { String::new() } else { format!(" ON CONFLICT {conflict}") }
}

/// What a column is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// An id that the library only reads.
    Id,
    Text,
    Date,
    Nullable,
}

struct Table {
    plain_name: &'static str,
    /// In some case of letters and some quotes.
    name: String,
    options: String,
    without_rowid: bool,
    strict: bool,
}

impl Table {
    fn new(case: &mut Case, schema: &Schema, plain_name: &'static str) -> Self {
        let mut cased = plain_name.to_owned();
        match case.random.u32(0..6) {
            0 => cased.make_ascii_uppercase(),
            1 => cased[..1].make_ascii_uppercase(),
            _ => {}
        }
        let name = match case.random.u32(0..4) {
            0 => format!("[{cased}]"),
            1 => format!("`{cased}`"),
            _ => format!("\"{cased}\""),
        };
        let (without_rowid, strict) = (case.one_in(5), !schema.is_plain && case.one_in(4));
        let options = match (without_rowid, strict) {
            (true, true) => "STRICT, WITHOUT ROWID",
            (true, false) => "WITHOUT ROWID",
            (false, true) => "STRICT",
            (false, false) => "",
        };
        Table { plain_name, name, options: options.to_owned(), without_rowid, strict }
    }

    /// Name, type, collation and NOT NULL.
    fn column(&self, case: &mut Case, schema: &mut Schema, name: &str, kind: Kind) -> String {
        let quoted = match case.random.u32(0..6) {
            0 => format!("\"{}\"", name.to_uppercase()),
            1 => format!("[{name}]"),
            _ => name.to_owned(),
        };
        let types: &[&str] = match kind {
            _ if self.strict && !case.one_in(12) => &["TEXT", "ANY"],
            // One of numbers would take an id of digits, and make a number of it.
            Kind::Text if self.strict => &["BLOB"],
            _ if self.strict => &["BLOB", "INTEGER", "REAL"],
            _ if schema.is_plain => &["TEXT"],
            Kind::Id => &["TEXT", "TEXT", "", "VARCHAR(255)", "CLOB", "BLOB", "NUMERIC", "STRING"],
            Kind::Text => &["TEXT", "TEXT", "", "VARCHAR(255)", "CLOB", "BLOB", "NVARCHAR(8)"],
            Kind::Date | Kind::Nullable => &["TEXT", "TEXT", "", "DATETIME", "TIMESTAMP", "VARCHAR(19)"],
        };
        let mut column = format!("{quoted} {}", case.pick(types));
        if !schema.is_plain {
            let collation = case.pick(&["", "", "", " COLLATE BINARY", " COLLATE NOCASE", " COLLATE RTRIM"]);
            // Ids that are different may be the same to it.
            schema.only_the_run_tells |= kind == Kind::Text;
            column += collation;
        }
        if kind != Kind::Nullable && case.one_in(3) {
            column += " NOT NULL";
            column += &on_conflict(schema, case);
        }
        column
    }
}
