//! A failure at every place where SQLite can fail, and then the same step again.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use facilitator_markers::rusqlite::{Connection, ffi};
use facilitator_markers::{Backfill, BackfillReport, Error, StepResult, backfill_facilitator_markers};

use crate::host::{self, add_facilitator, add_owner, add_reward_address, add_user, in_memory};
use crate::{markers, right_markers};

/// Counts down to the moment of failure.
struct Countdown(i64);

impl Countdown {
    fn is_over(&mut self) -> bool {
        self.0 -= 1;
        self.0 == 0
    }

    fn has_come(&self) -> bool {
        self.0 <= 0
    }
}

unsafe extern "C" fn interrupt(countdown: *mut c_void) -> c_int {
    // SAFETY: the test keeps the countdown alive while the handler is set.
    unsafe { (*countdown.cast::<Countdown>()).is_over() }.into()
}

unsafe extern "C" fn deny(
    countdown: *mut c_void,
    _action: c_int,
    _first: *const c_char,
    _second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: as above.
    if unsafe { (*countdown.cast::<Countdown>()).is_over() } { ffi::SQLITE_DENY } else { ffi::SQLITE_OK }
}

/// A way in which SQLite fails, and its code.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// An interrupt, which can come at every instruction that SQLite runs.
    Interrupt,
    /// A refusal, which can come at everything that SQLite prepares to do.
    Refusal,
}

impl Fault {
    fn arm(self, conn: &Connection, countdown: Option<&mut Countdown>) {
        let armed = countdown.is_some();
        let countdown = countdown.map_or(ptr::null_mut(), |countdown| ptr::from_mut(countdown).cast());
        // SAFETY: the connection is open, and the test disarms the fault before the countdown goes.
        unsafe {
            match self {
                Fault::Interrupt => {
                    let handler = armed.then_some(interrupt as unsafe extern "C" fn(*mut c_void) -> c_int);
                    ffi::sqlite3_progress_handler(conn.handle(), 1, handler, countdown);
                }
                Fault::Refusal => {
                    ffi::sqlite3_set_authorizer(conn.handle(), armed.then_some(deny), countdown);
                }
            }
        }
    }

    fn is_cause_of(self, error: &Error) -> bool {
        match self {
            Fault::Interrupt => error.code() == ffi::SQLITE_INTERRUPT,
            // A refused function is a plain error.
            Fault::Refusal => [ffi::SQLITE_AUTH, ffi::SQLITE_ERROR].contains(&error.code()),
        }
    }
}

fn a_small_host() -> Connection {
    with_some_of_everything(in_memory())
}

fn with_some_of_everything(conn: Connection) -> Connection {
    for id in ["Ada", "Bob", "Cid"] {
        add_owner(&conn, id, "2026-01-21 00:00:00");
    }
    add_facilitator(&conn, "gone", "soon");
    add_reward_address(&conn, "m", "Bob", "facilitator", "0x1");
    conn
}

/// Whether the host writes between the steps, so that each looks its owners up again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Host {
    Idle,
    Busy,
}

/// Steps through a backfill with the fault at the given moment; gives the report, and whether the moment
/// came.
fn step_through(host: Host, fault: Fault, moment: i64) -> (BackfillReport, bool) {
    // To be looked up again before the lock is taken, owners have to be in a file with a WAL.
    let file = (host == Host::Busy).then(host::File::new);
    let conn = with_some_of_everything(file.as_ref().map_or_else(in_memory, host::File::connect));
    conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let mut expected = right_markers(&conn);
    expected.extend(markers(&conn));
    let mut countdown = Countdown(moment);
    let mut backfill = Backfill::new(&conn).unwrap();
    fault.arm(&conn, Some(&mut countdown));
    let mut failures = 0;
    for step in 0.. {
        if host == Host::Busy {
            fault.arm(&conn, None);
            add_user(&conn, format!("Stranger{step}"));
            fault.arm(&conn, Some(&mut countdown));
        }
        match backfill.step(1) {
            Ok(StepResult::Done) => break,
            Ok(_) => {}
            Err(error) => {
                assert!(fault.is_cause_of(&error), "{host:?}, {fault:?} at {moment}: {error:?}");
                failures += 1;
            }
        }
        assert!(conn.is_autocommit(), "{host:?}, {fault:?} at {moment}");
    }
    fault.arm(&conn, None);
    assert!(failures <= 1);
    assert_eq!(markers(&conn), expected, "{host:?}, {fault:?} at {moment}");
    (backfill.report(), countdown.has_come())
}

#[test]
fn after_a_failure_at_any_moment_the_same_step_can_be_tried_again() {
    let expected = backfill_facilitator_markers(&a_small_host()).unwrap();
    let hosts = [Host::Idle, Host::Busy];
    for (host, fault) in hosts.into_iter().flat_map(|host| [(host, Fault::Interrupt), (host, Fault::Refusal)])
    {
        for moment in 1.. {
            let (report, has_come) = step_through(host, fault, moment);
            if !has_come {
                assert!(moment > 50, "{fault:?} came {moment} times only");
                break;
            }
            assert_eq!(report, expected, "{host:?}, {fault:?} at {moment}");
        }
    }
}

#[test]
fn a_call_that_fails_at_any_moment_leaves_the_hosts_transaction_as_it_was_or_says_so() {
    for fault in [Fault::Interrupt, Fault::Refusal] {
        for moment in 1.. {
            let conn = a_small_host();
            let mut countdown = Countdown(moment);
            conn.execute_batch("BEGIN").unwrap();
            add_owner(&conn, "Host", "2026-01-21 00:00:00");
            fault.arm(&conn, Some(&mut countdown));
            let result = backfill_facilitator_markers(&conn);
            fault.arm(&conn, None);
            if !countdown.has_come() {
                assert!(moment > 50, "{fault:?} came {moment} times only");
                break;
            }
            // An interrupt that comes after the last instruction is none.
            let Err(error) = result else { continue };
            assert!(fault.is_cause_of(&error), "{fault:?} at {moment}: {error:?}");
            match error {
                Error::TransactionEnded { .. } => assert!(conn.is_autocommit(), "{fault:?} at {moment}"),
                _ => {
                    assert!(!conn.is_autocommit(), "{fault:?} at {moment}: {error:?}");
                    assert_eq!(markers(&conn).len(), 1, "{fault:?} at {moment}");
                    conn.execute_batch("COMMIT").unwrap();
                    assert_eq!(backfill_facilitator_markers(&conn).unwrap().created, 3);
                }
            }
        }
    }
}
