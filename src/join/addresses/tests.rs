//! No test here calls SQLite, so that Miri can run them.

use std::collections::HashMap;

use super::*;

fn second(date: &str) -> Second {
    Second::parse(date.as_bytes()).unwrap()
}

fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

/// The addresses of facilitators, given by `owner_address` and date, with users and those of them who have a marker.
fn join(facilitators: &[(ValueRef<'_>, &str)], users: &[&str], enrolled: &[&str]) -> Addresses {
    let mut addresses = Addresses::new(facilitators.len() as u64).unwrap();
    for (owner_address, date) in facilitators {
        let address = addresses.address_of(*owner_address, Second::parse(date.as_bytes())).unwrap();
        addresses.add(address.unwrap()).unwrap();
    }
    addresses.finish_adding().unwrap();
    note(&mut addresses, users, Addresses::note_user);
    addresses.finish_noting_users();
    note(&mut addresses, enrolled, Addresses::note_marker);
    addresses
}

fn note(addresses: &mut Addresses, ids: &[&str], how: fn(&mut Addresses, &Match)) {
    for id in ids {
        if let Some(found) = addresses.find(addresses.key_of_fold(id.as_bytes()), id.as_bytes()) {
            how(addresses, &found);
        }
    }
}

fn status(addresses: &Addresses, owner_address: ValueRef<'_>) -> Status {
    let address = addresses.address_of(owner_address, None).unwrap().unwrap();
    addresses.status(addresses.number_of(&address).unwrap())
}

#[test]
fn an_address_means_the_user_whose_id_it_is_exactly_or_in_lower_case() {
    let days = "2026-01-21";
    let facilitators = [("Exact", days), ("folded", days), ("OTHERCASE", days), ("nobody", days)];
    let facilitators = facilitators.map(|(address, date)| (text(address), date));
    let addresses = join(&facilitators, &["Exact", "Folded", "OtherCase", "Owner of nothing"], &[]);
    let due = Status::Due(second(days));
    assert_eq!(status(&addresses, text("Exact")), due);
    assert_eq!(status(&addresses, text("folded")), due);
    assert_eq!(status(&addresses, text("OTHERCASE")), Status::UnknownUser);
    assert_eq!(status(&addresses, text("nobody")), Status::UnknownUser);
    assert_eq!(addresses.status_of_owner(b"Folded"), Some(due));
    for id in ["folded", "OtherCase", "Owner of nothing"] {
        assert_eq!(addresses.status_of_owner(id.as_bytes()), None, "{id}");
    }
}

#[test]
fn an_address_in_lower_case_of_users_who_differ_in_case_is_ambiguous() {
    let facilitators = [(text("ada"), "2026-01-21"), (text("Ada"), "2026-01-20")];
    let addresses = join(&facilitators, &["Ada", "ADA"], &["ADA"]);
    assert_eq!(status(&addresses, text("ada")), Status::AmbiguousUser);
    assert_eq!(status(&addresses, text("Ada")), Status::Alias);
    assert_eq!(addresses.status_of_owner(b"Ada"), None);
    assert_eq!(addresses.status_of_owner(b"ADA"), None);
}

#[test]
fn the_date_is_the_earliest_of_both_forms_and_unknown_if_one_is() {
    let both = [(text("ada"), "2026-01-21"), (text("Ada"), "2026-01-20"), (text("Ada"), "2026-01-22")];
    assert_eq!(join(&both, &["Ada"], &[]).status_of_owner(b"Ada"), Some(Status::Due(second("2026-01-20"))));
    let one_unreadable = [both[0], (text("Ada"), "soon"), both[2]];
    assert_eq!(join(&one_unreadable, &["Ada"], &[]).status_of_owner(b"Ada"), Some(Status::UnreadableDate));
    assert_eq!(
        join(&one_unreadable, &["Ada"], &["Ada"]).status_of_owner(b"Ada"),
        Some(Status::AlreadyEnrolled)
    );
    let before_1970 = [(text("ada"), "0001-01-01"), (text("ada"), "9999-12-31 23:59:59")];
    assert_eq!(
        join(&before_1970, &["Ada"], &[]).status_of_owner(b"Ada"),
        Some(Status::Due(second("0001-01-01")))
    );
}

#[test]
fn what_is_not_text_means_no_user_whose_id_is_written_like_it() {
    let others = [ValueRef::Null, ValueRef::Integer(12), ValueRef::Real(1.5), ValueRef::Blob(b"Ada")];
    let facilitators = others.map(|value| (value, "2026-01-21"));
    let users = ["NULL", "12", "1.5", "Ada", "x'416461'"];
    let addresses = join(&facilitators, &users, &[]);
    assert_eq!(addresses.len(), others.len());
    for value in others {
        assert_eq!(status(&addresses, value), Status::UnknownUser, "{value:?}");
    }
    for id in users {
        assert_eq!(addresses.status_of_owner(id.as_bytes()), None, "{id}");
    }
}

/// As a backfill goes through them: all facilitators are read for each part.
#[test]
fn what_does_not_fit_is_divided_and_no_address_is_lost_or_met_twice() {
    let ids: Vec<String> = (0..200).map(|number| format!("Owner{number}")).collect();
    // The one form or the other, and for some both.
    let lower = ids.iter().enumerate().filter(|(number, _)| number % 3 > 0).map(|(_, id)| id.to_lowercase());
    let exact = ids.iter().enumerate().filter(|(number, _)| number % 3 < 2).map(|(_, id)| id.clone());
    let owner_addresses: Vec<String> = lower.chain(exact).collect();
    let mut addresses = Addresses::with_capacity(16, owner_addresses.len() as u64).unwrap();
    let (mut met, mut parts): (HashMap<&str, u32>, u32) = (HashMap::new(), 0);
    loop {
        parts += 1;
        // Each one twice, once with an earlier date.
        for date in ["2026-01-21", "2026-01-20"] {
            for owner_address in &owner_addresses {
                let address = addresses.address_of(text(owner_address), Some(second(date))).unwrap();
                address.into_iter().for_each(|address| addresses.add(address).unwrap());
            }
        }
        addresses.finish_adding().unwrap();
        addresses.warm(&ids.iter().map(|id| addresses.key_of_fold(id.as_bytes())).collect::<Vec<_>>());
        note(&mut addresses, &ids.iter().map(String::as_str).collect::<Vec<_>>(), Addresses::note_user);
        addresses.finish_noting_users();
        for id in &ids {
            if let Some(status) = addresses.status_of_owner(id.as_bytes()) {
                assert_eq!(status, Status::Due(second("2026-01-20")));
                *met.entry(id).or_default() += 1;
            }
        }
        if !addresses.advance() {
            break;
        }
    }
    assert_eq!((met.len(), parts), (ids.len(), 17));
    assert!(met.values().all(|times| *times == 1), "{met:?}");
}

#[test]
fn more_facilitators_than_were_counted_find_room() {
    let mut addresses = Addresses::with_capacity(16, 0).unwrap();
    for number in 0..1_000 {
        let owner_address = format!("owner{}", number % 300);
        let address = addresses.address_of(text(&owner_address), Some(second("2026-01-21"))).unwrap();
        addresses.add(address.unwrap()).unwrap();
    }
    assert!(addresses.all.capacity() < 1_000, "those of one owner take the room of one");
    addresses.finish_adding().unwrap();
    assert_eq!(addresses.len(), 300);
}

#[test]
fn an_address_is_listed_once() {
    let mut addresses = join(&[(text("ada"), "2026-01-21")], &[], &[]);
    assert!(addresses.list(0));
    assert!(!addresses.list(0));
}

#[test]
fn a_user_of_whom_nothing_is_left_to_do_is_not_due() {
    let facilitators = [(text("Ada"), "2026-01-21"), (text("bob"), "2026-01-21")];
    let mut addresses = join(&facilitators, &["Ada", "Bob"], &[]);
    for id in ["Ada", "Bob"] {
        assert_eq!(addresses.status_of_owner(id.as_bytes()), Some(Status::Due(second("2026-01-21"))));
        addresses.note_visited(id.as_bytes());
        assert_eq!(addresses.status_of_owner(id.as_bytes()), Some(Status::AlreadyEnrolled));
    }
}
