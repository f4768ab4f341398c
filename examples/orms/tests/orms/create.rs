//! Creating a facilitator and its owner's marker, with diesel and with sea-orm.

use std::sync::Once;

use diesel::{Connection as _, RunQueryDsl, SqliteConnection};
use facilitator_markers::rusqlite::Connection;
use facilitator_markers_orms::facilitator::{Error, NewFacilitator};
use facilitator_markers_orms::{sql_function, with_diesel, with_sea_orm};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection};

use crate::host::{File, add_user, markers};

const DAY: &str = "2026-01-21 10:00:00";

/// As a program does when it starts.
fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| sql_function::register().unwrap());
}

fn diesel(file: &File) -> SqliteConnection {
    register();
    SqliteConnection::establish(file.path().to_str().unwrap()).unwrap()
}

/// One connection, so that whatever a call leaves on it is met by the next.
async fn sea_orm(file: &File) -> DatabaseConnection {
    register();
    let mut options = ConnectOptions::new(format!("sqlite://{}", file.path().display()));
    with_sea_orm::connect(options.max_connections(1).to_owned()).await.unwrap()
}

fn new(id: &str, owner: &str) -> NewFacilitator {
    NewFacilitator {
        id: id.to_owned(),
        subdomain: id.to_owned(),
        owner: owner.to_owned(),
        created_at: DAY.to_owned(),
    }
}

fn facilitators(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT id FROM facilitators ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A trigger that keeps markers out as SQL says.
fn refuse_markers(conn: &Connection, how: &str) {
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE";
    conn.execute_batch(&format!("{trigger}({how}, 'no markers today'); END")).unwrap();
}

/// What is created by either ORM, by the same requests.
async fn both_or_neither(file: &File, mut create: impl AsyncFnMut(NewFacilitator) -> Result<String, Error>) {
    let conn = file.connect();
    for id in ["Ada", "Dan", "DAN"] {
        add_user(&conn, id);
    }
    assert_eq!(create(new("f1", "Ada")).await.unwrap(), "created");
    assert_eq!(create(new("f2", "ada")).await.unwrap(), "already_enrolled");
    assert_eq!(create(new("f3", "dan")).await.unwrap(), "ambiguous_user");
    let unknown = create(new("f4", "Eve")).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownOwner(_)), "{unknown}");
    assert!(create(new("f1", "DAN")).await.is_err(), "there is one with this id");
    assert_eq!(facilitators(&conn), ["f1", "f2", "f3"]);
    assert_eq!(markers(&conn), [("Ada".to_owned(), DAY.to_owned())]);

    // Where the marker can't be written, there is no facilitator either, and the connection is as good as before. This one
    // waits for a transaction that was dropped, which rolls back soon.
    conn.execute_batch("PRAGMA busy_timeout = 5000").unwrap();
    for how in ["ABORT", "ROLLBACK"] {
        refuse_markers(&conn, how);
        create(new("f5", "Dan")).await.unwrap_err();
        assert_eq!(facilitators(&conn), ["f1", "f2", "f3"], "{how}");
        conn.execute_batch("DROP TRIGGER no").unwrap();
        let unknown = create(new("f4", "Eve")).await.unwrap_err();
        assert!(matches!(unknown, Error::UnknownOwner(_)), "{how}: {unknown}");
    }
    assert_eq!(create(new("f5", "Dan")).await.unwrap(), "created");
    assert_eq!(facilitators(&conn), ["f1", "f2", "f3", "f5"]);
    assert_eq!(markers(&conn).len(), 2);
}

#[tokio::test]
async fn diesel_creates_both_or_neither() {
    let file = File::new();
    let mut conn = diesel(&file);
    both_or_neither(&file, async |new| with_diesel::create_facilitator(&mut conn, &new)).await;
}

#[tokio::test]
async fn sea_orm_creates_both_or_neither() {
    let file = File::new();
    let db = sea_orm(&file).await;
    both_or_neither(&file, async |new| with_sea_orm::create_facilitator(&db, &new).await).await;
}

#[tokio::test]
async fn why_a_marker_was_refused_is_told() {
    let file = File::new();
    let conn = file.connect();
    let (mut diesel, db) = (diesel(&file), sea_orm(&file).await);
    add_user(&conn, "Ada");
    refuse_markers(&conn, "ABORT");
    let refused = [
        with_diesel::create_facilitator(&mut diesel, &new("f1", "Ada")).unwrap_err(),
        with_sea_orm::create_facilitator(&db, &new("f1", "Ada")).await.unwrap_err(),
    ];
    for refused in refused.map(|error| error.to_string()) {
        assert!(refused.contains("user \"Ada\"") && refused.contains("no markers today"), "{refused}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_costs_no_connection() {
    let file = File::new();
    let db = sea_orm(&file).await;
    // Only this connection has it.
    db.execute_unprepared("CREATE TEMP TABLE mine(number)").await.unwrap();
    for _ in 0..20 {
        with_sea_orm::create_facilitator(&db, &new("f1", "Nobody")).await.unwrap_err();
        db.execute_unprepared("INSERT INTO mine VALUES (1)").await.unwrap();
    }
}

#[tokio::test]
async fn nobody_sees_one_without_the_other() {
    let file = File::new();
    let conn = file.connect();
    let db = sea_orm(&file).await;
    let mut diesel = diesel(&file);
    for number in 0..20 {
        let owner = format!("User{number}");
        add_user(&conn, &owner);
        if number % 2 == 0 {
            with_sea_orm::create_facilitator(&db, &new(&format!("f{number}"), &owner)).await.unwrap();
        } else {
            with_diesel::create_facilitator(&mut diesel, &new(&format!("f{number}"), &owner)).unwrap();
        }
        let both = "SELECT (SELECT count(*) FROM facilitators), (SELECT count(*) FROM reward_addresses)";
        let counts: (u32, u32) = conn.query_row(both, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(counts, (number + 1, number + 1));
    }
}

#[tokio::test]
async fn no_view_and_no_trigger_calls_the_function() {
    let file = File::new();
    let conn = file.connect();
    add_user(&conn, "Ada");
    conn.execute_batch("CREATE VIEW enrolled AS SELECT ensure_facilitator_marker('Ada') AS outcome").unwrap();
    let sql = "SELECT outcome FROM enrolled";
    let refused = sea_orm(&file).await.execute_unprepared(sql).await.unwrap_err().to_string();
    assert!(refused.contains("unsafe use of ensure_facilitator_marker"), "{refused}");
    let refused = diesel::sql_query(sql).execute(&mut diesel(&file)).unwrap_err().to_string();
    assert!(refused.contains("unsafe use of ensure_facilitator_marker"), "{refused}");
}
