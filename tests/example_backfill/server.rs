//! The server example.

use crate::program::{example, run};

#[test]
fn it_enrolls_owners_at_the_start_and_with_each_new_facilitator() {
    let output = run(&mut example("server")).success();
    assert_eq!(
        output.lines().collect::<Vec<_>>(),
        [
            "start: 1 of 1 owners enrolled now",
            "log: BobXt0aR enrolled since 2026-03-01 09:30:00",
            "administrator creates shop for BobXt0aR: 201",
            "administrator creates shop-eu for BobXt0aR: 201",
            "administrator creates oops for BobXt0aS: 404",
            "log: Cyd5wQ2k enrolled since 2026-03-04 12:00:00",
            "subscription creates cafe for cyd5wq2k: 201",
            "log: facilitator f6 of eve1hn8j is unreadable_date: its volume doesn't count yet",
            "subscription creates books for eve1hn8j: 201",
            "log: facilitator f7 of dan7pl4m is ambiguous_user: its volume doesn't count yet",
            "subscription creates twins for dan7pl4m: 201",
        ]
    );
}
