//! Service hours: every flag, and laws in any order.

use gridwalk_core::attendance::{Attendance, Flag, service_record};
use gridwalk_tests::harness::MORNING;
use proptest::prelude::*;

use super::lab::{cases, id_of};

const HOUR: i64 = 3600;

fn attendance(n: u64, from: i64, until: Option<i64>) -> Attendance {
    Attendance {
        id: id_of(1, n),
        activity: "a".into(),
        planned: Some(("清扫".into(), MORNING, MORNING + 2 * HOUR)),
        from,
        until,
        unanchored: false,
        unsent: false,
    }
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
    let elsewhere = |n: u64, from: i64, until: i64| Attendance { activity: "b".into(), ..attendance(n, from, Some(until)) };
    let both = service_record(vec![elsewhere(2, MORNING + HOUR, MORNING + 3 * HOUR), attendance(1, MORNING, Some(MORNING + 2 * HOUR))]);
    assert_eq!(both.minutes, 180, "time that overlaps counts once");
    assert_eq!(both.served.iter().map(|s| s.minutes).collect::<Vec<_>>(), [120, 60]);
    assert_eq!(both.served[1].flags[0], Overlap);
    let inside = service_record(vec![attendance(1, MORNING, Some(MORNING + 2 * HOUR)), elsewhere(2, MORNING + 60, MORNING + 120)]);
    assert_eq!(inside.minutes, 120);
    assert_eq!(service_record(vec![]), Default::default());
}

#[test]
fn signing_in_twice_is_being_there_once() {
    use Flag::{ClockSuspect, NoSignOut, Short, Twice};
    type Row<'a> = (u64, Option<u64>, Option<i64>, i64, &'a [Flag]);
    let record = |list: Vec<Attendance>| service_record(list);
    let (early, late) = (MORNING, MORNING + 5 * 60);
    let end = MORNING + 2 * HOUR;
    let table: [(&str, Vec<Attendance>, Vec<Row<'_>>); 8] = [
        (
            "a double tap, not signed out",
            vec![attendance(1, early, None), attendance(2, early, None)],
            vec![(1, None, None, 0, &[NoSignOut]), (2, Some(1), None, 0, &[Twice])],
        ),
        (
            "signed out of the first",
            vec![attendance(1, early, Some(end)), attendance(2, late, None)],
            vec![(1, None, Some(end), 120, &[]), (2, Some(1), None, 0, &[Twice])],
        ),
        (
            "signed out of the second",
            vec![attendance(1, early, None), attendance(2, late, Some(end))],
            vec![(1, None, Some(end), 120, &[]), (2, Some(1), Some(end), 0, &[Twice])],
        ),
        (
            "two phones, signed out of both",
            vec![attendance(1, early, Some(end - HOUR)), attendance(2, late, Some(end))],
            vec![(1, None, Some(end), 120, &[]), (2, Some(1), Some(end), 0, &[Twice])],
        ),
        (
            "signed out, and in again at that moment",
            vec![attendance(1, early, Some(end)), attendance(2, end, Some(end + 60))],
            vec![(1, None, Some(end), 120, &[]), (2, None, Some(end + 60), 1, &[Short])],
        ),
        (
            "forgotten the day before",
            vec![attendance(1, early - 24 * HOUR, None), attendance(2, early, Some(end))],
            vec![(1, None, None, 0, &[NoSignOut]), (2, None, Some(end), 120, &[])],
        ),
        (
            "a clock that ran backwards joins nothing",
            vec![attendance(1, early, Some(early - 1)), attendance(2, early + 1, Some(end + 1))],
            vec![(1, None, Some(early - 1), 0, &[ClockSuspect]), (2, None, Some(end + 1), 120, &[])],
        ),
        (
            "unconfirmed anywhere is unconfirmed",
            vec![attendance(1, early, Some(end)), Attendance { unanchored: true, ..attendance(2, late, None) }],
            vec![(1, None, Some(end), 120, &[ClockSuspect]), (2, Some(1), None, 0, &[Twice])],
        ),
    ];
    for (what, list, rows) in table {
        let record = record(list);
        let found: Vec<_> = record.served.iter().map(|s| (s.attendance, s.twin_of, s.until, s.minutes, &s.flags[..])).collect();
        let wanted: Vec<_> = rows.iter().map(|(n, twin, until, minutes, flags)| (id_of(1, *n), twin.map(|t| id_of(1, t)), *until, *minutes, *flags)).collect();
        assert_eq!(found, wanted, "{what}");
    }
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
            prop_assert_eq!(served.flags.contains(&Flag::NoSignOut), served.until.is_none() && served.twin_of.is_none());
            prop_assert_eq!(served.flags.contains(&Flag::Twice), served.twin_of.is_some());
            prop_assert!(served.twin_of.is_none() || served.minutes == 0);
        }
        list.reverse();
        prop_assert_eq!(&record, &service_record(list.clone()));
        let half = list.len() / 2;
        list.rotate_left(half);
        prop_assert_eq!(&record, &service_record(list));
    }
}
