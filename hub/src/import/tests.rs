//! Whole files, made up with every flaw that real ones have, and the real files where they are at hand.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use tempfile::TempDir;

use super::error::ReadError;
use super::mapping::Mapping;
use super::read::{Input, read_file};
use super::rejects::{Reject, rejects_path, write_rejects};
use super::stamp::Stamp;

/// 2026-01-01, later than every time in these files that is right.
const NOW: i64 = 1_767_225_600;
/// 2019-04-25 09:32:09 in China.
const AT: i64 = 1_556_155_929;
const HEADINGS: [&str; 7] = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"];
const GOOD: [&str; 7] = ["2549", "A0004", "物业管理", "2019/4/25 9:32:09", "电梯坏了", "已修好", "2019/5/10 14:56:53"];

struct Dir(TempDir);

impl Dir {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("the file is written");
        path
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Input, ReadError> {
        read_file(&self.file(name, bytes), &Mapping::default(), NOW)
    }

    fn csv(&self, text: &str) -> Input {
        self.read("a.csv", text).expect("a readable file")
    }
}

/// A row of messages like `GOOD`, with some cells changed.
fn row(changes: &[(usize, &str)]) -> Vec<String> {
    let mut cells = GOOD.map(String::from).to_vec();
    for (at, text) in changes {
        cells[*at] = (*text).to_owned();
    }
    cells
}

fn csv_of(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADINGS).expect("written");
    for row in rows {
        writer.write_record(row).expect("written");
    }
    String::from_utf8(writer.into_inner().expect("flushed")).expect("UTF-8")
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().expect("a workbook")
}

fn put(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column as u16, *cell).expect("written");
    }
}

fn places(rejects: &[Reject]) -> Vec<(u64, &str)> {
    rejects.iter().map(|reject| (reject.row, reject.column.as_str())).collect()
}

#[test]
fn every_bad_row_is_named_and_the_good_ones_go_in() {
    let long = "长".repeat(20_001);
    let changes: [&[(usize, &str)]; 15] = [
        &[(0, "1"), (3, "2019/2/30")],
        &[(0, "2"), (3, "")],
        &[(0, "3"), (4, " \t\u{a0}")],
        &[(0, "")],
        &[(0, "4"), (6, "2019/4/24 8:00")],
        &[(0, "5"), (6, "待定")],
        &[(0, "6"), (4, &long)],
        &[(0, "7"), (5, "")],
        &[(0, "8"), (3, "2031/1/1 8:00"), (5, ""), (6, "")],
        &[(4, "别的内容")],
        &[(0, "2.54917E+17")],
        &[(0, "9"), (5, "乱\u{fffd}码")],
        &[(0, "10"), (2, ""), (3, "昨天"), (4, "NaN")],
        &[],
        &[(0, "11")],
    ];
    let mut rows = vec![row(&[])];
    rows.extend(changes.iter().map(|changes| row(changes)));
    let input = Dir::new().csv(&csv_of(&rows));
    let expected = [
        (3, "留言时间"),
        (4, "留言时间"),
        (5, "留言详情"),
        (6, "留言编号"),
        (7, "答复时间"),
        (8, "答复时间"),
        (9, "留言详情"),
        (10, "答复意见"),
        (11, "留言时间"),
        (12, "留言编号"),
        (13, "留言编号"),
        (14, "答复意见"),
        (15, "留言主题、留言时间、留言详情"),
    ];
    assert_eq!(places(&input.rejects), expected);
    let numbers: Vec<&str> = input.messages.iter().map(|message| message.content.number.as_str()).collect();
    assert_eq!(numbers, ["2549", "11"]);
    assert_eq!(input.repeats, 1);
    assert_eq!(input.rejects[12].reason_zh, "留言主题：必填内容为空；留言时间：时间认不出，请写成 2019-04-25 09:32:09；留言详情：必填内容为空");
    assert_eq!(input.rejects[9].reason_zh, "编号与第 2 行重复而内容不同");
    for reject in &input.rejects {
        assert!(!format!("{reject:?}").contains("昨天") && !format!("{reject:?}").contains("别的"));
    }
}

#[test]
fn cells_are_cleaned_and_what_may_be_absent_may() {
    let rows = [
        row(&[(0, "２５５０"), (1, "无"), (2, "\u{feff} 路灯\t不亮\u{200b} "), (4, "\n\t\t第一行\r\n\r\n\r\n第二行_x000D_\n第三行\u{7}"), (5, "-"), (6, "")]),
        row(&[(0, "2551.0"), (6, "")]),
        row(&[(0, "2552"), (6, "2019年4月25日")]),
        row(&[(0, "2553"), (3, "2019年4月25日 上午9:32:09"), (4, "无")]),
    ];
    let input = Dir::new().csv(&csv_of(&rows));
    assert_eq!(input.rejects, []);
    let message = |at: usize| &input.messages[at].content;
    assert_eq!((message(0).number.as_str(), message(0).reporter.as_deref()), ("2550", None));
    assert_eq!(message(0).title, "路灯 不亮");
    assert_eq!(message(0).detail, "第一行\n\n第二行\n第三行");
    assert_eq!((&message(0).answer, message(0).answered_at), (&None, None));
    assert_eq!((message(1).number.as_str(), message(1).answered_at), ("2551", None));
    assert_eq!(message(1).answer.as_deref(), Some("已修好"));
    assert_eq!(message(2).answered_at, Some(Stamp { at: 1_556_121_600, day_only: true }), "the same day is not too early");
    assert_eq!(message(3).raised_at, Stamp { at: AT, day_only: false });
    assert_eq!(message(3).detail, "无");
}

#[test]
fn any_encoding_and_separator() {
    let dir = Dir::new();
    let text = csv_of(&[row(&[]), row(&[(0, "2550"), (4, "第一行\n第二行，有逗号,也有;分号")])]);
    let wide = |bytes: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let files: [(&str, Vec<u8>); 7] = [
        ("utf8", text.clone().into()),
        ("mark", format!("\u{feff}{text}").into()),
        ("gbk", encoding_rs::GBK.encode(&text).0.into_owned()),
        ("le", wide(u16::to_le_bytes, &format!("\u{feff}{text}"))),
        ("be", wide(u16::to_be_bytes, &format!("\u{feff}{text}"))),
        ("le without mark", wide(u16::to_le_bytes, &text)),
        ("crlf", text.replace('\n', "\r\n").into()),
    ];
    for (name, bytes) in files {
        let input = dir.read("a.csv", bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((input.messages.len(), input.rejects.len()), (2, 0), "{name}");
        assert_eq!(input.messages[1].content.detail, "第一行\n第二行，有逗号,也有;分号", "{name}");
        assert_eq!(input.messages[1].place.row, 3, "{name}");
    }
    for separator in ['\t', ';', '|'] {
        let line = |cells: &[&str]| cells.join(&separator.to_string());
        // Tab-separated text with the ending .xls is what many offices' systems export.
        let input = dir.read("a.xls", format!("{}\n{}\n", line(&HEADINGS), line(&GOOD))).expect("readable");
        assert_eq!(input.messages.len(), 1, "{separator:?}");
    }
}

#[test]
fn headings_stand_below_titles_and_have_other_names() {
    let input = Dir::new().csv(
        "2019年留言汇总表,,,,\n导出时间：2019-06-01,,,,\n\n ID ,Ｔｉｔｌｅ,Created At,Content（必填）,Reply,Reply Time\n7,灯不亮,2019-04-25T09:32:09+08:00,路口的灯,已修,2019-04-26 10:00\n,,,,,\n ID ,Ｔｉｔｌｅ,Created At,Content（必填）,Reply,Reply Time\n8,灯不亮,20190425,路口的灯,,\n",
    );
    assert_eq!(input.rejects, []);
    assert_eq!(input.messages.iter().map(|message| message.place.row).collect::<Vec<_>>(), [5, 8]);
    assert_eq!(input.messages[0].content.raised_at.at, AT);
    assert!(input.messages[1].content.raised_at.day_only);
}

#[test]
fn a_mapping_names_other_headings_and_clocks() {
    let dir = Dir::new();
    let path = dir.file("a.csv", "甲,乙,丙,丁（问）,丁（答）,戊\n1,灯,坏了,2019/4/25 1:32:09,2019/4/26,答\n");
    let error = read_file(&path, &Mapping::default(), NOW).expect_err("no known headings").to_string();
    assert!(error.contains("甲、乙、丙") && error.contains("编号、标题") && error.contains("--mapping"), "{error}");
    let mapping = dir.file(
        "m.json",
        "\u{feff}{\"columns\":{\"number\":\"甲\",\"title\":[\"题\",\"乙\"],\"detail\":\"丙\",\"raised_at\":\"丁（问）\",\"answered_at\":\"丁(答)\",\"answer\":\"戊\"},\"utc_offset_hours\":0}",
    );
    let mapping = Mapping::load(&mapping).expect("a mapping");
    // The bracket of one is full-width in the file and not in the mapping, so both headings fit it.
    assert!(
        matches!(read_file(&path, &mapping, NOW), Ok(input) if input.messages[0].content.raised_at.at == AT && input.messages[0].content.answered_at.is_some())
    );
    for (json, word) in [("{\"columns\":{\"nummer\":\"x\"}}", "nummer"), ("[1]", "JSON"), ("{\"utc_offset_hours\":99}", "14"), ("{\"sheets\":1}", "sheets")] {
        let (zh, en) = Mapping::from_json(json).expect_err("a bad mapping");
        assert!(zh.contains(word) && en.contains(word), "{zh} {en}");
    }
    let wanted = Mapping::from_json("{\"columns\":{\"place\":\"小区\"}}").expect("a mapping");
    let path = dir.file("b.csv", csv_of(&[row(&[])]));
    assert!(matches!(read_file(&path, &wanted, NOW), Err(ReadError::Headings { missing_en, .. }) if missing_en == "place"));
}

#[test]
fn data_is_not_shown_when_headings_are_missing() {
    let error = Dir::new().read("a.csv", "张三,13800000000,住在某处\n").expect_err("no headings").to_string();
    assert!(!error.contains("张三") && !error.contains("138"), "{error}");
    let error = Dir::new().read("a.csv", "编号,编号,标题,内容,时间\n1,1,a,b,2019/4/25\n").expect_err("twice").to_string();
    assert!(error.contains("编号"), "{error}");
}

#[test]
fn slipped_rows_do_not_take_others_with_them() {
    let header = HEADINGS.join(",");
    let good = |number: &str| row(&[(0, number)]).join(",");
    let text = format!(
        "{header}\n{}\n\n3,u,t,2019/4/25 9:32,\"没有收口的引号,a,2019/4/26\n{}\n5,u,t,2019/4/25 9:32,有,没加引号的逗号,a,2019/4/26\n{}\n7,u,5\" 水管,2019/4/25 9:32,详情\n8,u,t,2019/4/25,\"末行",
        good("1"),
        good("4"),
        good("6"),
    );
    let input = Dir::new().csv(&text);
    let numbers: Vec<&str> = input.messages.iter().map(|message| message.content.number.as_str()).collect();
    assert_eq!(numbers, ["1", "4", "6", "7"]);
    assert_eq!(input.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [4, 6, 9]);
    assert_eq!(input.messages[3].content.title, "5\" 水管");
}

#[test]
fn a_workbook_with_several_sheets_and_all_kinds_of_cells() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet().set_name("说明").expect("named");
        put(sheet, 0, &["本表由系统导出"]);
        let sheet = book.add_worksheet().set_name("2019").expect("named");
        let date = Format::new().set_num_format("yyyy/m/d h:mm:ss");
        sheet.merge_range(0, 0, 0, 6, "留言一览", &Format::new()).expect("merged");
        put(sheet, 2, &HEADINGS);
        put(sheet, 3, &["", "u", "t", "", "d", "a", ""]);
        sheet.write_number(3, 0, 2549.0).expect("written");
        sheet.write_number_with_format(3, 3, 43_580.397_326_388_886, &date).expect("written");
        sheet.write_number(3, 6, 43_581.0).expect("written");
        put(sheet, 5, &["2", "u", "", "2019/4/25", "d", "", ""]);
        sheet.write_formula(5, 2, Formula::new("=1/0").set_result("#DIV/0!")).expect("written");
        put(sheet, 6, &["", "u", "t", "2019/4/25", "d", "", ""]);
        sheet.write_number(6, 0, 430_100_199_001_011_234.0).expect("written");
        put(sheet, 7, &["4", "u", "t", "", "d", "", ""]);
        sheet.write_datetime_with_format(7, 3, ExcelDateTime::from_ymd(2019, 4, 25).expect("a day"), &date).expect("written");
        sheet.write_string(1_048_575, 16_383, "far away").expect("written");
        let sheet = book.add_worksheet().set_name("2020").expect("named");
        put(sheet, 0, &HEADINGS);
        put(sheet, 1, &row(&[(0, "5")]).iter().map(String::as_str).collect::<Vec<_>>());
        let sheet = book.add_worksheet().set_name("旧").expect("named").set_hidden(true);
        put(sheet, 0, &HEADINGS);
        put(sheet, 1, &row(&[(0, "6")]).iter().map(String::as_str).collect::<Vec<_>>());
    });
    let dir = Dir::new();
    // The content decides what a file is, not its ending.
    let input = dir.read("a.bin", &bytes).expect("a workbook");
    assert_eq!(input.skipped_sheets, ["说明"]);
    let numbers: Vec<&str> = input.messages.iter().map(|message| message.content.number.as_str()).collect();
    assert_eq!(numbers, ["2549", "4", "5"]);
    assert_eq!(input.messages[0].content.raised_at, Stamp { at: AT, day_only: false });
    assert!(input.messages[0].content.answered_at.is_some_and(|answered| answered.day_only));
    assert!(input.messages[1].content.raised_at.day_only);
    assert_eq!(places(&input.rejects), [(6, "留言主题"), (7, "留言编号")]);
    assert_eq!(input.rejects[0].sheet, "2019");
    let named = |sheet: &str| Mapping::from_json(&format!("{{\"sheet\":\"{sheet}\"}}")).expect("a mapping");
    let path = dir.file("a.xlsx", &bytes);
    assert_eq!(read_file(&path, &named("旧"), NOW).expect("hidden").messages.len(), 1);
    assert!(matches!(read_file(&path, &named("2021"), NOW), Err(ReadError::NoSheet { found, .. }) if found.contains("2020")));
}

#[test]
fn categories_take_merged_cells_and_refuse_gaps() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        put(sheet, 0, &["编码", "一级 分类", "二级分类", "三级分类"]);
        put(sheet, 1, &["0101", "", "道路", "破损"]);
        put(sheet, 2, &["0102", "", "道路", "积水"]);
        sheet.merge_range(1, 1, 2, 1, "城建", &Format::new()).expect("merged");
        put(sheet, 3, &["0103", "城建", "", "井盖"]);
        put(sheet, 4, &["0101", "城建", "道路", "塌陷"]);
        put(sheet, 5, &["0101", "城建 ", "道路", "破损"]);
        put(sheet, 6, &["0105", "城建", "道路", "积水"]);
    });
    let input = Dir::new().read("c.xlsx", bytes).expect("a workbook");
    assert_eq!(input.categories.len(), 2);
    assert_eq!(input.categories[1].content.level1, "城建");
    assert_eq!(input.repeats, 1);
    assert_eq!(places(&input.rejects), [(4, "二级分类"), (5, "编码"), (7, "三级分类")]);
    let input = Dir::new().csv("大类,小类,细类\n城建,道路,破损\n");
    assert_eq!(input.categories[0].content.level2, "道路");
}

#[test]
fn what_is_not_a_table_is_said_so() {
    let dir = Dir::new();
    let book = workbook(|book| {
        let sheet = book.add_worksheet();
        put(sheet, 0, &HEADINGS);
    });
    assert!(matches!(dir.read("a.xlsx", &book[..book.len() / 2]), Err(ReadError::Damaged { .. })));
    assert!(matches!(dir.read("a.xls", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0]), Err(ReadError::Damaged { .. })));
    assert!(matches!(dir.read("a.xlsx", "编号,标题"), Err(ReadError::NotATable { .. })));
    assert!(matches!(dir.read("a.xls", "<html><table>"), Err(ReadError::NotATable { .. })));
    assert!(matches!(dir.read("a.csv", (0..=255_u8).cycle().take(4_000).collect::<Vec<_>>()), Err(ReadError::NotATable { .. })));
    assert!(matches!(dir.read("a.csv", " \r\n"), Err(ReadError::Empty { .. })));
    assert!(matches!(dir.read("a.csv", ""), Err(ReadError::Empty { .. })));
    assert!(matches!(read_file(Path::new("/nowhere/a.csv"), &Mapping::default(), NOW), Err(ReadError::Io { .. })));
    let input = dir.read("a.xlsx", &book).expect("headings alone are a table without rows");
    assert!(input.messages.is_empty() && input.rejects.is_empty());
}

#[test]
fn json_lines_are_read_and_bad_lines_named() {
    let home = |id: &str, rest: &str| format!("{{\"id\":\"{id}\",\"grid\":\"g00\",\"address\":\"人民路1号\",{rest}}}");
    let one = |id: &str| format!("\"residents\":[{{\"id\":\"{id}\",\"name\":\"甲\",\"birth\":\"1950-02-28\",\"phone\":\"\",\"tags\":[\"党员\"]}}]");
    let report = |rest: &str| format!("{{\"grid\":\"g01\",\"category\":\"0101\",\"title\":\"道路破损\",{rest}}}");
    let activity = |rest: &str| format!("{{\"id\":\"a1\",\"grid\":\"g01\",\"title\":\"义诊\",\"places\":30,\"members\":[\"m1\"],{rest}}}");
    let lines = [
        home("h1", &format!("\"lat\":32.6,\"lon\":110.7,\"new\":1,{}", one("r1"))),
        home("h1", &format!("\"lon\":110.7,\"lat\":32.6,{}", one("r1"))),
        home("h1", &one("r1")),
        home("h2", &one("r1")),
        home("h3", &format!("\"lat\":92.6,\"lon\":110.7,{}", one("r3"))),
        home("h4", &format!("\"lat\":32.6,{}", one("r4"))),
        home("h5", "\"residents\":[{\"id\":\"r5\",\"name\":\" \",\"birth\":\"1950-02-30\"}]"),
        home("h6", "\"residents\":{}"),
        "{\"id\":\"h7\"".into(),
        String::new(),
        "{\"op\":\"report\",\"category\":\"0101\"}".into(),
        report("\"id\":\"p1\",\"at\":1772380800,\"detail\":\"a\""),
        report("\"id\":\"p2\",\"at\":1772380800000"),
        report("\"id\":7,\"at\":\"昨天\""),
        activity("\"start\":1772380800,\"end\":1772384400"),
        activity("\"start\":1772380800,\"end\":1772380800"),
    ];
    let dir = Dir::new();
    let input = dir.read("a.jsonl", format!("\u{feff}{}\r\n", lines.join("\r\n"))).expect("readable");
    assert_eq!((input.households.len(), input.reports.len(), input.activities.len(), input.repeats), (1, 1, 1, 1));
    let expected = [
        (3, "id"),
        (4, "residents[0].id"),
        (5, "lat"),
        (6, "lon"),
        (7, "residents[0].name、residents[0].birth"),
        (8, "residents"),
        (9, ""),
        (11, ""),
        (13, "at"),
        (14, "id、at"),
        (16, "end"),
    ];
    assert_eq!(places(&input.rejects), expected);
    assert!(matches!(dir.read("day.jsonl", "{\"op\":\"visit\",\"at\":1}\n"), Err(ReadError::UnknownLines { .. })));
}

#[test]
fn the_rejects_file_is_for_excel_and_goes_when_all_is_well() {
    let dir = Dir::new();
    let path = dir.file("a.csv", csv_of(&[row(&[(0, "=1"), (3, "")])]));
    let mut input = read_file(&path, &Mapping::default(), NOW).expect("readable");
    input.rejects[0].sheet = "=表".into();
    let written = write_rejects(&path, &input.rejects).expect("written").expect("a file");
    assert_eq!(written, rejects_path(&path));
    assert!(written.ends_with("a.csv.rejects.csv"));
    let text = std::fs::read_to_string(&written).expect("UTF-8");
    assert_eq!(text, "\u{feff}工作表 sheet,行 row,列 column,原因 reason\r\n'=表,2,留言时间,必填内容为空 / a required cell is empty\r\n");
    assert_eq!(std::fs::read_dir(dir.0.path()).expect("a folder").count(), 2, "no temporary file is left");
    assert_eq!(write_rejects(&path, &[]).expect("removed"), None);
    assert!(!written.exists());
    assert_eq!(write_rejects(&path, &[]).expect("nothing to remove"), None);
    assert!(write_rejects(Path::new("/nowhere/a.csv"), &input.rejects).is_err());
}

#[test]
fn the_real_files_go_in_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/real");
    if !folder.exists() {
        return;
    }
    let read = |name: &str| read_file(&folder.join(name), &Mapping::default(), NOW).expect("a real file");
    let list = read("categories.xlsx");
    assert_eq!((list.categories.len(), list.rejects.len(), list.repeats), (517, 0, 0));
    let input = read("messages-with-replies.xlsx");
    assert_eq!((input.messages.len(), input.rejects.len(), input.repeats), (2_816, 0, 0));
    let first = &input.messages[0];
    assert_eq!((first.place.row, first.content.number.as_str()), (2, "2549"));
    assert_eq!(first.content.raised_at, Stamp { at: AT, day_only: false });
    assert!(first.content.detail.starts_with("2019年4月以来"));
    // Row 7 has a date cell, row 1141 an answer of 2018/4/24 without a time of day.
    let at = |row: u64| input.messages.iter().find(|message| message.place.row == row).map(|message| &message.content);
    assert_eq!(at(7).map(|message| message.raised_at), Some(Stamp { at: 1_554_683_840, day_only: false }));
    assert_eq!(at(1_141).and_then(|message| message.answered_at), Some(Stamp { at: 1_524_499_200, day_only: true }));
    let day_only = input.messages.iter().filter(|message| message.content.answered_at.is_none_or(|answered| answered.day_only));
    assert_eq!(day_only.count(), 1);
    assert!(input.messages.iter().all(|message| message.content.answer.is_some() && !message.content.detail.contains("_x000D_")));
}
