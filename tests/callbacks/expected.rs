//! What a call answers where nothing gets in its way.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use facilitator_markers::BackfillReport;

use crate::call::{Answer, Call, Run};
use crate::database::{Database, Host, Shape, Store};
use crate::fault::Nothing;
use crate::function::{self, Function};
use crate::watch::Watch;

/// What a call answers on an untouched database, and once everybody is enrolled.
pub struct Expected {
    pub first: Answer,
    pub again: Answer,
}

thread_local! {
    static KNOWN: RefCell<HashMap<(Shape, Call, String), Rc<Expected>>> = RefCell::default();
}

impl Expected {
    pub fn of(host: Host, call: Call) -> Rc<Self> {
        Self::where_it_seems(host.shape, call, "")
    }

    /// The same on a database on which these statements have run.
    pub fn where_it_seems(shape: Shape, call: Call, statements: &str) -> Rc<Self> {
        let key = (shape, call, statements.to_owned());
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
            return known;
        }
        let database = Database::new(Host { shape, store: Store::Memory });
        let _act = Function::scalar(&database.conn, "act", || function::Answer::Null);
        database.conn.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
        let answer = || Run::new(call, &database.conn).go(&Watch::new(0), &Nothing).unwrap().unwrap();
        let expected = Rc::new(Expected { first: answer(), again: answer() });
        KNOWN.with_borrow_mut(|known| known.insert(key, Rc::clone(&expected)));
        expected
    }

    /// The answer where these owners were enrolled before the call.
    pub fn answer(&self, call: Call, enrolled: &BTreeSet<String>) -> Answer {
        match &self.first {
            Answer::Enrollment(..) => {
                let own = call.right_markers();
                let is_enrolled = own.iter().any(|(id, _)| enrolled.contains(*id));
                if is_enrolled { self.again.clone() } else { self.first.clone() }
            }
            Answer::Report(report) => Answer::Report(shifted(*report, enrolled)),
            Answer::Refused(count, first, report) => {
                Answer::Refused(*count, first.clone(), report.map(|report| shifted(report, enrolled)))
            }
            Answer::Preview(report, warnings) => Answer::Preview(shifted(*report, enrolled), *warnings),
            Answer::Told(owners) => {
                let is_due = |owner: &&String| {
                    call != Call::Due || !enrolled.iter().any(|id| owner.starts_with(&format!("{id} ")))
                };
                Answer::Told(owners.iter().filter(is_due).cloned().collect())
            }
        }
    }
}

/// The counts where so many are enrolled already.
fn shifted(report: BackfillReport, enrolled: &BTreeSet<String>) -> BackfillReport {
    let enrolled = enrolled.len() as u64;
    let mut shifted = report;
    shifted.created = report.created.saturating_sub(enrolled);
    shifted.already_enrolled += report.created - shifted.created;
    shifted
}
