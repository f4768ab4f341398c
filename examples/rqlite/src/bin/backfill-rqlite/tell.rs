//! What a run came to, in the form that was asked for.

use std::io::Write;

use facilitator_markers_rqlite::{DueOwner, SkippedOwner};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::summary::{self, Summary};
use crate::{explain, json, lines};

/// How a run ended that didn't fail.
pub(crate) enum Ending {
    Done,
    /// With `--strict`.
    OwnersLeftOut,
}

/// Those who are left out, and in a dry run those who would be enrolled.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) left_out: Vec<SkippedOwner>,
    pub(crate) due: Option<Vec<DueOwner>>,
}

/// Whether anybody wants to know.
pub(crate) fn needs_lists(arguments: &Arguments) -> bool {
    arguments.explain || arguments.json_lines || arguments.strict
}

pub(crate) fn write(
    out: &mut impl Write,
    summary: &Summary,
    lists: &Lists,
    arguments: &Arguments,
) -> Result<(), Failure> {
    if arguments.json_lines {
        lines::write(out, summary, lists)?;
    } else if arguments.json {
        json::write_summary(out, summary, arguments.explain.then_some(lists))?;
    } else {
        summary::write(out, &arguments.title(), summary, arguments.explain)?;
        if arguments.explain {
            writeln!(out)?;
            explain::write(out, lists)?;
        }
    }
    Ok(())
}

pub(crate) fn ending(lists: &Lists, arguments: &Arguments) -> Ending {
    match arguments.strict && !lists.left_out.is_empty() {
        true => Ending::OwnersLeftOut,
        false => Ending::Done,
    }
}
