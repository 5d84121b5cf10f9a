//! Hybrid time: the order of the steps of one case.

use gridwalk_core::clock::{Anchor, Hybrid, Reading, SKEW_SECONDS, Stamp};
use proptest::prelude::*;

use super::lab::cases;

fn times() -> impl Strategy<Value = i64> {
    prop_oneof![5 => 1_772_000_000i64..1_772_001_000, 1 => any::<i64>(), 1 => -10i64..10]
}

fn hybrids() -> impl Strategy<Value = Hybrid> {
    prop_oneof![5 => (1_771_999_000i64..1_772_002_000, 0i64..65_536).prop_map(|(s, c)| Hybrid((s << 16) | c)), 1 => any::<i64>().prop_map(Hybrid)]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_laws(at in times(), hub in prop::option::of(times()), seen in prop::collection::vec(hybrids(), 0..8)) {
        let made = Hybrid::after(at, hub, seen.iter().copied());
        let physical = at.max(hub.unwrap_or(i64::MIN)).clamp(0, i64::MAX >> 17);
        for h in &seen {
            if h.seconds() <= physical + SKEW_SECONDS {
                prop_assert!(made > *h, "later than everything seen that is not absurd");
            }
        }
        prop_assert!(made.seconds() >= physical, "never below the newest hub time, nor one's own");
        prop_assert!(made.seconds() <= physical + SKEW_SECONDS + 1, "no wrong phone moves it far");
        prop_assert!(made.0 >= 0);
        // Monotone: what comes after what was made is later still, whatever the clock does.
        prop_assert!(Hybrid::after(at, hub, seen.iter().copied().chain([made])) > made);
        // The order of what was seen says nothing.
        prop_assert_eq!(made, Hybrid::after(at, hub, seen.iter().rev().copied()));
    }
}

#[test]
fn examples() {
    let at = |s: i64, n: i64| Hybrid((s << 16) | n);
    assert_eq!(Hybrid::after(1000, None, []), at(1000, 0));
    assert_eq!(Hybrid::after(1000, None, [at(900, 7)]), at(1000, 0));
    assert_eq!(Hybrid::after(1000, None, [at(1000, 0)]), at(1000, 1));
    assert_eq!(Hybrid::after(1000, None, [at(1000 + SKEW_SECONDS, 3)]), at(1000 + SKEW_SECONDS, 4));
    assert_eq!(Hybrid::after(1000, None, [at(1000 + SKEW_SECONDS + 1, 0)]), at(1000, 0), "more than two minutes ahead is one wrong phone's affair");
    assert_eq!(Hybrid::after(1000, Some(2000), [at(1900, 0)]), at(2000, 0));
    assert_eq!(Hybrid::after(-5, None, []), at(0, 0));
}

#[test]
fn a_time_is_trusted_by_an_anchor_of_its_boot_only() {
    let reading = Reading { wall: 500, boot: "b".into(), since_boot: 90 };
    let anchor = Anchor { boot: "b".into(), since_boot: 100, hub_time: 1_000 };
    let stamp = Stamp::new(reading.clone(), Some(&anchor), Some(9_999));
    assert_eq!((stamp.at, stamp.anchored), (990, true), "also by a later anchor");
    let stamp = Stamp::new(reading.clone(), Some(&Anchor { boot: "c".into(), ..anchor.clone() }), None);
    assert_eq!((stamp.at, stamp.anchored), (500, false));
    assert_eq!(Stamp::new(reading.clone(), None, None).at, 500);
    assert_eq!(Stamp::new(reading, None, Some(700)).at, 700, "not before the hub last answered");
    assert_eq!(Anchor { hub_time: i64::MAX, since_boot: i64::MIN, ..anchor }.time_of("b", i64::MAX), Some(i64::MAX));
}
