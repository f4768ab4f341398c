//! No test here calls SQLite, so that Miri can run them.

use std::collections::HashMap;

use super::*;

fn second(date: &str) -> Second {
    Second::parse(date.as_bytes()).unwrap()
}

fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

/// A partition of facilitators, given by `owner_address` and date, with users and those of them who have a marker.
fn partition(facilitators: &[(ValueRef<'_>, &str)], users: &[&str], enrolled: &[&str]) -> Partition {
    let mut partition = Partition::new(facilitators.len() as u64).unwrap();
    let read: Vec<_> = facilitators
        .iter()
        .filter_map(|(owner_address, date)| {
            partition.facilitator(*owner_address, Second::parse(date.as_bytes())).unwrap()
        })
        .collect();
    assert!(partition.add(read).unwrap());
    partition.finish_adding().unwrap();
    note(&mut partition, users, Partition::note_user);
    note(&mut partition, enrolled, Partition::note_marker);
    partition
}

fn note(partition: &mut Partition, ids: &[&str], how: fn(&mut Partition, &Candidate)) {
    for id in ids {
        if let Some(user) = partition.candidate(partition.fold_hash(id.as_bytes()), id.as_bytes()) {
            how(partition, &user);
        }
    }
}

fn standing(partition: &Partition, owner_address: ValueRef<'_>) -> Standing {
    let facilitator = partition.facilitator(owner_address, None).unwrap().unwrap();
    partition.standing(partition.index_of(&facilitator).unwrap())
}

#[test]
fn an_address_means_the_user_whose_id_it_is_exactly_or_in_lower_case() {
    let days = "2026-01-21";
    let facilitators = [("Exact", days), ("folded", days), ("OTHERCASE", days), ("nobody", days)];
    let facilitators = facilitators.map(|(address, date)| (text(address), date));
    let partition = partition(&facilitators, &["Exact", "Folded", "OtherCase", "Owner of nothing"], &[]);
    let due = Standing::Due(second(days));
    assert_eq!(standing(&partition, text("Exact")), due);
    assert_eq!(standing(&partition, text("folded")), due);
    assert_eq!(standing(&partition, text("OTHERCASE")), Standing::Unknown);
    assert_eq!(standing(&partition, text("nobody")), Standing::Unknown);
    assert_eq!(partition.standing_of(b"Folded"), Some(due));
    for id in ["folded", "OtherCase", "Owner of nothing"] {
        assert_eq!(partition.standing_of(id.as_bytes()), None, "{id}");
    }
}

#[test]
fn an_address_in_lower_case_of_users_who_differ_in_case_is_ambiguous() {
    let facilitators = [(text("ada"), "2026-01-21"), (text("Ada"), "2026-01-20")];
    let partition = partition(&facilitators, &["Ada", "ADA"], &["ADA"]);
    assert_eq!(standing(&partition, text("ada")), Standing::Ambiguous);
    assert_eq!(standing(&partition, text("Ada")), Standing::Represented);
    assert_eq!(partition.standing_of(b"Ada"), None);
    assert_eq!(partition.standing_of(b"ADA"), None);
}

#[test]
fn the_date_is_the_earliest_of_both_forms_and_unknown_if_one_is() {
    let both = [(text("ada"), "2026-01-21"), (text("Ada"), "2026-01-20"), (text("Ada"), "2026-01-22")];
    assert_eq!(
        partition(&both, &["Ada"], &[]).standing_of(b"Ada"),
        Some(Standing::Due(second("2026-01-20")))
    );
    let one_unreadable = [both[0], (text("Ada"), "soon"), both[2]];
    assert_eq!(partition(&one_unreadable, &["Ada"], &[]).standing_of(b"Ada"), Some(Standing::Unreadable));
    assert_eq!(partition(&one_unreadable, &["Ada"], &["Ada"]).standing_of(b"Ada"), Some(Standing::Enrolled));
    let before_1970 = [(text("ada"), "0001-01-01"), (text("ada"), "9999-12-31 23:59:59")];
    assert_eq!(
        partition(&before_1970, &["Ada"], &[]).standing_of(b"Ada"),
        Some(Standing::Due(second("0001-01-01")))
    );
}

#[test]
fn what_is_not_text_means_no_user_whose_id_is_written_like_it() {
    let others = [ValueRef::Null, ValueRef::Integer(12), ValueRef::Real(1.5), ValueRef::Blob(b"Ada")];
    let facilitators = others.map(|value| (value, "2026-01-21"));
    let users = ["NULL", "12", "1.5", "Ada", "x'416461'"];
    let partition = partition(&facilitators, &users, &[]);
    assert_eq!(partition.len(), others.len());
    for value in others {
        assert_eq!(standing(&partition, value), Standing::Unknown, "{value:?}");
    }
    for id in users {
        assert_eq!(partition.standing_of(id.as_bytes()), None, "{id}");
    }
}

/// As a backfill goes through them: all facilitators are read for each partition, and read again where they didn't fit.
#[test]
fn what_does_not_fit_is_divided_and_no_address_is_lost_or_met_twice() {
    let addresses: Vec<String> = (0..200).map(|number| format!("Owner{number}")).collect();
    let mut partition = Partition::with_capacity(16, addresses.len() as u64).unwrap();
    let mut met: HashMap<&str, u32> = HashMap::new();
    loop {
        // Each one twice, once with an earlier date.
        let fits = ["2026-01-21", "2026-01-20"].into_iter().all(|date| {
            addresses.iter().all(|address| {
                let read = partition.facilitator(text(address), Some(second(date))).unwrap();
                partition.add(read.into_iter().collect()).unwrap()
            })
        });
        if !fits {
            continue;
        }
        partition.finish_adding().unwrap();
        assert!(partition.len() <= 16, "{}", partition.len());
        partition.warm(&addresses.iter().map(|id| partition.fold_hash(id.as_bytes())).collect::<Vec<_>>());
        let users: Vec<&str> = addresses.iter().map(String::as_str).collect();
        note(&mut partition, &users, Partition::note_user);
        for address in &addresses {
            if let Some(standing) = partition.standing_of(address.as_bytes()) {
                assert_eq!(standing, Standing::Due(second("2026-01-20")));
                *met.entry(address).or_default() += 1;
            }
        }
        if !partition.advance() {
            break;
        }
    }
    assert!(partition.is_last());
    assert_eq!(met.len(), addresses.len());
    assert!(met.values().all(|times| *times == 1), "{met:?}");
}

#[test]
fn an_address_is_listed_once() {
    let mut partition = partition(&[(text("ada"), "2026-01-21")], &[], &[]);
    assert!(partition.list(0));
    assert!(!partition.list(0));
}

/// All ways to write these letters in upper and lower case.
fn case_variants(letters: &str) -> Vec<String> {
    let variant = |bits: u32| {
        let letter = |(place, letter): (usize, char)| {
            if bits >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        };
        letters.chars().enumerate().map(letter).collect()
    };
    (0..1_u32 << letters.len()).map(variant).collect()
}

/// Were the group gone through for each of its addresses, this would take hours.
#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes")]
fn a_group_of_very_many_addresses_is_searched_and_not_gone_through() {
    let ids = case_variants("facilitatorownerid");
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let facilitators: Vec<_> = ids.iter().map(|id| (text(id), "2026-01-21")).collect();
    let partition = partition(&facilitators, &ids, &ids);
    let standings: Vec<_> = (0..partition.len()).map(|index| partition.standing(index)).collect();
    assert_eq!(standings[0], Standing::Ambiguous);
    assert!(standings[1..].iter().all(|standing| *standing == Standing::Represented));
}

#[test]
fn a_user_of_whom_nothing_is_left_to_do_is_not_due() {
    let facilitators = [(text("Ada"), "2026-01-21"), (text("bob"), "2026-01-21")];
    let mut partition = partition(&facilitators, &["Ada", "Bob"], &[]);
    for id in ["Ada", "Bob"] {
        assert_eq!(partition.standing_of(id.as_bytes()), Some(Standing::Due(second("2026-01-21"))));
        partition.note_visited(id.as_bytes());
        assert_eq!(partition.standing_of(id.as_bytes()), Some(Standing::Enrolled));
    }
}
