//! A server that enrolls an owner in the same transaction that creates the facilitator.
//!
//! ```sh
//! cargo run --example server
//! ```

use std::error::Error;

use facilitator_markers::rusqlite::{self, Connection, TransactionBehavior, params};
use facilitator_markers::{Enrollment, backfill_facilitator_markers, ensure_facilitator_marker};

/// The status of an HTTP response.
type Status = u16;

struct Facilitator {
    id: &'static str,
    subdomain: &'static str,
    created_at: &'static str,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut conn = sample_database()?;
    enroll_owners_at_start(&conn);

    let shop = Facilitator { id: "f2", subdomain: "shop", created_at: "2026-03-01 09:30:00" };
    administrator_creates(&mut conn, "BobXt0aR", &shop);
    let second_shop = Facilitator { id: "f3", subdomain: "shop-eu", created_at: "2026-03-02 10:00:00" };
    administrator_creates(&mut conn, "BobXt0aR", &second_shop);
    let mistyped = Facilitator { id: "f4", subdomain: "oops", created_at: "2026-03-03 11:00:00" };
    administrator_creates(&mut conn, "BobXt0aS", &mistyped);

    let subscribed = Facilitator { id: "f5", subdomain: "cafe", created_at: "2026-03-04T12:00:00.250Z" };
    subscription_starts(&mut conn, "cyd5wq2k", &subscribed);
    let undated = Facilitator { id: "f6", subdomain: "books", created_at: "05/03/2026" };
    subscription_starts(&mut conn, "eve1hn8j", &undated);
    let twins = Facilitator { id: "f7", subdomain: "twins", created_at: "2026-03-06 14:00:00" };
    subscription_starts(&mut conn, "dan7pl4m", &twins);
    Ok(())
}

/// Enrolls the owners whose facilitators were there before markers were. A server that can't do so now starts
/// anyway: the next start does the rest.
fn enroll_owners_at_start(conn: &Connection) {
    match backfill_facilitator_markers(conn) {
        Ok(report) => println!("start: {} of {} owners enrolled now", report.created, report.owners),
        Err(error) => println!("start: {error}"),
    }
}

/// An administrator picks the owner from the list of users: the id is exact.
fn administrator_creates(conn: &mut Connection, user_id: &str, facilitator: &Facilitator) {
    let status = respond(create_facilitator(conn, user_id, facilitator));
    println!("administrator creates {} for {user_id}: {status}", facilitator.subdomain);
}

/// A subscription carries the owner as facilitators do, in lower case. The payment provider calls this
/// webhook again as long as it answers 500.
fn subscription_starts(conn: &mut Connection, owner_address: &str, facilitator: &Facilitator) {
    let status = respond(create_facilitator(conn, owner_address, facilitator));
    println!("subscription creates {} for {owner_address}: {status}", facilitator.subdomain);
}

/// Creates the facilitator and its owner's marker, both or neither: returning without the commit rolls both
/// back.
fn create_facilitator(
    conn: &mut Connection,
    owner: &str,
    facilitator: &Facilitator,
) -> Result<Status, Box<dyn Error>> {
    let Facilitator { id, subdomain, created_at } = facilitator;
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES (?1, ?2, ?2, ?3, ?4)",
        params![id, subdomain, owner.to_ascii_lowercase(), created_at],
    )?;
    match ensure_facilitator_marker(&transaction, owner)? {
        Enrollment::Created(marker) => println!("log: {marker}"),
        Enrollment::AlreadyEnrolled(_) => {}
        Enrollment::UnknownUser => return Ok(404),
        // The facilitator can settle payments; the volume counts once somebody has put the row right.
        outcome @ (Enrollment::AmbiguousUser | Enrollment::UnreadableDate) => {
            println!("log: facilitator {id} of {owner} is {outcome}: its volume doesn't count yet");
        }
        outcome => return Err(format!("facilitator {id} of {owner} is {outcome}").into()),
    }
    transaction.commit()?;
    Ok(201)
}

fn respond(result: Result<Status, Box<dyn Error>>) -> Status {
    result.unwrap_or_else(|error| {
        println!("log: {error}");
        500
    })
}

/// Ada has a facilitator from before; the ids of Dan and Dana differ in case only.
fn sample_database() -> rusqlite::Result<Connection> {
    let conn = Connection::open_in_memory()?;
    conn.execute_batch(include_str!("../tests/host/schema.sql"))?;
    conn.execute_batch(
        r#"INSERT INTO "user" (id, name, email) VALUES
               ('AdaK3v9Z', 'Ada', 'ada@example.org'), ('BobXt0aR', 'Bob', 'bob@example.org'),
               ('Cyd5wQ2k', 'Cyd', 'cyd@example.org'), ('Dan7pL4m', 'Dan', 'dan@example.org'),
               ('DAN7pL4m', 'Dana', 'dana@example.org'), ('Eve1hN8j', 'Eve', 'eve@example.org');
           INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
           VALUES ('f1', 'pay', 'pay', 'adak3v9z', '2026-01-21 10:00:00');"#,
    )?;
    Ok(conn)
}
