//! One step's transaction.

use std::cell::Cell;

use rusqlite::Connection;

use super::change::{Change, columns};
use super::update::{Updated, Updater};
use crate::audit::examine::Examination;
use crate::audit::judge::{Place, judge};
use crate::audit::row::MarkerRow;
use crate::audit::suspects::Suspect;
use crate::date::Second;
use crate::error::{Error, RefusedMarker};
use crate::interrupt::Interruptible;
use crate::join::freshness::{Freshness, written_meanwhile};
use crate::savepoint::{Attempts, Work, reading_then_writing, writing};
use crate::schema::Schema;
use crate::step::blocking::Blocking;

/// What became of the markers of a step.
#[derive(Default)]
pub(super) struct Mended {
    pub(super) repaired: u64,
    pub(super) refused: Vec<RefusedMarker>,
    /// What is known of the addresses afterwards.
    pub(super) freshness: Option<Freshness>,
    /// How others were kept from writing, if they were.
    pub(super) blocking: Option<Blocking>,
}

impl Work for Mended {
    fn is_to_be_kept(&self) -> bool {
        self.repaired > 0
    }
}

/// Why nothing was written, so that another attempt is due.
pub(super) enum Undone {
    /// Somebody else was faster, or is writing, and the addresses are fresh no longer.
    Overtaken,
    /// The change of the marker with this number makes the database roll back.
    RolledBack(usize, RefusedMarker),
}

/// Mends these markers, all but the refused ones or none, in one transaction, and tells `tell` each change right before it
/// is committed.
///
/// If the addresses are fresh, what they know is trusted. Otherwise each marker is looked up again, with all that decides
/// whether it is right, before the write lock is taken, and only if somebody else was faster, or is writing, once more under
/// the lock. Where triggers may write too, markers are looked up and changed one by one.
pub(super) fn mend(
    conn: &Interruptible<'_>,
    schema: &Schema,
    suspects: &[Suspect],
    verified_at: Second,
    freshness: Freshness,
    tell: &mut dyn FnMut(Change),
) -> Result<Result<Mended, Undone>, Error> {
    let own_transaction = conn.is_autocommit();
    let rolled_back = Cell::new(None);
    let mut visit = |blocking: Option<Blocking>| {
        let one_by_one = Schema::has_triggers(conn)?;
        // The schema was read by now, so this is asked of the state that all further reading is of.
        let freshness = if one_by_one { Freshness::Stale } else { freshness.checked(conn) };
        let mended = Mended { freshness: Some(freshness), blocking, ..Mended::default() };
        let mut step = Step {
            conn,
            examination: Examination::new(conn, schema)?,
            updater: Updater::new(conn, one_by_one)?,
            attempts: Attempts::new(conn)?,
            verified_at,
            rolled_back: &rolled_back,
            changes: Vec::new(),
            mended,
        };
        let at_once = if one_by_one { 1 } else { suspects.len().max(1) };
        for (number, suspects) in suspects.chunks(at_once).enumerate() {
            step.mend(number * at_once, suspects, freshness)?;
        }
        let Step { changes, mut mended, .. } = step;
        if freshness.checked(conn) != freshness {
            return Err(written_meanwhile("repairing markers"));
        }
        changes.into_iter().for_each(&mut *tell);
        if let Some(blocking) = &mut mended.blocking {
            blocking.writing = blocking.since.elapsed();
        }
        Ok(mended)
    };
    let mended = match reading_then_writing(conn, || visit(None)) {
        // So many markers aren't looked up under the lock.
        Ok(None) if freshness != Freshness::Stale => return Ok(Err(Undone::Overtaken)),
        Ok(None) => writing(conn, || visit(Some(Blocking::begin(true)))),
        Ok(Some(mended)) => Ok(mended),
        Err(error) => Err(error),
    };
    match (mended, rolled_back.take()) {
        (Err(_), Some((number, by))) if own_transaction => Ok(Err(Undone::RolledBack(number, by))),
        (result, _) => {
            let mut mended = result?;
            if own_transaction && mended.repaired > 0 {
                mended.freshness = mended.freshness.map(|freshness| freshness.after_committing(conn));
            }
            if let Some(blocking) = &mut mended.blocking {
                blocking.committing = blocking.since.elapsed() - blocking.writing;
            }
            Ok(Ok(mended))
        }
    }
}

struct Step<'a> {
    conn: &'a Connection,
    examination: Examination<'a>,
    updater: Updater<'a>,
    attempts: Attempts<'a>,
    verified_at: Second,
    /// Is told what made the database roll back.
    rolled_back: &'a Cell<Option<(usize, RefusedMarker)>>,
    changes: Vec<Change>,
    mended: Mended,
}

impl Step<'_> {
    /// Mends those among these that are still wrong. `first` is the number of the first of them.
    fn mend(&mut self, first: usize, suspects: &[Suspect], freshness: Freshness) -> Result<(), Error> {
        let is_known = |suspect: &Suspect| freshness != Freshness::Stale && suspect.owner.is_some();
        let unknown = suspects.iter().enumerate().filter(|(_, suspect)| !is_known(suspect));
        let (numbers, rows): (Vec<_>, Vec<_>) =
            unknown.map(|(number, suspect)| (number, &suspect.row)).unzip();
        let examined = self.examination.of(&rows)?;
        for (number, examined) in numbers.into_iter().zip(examined) {
            if let Some((row, place)) = examined {
                self.mend_row(first + number, &row, place)?;
            }
        }
        for (number, Suspect { row, owner }) in suspects.iter().enumerate() {
            if let Some(owner) = owner.filter(|_| freshness != Freshness::Stale) {
                self.mend_row(first + number, row, Place::Marker(owner))?;
            }
        }
        Ok(())
    }

    fn mend_row(&mut self, number: usize, row: &MarkerRow, place: Place) -> Result<(), Error> {
        let replacement = judge(row, place)?.change;
        if replacement.is_nothing() {
            return Ok(());
        }
        self.mended.blocking.get_or_insert_with(|| Blocking::begin(false));
        let columns = columns(row, replacement, self.verified_at);
        let Step { attempts, updater, .. } = self;
        match attempts.attempt(|| updater.update(row, &columns))? {
            Updated::Left => {}
            Updated::Changed => {
                self.changes.push(Change::new(row, &columns)?);
                self.mended.repaired += 1;
            }
            Updated::Refused(refusal) => {
                let user_id = row.to_marker()?.user_id;
                let refused = RefusedMarker { user_id, refusal };
                if self.conn.is_autocommit() {
                    self.rolled_back.set(Some((number, refused.clone())));
                    return Err(Error::MarkerRefused { count: 1, first: refused, report: None });
                }
                self.mended.refused.push(refused);
            }
        }
        Ok(())
    }
}
