//! One case: a call, from somewhere in a host, on a database, with a fault at a moment.

use std::cell::RefCell;
use std::fmt;
use std::mem;

use crate::call::Call;
use crate::database::{Database, Host, rows};
use crate::fault::{Fault, Nothing};
use crate::function::{self, Function};
use crate::harness::{self, Passed};
use crate::law::{Law, begin_again};
use crate::run::Run;
use crate::setting::Setting;
use crate::watch::Watch;

pub struct Case {
    pub host: Host,
    pub setting: Setting,
    pub call: Call,
    pub fault: Box<dyn Fault>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { host, setting, call, fault } = self;
        write!(f, "{call} {setting}, {host}; {fault}")
    }
}

impl harness::Case for Case {
    fn run(&self, moment: u64) -> Result<Passed, String> {
        let watch = Watch::new(moment);
        self.try_once(&watch).map_err(|broken| format!("{broken}\n  at this moment: {}", watch.words()))
    }
}

impl Case {
    fn try_once(&self, watch: &Watch) -> Result<Passed, String> {
        let Case { host, setting, call, fault } = self;
        let database = Database::new(*host);
        let conn = &database.conn;
        let _act = host.shape.has_triggers().then(|| {
            let act = || if watch.is_listening() { fault.act(conn, watch) } else { function::Answer::Null };
            Function::scalar(conn, "act", act)
        });
        let _prepared = fault.prepare(conn);
        setting.begin(conn).unwrap();
        let law = Law::new(self, conn);

        let run = RefCell::new(Run::new(*call, conn));
        let outcome = setting.within(conn, || {
            let armed = fault.arm(conn, watch);
            let outcome = run.borrow_mut().go(watch, &**fault);
            drop(armed);
            outcome.and_then(|outcome| law.on_return(&outcome).map(|()| outcome))
        })?;
        let mut run = run.into_inner();
        law.after(&outcome, &run.heard, run.report())?;

        // What is done in steps goes on where it failed, unless what it has seen is undone, was never true, or is no longer so.
        let is_undone = begin_again(conn, *setting, &outcome)?;
        let was_true = fault.appearance(host.shape).is_true() && !fault.may_refuse_every_marker();
        let told = mem::take(&mut run.heard.changes);
        if is_undone || outcome.is_ok() || !was_true {
            run = Run::new(*call, conn);
        }
        let (done, before) = (law.done()?, rows(conn));
        let goes_on = run.goes_on();
        let retried = run.go(&Watch::new(0), &Nothing)?;
        let retold = mem::take(&mut run.heard.changes);
        drop(run);
        law.retried(&retried, &done, goes_on)?;
        law.retold(&before, told, retold)?;
        setting.end(conn).map_err(|error| format!("the host can't commit: {error}"))?;
        law.ended(database.connect().as_ref())?;
        Ok(Passed { moments: watch.passed(), has_come: watch.has_come(), has_failed: outcome.is_err() })
    }
}

/// Each of these calls from each of these places, on each of these hosts, with each of these faults.
pub fn all<F: Fault + Clone + 'static>(
    hosts: &[Host],
    settings: &[Setting],
    calls: &[Call],
    faults: &[F],
) -> Vec<Case> {
    let mut cases = Vec::new();
    for &host in hosts {
        for &setting in settings {
            for &call in calls {
                for fault in faults {
                    cases.push(Case { host, setting, call, fault: Box::new(fault.clone()) });
                }
            }
        }
    }
    cases
}
