//! The example in C and the one for Node, built and run as their readers would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use facilitator_markers::rusqlite::Connection;

use super::build::{ROOT, folder, is_installed, library, run, text};

const SCHEMA: &str = include_str!("../host/schema.sql");
const SAMPLE: &str = include_str!("../../examples/backfill/sample.sql");

fn sample_database(folder: &Path) -> PathBuf {
    let path = folder.join("platform.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(SCHEMA).unwrap();
    conn.execute_batch(SAMPLE).unwrap();
    path
}

fn make(release: &Path, folder: &Path, more: &[&str]) -> PathBuf {
    let mut make = Command::new("make");
    make.current_dir(format!("{ROOT}/examples/c")).arg("--quiet");
    make.arg(format!("RELEASE={}", release.display())).arg(format!("OUT={}", folder.display())).args(more);
    run(make.env("CFLAGS", "-Werror"));
    folder.join("enroll")
}

fn enroll(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).env_remove("LD_LIBRARY_PATH").output().unwrap()
}

#[test]
fn the_c_example_enrolls_one_owner_and_then_the_others() {
    let Some(release) = library() else { return };
    for (name, more) in [("example-c", &[][..]), ("example-c-static", &["STATIC=1"])] {
        let folder = folder(name);
        let program = make(release, &folder, more);
        let database = sample_database(&folder);
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
            let output = enroll(&program, &[database, user_id]);
            assert_eq!((text(&output).as_str(), output.status.code()), (answer, Some(0)));
        }
        let output = enroll(&program, &[database]);
        let expected = "4 owners: 1 enrolled now, 2 enrolled before, 1 with a date that can't be read, 0 refused\n\
                        1 addresses mean no user, 1 could mean several; 2 facilitators have a date that can't be read\n";
        assert!(text(&output).ends_with(expected) && output.status.success(), "{}", text(&output));
    }
}

#[test]
fn the_c_example_shows_its_progress_and_its_failures() {
    let Some(release) = library() else { return };
    let folder = folder("example-c-failures");
    let program = make(release, &folder, &[]);
    let database = sample_database(&folder);
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
    let output = enroll(&program, &[database.to_str().unwrap()]);
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

    let output = enroll(&program, &[folder.join("none.db").to_str().unwrap()]);
    assert!(text(&output).contains("can't be opened") && !output.status.success(), "{}", text(&output));
    let output = enroll(&program, &[]);
    assert!(text(&output).starts_with("usage: ") && output.status.code() == Some(2), "{}", text(&output));
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
