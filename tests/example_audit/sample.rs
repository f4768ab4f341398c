//! The example without arguments: an audit and a repair of its sample database.

use crate::program::{example, run};

/// The lines from the one after `heading` to the next empty one, which comes after one that is skipped.
fn section<'a>(output: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, after) = output.split_once(heading).unwrap_or_else(|| panic!("no {heading:?} in {output}"));
    after.trim_start_matches('\n').lines().take_while(|line| !line.is_empty()).collect()
}

fn output() -> String {
    run(&mut example("audit")).success()
}

#[test]
fn it_shows_the_volume_before_and_after_to_the_last_digit() {
    let output = output();
    assert_eq!(
        section(&output, "The platform counts this volume:")[2..],
        [
            "Ada   Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao  2026-03-01 09:00:00             25000000",
            "Ben   mB6yWc0QxZr9TnUoE4kHs1dVj7LgPf2I  2026-01-21T00:00:00.000Z        30000000",
            "Cleo  X0aJf5uRbN8eKqGz2MvTwCi7Yh4sDpL1  nothing counts                         0",
            "Dan   hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5  2026-01-13 09:00:00             15000000",
            "Eve   R7gPz2EwUoSx4CnJq9VyTb1KmHd6Lf0a  2025-11-01 00:00:00             33000000",
            "Finn  c9NfTs3BvXk5JrAy8WqLz0UeOh2GmDp7  nothing counts                         0",
            "Gwen  Yw4UeHn6RbKj1ZtCx0PqSg5LoVf9Mda3  2026-02-03 12:00:00                    0",
            "Hana  o2DzKx7VmLq0CjWt5RyBf8HsNe1PuGa6  nothing counts                         0",
        ]
    );
    assert_eq!(
        section(&output, "After it, the platform counts this volume:"),
        [
            "user  user id                           counted since               counted volume",
            "----  --------------------------------  -------------------  ---------------------",
            "Ada   Tq3vKd80cZxYbM5wRn1sLhJ2fGpUe7Ao  2026-01-05 10:00:00              125500000",
            "Ben   mB6yWc0QxZr9TnUoE4kHs1dVj7LgPf2I  2026-01-21 00:00:00               42250000",
            "Cleo  X0aJf5uRbN8eKqGz2MvTwCi7Yh4sDpL1  2026-01-10 12:00:00               80000000",
            "Dan   hV1sLk9DqYc3ZrXe6TbWu0MoGn8PjFa5  2026-01-13 09:00:00               15000000",
            "Eve   R7gPz2EwUoSx4CnJq9VyTb1KmHd6Lf0a  2025-11-01 00:00:00               33000000",
            "Finn  c9NfTs3BvXk5JrAy8WqLz0UeOh2GmDp7  nothing counts                           0",
            "Gwen  Yw4UeHn6RbKj1ZtCx0PqSg5LoVf9Mda3  2026-02-03 12:00:00                      0",
            "Hana  o2DzKx7VmLq0CjWt5RyBf8HsNe1PuGa6  2026-02-05 08:00:00  100000000000000000001",
        ]
    );
}

#[test]
fn it_shows_each_kind_of_finding_and_what_it_costs() {
    let output = output();
    let mut lines = section(&output, "The audit:");
    lines.sort_unstable();
    for (line, beginning) in lines.iter().zip([
        "  counted now: 0; not counted because of this: 100000000000000000001",
        "  counted now: 0; not counted because of this: 80000000",
        "  counted now: 25000000; not counted because of this: 100500000",
        "  counted now: 30000000; not counted because of this: 12250000",
        "date_form: marker \"m2\" ",
        "dated_early: marker \"m6\" ",
        "dated_late: marker \"m1\" ",
        "dated_late: marker \"m9\" ",
        "duplicate: marker \"m5\" ",
        "not_an_owner: marker \"m8\" ",
        "not_verified: marker \"m3\" ",
        "not_verified: marker \"m7\" ",
        "not_verified: marker \"m9\" ",
        "orphan: marker \"n1\" ",
    ]) {
        assert!(line.starts_with(beginning), "{beginning}: {lines:#?}");
    }
    assert_eq!(lines.len(), 14);
}

#[test]
fn it_shows_what_was_repaired_and_what_is_left() {
    let output = output();
    let repaired = section(&output, "The repair:");
    let markers: Vec<_> = repaired.iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(markers, ["m1", "m2", "m3", "m9"]);
    let mut left: Vec<_> = section(&output, "for the host to decide:");
    left.sort_unstable();
    let names: Vec<_> = left.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["dated_early", "duplicate", "not_an_owner", "not_verified", "orphan"]);
}

#[test]
fn it_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    run(example("audit").env("TMPDIR", temporary.path())).success();
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
}
