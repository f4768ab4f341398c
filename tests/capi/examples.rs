//! The examples in C and the one for Node, built and run as their readers would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use facilitator_markers::rusqlite::Connection;

use super::build::{ROOT, folder, is_installed, library, run, text};

const SCHEMA: &str = include_str!("../host/schema.sql");
pub const OWNERS: &str = include_str!("../../examples/backfill/sample.sql");
const WRONG_MARKERS: &str = include_str!("../../examples/audit/sample.sql");

/// A host's database in this folder, with these rows.
pub fn sample_database(folder: &Path, rows: &str) -> PathBuf {
    let path = folder.join("platform.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    conn.execute_batch(rows).unwrap();
    path
}

fn make(release: &Path, folder: &Path, more: &[&str]) -> PathBuf {
    let mut make = Command::new("make");
    make.current_dir(format!("{ROOT}/examples/c")).arg("--quiet");
    make.arg(format!("RELEASE={}", release.display())).arg(format!("OUT={}", folder.display())).args(more);
    run(make.env("CFLAGS", "-Werror"));
    folder.to_owned()
}

/// Runs a program to its end.
pub fn start(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).env_remove("LD_LIBRARY_PATH").output().unwrap()
}

#[test]
fn the_c_example_enrolls_one_owner_and_then_the_others() {
    let Some(release) = library() else { return };
    for (name, more) in [("example-c", &[][..]), ("example-c-static", &["STATIC=1"])] {
        let folder = folder(name);
        let program = make(release, &folder, more).join("enroll");
        let database = sample_database(&folder, OWNERS);
        let database = database.to_str().unwrap();
        for (user_id, answer) in [
            (
                "qj6duxjoilvp0avgdwgllwoyscuizlry",
                "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy is enrolled now, since 2026-01-05 10:00:00\n",
            ),
            (
                "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy",
                "Qj6duxJoIlVp0AvgdWGlLwOySCUiZLRy was enrolled, since 2026-01-05 10:00:00\n",
            ),
            ("nobody", "nobody is not enrolled: no user has this id\n"),
            (
                "80aAPzKVPQsZP9qYO3nvXJvanD9gjypU",
                "80aAPzKVPQsZP9qYO3nvXJvanD9gjypU is not enrolled: no facilitator belongs to this user\n",
            ),
            (
                "jbl7dwthmqt8yjibak7za1lwvrkpgmxb",
                "jbl7dwthmqt8yjibak7za1lwvrkpgmxb is not enrolled: several users have ids that differ from this in \
                 case only\n",
            ),
            (
                "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB",
                "BZkYSdhqt17TcJQ5zhI1siH3EDELB2RB is not enrolled: a facilitator of this user has a date that can't \
                 be read\n",
            ),
        ] {
            let output = start(&program, &[database, user_id]);
            assert_eq!((text(&output).as_str(), output.status.code()), (answer, Some(0)));
        }
        let output = start(&program, &[database]);
        let expected = "4 owners: 1 enrolled now, 2 enrolled before, 1 with a date that can't be read, 0 refused\n\
                        1 addresses mean no user, 1 could mean several; 2 facilitators have a date that can't be read\n";
        assert!(text(&output).ends_with(expected) && output.status.success(), "{}", text(&output));
    }
}

#[test]
fn the_c_example_shows_its_progress_and_its_failures() {
    let Some(release) = library() else { return };
    let folder = folder("example-c-failures");
    let program = make(release, &folder, &[]).join("enroll");
    let database = sample_database(&folder, OWNERS);
    let conn = Connection::open(&database).unwrap();
    conn.execute_batch(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000)
         INSERT INTO \"user\"(id, name, email) SELECT 'many' || x, '', 'many' || x FROM n;
         INSERT INTO facilitators(id, name, subdomain, owner_address)
         SELECT id, '', id, id FROM \"user\" WHERE id GLOB 'many*';
         INSERT INTO reward_addresses(id, user_id, chain_type, address)
         VALUES ('FACILITATOR_OWNER:many7', 'many8', 'evm', '0x7')",
    )
    .unwrap();
    let output = start(&program, &[database.to_str().unwrap()]);
    let text_of_backfill = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text_of_backfill}");
    assert!(text_of_backfill.contains(" owners visited, at most "), "{text_of_backfill}");
    assert!(
        text_of_backfill.contains("2004 owners: 2001 enrolled now, 1 enrolled before"),
        "{text_of_backfill}"
    );
    assert!(
        text_of_backfill.contains("error: 1 marker is refused: for user \"many7\""),
        "{text_of_backfill}"
    );

    let output = start(&program, &[folder.join("none.db").to_str().unwrap()]);
    assert!(text(&output).contains("can't be opened") && !output.status.success(), "{}", text(&output));
    let output = start(&program, &[]);
    assert!(text(&output).starts_with("usage: ") && output.status.code() == Some(2), "{}", text(&output));
}

#[test]
fn the_c_example_says_what_is_wrong_mends_it_and_leaves_a_log_that_undoes_it() {
    let Some(release) = library() else { return };
    let folder = folder("example-c-repair");
    let program = make(release, &folder, &[]).join("repair");
    let path = sample_database(&folder, WRONG_MARKERS);
    let (database, log) = (path.to_str().unwrap(), folder.join("undo.sql"));
    let markers = || -> Vec<String> {
        let conn = Connection::open(&path).unwrap();
        let columns = "SELECT format('%Q %Q %Q %Q', id, verification_status, verified_at, created_at) FROM reward_addresses ORDER BY id";
        conn.prepare(columns).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let before = markers();

    let output = start(&program, &[database]);
    let found = text(&output);
    assert!(output.status.success() && found.ends_with("10 markers\n"), "{found}");
    assert!(
        found.contains("dated_late: marker \"m1\"")
            && found.contains("\n  0 of 100000000000000000001 counted\n"),
        "{found}"
    );
    assert_eq!(markers(), before);

    let output = start(&program, &[database, "/nowhere/undo.sql"]);
    assert!(!output.status.success() && markers() == before, "{}", text(&output));
    let output = start(&program, &[database, log.to_str().unwrap()]);
    assert!(
        text(&output).ends_with("10 markers, 4 repaired, 0 refused\n") && output.status.success(),
        "{}",
        text(&output)
    );
    assert_ne!(markers(), before);
    Connection::open(&path).unwrap().execute_batch(&std::fs::read_to_string(&log).unwrap()).unwrap();
    assert_eq!(markers(), before);
}

#[test]
fn the_node_addon_passes_its_own_tests() {
    let Some(release) = library() else { return };
    if !is_installed("node") || !is_installed("npm") {
        return;
    }
    let folder = folder("example-node");
    for file in ["addon.c", "binding.gyp", "package.json", "platform.test.js"] {
        std::fs::copy(format!("{ROOT}/examples/node-addon/{file}"), folder.join(file)).unwrap();
    }
    let npm = |arguments: &[&str]| {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(&folder).env_remove("NODE_OPTIONS").env("CFLAGS", "-Werror");
        npm.env("GYP_DEFINES", format!("checkout={ROOT} release={}", release.display()));
        // A Node of the system has its headers with it; node-gyp would download them.
        let node = PathBuf::from(run(Command::new("node").args(["--print", "process.execPath"])).trim());
        let prefix = node.parent().and_then(Path::parent).unwrap();
        if prefix.join("include/node/node_api.h").exists() {
            npm.env("npm_config_nodedir", prefix);
        }
        run(&mut npm)
    };
    npm(&["install", "--no-audit", "--no-fund", "--no-package-lock"]);
    let tests = npm(&["test", "--", "--test-reporter=tap"]);
    assert!(tests.contains("# pass 7\n") && tests.contains("# fail 0\n"), "{tests}");
}
