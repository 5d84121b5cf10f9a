//! Service hours: every flag, and laws in any order.

use gridwalk_core::attendance::{Attendance, Flag, service_record};
use gridwalk_tests::harness::MORNING;
use proptest::prelude::*;

use super::lab::{cases, id_of};

const HOUR: i64 = 3600;

fn attendance(n: u64, from: i64, until: Option<i64>) -> Attendance {
    Attendance { id: id_of(1, n), activity: "a".into(), planned: Some(("清扫".into(), MORNING, MORNING + 2 * HOUR)), from, until, unanchored: false }
}

#[test]
fn one_attendance() {
    use Flag::{ClockSuspect, NoSignOut, OutsideTime, Overlap, Short};
    let table: [(&str, Attendance, i64, &[Flag]); 10] = [
        ("as planned", attendance(1, MORNING, Some(MORNING + 2 * HOUR)), 120, &[]),
        ("seconds do not count", attendance(1, MORNING, Some(MORNING + 2 * HOUR - 1)), 119, &[]),
        ("never signed out", attendance(1, MORNING, None), 0, &[NoSignOut]),
        ("ran backwards", attendance(1, MORNING, Some(MORNING - 1)), 0, &[ClockSuspect]),
        ("unconfirmed", Attendance { unanchored: true, ..attendance(1, MORNING, Some(MORNING + 2 * HOUR)) }, 120, &[ClockSuspect]),
        ("unconfirmed and backwards is one flag", Attendance { unanchored: true, ..attendance(1, MORNING, Some(MORNING - 1)) }, 0, &[ClockSuspect]),
        ("59 %", attendance(1, MORNING, Some(MORNING + 71 * 60)), 71, &[Short]),
        ("60 %", attendance(1, MORNING, Some(MORNING + 72 * 60)), 72, &[]),
        ("an hour early", attendance(1, MORNING - HOUR, Some(MORNING + 2 * HOUR)), 180, &[OutsideTime]),
        ("an hour late", attendance(1, MORNING + 2 * HOUR, Some(MORNING + 3 * HOUR)), 60, &[Short, OutsideTime]),
    ];
    for (what, attendance, minutes, flags) in table {
        let record = service_record(vec![attendance]);
        assert_eq!((record.minutes, &record.served[0].flags[..]), (minutes, flags), "{what}");
    }
    let unknown = service_record(vec![Attendance { planned: None, ..attendance(1, 0, Some(60)) }]);
    assert_eq!((unknown.minutes, unknown.served[0].title.as_str(), unknown.served[0].flags.len()), (1, "", 0));
    let both = service_record(vec![attendance(2, MORNING + HOUR, Some(MORNING + 3 * HOUR)), attendance(1, MORNING, Some(MORNING + 2 * HOUR))]);
    assert_eq!(both.minutes, 180, "time that overlaps counts once");
    assert_eq!(both.served.iter().map(|s| s.minutes).collect::<Vec<_>>(), [120, 60]);
    assert_eq!(both.served[1].flags[0], Overlap);
    let inside = service_record(vec![attendance(1, MORNING, Some(MORNING + 2 * HOUR)), attendance(2, MORNING + 60, Some(MORNING + 120))]);
    assert_eq!(inside.minutes, 120);
    assert_eq!(service_record(vec![]), Default::default());
}

fn any_attendance() -> impl Strategy<Value = Attendance> {
    let time = || prop_oneof![8 => MORNING..MORNING + 8 * HOUR, 1 => any::<i64>()];
    (1u64..50, time(), prop::option::of(time()), any::<bool>(), prop::option::of((time(), time()))).prop_map(|(n, from, until, unanchored, planned)| {
        Attendance { unanchored, planned: planned.map(|(a, b)| ("x".into(), a, b)), ..attendance(n, from, until) }
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn never_negative_and_the_same_in_any_order(mut list in prop::collection::vec(any_attendance(), 0..12)) {
        list.sort_by_key(|a| a.id);
        list.dedup_by_key(|a| a.id);
        let record = service_record(list.clone());
        prop_assert!(record.minutes >= 0 && record.served.iter().all(|s| s.minutes >= 0));
        prop_assert_eq!(record.served.len(), list.len(), "everything stays visible");
        for served in &record.served {
            let unfinished = served.until.is_none_or(|until| until < served.from);
            prop_assert!(!unfinished || served.minutes == 0);
            prop_assert_eq!(served.flags.contains(&Flag::NoSignOut), served.until.is_none());
        }
        list.reverse();
        prop_assert_eq!(&record, &service_record(list.clone()));
        let half = list.len() / 2;
        list.rotate_left(half);
        prop_assert_eq!(&record, &service_record(list));
    }
}
