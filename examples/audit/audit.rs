//! An audit of an existing database.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::Ending;
use crate::arguments::Arguments;
use crate::database::Database;
use crate::failure::Failure;
use crate::findings::{self, Manner};
use crate::interruption::on_ctrl_c;
use crate::summary::{self, Summary};

pub(crate) fn run(path: &Path, arguments: &Arguments, out: &mut impl Write) -> Result<Ending, Failure> {
    on_ctrl_c(|| "interrupted; an audit writes nothing".to_owned());
    let database = Database::open(path, arguments.reading(), arguments.busy_timeout())?;
    let started = Instant::now();
    let audited = findings::tell(out, &database, Manner::of(arguments))?;
    let summary = Summary { audited, repair: None, elapsed: started.elapsed() };
    summary::write(out, &database, &summary, arguments.json_lines)?;
    Ok(summary.ending())
}

impl Manner {
    pub(crate) fn of(arguments: &Arguments) -> Self {
        Manner { json_lines: arguments.json_lines, cost: arguments.cost }
    }
}
