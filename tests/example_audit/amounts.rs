//! Sums of amounts, exact whatever their length.

use proptest::prelude::*;

use crate::amount::Amount;

fn sum(amounts: &[&str]) -> String {
    let mut sum = Amount::default();
    amounts.iter().for_each(|amount| sum.add(&Amount::read(amount.as_bytes()).unwrap()));
    sum.to_string()
}

proptest! {
    #[test]
    fn a_sum_is_exact(numbers in prop::collection::vec(0..u128::MAX / 1_000, 0..20), zeros in 0..3_usize) {
        let texts: Vec<_> = numbers.iter().map(|number| "0".repeat(zeros) + &number.to_string()).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(sum(&texts), numbers.iter().sum::<u128>().to_string());
    }
}

#[test]
fn no_amount_is_too_long() {
    let (nines, one) = ("9".repeat(1_000), "1".to_owned() + &"0".repeat(1_000));
    assert_eq!(sum(&[&nines, "1"]), one);
    assert_eq!(sum(&["1", &nines]), one);
    assert_eq!(sum(&["0", "000"]), "0");
}

#[test]
fn what_is_no_whole_number_is_no_amount() {
    for text in ["", " 1", "1 ", "-1", "+1", "1.0", "1e3", "0x10", "1_000", "١"] {
        assert_eq!(Amount::read(text.as_bytes()), None, "{text:?}");
    }
}
