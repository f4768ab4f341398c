//! One step's transaction.

use std::cell::Cell;

use rusqlite::Connection;

use super::change::{Change, Column, columns};
use super::update::{Updated, Updater};
use crate::audit::examine::Examination;
use crate::audit::judge::{Place, Replacement};
use crate::audit::row::MarkerRow;
use crate::audit::suspects::Suspect;
use crate::date::Second;
use crate::error::{Error, Refusal, RefusedMarker};
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

/// Who is told each change. If that fails, so does the step.
pub(super) type Tell<'t> = &'t mut dyn FnMut(Change) -> Result<(), Error>;

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
    tell: Tell<'_>,
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
            updater: Updater::new(conn, schema, one_by_one)?,
            attempts: Attempts::new(conn)?,
            verified_at,
            rolled_back: &rolled_back,
            changed: Vec::new(),
            mended,
        };
        let at_once = if one_by_one { 1 } else { suspects.len().max(1) };
        for (number, suspects) in suspects.chunks(at_once).enumerate() {
            step.mend(number * at_once, suspects, freshness)?;
        }
        let Step { changed, mut mended, .. } = step;
        if freshness.checked(conn) != freshness {
            return Err(written_meanwhile("repairing markers"));
        }
        for (row, replacement) in changed {
            let row = match &row {
                Row::Read(number) => &suspects[*number].row,
                Row::LookedUp(row) => row,
            };
            tell(Change::new(row, &columns(row, replacement, verified_at))?)?;
        }
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
    /// What was changed, of which nobody is told before the end.
    changed: Vec<(Row, Replacement)>,
    mended: Mended,
}

/// A row as it was before it was changed.
enum Row {
    /// That of the suspect with this number in the step.
    Read(usize),
    LookedUp(MarkerRow),
}

/// How many rows are changed between two savepoints, each of which has SQLite keep a copy of every page that is changed.
const AT_ONCE: usize = 100;

/// A row that is to be changed.
struct Due<'r> {
    which: Which,
    row: &'r MarkerRow,
    replacement: Replacement,
    columns: [Column<'r>; 3],
}

/// Which row of a step it is.
#[derive(Clone, Copy)]
struct Which {
    number: usize,
    /// Its place among those that were looked up, if it was.
    looked_up: Option<usize>,
}

/// What became of several rows.
enum Changed<'d, 'r> {
    /// Those that were changed; others had been changed by somebody else.
    These(Vec<&'d Due<'r>>),
    /// This one was refused, and nothing is to be kept.
    Refused(&'d Due<'r>, Refusal),
}

impl Work for Changed<'_, '_> {
    fn is_to_be_kept(&self) -> bool {
        matches!(self, Changed::These(changed) if !changed.is_empty())
    }
}

impl Step<'_> {
    /// Mends those among these that are still wrong. `first` is the number of the first of them.
    fn mend(&mut self, first: usize, suspects: &[Suspect], freshness: Freshness) -> Result<(), Error> {
        let known = |suspect: &Suspect| suspect.owner.filter(|_| freshness != Freshness::Stale);
        let unknown = suspects.iter().filter(|suspect| known(suspect).is_none());
        let rows: Vec<_> = unknown.map(|suspect| &suspect.row).collect();
        let mut looked_up = self.examination.of(&rows)?;
        let (mut examined, mut due) = (looked_up.iter().enumerate(), Vec::new());
        for (number, suspect) in suspects.iter().enumerate() {
            let (looked_up, row, replacement) = match known(suspect) {
                Some(owner) => (None, &suspect.row, Replacement::of(&suspect.row, &Place::Marker(owner))),
                None => match examined.next() {
                    Some((place, Some((row, of)))) => (Some(place), row, Replacement::of(row, of)),
                    _ => continue,
                },
            };
            if !replacement.is_nothing() {
                let columns = columns(row, replacement, self.verified_at);
                due.push(Due {
                    which: Which { number: first + number, looked_up },
                    row,
                    replacement,
                    columns,
                });
            }
        }
        let mut changed = Vec::new();
        due.chunks(AT_ONCE).try_for_each(|due| self.change(due, &mut changed))?;
        self.mended.repaired += changed.len() as u64;
        self.changed.extend(changed.into_iter().map(|(which, replacement)| {
            let row = which.looked_up.and_then(|place| looked_up[place].take());
            (row.map_or(Row::Read(which.number), |(row, _)| Row::LookedUp(row)), replacement)
        }));
        Ok(())
    }

    /// Changes these rows, all but the refused ones, and adds those that were changed.
    fn change(&mut self, due: &[Due<'_>], changed: &mut Vec<(Which, Replacement)>) -> Result<(), Error> {
        self.mended.blocking.get_or_insert_with(|| Blocking::begin(false));
        let Step { attempts, updater, .. } = self;
        match attempts.attempt(|| change_all(updater, due))? {
            Changed::These(these) => {
                changed.extend(these.iter().map(|due| (due.which, due.replacement)));
            }
            Changed::Refused(Due { which, row, .. }, refusal) => {
                let refused = RefusedMarker { user_id: row.to_marker()?.user_id, refusal };
                if self.conn.is_autocommit() {
                    self.rolled_back.set(Some((which.number, refused.clone())));
                    return Err(Error::MarkerRefused { count: 1, first: refused, report: None });
                }
                if due.len() > 1 {
                    return due.chunks(1).try_for_each(|due| self.change(due, changed));
                }
                self.mended.refused.push(refused);
            }
        }
        Ok(())
    }
}

fn change_all<'d, 'r>(updater: &mut Updater<'_>, due: &'d [Due<'r>]) -> Result<Changed<'d, 'r>, Error> {
    let mut changed = Vec::new();
    for each in due {
        match updater.update(each.row, &each.columns)? {
            Updated::Changed => changed.push(each),
            Updated::Left => {}
            Updated::Refused(refusal) => return Ok(Changed::Refused(each, refusal)),
        }
    }
    Ok(Changed::These(changed))
}
