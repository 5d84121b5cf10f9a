//! When clocks end: worked out by hand, over the days of 2026 as they were announced.

use gridwalk_core::ErrorKind;
use gridwalk_core::calendar::{Amount, Calendar, DEFAULT_HOURS, OfficeHours, Version, read_version};
use gridwalk_core::clock::{beijing, parse_beijing};
use gridwalk_core::records::EditRecord;
use gridwalk_core::settings::{AddCalendar, calendar};
use serde_json::json;

use super::lab::Lab;

/// Days off: month, first and last day, what for. Then the weekends that are worked for them.
const OFF: [(u8, u8, u8, &str); 7] =
    [(1, 1, 3, "元旦"), (2, 15, 23, "春节"), (4, 4, 6, "清明节"), (5, 1, 5, "劳动节"), (6, 19, 21, "端午节"), (9, 25, 27, "中秋节"), (10, 1, 7, "国庆节")];
const WORKED: [&str; 6] = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"];

fn announced() -> Version {
    let mut rows = Vec::new();
    for (month, first, last, name) in OFF {
        rows.extend((first..=last).map(|day| [format!("2026-{month:02}-{day:02}"), "holiday".into(), name.into()]));
    }
    rows.extend(WORKED.map(|date| [date.to_owned(), "上班".into(), String::new()]));
    read_version("国务院办公厅", &rows).unwrap()
}

fn due(calendar: &Calendar, start: &str, amount: &str) -> String {
    beijing(calendar.due(parse_beijing(start).unwrap(), amount.parse().unwrap()).unwrap().at)
}

#[test]
fn clocks_end_as_worked_out_by_hand() {
    let calendar = Calendar::new(&[announced()], None, OfficeHours::default());
    for (start, amount, end) in [
        // Before Spring Festival, with a Saturday that is worked.
        ("2026-02-13 16:30", "2 working hours", "2026-02-14 10:30"),
        ("2026-02-13 16:30", "5 working days", "2026-02-27 17:00"),
        ("2026-02-13 16:30", "20个工作日", "2026-03-19 17:00"),
        ("2026-02-11 10:00", "3天", "2026-02-14 10:00"),
        ("2026-02-22 19:58", "2小时", "2026-02-22 21:58"),
        ("2026-02-22 19:58", "1 working hour", "2026-02-24 10:00"),
        // Over Labour Day, Qingming, Mid-Autumn and National Day.
        ("2026-04-30 10:00", "2 working days", "2026-05-07 17:00"),
        ("2026-04-27 10:00", "5 working days", "2026-05-07 17:00"),
        ("2026-04-03 10:00", "1 working day", "2026-04-07 17:00"),
        ("2026-09-21 09:30", "7 working days", "2026-10-08 17:00"),
        ("2026-09-29 15:00", "3个工作日", "2026-10-09 17:00"),
        // Before the office opens, over its lunch, to the minute that it closes, after it closed.
        ("2026-09-21 08:50", "2个工作小时", "2026-09-21 11:00"),
        ("2026-09-21 11:30", "1个工作小时", "2026-09-21 14:30"),
        ("2026-09-21 16:00", "1个工作小时", "2026-09-21 17:00"),
        ("2026-09-21 17:00", "1个工作小时", "2026-09-22 10:00"),
        ("2026-09-21 23:59", "6个工作小时", "2026-09-22 17:00"),
    ] {
        assert_eq!(due(&calendar, start, amount), end, "{start} + {amount}");
    }
    let told = calendar.due(parse_beijing("2026-02-13 16:30").unwrap(), Amount::WorkingDays(5)).unwrap();
    assert_eq!(told.assumed, None);
    assert_eq!(told.days.iter().map(|d| d.day).max(), Some(5));
    assert_eq!(told.days.iter().filter(|d| d.name == "春节").count(), 9);
}

#[test]
fn a_year_that_was_not_announced_counts_weekends_and_says_so() {
    let known = Calendar::new(&[announced()], None, OfficeHours::default());
    let start = parse_beijing("2026-12-30 10:00").unwrap();
    let before = known.due(start, Amount::WorkingDays(3)).unwrap();
    assert_eq!((beijing(before.at).as_str(), before.assumed), ("2027-01-04 17:00", Some(2027)));
    // Once the year is announced, the end moves.
    let next = read_version("2027", &[["2027-01-01".into(), "放假".into(), "元旦".into()]]).unwrap();
    let after = Calendar::new(&[announced(), next.clone()], Some(0), OfficeHours::default()).due(start, Amount::WorkingDays(3)).unwrap();
    assert_eq!((beijing(after.at).as_str(), after.assumed), ("2027-01-05 17:00", None));
}

#[test]
fn a_named_version_keeps_its_years_as_it_says() {
    // A later version gives 02-14 back; a clock that names the first goes on as it began.
    let mut changed = announced();
    changed.days.retain(|day| day.date != "2026-02-14");
    let versions = [announced(), changed];
    let at = |named| due(&Calendar::new(&versions, named, OfficeHours::default()), "2026-02-13 16:30", "1 working day");
    assert_eq!((at(Some(0)).as_str(), at(None).as_str()), ("2026-02-14 17:00", "2026-02-24 17:00"));
}

#[test]
fn office_hours_change_with_the_season() {
    assert_eq!(DEFAULT_HOURS.parse::<OfficeHours>().unwrap(), OfficeHours::default());
    let hours: OfficeHours = "09:00-12:00，14:00-17:00；06-01～08-31 08:00-12:00,15:00-18:00; 12-15~02-15 09:30-12:00,14:00-16:30".parse().unwrap();
    let calendar = Calendar::new(&[announced()], None, hours);
    assert_eq!(due(&calendar, "2026-05-29 16:30", "1 working hour"), "2026-06-01 08:30");
    assert_eq!(due(&calendar, "2026-05-29 16:30", "1 working day"), "2026-06-01 18:00");
    assert_eq!(due(&calendar, "2026-01-05 09:00", "1 working hour"), "2026-01-05 10:30");
    for wrong in ["", "9-17", "09:00-09:00", "12:00-09:00", "09:00-12:00,11:00-17:00", "09:00-12:00; 13-01~08-31 08:00-12:00", "25:00-26:00"] {
        assert!(wrong.parse::<OfficeHours>().is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_calendar_is_refused() {
    let row = |date: &str, kind: &str| [date.to_owned(), kind.to_owned(), String::new()];
    for rows in [
        vec![],
        vec![row("明天", "放假")],
        vec![row("2026-02-30", "放假")],
        vec![row("2026-02-14", "也许")],
        vec![row("2026-02-14", "放假"), row("2026.2.14", "上班")],
    ] {
        assert_eq!(read_version("x", &rows).unwrap_err().kind(), ErrorKind::Invalid, "{rows:?}");
    }
    for amount in ["", "5", "0 working days", "1001 hours", "-1 days", "5 weeks", "五个工作日"] {
        assert!(amount.parse::<Amount>().is_err(), "{amount}");
    }
    let calendar = Calendar::new(&[], None, OfficeHours::default());
    assert!(calendar.due(i64::MAX, Amount::WorkingDays(1)).is_err() && calendar.due(i64::MAX - 9, Amount::Minutes(1)).is_err());
}

#[test]
fn the_desk_sets_it_and_a_phone_reads_it() {
    let lab = Lab::new(&[("低保", 30)]);
    lab.phone.run(AddCalendar { settings: lab.settings, version: announced() }).unwrap();
    lab.phone.run(EditRecord::of(lab.settings, json!({"office_hours": "08:30-12:00,14:00-17:30"}))).unwrap();
    let wrong = lab.phone.run(EditRecord::of(lab.settings, json!({"office_hours": "从早到晚"}))).unwrap_err();
    assert_eq!(wrong.field(), Some("office_hours"));
    let read = || lab.phone.store().read(calendar).unwrap();
    assert_eq!(due(&read(), "2026-02-13 16:30", "1 working day"), "2026-02-14 17:30");
    // Another version comes beside it.
    let mut changed = announced();
    changed.days.retain(|day| day.date != "2026-02-14");
    lab.phone.run(AddCalendar { settings: lab.settings, version: changed }).unwrap();
    assert_eq!(due(&read(), "2026-02-13 16:30", "1 working day"), "2026-02-24 17:30");
}
