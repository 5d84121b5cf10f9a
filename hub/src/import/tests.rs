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
    assert_eq!(input.unread.iter().map(|unread| (unread.sheet.as_str(), unread.row)).collect::<Vec<_>>(), [("旧", 0), ("说明", 0), ("2019", 1048576)]);
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
        home("h1", &format!("\"lat\":32.6,\"lon\":110.7,{}", one("r1"))),
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

/// The rows of the given cells as separated text.
fn csv_rows(rows: &[&[&str]]) -> String {
    rows.iter().map(|row| row.join(",") + "\n").collect()
}

/// Each household as its address and its residents: name, relation, birth, phone, tags.
fn homes(input: &Input) -> Vec<(String, Vec<String>)> {
    let person = |r: &super::household::NewResident| [r.name.as_str(), &r.relation, &r.birth, &r.phone, &r.tags.join(" ")].join("|");
    let home = |h: &super::community::Household| (format!("{}/{}", h.grid, h.home.address), h.home.residents.iter().map(person).collect());
    input.households.iter().map(|row| home(&row.content)).collect()
}

fn home(address: &str, people: &[&str]) -> (String, Vec<String>) {
    (address.to_owned(), people.iter().map(|person| (*person).to_owned()).collect())
}

#[test]
fn a_text_cell_is_what_the_workbook_shows() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        put(sheet, 0, &[HEADINGS[0], HEADINGS[1], HEADINGS[2], HEADINGS[3], HEADINGS[4], "地点"]);
        let mut next = 1;
        let mut cell = |value: f64, format: &str| {
            put(sheet, next, &[&format!("A{next}"), "u", "t", "2019/4/25", "d"]);
            sheet.write_number_with_format(next, 5, value, &Format::new().set_num_format(format)).expect("written");
            next += 1;
        };
        for (value, format) in [
            (45_629.0, "m\"月\"d\"日\""),
            (12.0, "0\"号楼\""),
            (502.0, "0000"),
            (0.5, "0%"),
            (12.0, "General"),
            (45_629.0, "yyyy/m/d"),
            (12.0, "[DBNum1]General"),
            (1.5, "# ?/?"),
            (420_101_194_405_011_234.0, "0"),
        ] {
            cell(value, format);
        }
        put(sheet, 10, &["A10", "u", "t", "2019/4/25", "d", "4.20101E+17"]);
        put(sheet, 11, &["A11", "u", "t", "2019/4/25", "d", "2号楼"]);
    });
    let input = Dir::new().read("a.xlsx", bytes).expect("a workbook");
    let shown: Vec<_> = input.messages.iter().filter_map(|message| message.content.place.as_deref()).collect();
    assert_eq!(shown, ["12月3日", "12号楼", "0502", "50%", "12", "2024/12/3", "2号楼"]);
    assert_eq!(places(&input.rejects), [(8, "地点"), (9, "地点"), (10, "地点"), (11, "地点")]);
    assert!(input.rejects[2].reason_zh.contains("丢失") && input.rejects[3].reason_zh.contains("丢失"), "{:?}", input.rejects);
}

#[test]
fn what_is_not_read_is_named() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet().set_name("一").expect("named");
        put(sheet, 0, &["序号", "编号", "标题", "时间", "内容", "地点", "审核人", ""]);
        put(sheet, 1, &["1", "A1", "t", "2019/4/25", "d", "", "", ""]);
        sheet.write_formula(1, 5, Formula::new("=B1").set_result("")).expect("written");
        sheet.write_formula(1, 5, Formula::new("=VLOOKUP(1,A:B,2)").set_result("0")).expect("written");
        put(sheet, 2, &["2", "A2", "t", "2019/4/25", "d", "", "王审核", ""]);
        // Hidden by a filter, and still in the list.
        put(sheet, 3, &["3", "A3", "t", "2019/4/25", "d", "", "", "旁注"]);
        sheet.set_row_hidden(3).expect("hidden");
        put(sheet, 4, &["4", "A4", "t", "2019/4/25"]);
        sheet.merge_range(4, 4, 4, 5, "两列合并", &Format::new()).expect("merged");
        put(sheet, 6, &["填表人：张三"]);
        put(sheet, 7, &["8"]);
    });
    let dir = Dir::new();
    let input = dir.read("a.xlsx", &bytes).expect("a workbook");
    let numbers: Vec<&str> = input.messages.iter().map(|message| message.content.number.as_str()).collect();
    assert_eq!(numbers, ["A2", "A3"]);
    assert_eq!(places(&input.rejects), [(2, "地点"), (5, "地点")]);
    assert!(input.rejects[0].reason_zh.contains("公式") && input.rejects[1].reason_zh.contains("合并"), "{:?}", input.rejects);
    assert_eq!(places(&input.unread), [(1, "审核人"), (1, "第H列"), (7, "")]);
    let mapping = Mapping::from_json("{\"ignore\":[\"审核人\"]}").expect("a mapping");
    let input = read_file(&dir.file("a.xlsx", &bytes), &mapping, NOW).expect("a workbook");
    assert_eq!(places(&input.unread), [(1, "第H列"), (7, "")]);
}

#[test]
fn a_key_that_nobody_knows_is_named() {
    let line = "{\"id\":\"h1\",\"grid\":\"一网格\",\"address\":\"路1号\",\"microgrid\":\"二号楼\",\"residents\":[{\"id\":\"r1\",\"name\":\"张三\",\"telephone\":\"13800000001\"}]}";
    let report = "{\"id\":\"p1\",\"grid\":\"g\",\"category\":\"c\",\"title\":\"t\",\"at\":1,\"time\":2}";
    let dir = Dir::new();
    let path = dir.file("a.jsonl", format!("{line}\n{report}\n"));
    let input = read_file(&path, &Mapping::default(), NOW).expect("readable");
    assert_eq!(places(&input.rejects), [(1, "residents[0].telephone、microgrid"), (2, "time")]);
    let mapping = Mapping::from_json("{\"ignore\":[\"telephone\",\"microgrid\",\"time\"]}").expect("a mapping");
    let input = read_file(&path, &mapping, NOW).expect("readable");
    assert_eq!((input.rejects.len(), input.households.len(), input.reports.len()), (0, 1, 1));
}

#[test]
fn a_number_of_a_row_is_no_number_of_a_message() {
    let list = |heading: &str, title: &str| csv_rows(&[&[heading, "标题", "时间", "内容"], &["1", title, "2024/1/5", "a"], &["2", "井盖", "2024/1/6", "b"]]);
    let read = |heading: &str, title: &str| {
        let input = Dir::new().csv(&list(heading, title));
        assert_eq!(input.rejects, []);
        input.messages.into_iter().map(|message| (message.content.number, message.content.key)).collect::<Vec<_>>()
    };
    let (january, february) = (read("序号", "路灯"), read("No.", "漏水"));
    assert!(january.iter().chain(&february).all(|(number, _)| number.is_empty()));
    assert_ne!(january[0].1, february[0].1, "two messages");
    assert_eq!(january[1].1, february[1].1, "the same message in two files");
    assert_eq!(read("编号", "路灯")[0], ("1".to_owned(), "1".to_owned()));
    let input = Dir::new().csv("序号,标题,时间,内容,答复\n1,路灯,2024/1/5,a,甲\n2,路灯,2024/1/5,a,甲\n3,路灯,2024/1/5,a,乙\n");
    assert_eq!((input.messages.len(), input.repeats, places(&input.rejects)), (1, 1, vec![(4, "内容")]));
}

#[test]
fn a_household_is_checked_by_the_core_and_told_of_everything_at_once() {
    let line =
        |at: usize, rest: &str| format!("{{\"id\":\"h{at}\",\"grid\":\"第１ 网格\",\"address\":\"人民路１ 号\",\"residents\":[{{\"id\":\"r{at}\",{rest}}}]}}");
    let good = line(1, "\"name\":\"张  三\",\"birth\":\"１９４４．５．１\",\"phone\":\"１３８ 0000 0001／0719—8812345\",\"tags\":[\"独居\u{2f7c}人\"]");
    let bad = line(2, "\"name\":\"\",\"birth\":\"2031/1/1\",\"phone\":\"138-x\",\"tags\":[\"高龄 老人\"]");
    let partial = line(3, "\"name\":\"李四\",\"birth\":\"1944年5月\",\"phone\":\"无\"");
    let wrong = line(4, "\"name\":7,\"birth\":\"1944-02-30\"");
    let input = Dir::new().read("a.jsonl", [good, bad, partial, wrong].join("\n")).expect("readable");
    assert_eq!(homes(&input), [home("第1网格/人民路1号", &["张三||1944-05-01|13800000001、0719-8812345|独居老人"])]);
    let expected = [
        (2, "residents[0].name、residents[0].birth、residents[0].phone、residents[0].tags"),
        (3, "residents[0].birth"),
        (4, "residents[0].name、residents[0].birth"),
    ];
    assert_eq!(places(&input.rejects), expected);
    assert!(input.rejects[0].reason_zh.contains("residents[0].birth：出生日期晚于今天"), "{}", input.rejects[0].reason_zh);
    assert!(input.rejects[1].reason_zh.contains("只有年或年月"), "{}", input.rejects[1].reason_zh);
    assert!(input.rejects[2].reason_zh.contains("日历上没有"), "{}", input.rejects[2].reason_zh);
}

#[test]
fn a_roster_with_a_row_for_each_resident() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        sheet.merge_range(0, 0, 0, 9, "五堰社区一网格居民花名册", &Format::new()).expect("merged");
        // Headings in two rows: a group above its columns, the others merged over both.
        for (column, heading) in ["序号", "微网格", "住址"].iter().enumerate() {
            sheet.merge_range(1, column as u16, 2, column as u16, heading, &Format::new()).expect("merged");
        }
        sheet.merge_range(1, 3, 1, 9, "居民", &Format::new()).expect("merged");
        put(sheet, 2, &["", "", "", "姓  名", "与户主\n关系", "出生日期", "联系电话", "身份证号", "人员类别", "备注"]);
        put(sheet, 3, &["1", "", "", "王秀英", "户主", "", "１３８０００００００１", "420101194405011234", "独居、高龄", "常住"]);
        sheet.write_number_with_format(3, 5, 16_193.0, &Format::new().set_num_format("yyyy/m/d")).expect("written");
        put(sheet, 4, &["2", "", "", "李 明", "子", "1970.1.2", "无", "", "", ""]);
        sheet.merge_range(3, 1, 4, 1, "二号楼", &Format::new()).expect("merged");
        sheet.merge_range(3, 2, 4, 2, "人民路12号", &Format::new()).expect("merged");
        put(sheet, 5, &["3", "二号楼", "人民路 14号", "赵六", "户主", "19500308", "", "", "", ""]);
        put(sheet, 6, &["4", "二号楼", "人民路１４号", "赵六", "户主", "1950-3-8", "", "", "", ""]);
        put(sheet, 7, &["5", "二号楼", "人民路16号", "钱七", "户主", "1950", "12", "", "", ""]);
        put(sheet, 8, &["6", "二号楼", "人民路16号", "孙八", "妻", "", "", "", "", ""]);
    });
    let input = Dir::new().read("a.xlsx", bytes).expect("a workbook");
    assert_eq!(
        homes(&input),
        [
            home("一网格/人民路12号", &["王秀英|户主|1944-05-01|13800000001|独居 高龄", "李明|子|1970-01-02||"]),
            home("一网格/人民路14号", &["赵六|户主|1950-03-08||"]),
        ]
    );
    assert_eq!(input.households[0].content.micro_grid.as_deref(), Some("二号楼"));
    assert_eq!((input.repeats, input.messages.len()), (1, 0));
    assert_eq!(places(&input.rejects), [(8, "出生日期、联系电话"), (9, "")]);
    assert!(input.rejects[1].reason_zh.contains("第 8 行"), "{}", input.rejects[1].reason_zh);
    assert_eq!(places(&input.unread), [(3, "备注")]);
    let notes: Vec<&str> = input.notes.iter().map(|(zh, _)| zh.as_str()).collect();
    assert_eq!(notes, ["网格：一网格", "“身份证号”一列不导入"]);
}

#[test]
fn a_roster_with_a_row_for_each_household() {
    let rows = csv_rows(&[
        &["所属网格", "小区", "楼栋", "单元", "房号", "户主", "户主电话", "家庭成员", "住房性质"],
        &["第 1 网格", "幸福小区", "3", "2", "502", "王秀英", "13800000001/0719-8812345", "李明（子）、李红（女）", "自有"],
        &["第１网格", "幸福小区", "3", "2", "503", "", "", "", "出租"],
        &["第1网格", "幸福小区", "3", "2", "", "", "13800000002", "", ""],
    ]);
    // As many offices save it: GBK, parted by tabs, with the ending of a workbook.
    let bytes = encoding_rs::GBK.encode(&rows.replace(',', "\t")).0.into_owned();
    let input = Dir::new().read("住户.xls", bytes).expect("readable");
    assert_eq!(
        homes(&input),
        [
            home("第1网格/幸福小区3栋2单元502室", &["王秀英|户主||13800000001、0719-8812345|", "李明|子|||", "李红|女|||"]),
            home("第1网格/幸福小区3栋2单元503室", &[]),
        ]
    );
    assert_eq!((input.households[0].content.home.tenure.as_str(), places(&input.rejects)), ("自有", vec![(4, "name")]));
}

#[test]
fn households_are_told_apart_by_number_or_head_and_written_once() {
    let input = Dir::new().csv(&csv_rows(&[
        &["户编号", "网格", "户主", "姓名", "与户主关系", "住址", "出生日期"],
        &["7", "一网格", "王秀英", "李明", "子", "路1号", ""],
        &["7", "一网格", "王秀英", "王秀英", "", "路1号", ""],
        &["8", "一网格", "赵六", "赵六", "户主", "路1号", ""],
        // Saved as text, merged cells are empty below the first row.
        &["", "", "", "钱七", "妻", "", ""],
        &["9", "一网格", "孙八", "周九", "母", "路2号", ""],
        &["10", "一网格", "", "吴十", "", "路3号", "1950/2/30"],
        &["7", "一网格", "王秀英", "李红", "女", "路9号", ""],
    ]));
    assert_eq!(homes(&input), [home("一网格/路1号", &["赵六|户主|||", "钱七|妻|||"]), home("一网格/路2号", &["孙八|户主|||", "周九|母|||"])]);
    assert_eq!(places(&input.rejects), [(2, ""), (3, ""), (7, "出生日期"), (8, "住址")]);
    assert!(input.rejects.iter().take(2).all(|reject| reject.reason_zh.contains("第 8 行")), "{:?}", input.rejects);
    let input = Dir::new().csv("网格,户主,姓名,住址,出生日期\n一网格,甲一,甲一,路1号,\n一网格,乙二,乙二,路1号,\n");
    let ids: Vec<&str> = input.households.iter().map(|row| row.content.id.as_str()).collect();
    assert_eq!(ids, ["roster/一网格/路1号", "roster/一网格/路1号/2"]);
}

#[test]
fn what_a_file_is_must_be_clear() {
    let dir = Dir::new();
    let read = |name: &str, text: &str, mapping: &str| read_file(&dir.file(name, text), &Mapping::from_json(mapping).expect("a mapping"), NOW);
    let roster = "序号,户主,姓名,住址,联系电话,登记时间,备注\n1,甲,甲,路1号,,2024/1/5,独居\n";
    // A mapping can make complaints of anything: not of residents.
    let mapped = "{\"columns\":{\"title\":\"户主\",\"detail\":\"备注\"}}";
    assert!(matches!(read("一网格.csv", roster, mapped), Err(ReadError::Unclear { .. })));
    assert!(matches!(read("a.csv", roster, "{}"), Err(ReadError::NoGrid { .. })));
    assert_eq!(read("a.csv", roster, "{\"grid\":\"一 网格\"}").expect("a roster").households[0].content.grid, "一网格");
    assert_eq!(read("一网格.csv", roster, "{}").expect("a roster").households.len(), 1);
    // Those who complain are no household either.
    let complaints = "姓名,住址,标题,内容\n甲,路1号,灯,坏了\n";
    assert!(matches!(read("一网格.csv", complaints, "{}"), Err(ReadError::Unclear { .. })));
    let list = "姓名,地址,电话\n甲,路1号,\n";
    assert!(matches!(read("一网格.csv", list, "{}"), Err(ReadError::Unclear { .. })));
    assert_eq!(read("一网格.csv", list, "{\"as\":\"roster\"}").expect("named").households.len(), 1);
    assert_eq!(read("一网格居民.csv", list, "{}").expect("called so").households.len(), 1);
    // Messages may well name the person and the address.
    let messages = "编号,姓名,性别,地址,标题,时间,内容\nA1,甲,女,路1号,灯,2024/1/5,坏了\n";
    assert_eq!(read("a.csv", messages, "{}").expect("messages").messages.len(), 1);
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
