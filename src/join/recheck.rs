//! Looking owners up again, because somebody has written since they were read.

use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::Connection;

use crate::case_variants::{self, CaseVariants};
use crate::error::Error;
use crate::facilitators::{self, Dates};
use crate::schema::Schema;
use crate::text::Text;
use crate::user;

/// The look-ups of one step, which are prepared once.
pub(crate) struct Recheck<'c> {
    users: user::Search<'c>,
    case_variants: case_variants::Search<'c>,
    facilitators: facilitators::Search<'c>,
}

/// What is known of a user who exists.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    /// The dates of the facilitators that are the user's, or could be.
    pub(crate) dates: Dates,
    /// Whether one of them could be another user's as well.
    pub(crate) is_ambiguous: bool,
}

impl<'c> Recheck<'c> {
    pub(crate) fn new(conn: &'c Connection, schema: &Schema) -> Result<Self, Error> {
        Ok(Recheck {
            users: user::Search::new(conn)?,
            case_variants: case_variants::Search::new(conn, schema)?,
            facilitators: facilitators::Search::new(conn, schema, "NULL")?,
        })
    }

    /// How many users were passed to find those whose ids differ in case only.
    pub(crate) fn passed(&self) -> u64 {
        self.case_variants.passed()
    }

    /// Whether a user's facilitators, and those whose ids differ in case only, are found without reading all.
    pub(crate) fn looks_up(&self) -> bool {
        self.facilitators.looks_up() && !self.case_variants.reads_all()
    }

    /// What is known of each user with one of these ids, in their order; nothing if there is none.
    pub(crate) fn look_up(&mut self, user_ids: &[&Text]) -> Result<Vec<Option<Known>>, Error> {
        let (mut found, mut existing) = (Vec::new(), Vec::new());
        for user_id in user_ids {
            let exists = self.users.exists(user_id)?;
            found.push(exists.then_some(Known { dates: Dates::default(), is_ambiguous: false }));
            if exists {
                existing.push(*user_id);
            }
        }
        let dates = self.facilitators.dates_of(&existing)?;
        let in_lower_case = existing.iter().zip(&dates).filter(|(_, dates)| dates.any_folded);
        let several = self.those_of_several_users(in_lower_case.map(|(user_id, _)| *user_id))?;
        for ((known, user_id), dates) in found.iter_mut().flatten().zip(existing).zip(dates) {
            let is_ambiguous = dates.any_folded && several.contains(&user_id.fold()?);
            *known = Known { dates, is_ambiguous };
        }
        Ok(found)
    }

    /// The only user whose id differs from this one in case only, if there is one.
    pub(crate) fn only_case_variant(&mut self, user_id: &Text) -> Result<Option<Text>, Error> {
        let mut variants = self.case_variants.of(user_id, 2)?;
        Ok(variants.pop().filter(|_| variants.is_empty()))
    }

    /// The folds of these ids that are folds of more than one user's id.
    fn those_of_several_users<'u>(
        &mut self,
        user_ids: impl Iterator<Item = &'u Text>,
    ) -> Result<HashSet<Text>, Error> {
        let (mut once, mut several) = (HashSet::new(), HashSet::new());
        self.case_variants.for_each(&CaseVariants::of(user_ids)?, |id| {
            let fold = Text::copy(id)?.fold()?;
            if once.contains(&fold) {
                several.insert(fold);
            } else {
                once.insert(fold);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(several)
    }
}
