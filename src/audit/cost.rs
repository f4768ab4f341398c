//! What a wrong marker costs its owner.

use std::fmt;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::amount::{Grouped, Sum};
use super::finding::Finding;
use crate::error::{During, Error};
use crate::savepoint::noting_lost_transaction;
use crate::schema::Schema;
use crate::statement::prepare;
use crate::text::Text;
use crate::value;

const DOING: &str = "reading transactions";

/// What the host counts of an owner's volume because of a marker, in whole atomic units, exact at any length. Displayed,
/// `5 of 1,000,005 counted`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The volume that the marker makes count, in digits.
    pub counted: String,
    /// All volume of the user's facilitators, in digits.
    pub total: String,
    /// Transactions of these whose `amount` isn't a whole number. They are in neither.
    pub unreadable_amounts: u64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} counted", Grouped(&self.counted), Grouped(&self.total))?;
        match self.unreadable_amounts {
            0 => Ok(()),
            1 => f.write_str(", and 1 amount that can't be read"),
            more => write!(f, ", and {more} amounts that can't be read"),
        }
    }
}

impl Finding {
    /// What the marker costs the owner, as the database is now: reads the `transactions` of the user's facilitators, as the
    /// host counts them: those of type `settle` and status `success` whose sender isn't the recipient, since the marker's
    /// date, compared as text, and none if the marker isn't verified. Other markers of the user are left out of account.
    ///
    /// `None` where the host has no such table with the columns `facilitator_id`, `type`, `status`, `from_address`,
    /// `to_address`, `amount` and `created_at`, and none `facilitators.id`; and where the marker's user has no facilitator.
    ///
    /// May be called while an audit tells of the finding. Without an index on `transactions(facilitator_id)` each call
    /// reads all transactions.
    ///
    /// # Errors
    ///
    /// Whatever SQLite answers.
    ///
    /// # Example
    ///
    /// ```
    /// use facilitator_markers::{audit_facilitator_markers, rusqlite::Connection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = Connection::open_in_memory()?;
    /// # conn.execute_batch(include_str!("../../tests/host/schema.sql"))?;
    /// # conn.execute_batch(r#"
    /// #     INSERT INTO "user"(id, name, email) VALUES ('Xk9', 'Ada', 'ada@example.org');
    /// #     INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
    /// #     VALUES ('f1', 'Pay', 'pay', 'xk9', '2026-01-21 10:00:00');
    /// #     INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
    /// #     VALUES ('m1', 'Xk9', 'facilitator', 'FACILITATOR_OWNER:Xk9', 'verified', '2026-03-01 00:00:00');
    /// #     INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
    /// #     VALUES ('t1', 'f1', 'settle', 'base', 'a', 'b', '1000000', 'USDC', 'success', '2026-02-01 00:00:00'),
    /// #            ('t2', 'f1', 'settle', 'base', 'a', 'b', '5', 'USDC', 'success', '2026-03-02 00:00:00');
    /// # "#)?;
    /// let mut costs = Vec::new();
    /// audit_facilitator_markers(&conn, |finding| costs.push(finding.cost(&conn)))?;
    /// assert_eq!(costs.remove(0)?.unwrap().to_string(), "5 of 1,000,005 counted");
    /// # Ok(())
    /// # }
    /// ```
    pub fn cost(&self, conn: &Connection) -> Result<Option<Cost>, Error> {
        noting_lost_transaction(conn, || self.read_cost(conn))
    }

    fn read_cost(&self, conn: &Connection) -> Result<Option<Cost>, Error> {
        if !Schema::has_transactions(conn)? {
            return Ok(None);
        }
        let user_id = Text::copy(self.marker.user_id.as_bytes())?;
        let (folded, created_at) = (user_id.fold()?, Text::copy(self.marker.created_at.as_bytes())?);
        let is_verified = self.marker.verification_status == "verified";
        let exact = Some(&user_id).filter(|user_id| **user_id != folded);
        let (mut counted, mut total, mut unreadable_amounts) = (Sum::default(), Sum::default(), 0);
        let mut is_owner = false;
        let mut read = |owner_address: &Text| {
            let mut any = prepare(conn, "SELECT 1 FROM main.facilitators WHERE owner_address = ?1")?;
            is_owner |= any.exists([owner_address])?;
            let mut statement = prepare(conn, VOLUME)?;
            let mut rows = statement.query([owner_address, &created_at])?;
            while let Some(row) = rows.next()? {
                let amount = match row.get_ref(0)? {
                    ValueRef::Text(digits) => digits.to_vec(),
                    other => value::display(other)?.into_bytes(),
                };
                if !total.add(&amount) {
                    unreadable_amounts += 1;
                } else if is_verified && row.get_ref(1)? == ValueRef::Integer(1) {
                    counted.add(&amount);
                }
            }
            Ok(())
        };
        [Some(&folded), exact].into_iter().flatten().try_for_each(&mut read).during(conn, DOING)?;
        let (counted, total) = (counted.to_string(), total.to_string());
        Ok(is_owner.then_some(Cost { counted, total, unreadable_amounts }))
    }
}

/// The transactions that count for facilitators with this `owner_address`, and whether they came since a date.
const VOLUME: &str = "SELECT settled.amount, settled.created_at >= ?2 COLLATE BINARY \
                      FROM main.facilitators AS own JOIN main.transactions AS settled \
                      ON settled.facilitator_id = own.id \
                      WHERE own.owner_address = ?1 AND own.owner_address = ?1 COLLATE BINARY \
                      AND settled.type = 'settle' AND settled.status = 'success' \
                      AND settled.from_address <> settled.to_address";
