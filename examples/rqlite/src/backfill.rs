//! The loop of a backfill.

use std::collections::{BTreeSet, HashSet};

use crate::client::Level;
use crate::error::Error;
use crate::markers::Markers;
use crate::page;
use crate::refused::{Refusal, RefusedOwner};
use crate::report::Report;
use crate::skipped::SkippedOwner;

/// After so many refused markers, with none written, it is the schema.
const REFUSED_BY_THE_SCHEMA: usize = 1_000;

impl Markers<'_> {
    /// Gives every owner the marker that is missing, a page at a time, and says what came of it.
    ///
    /// It is finished when nobody is due any more, apart from those whose marker the engine refuses: what an answer
    /// counts is no measure, as it can be lost.
    ///
    /// # Errors
    ///
    /// As [`due`](Self::due); [`Error::MarkerRefused`] after all other owners were visited; [`Error::Schema`].
    pub fn backfill(&mut self) -> Result<Report, Error> {
        let clock = self.time.clock();
        let (mut seen, mut is_written) = (BTreeSet::new(), false);
        let mut due = self.due_ids(Level::Weak)?;
        loop {
            let mut refused = self.round(&clock, &due, &mut is_written)?;
            let before = due;
            due = self.due_ids(Level::Strong)?;
            seen.extend(before.iter().cloned());
            if add_not_kept(&mut refused, &due) && due != before {
                continue;
            }
            let counted = self.report(Level::Strong)?;
            if counted.created != due.len() as u64 {
                // Somebody has changed the tables in between.
                let now = self.due_ids(Level::Strong)?;
                if now != due {
                    due = now;
                    continue;
                }
            }
            let created = seen.iter().filter(|id| due.binary_search(id).is_err()).count() as u64;
            return self.conclude(counted, created, refused);
        }
    }

    fn due_ids(&mut self, level: Level) -> Result<Vec<String>, Error> {
        let mut ids: Vec<_> = self.due(level)?.into_iter().map(|owner| owner.user_id).collect();
        // As the statement sorts them, unless an engine has an order of its own.
        ids.sort_unstable();
        Ok(ids)
    }

    /// Enrolls these owners, and gives those whose marker is refused.
    fn round(
        &mut self,
        clock: &str,
        due: &[String],
        is_written: &mut bool,
    ) -> Result<Vec<RefusedOwner>, Error> {
        let (mut pages, mut refused) = (page::cut(due.len(), self.owners_per_page), Vec::new());
        self.progress.due = self.progress.visited + due.len() as u64;
        while let Some(page) = pages.pop() {
            match self.attempt(|client| page::enroll(client, clock, due, &page))? {
                Ok(rows) => {
                    *is_written |= rows > 0;
                    self.progress.visited += page.len() as u64;
                }
                Err(_) if page.len() > 1 => pages.extend(page::halve(&page)),
                Err(reason) => {
                    let refusal = Refusal::TurnedAway { reason: reason.to_string() };
                    refused.push(RefusedOwner { user_id: due[page.start].clone(), refusal });
                    self.progress.visited += 1;
                    if refused.len() == REFUSED_BY_THE_SCHEMA && !*is_written {
                        return Err(Error::Schema { first: refused.swap_remove(0) });
                    }
                }
            }
            self.tell()?;
        }
        Ok(refused)
    }

    /// The report of a backfill, from what the engine counts after it.
    fn conclude(
        &mut self,
        counted: Report,
        created: u64,
        mut refused: Vec<RefusedOwner>,
    ) -> Result<Report, Error> {
        // Of those who were due, some may be no owners by now.
        let created = created.min(counted.already_enrolled);
        let report = Report {
            created,
            already_enrolled: counted.already_enrolled - created,
            refused: counted.refused + counted.created,
            ..counted
        };
        if counted.refused > 0 {
            refused.extend(self.skipped(Level::Strong)?.into_iter().filter_map(|owner| match owner {
                SkippedOwner::MarkerRefused(refused) => Some(refused),
                _ => None,
            }));
        }
        match report.refused {
            0 => Ok(report),
            _ => Err(Error::MarkerRefused { report, refused }),
        }
    }
}

/// Leaves those among the refused who are still due, and adds the others who are: the engine took their marker, and it
/// isn't there. Tells whether there are any.
fn add_not_kept(refused: &mut Vec<RefusedOwner>, due: &[String]) -> bool {
    refused.retain(|owner| due.binary_search(&owner.user_id).is_ok());
    let known: HashSet<_> = refused.iter().map(|owner| owner.user_id.clone()).collect();
    let others = due.iter().filter(|user_id| !known.contains(*user_id));
    refused.extend(others.map(|id| RefusedOwner { user_id: id.clone(), refusal: Refusal::NotKept }));
    refused.len() > known.len()
}
