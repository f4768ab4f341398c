//! Authorizers that refuse and hide, at every moment and whole classes of actions.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::fmt;

use facilitator_markers::Error;
use facilitator_markers::rusqlite::{Connection, ffi};

use crate::call::{CALLS, Call, calls};
use crate::callbacks::{Action, Callbacks, Event, Kind};
use crate::case::{Case, all};
use crate::database::{Database, JOURNAL, LOOSE, NOTED, Shape, USUAL, WAL};
use crate::fault::{Appearance, Armed, Fault, Nothing};
use crate::function::{Answer, Function};
use crate::harness::try_all;
use crate::run::Run;
use crate::setting::{SETTINGS, Setting};
use crate::watch::Watch;

/// What is refused or hidden.
#[derive(Debug, Clone)]
enum What {
    /// What comes at the chosen moment.
    Moment,
    /// What comes at the chosen moment and from then on.
    FromMoment,
    /// Every action of this kind, from the n-th call of the library on.
    Code(c_int, u64),
    /// Those that have to do with this table, pragma, function or savepoint.
    About(Action, u64),
    /// Those that have to do with this column, or the like.
    Only(Action, u64),
}

/// What has to do with transactions is tried so many times as often as anything else.
const TRANSACTIONS_ARE: usize = 8;

impl What {
    fn is_of_transactions(&self) -> bool {
        let code = match self {
            What::Moment | What::FromMoment => return false,
            What::Code(code, _) => *code,
            What::About(action, _) | What::Only(action, _) => action.code,
        };
        [ffi::SQLITE_SAVEPOINT, ffi::SQLITE_TRANSACTION].contains(&code)
    }
}

#[derive(Debug, Clone)]
struct Authorizer {
    what: What,
    hides: bool,
}

impl fmt::Display for Authorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the authorizer answers {} to ", if self.hides { "SQLITE_IGNORE" } else { "SQLITE_DENY" })?;
        let (words, from) = match &self.what {
            What::Moment => return f.write_str("one action"),
            What::FromMoment => return f.write_str("all actions from one on"),
            What::Code(code, from) => (format!("action {code}"), from),
            What::About(Action { code, first, .. }, from) => (format!("action {code} on {first:?}"), from),
            What::Only(Action { code, first, second }, from) => {
                (format!("action {code} on {first:?} {second:?}"), from)
            }
        };
        write!(f, "{words}, from call {from} on")
    }
}

impl Authorizer {
    fn concerns(&self, action: &Action, watch: &Watch) -> bool {
        let (is_meant, from) = match &self.what {
            What::Moment => return watch.is_now(),
            What::FromMoment => return watch.is_now_or_later(),
            What::Code(code, from) => (action.code == *code, *from),
            What::About(about, from) => (action.code == about.code && about.first == action.first, *from),
            What::Only(only, from) => (action == only, *from),
        };
        is_meant && watch.is_listening() && watch.calls() >= from
    }
}

impl Fault for Authorizer {
    fn arm<'c>(&'c self, conn: &'c Connection, watch: &'c Watch) -> Box<dyn Armed + 'c> {
        Box::new(Callbacks::set(conn, &[Kind::Authorizer], move |event| match event {
            Event::Action(action) if self.concerns(action, watch) => {
                watch.tell(action);
                if self.hides { ffi::SQLITE_IGNORE } else { ffi::SQLITE_DENY }
            }
            _ => ffi::SQLITE_OK,
        }))
    }

    fn judge(&self, _: Call, _: &Watch, error: Option<&Error>) -> Result<(), String> {
        match error {
            // A refused function is a plain error; a refused pragma may be a table that seems to be missing.
            Some(error) if !self.hides => {
                let code = error.code() & 0xff;
                let is_known = [ffi::SQLITE_AUTH, ffi::SQLITE_ERROR].contains(&code);
                if is_known { Ok(()) } else { Err(format!("a refusal is answered with {code}: {error}")) }
            }
            _ => Ok(()),
        }
    }

    fn may_prevent_undoing(&self, _: Setting) -> bool {
        true
    }

    /// No marker can be written where a function is refused that a trigger of the host's calls, or where a unique
    /// column is hidden.
    fn may_refuse_every_marker(&self) -> bool {
        let code = match &self.what {
            What::Moment | What::FromMoment => return true,
            What::Code(code, _) => *code,
            What::About(action, _) | What::Only(action, _) => action.code,
        };
        code == if self.hides { ffi::SQLITE_READ } else { ffi::SQLITE_FUNCTION }
    }

    /// A column without NOT NULL that is hidden looks like one that is NULL in every row.
    fn appearance(&self, shape: Shape) -> Appearance {
        match shape {
            _ if !self.hides => Appearance::AsItIs,
            // In the midst of a call, what one statement sees another one doesn't.
            _ if matches!(self.what, What::Moment | What::FromMoment) => Appearance::Unknown,
            Shape::Loose => Appearance::Unknown,
            Shape::Usual | Shape::Noted | Shape::Unsettled => Appearance::OneOf(subsets(&[
                "PRAGMA foreign_keys = OFF; UPDATE facilitators SET id = NULL; PRAGMA foreign_keys = ON;",
                "UPDATE reward_addresses SET id = NULL;",
                "UPDATE reward_addresses SET verified_at = NULL;",
                "UPDATE transactions SET from_address = NULL;",
                "UPDATE transactions SET to_address = NULL;",
                "UPDATE transactions SET amount = NULL;",
            ])),
        }
    }
}

/// All that can be made of some of these statements, first what can be made of few.
fn subsets(statements: &[&str]) -> Vec<String> {
    let of = |subset: usize| -> String {
        let chosen = statements.iter().enumerate().filter(|(number, _)| subset >> number & 1 == 1);
        chosen.map(|(_, statement)| *statement).collect()
    };
    let mut subsets: Vec<usize> = (1..1 << statements.len()).collect();
    subsets.sort_by_key(|subset| subset.count_ones());
    subsets.into_iter().map(of).collect()
}

/// All that the library's calls ask for.
fn actions() -> BTreeSet<Action> {
    let actions = RefCell::new(BTreeSet::new());
    for host in [USUAL, LOOSE, NOTED] {
        for call in CALLS {
            let Database { conn, .. } = &Database::new(host);
            let _act = Function::scalar(conn, "act", || Answer::Null);
            let callbacks = Callbacks::set(conn, &[Kind::Authorizer], |event| {
                if let Event::Action(action) = event {
                    actions.borrow_mut().insert(action.clone());
                }
                ffi::SQLITE_OK
            });
            Run::new(call, conn).go(&Watch::new(0), &Nothing).unwrap().unwrap();
            drop(callbacks);
        }
    }
    actions.into_inner()
}

/// Each class of actions, refused and hidden, from the first call on and from a later one on.
fn classes() -> Vec<Authorizer> {
    let actions = actions();
    let mut about: Vec<&Action> = actions.iter().collect();
    about.dedup_by_key(|action| (action.code, &action.first));
    let mut codes: Vec<c_int> = actions.iter().map(|action| action.code).collect();
    codes.dedup();
    let mut classes = Vec::new();
    for from in [0, 2, 5] {
        let whats = codes.iter().map(|code| What::Code(*code, from));
        let whats = whats.chain(about.iter().map(|action| What::About((*action).clone(), from)));
        // The names of the library's savepoints are random.
        let only = actions.iter().filter(|action| action.code != ffi::SQLITE_SAVEPOINT);
        let whats = whats.chain(only.map(|action| What::Only(action.clone(), from)));
        for what in whats {
            for hides in [false, true] {
                let class = Authorizer { what: what.clone(), hides };
                classes.extend(vec![class; if what.is_of_transactions() { TRANSACTIONS_ARE } else { 1 }]);
            }
        }
    }
    classes
}

fn is_worth_it(case: &Case) -> bool {
    // What is one call has no later one.
    matches!(case.call, Call::Steps { .. } | Call::Complete(..))
        || !case.fault.to_string().ends_with("from call 5 on")
}

#[test]
fn an_answer_of_the_authorizer_at_any_moment_makes_no_outcome_wrong() {
    let faults = |hides| [What::Moment, What::FromMoment].map(|what| Authorizer { what, hides });
    let mut cases = all(&[USUAL, LOOSE, NOTED, WAL, JOURNAL], &SETTINGS, &calls(), &faults(false));
    // Not with triggers: whether a marker was hidden from a single statement can't be told there from one that a trigger
    // has written.
    cases.extend(all(&[USUAL, LOOSE, WAL, JOURNAL], &SETTINGS, &calls(), &faults(true)));
    try_all("authorizers::an_answer_of_the_authorizer_at_any_moment_makes_no_outcome_wrong", &cases, 300);
}

#[test]
fn what_an_authorizer_refuses_or_hides_makes_no_outcome_wrong() {
    let mut cases = all(&[USUAL, LOOSE, NOTED], &SETTINGS, &calls(), &classes());
    cases.retain(is_worth_it);
    try_all("authorizers::what_an_authorizer_refuses_or_hides_makes_no_outcome_wrong", &cases, 300);
}
