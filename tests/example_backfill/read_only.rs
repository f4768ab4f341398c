//! A database in WAL mode that this user may only read.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::program::{Database, Run, example, run};

/// The user and the group `nobody`.
const NOBODY: u32 = 65_534;

/// A folder in which nothing can be written, with the sample database in WAL mode.
struct ReadOnly {
    database: Database,
    /// The program where everybody can run it, wherever these tests were built.
    program: TempDir,
}

impl ReadOnly {
    /// `name` is the file's; `unmerged` a change that is in the WAL only.
    fn new(name: &str, unmerged: Option<&str>) -> Self {
        let database = Database::sample();
        let folder = database.path().parent().unwrap().to_owned();
        let conn = database.connect();
        conn.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        if let Some(change) = unmerged {
            conn.execute_batch(change).unwrap();
            fs::copy(folder.join("host.db-wal"), folder.join("wal")).unwrap();
        }
        drop(conn);
        if unmerged.is_some() {
            fs::rename(folder.join("wal"), folder.join(format!("{name}-wal"))).unwrap();
        }
        fs::rename(database.path(), folder.join(name)).unwrap();
        for file in folder.read_dir().unwrap() {
            fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o444)).unwrap();
        }
        let program = tempfile::tempdir().unwrap();
        // By another process: a file that this one has open for writing may be so in a child of another test's, and
        // can't be run as long.
        let copied = Command::new("cp").arg(example("backfill").get_program()).arg(program.path()).status();
        assert!(copied.unwrap().success());
        fs::set_permissions(program.path(), Permissions::from_mode(0o755)).unwrap();
        let place = ReadOnly { database, program };
        place.allow_writing(false);
        place
    }

    /// Whether files can be made in the folder, and removed.
    fn allow_writing(&self, allowed: bool) {
        let mode = if allowed { 0o755 } else { 0o555 };
        fs::set_permissions(self.folder(), Permissions::from_mode(mode)).unwrap();
    }

    fn folder(&self) -> PathBuf {
        self.database.path().parent().unwrap().to_owned()
    }

    /// Runs the program as somebody for whom permissions count, which they don't for root.
    fn backfill(&self, name: &str, options: &[&str]) -> Run {
        let mut command = Command::new(self.program.path().join("backfill"));
        if geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        run(command.arg(self.folder().join(name)).args(options))
    }

    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = self.folder().read_dir().unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        files
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // So that others than root can remove it.
        self.allow_writing(true);
    }
}

#[test]
fn a_dry_run_says_how_it_can_be_read_and_that_works() {
    let place = ReadOnly::new("host.db", None);
    let files = place.files();
    let refused = place.backfill("host.db", &["--dry-run"]);
    for advice in ["copy the file, with its -wal", "to a folder of yours", "add --immutable"] {
        assert!(refused.failure().contains(advice), "{refused:?}");
    }
    assert!(!refused.failure().contains("open the database for writing"), "{refused:?}");

    let output = place.backfill("host.db", &["--dry-run", "--immutable", "--explain"]).success();
    assert!(output.contains("right if nobody else wrote meanwhile"), "{output}");
    assert!(output.contains("\ncreated               2  markers to be written\n"), "{output}");
    assert!(output.contains("\nunknown_user: "), "{output}");
    assert_eq!(place.files(), files);

    let copy = tempfile::tempdir().unwrap();
    fs::set_permissions(copy.path(), Permissions::from_mode(0o777)).unwrap();
    let path = copy.path().join("copy.db");
    fs::copy(place.folder().join("host.db"), &path).unwrap();
    let output = place.backfill(path.to_str().unwrap(), &["--dry-run"]).success();
    assert!(output.contains("\ncreated               2  markers to be written\n"), "{output}");
}

#[test]
fn a_backfill_asks_for_a_user_who_may_write() {
    let place = ReadOnly::new("host.db", None);
    for options in [&[][..], &["--json"], &["--enroll", "80aAPzKVPQsZP9qYO3nvXJvanD9gjypU"]] {
        let run = place.backfill("host.db", options);
        assert!(run.failure().contains("run this as a user who may write the file"), "{run:?}");
        assert!(!run.failure().contains("--immutable"), "{run:?}");
    }
}

#[test]
fn immutable_refuses_a_file_with_changes_beside_it() {
    let name = "host.db";
    for suffix in ["-wal", "-journal"] {
        let place = ReadOnly::new(name, None);
        place.allow_writing(true);
        fs::write(place.folder().join(format!("{name}{suffix}")), "changes").unwrap();
        place.allow_writing(false);
        let run = place.backfill(name, &["--dry-run", "--immutable"]);
        assert!(run.failure().contains(&format!("{name}{suffix} holds changes")), "{run:?}");
        assert!(run.failure().contains("copy both to a folder of yours"), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_wal_is_copied_along_with_its_database() {
    let place = ReadOnly::new("host.db", Some("DELETE FROM facilitators WHERE id IN ('f1', 'f2')"));
    place.backfill("host.db", &["--dry-run", "--immutable"]).failure();
    place.backfill("host.db", &["--dry-run"]).failure();
    let copy = tempfile::tempdir().unwrap();
    fs::set_permissions(copy.path(), Permissions::from_mode(0o777)).unwrap();
    for name in ["host.db", "host.db-wal"] {
        fs::copy(place.folder().join(name), copy.path().join(name)).unwrap();
        fs::set_permissions(copy.path().join(name), Permissions::from_mode(0o666)).unwrap();
    }
    let output = place.backfill(copy.path().join("host.db").to_str().unwrap(), &["--dry-run"]).success();
    assert!(output.contains("\ncreated               1  markers to be written\n"), "{output}");
}

#[test]
fn immutable_finds_a_file_of_any_name() {
    for name in ["what?immutable=0#1.db", "50%41 & ü.db"] {
        let place = ReadOnly::new(name, None);
        let output = place.backfill(name, &["--dry-run", "--immutable"]).success();
        assert!(output.contains("\ncreated               2  markers to be written\n"), "{output}");
    }
}
