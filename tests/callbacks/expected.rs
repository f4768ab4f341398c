//! What a call answers where nothing gets in its way.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::answer::{Answer, Report};
use crate::call::Call;
use crate::database::{DUE, Database, Host, Shape, Store};
use crate::fault::Nothing;
use crate::function::{self, Function};
use crate::run::Run;
use crate::watch::Watch;
use crate::wrong::{MENDED, mending};

thread_local! {
    static KNOWN: RefCell<HashMap<(Shape, Call, String), Rc<Answer>>> = RefCell::default();
}

/// What a call answers on a database on which these statements have run.
pub fn where_it_seems(shape: Shape, call: Call, statements: &str) -> Rc<Answer> {
    let key = (shape, call, statements.to_owned());
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
        return known;
    }
    let database = Database::new(Host { shape, store: Store::Memory });
    let _act = Function::scalar(&database.conn, "act", || function::Answer::Null);
    database.conn.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    let answer = Rc::new(Run::new(call, &database.conn).go(&Watch::new(0), &Nothing).unwrap().unwrap());
    KNOWN.with_borrow_mut(|known| known.insert(key, Rc::clone(&answer)));
    answer
}

/// What it answers where these owners' markers were written or mended before.
pub fn after(shape: Shape, call: Call, done: &BTreeSet<String>) -> Answer {
    let many = |among: &[&str]| done.iter().filter(|id| among.contains(&id.as_str())).count() as u64;
    let (enrolled, mended) = (many(&DUE.map(|(id, ..)| id)), many(&MENDED));
    let after = |report: Report| report.after(enrolled, mended);
    // Some answers have what the markers hold.
    let seen: String = match call.in_rust() {
        Call::Create(own) | Call::Ensure(own) => {
            done.iter().filter(|id| id.eq_ignore_ascii_case(own)).map(|id| as_done(id)).collect()
        }
        Call::Audit => done.iter().map(|id| as_done(id)).collect(),
        _ => String::new(),
    };
    match &*where_it_seems(shape, call, &seen) {
        Answer::Report(report) => Answer::Report(after(*report)),
        Answer::Refused(count, first, report) => Answer::Refused(*count, first.clone(), report.map(after)),
        Answer::Preview(report, warnings) => Answer::Preview(after(*report), *warnings),
        Answer::Told(owners) if call.in_rust() == Call::Due => {
            let is_due = |owner: &&String| !done.iter().any(|id| owner.starts_with(&format!("{id} ")));
            Answer::Told(owners.iter().filter(is_due).cloned().collect())
        }
        answer => answer.clone(),
    }
}

/// A statement after which this owner's marker is written, or mended.
fn as_done(id: &str) -> String {
    mending(id).unwrap_or_else(|| {
        format!(
            "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
             VALUES ('FACILITATOR_OWNER:{id}', '{id}', 'facilitator', 'FACILITATOR_OWNER:{id}', 'verified', '{}');",
            Call::date(id)
        )
    })
}
