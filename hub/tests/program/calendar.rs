//! An office asks when a clock ends, and why.

use std::collections::BTreeSet;
use std::fs;

use crate::program::Program;

#[test]
fn a_clock_ends_by_the_days_that_were_announced() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Program { folder: folder.path().to_owned(), people: BTreeSet::new() };
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    let due = |start: &str, amount: &str| hub.run(&["calendar", "due", start, amount], true);
    // Weekends alone, until the year is announced; and it says so.
    let assumed = due("2026-02-13 16:30", "5 working days");
    assert!(
        assumed.contains("到期 / due 2026-02-20 17:00") && assumed.contains("暂按周末计") && assumed.contains("按默认 09:00-12:00,14:00-17:00"),
        "{assumed}"
    );

    let file = folder.path().join("2026.csv");
    let days: Vec<String> = (15..=23).map(|day| format!("2026-02-{day},放假,春节")).collect();
    fs::write(&file, format!("\u{feff}日期,安排,节日\n2026-02-14,上班,春节\n{}\n", days.join("\n"))).unwrap();
    assert!(hub.run(&["calendar", "import", file.to_str().unwrap(), "--source", "国办发明电〔2025〕7号"], true).contains("10 天"));
    let told = due("2026-02-13 16:30", "5 working days");
    for part in [
        "到期 / due 2026-02-27 17:00",
        "2026-02-14（周六） 调休上班 春节 make-up working day：第1个工作日",
        "2026-02-15 至 2026-02-23 放假 春节 holiday：不计",
        "2026-02-27（周五） 工作日 working day：第5个工作日",
        "2026年依据 / source：国办发明电〔2025〕7号",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains("暂按周末计"));
    let hours = due("2026-02-13 16:30", "2个工作小时");
    assert!(hours.contains("到期 / due 2026-02-14 10:30") && hours.contains("计30分钟") && hours.contains("计90分钟"), "{hours}");
    assert!(due("2026-02-13 16:30", "24小时").contains("到期 / due 2026-02-14 16:30"));

    // What is wrong is said, and nothing comes in.
    fs::write(&file, "2026-02-14,上班,春节\n2026-02-31,放假,春节\n").unwrap();
    assert!(hub.error(&["calendar", "import", file.to_str().unwrap(), "--source", "x"]).contains("第2行"));
    assert!(hub.error(&["calendar", "due", "昨天", "5 working days"]).contains("2026-02-13 16:30"));
    assert!(hub.error(&["calendar", "due", "2026-02-13 16:30", "5 weeks"]).contains("5个工作日"));
    assert_eq!(due("2026-02-13 16:30", "5 working days"), told);
}
