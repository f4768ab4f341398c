//! A SQLite that is too old is refused, whatever is called.

use super::build::{ROOT, folder, is_installed, library, run};
use super::programs::{Linking, compile};

#[test]
fn a_sqlite_that_is_too_old_is_refused_with_a_sentence() {
    let (Some(release), true) = (library(), is_installed("gcc")) else { return };
    let folder = folder("too-old");
    let built = compile("gcc", &[], Linking::Shared, release, &["too_old", "host"], &folder);
    run(std::process::Command::new(built).arg(format!("{ROOT}/tests/host/schema.sql")).arg(&folder));
}
