//! Rows that could not be taken: where each stands, why, and the file beside the input that lists them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gridwalk_core::error::Error as CoreError;
use gridwalk_sheets::Flaw;

use super::cells::MAX_COLUMNS;
use super::fields::{MAX_NUMBER, MAX_TEXT};
use super::stamp::DateFault;

/// Where a row stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The sheet; empty for files without sheets.
    pub sheet: String,
    /// The row as a spreadsheet program numbers it, or the line of a JSON lines file; the first is 1.
    pub row: u64,
}

/// Why a cell or row was refused. No reason carries the content of a cell: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A required cell is empty.
    Missing,
    /// The text is longer than [`MAX_TEXT`].
    TooLong,
    /// The number is longer than [`MAX_NUMBER`].
    NumberTooLong,
    /// The bytes are not text in the encoding of the file.
    Undecodable,
    /// The cell does not hold a time, or one that can be read in two ways.
    Date(DateFault),
    /// The time is later than now.
    Future,
    /// The answer is earlier than the message.
    AnsweredTooEarly,
    /// There is a time of answer but no answer.
    AnswerMissing,
    /// The number was kept with too few digits by the program that saved the file.
    LostDigits,
    /// The value is of the wrong type.
    WrongType,
    /// The number or id was used before, for something else.
    Repeated(Place),
    /// An earlier row is the same message, with another answer.
    SameMessage(Place),
    /// The row has more cells than there are headings.
    ExtraCells,
    /// A quotation mark is opened and never closed.
    OpenQuote,
    /// The line is not a JSON object.
    NotJson,
    /// The line is an object, but none that is known.
    UnknownLine,
    /// The value is outside what is possible (given in words).
    Outside(&'static str),
    /// The end is not after the start.
    EndBeforeStart,
    /// A key of the line is not known.
    UnknownKey,
    /// The record was imported before and is different now.
    Changed,
    /// Another row of the same household is wrong, so that the household does not come in.
    OfHousehold(Place),
    /// An earlier sheet has the same household with other content.
    SameHousehold(Place),
    /// The rows of one household have different addresses.
    OtherAddress,
    /// The row does not say in which grid the household lies.
    NoGrid,
    /// The column is not read.
    UnreadColumn,
    /// The row holds something, but nothing in a column that is read.
    UnreadRow,
    /// The sheet is hidden and not read.
    HiddenSheet,
    /// The sheet has no headings that are known.
    NoHeadings,
    /// The sheet has more columns than are read.
    TooWide,
    /// What is wrong with a cell, or a row of a workbook that was exported.
    Cell(Flaw),
}

impl Reason {
    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Missing => "必填内容为空".into(),
            Self::TooLong => format!("超过 {MAX_TEXT} 字，可能是几行连在了一起"),
            Self::NumberTooLong => format!("编号超过 {MAX_NUMBER} 个字符"),
            Self::Undecodable => "有乱码，请用 UTF-8 编码重新保存".into(),
            Self::Date(DateFault::Unreadable) => "时间认不出，请写成 2019-04-25 09:32:09".into(),
            Self::Date(DateFault::Impossible) => "日历或钟点上没有这个时间".into(),
            Self::Date(DateFault::OutOfRange) => "年份不在 1970 至 2100 之间".into(),
            Self::Future => "时间晚于现在".into(),
            Self::AnsweredTooEarly => "答复时间早于留言时间".into(),
            Self::AnswerMissing => "有答复时间而没有答复".into(),
            Self::LostDigits => "数字太长，以数字保存时末尾几位已丢失，请改为文本格式重新填写或导出".into(),
            Self::WrongType => "内容的类型不对".into(),
            Self::Repeated(place) => format!("编号与{}重复而内容不同", place.zh()),
            Self::SameMessage(place) => format!("与{}是同一条留言，答复等其余内容却不同", place.zh()),
            Self::ExtraCells => "单元格多于表头，内容中的分隔符可能没有加引号".into(),
            Self::OpenQuote => "引号没有成对".into(),
            Self::NotJson => "这一行不是 JSON 对象".into(),
            Self::UnknownLine => "认不出是住户、事件还是活动".into(),
            Self::Outside(range) => format!("应在 {range} 范围内"),
            Self::EndBeforeStart => "结束时间不晚于开始时间".into(),
            Self::UnknownKey => "不认识的键，没有读入；改正键名，或在 --mapping 的 ignore 中写明不要".into(),
            Self::Changed => "以前导入过，现在内容不同：没有改动，请在系统中修改".into(),
            Self::OfHousehold(place) => format!("同一户的{}有误，整户没有导入", place.zh()),
            Self::SameHousehold(place) => format!("与{}是同一户，内容却不同", place.zh()),
            Self::OtherAddress => "与同一户号的前一行地址不同".into(),
            Self::NoGrid => "没有写明网格，请填写，或用 --grid 指定".into(),
            Self::UnreadColumn => "这一列没有读入；可用 --mapping 指明是哪一项，或在 ignore 中写明不要".into(),
            Self::UnreadRow => "这一行没有可读入的内容".into(),
            Self::HiddenSheet => "隐藏的工作表，没有读入；可用 --mapping 的 sheet 指定".into(),
            Self::NoHeadings => "没有可识别的表头，没有读入".into(),
            Self::TooWide => format!("第 {MAX_COLUMNS} 列以后的内容没有读入"),
            Self::Cell(flaw) => flaw.zh(),
        }
    }

    /// The reason in English.
    pub fn en(&self) -> String {
        match self {
            Self::Missing => "a required cell is empty".into(),
            Self::TooLong => format!("longer than {MAX_TEXT} characters; rows may have run together"),
            Self::NumberTooLong => format!("the number is longer than {MAX_NUMBER} characters"),
            Self::Undecodable => "undecodable characters; save the file again as UTF-8".into(),
            Self::Date(DateFault::Unreadable) => "not a time that can be read; write 2019-04-25 09:32:09".into(),
            Self::Date(DateFault::Impossible) => "the calendar or clock has no such time".into(),
            Self::Date(DateFault::OutOfRange) => "the year is not within 1970 to 2100".into(),
            Self::Future => "the time is later than now".into(),
            Self::AnsweredTooEarly => "the answer is earlier than the message".into(),
            Self::AnswerMissing => "a time of answer without an answer".into(),
            Self::LostDigits => "the number is too long and lost its last digits when it was saved; enter or export it as text".into(),
            Self::WrongType => "the value is of the wrong type".into(),
            Self::Repeated(place) => format!("the number repeats {} with other content", place.en()),
            Self::SameMessage(place) => format!("the same message as {}, with another answer", place.en()),
            Self::ExtraCells => "more cells than headings; a separator may stand unquoted in the text".into(),
            Self::OpenQuote => "a quotation mark is not closed".into(),
            Self::NotJson => "this line is not a JSON object".into(),
            Self::UnknownLine => "neither a household nor a report nor an activity".into(),
            Self::Outside(range) => format!("must be within {range}"),
            Self::EndBeforeStart => "the end is not after the start".into(),
            Self::UnknownKey => "an unknown key, not read; correct it, or list it under ignore in --mapping".into(),
            Self::Changed => "imported before and different now: left as it is; change it in gridwalk".into(),
            Self::OfHousehold(place) => format!("{} of the same household is wrong, so the household was not imported", place.en()),
            Self::SameHousehold(place) => format!("the same household as {}, with other content", place.en()),
            Self::OtherAddress => "another address than an earlier row of the same household number".into(),
            Self::NoGrid => "no grid is named; fill it in, or name one with --grid".into(),
            Self::UnreadColumn => "this column was not read; name its field in --mapping, or list it under ignore".into(),
            Self::UnreadRow => "nothing in this row could be read".into(),
            Self::HiddenSheet => "a hidden sheet, not read; name it as sheet in --mapping to read it".into(),
            Self::NoHeadings => "no known headings, not read".into(),
            Self::TooWide => format!("what stands beyond column {MAX_COLUMNS} was not read"),
            Self::Cell(flaw) => flaw.en(),
        }
    }
}

impl Place {
    fn zh(&self) -> String {
        if self.sheet.is_empty() { format!("第 {} 行", self.row) } else { format!("表“{}”第 {} 行", self.sheet, self.row) }
    }

    fn en(&self) -> String {
        if self.sheet.is_empty() { format!("row {}", self.row) } else { format!("row {} of sheet \"{}\"", self.row, self.sheet) }
    }
}

/// One flaw of a row: its column by the heading (or key) in the file, empty for the row as a whole, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The heading or key; empty for the row as a whole.
    pub column: String,
    /// What is wrong.
    pub reason: Reason,
}

impl Problem {
    /// What the core says of a field that stands in this column.
    pub fn of_core(column: &str, error: &CoreError) -> Self {
        Self { column: column.to_owned(), reason: Reason::Cell(Flaw::of_core(error)) }
    }
}

/// A row that was not taken, or something else of the file that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The name of the input file, without its folder.
    pub file: String,
    /// The sheet; empty for files without sheets.
    pub sheet: String,
    /// The row or line; the first is 1, and 0 is the sheet as a whole.
    pub row: u64,
    /// The heading or key of the bad cell; several are joined by `、`; empty for the row as a whole.
    pub column: String,
    /// The reason in Chinese. With several bad cells each reason follows the name of its column.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
}

impl Reject {
    /// One thing that is wrong or was not read.
    pub fn one(file: &str, place: &Place, column: &str, reason: Reason) -> Self {
        Self::new(file, place, &[Problem { column: column.to_owned(), reason }])
    }

    /// One row with all its flaws, so that one look mends them all.
    pub fn new(file: &str, place: &Place, problems: &[Problem]) -> Self {
        let several = problems.len() > 1;
        let join = |words: &dyn Fn(&Reason) -> String, colon: &str, between: &str| {
            let each = problems.iter().map(|problem| match problem.column.as_str() {
                column if several && !column.is_empty() => format!("{column}{colon}{}", words(&problem.reason)),
                _ => words(&problem.reason),
            });
            each.collect::<Vec<_>>().join(between)
        };
        let columns: Vec<&str> = problems.iter().map(|problem| problem.column.as_str()).filter(|column| !column.is_empty()).collect();
        Self {
            file: file.to_owned(),
            sheet: place.sheet.clone(),
            row: place.row,
            column: columns.join("、"),
            reason_zh: join(&Reason::zh, "：", "；"),
            reason_en: join(&Reason::en, ": ", "; "),
        }
    }
}

/// The rejects file of an input: `messages.xlsx` has `messages.xlsx.rejects.csv` beside it.
pub fn rejects_path(input: &Path) -> PathBuf {
    let mut name = input.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}

/// Writes the rejects file of `input` and returns its path. Without rejects an old one is removed: it would tell of
/// rows that are mended by now. The file appears whole or not at all.
pub fn write_rejects(input: &Path, rejects: &[Reject]) -> io::Result<Option<PathBuf>> {
    let path = rejects_path(input);
    if rejects.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(None),
        };
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(name);
    let written = write_file(&temporary, rejects).and_then(|()| std::fs::rename(&temporary, &path));
    if let Err(error) = written {
        // The first error is the one to report; a left-over file is only untidy.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(Some(path))
}

fn write_file(path: &Path, rejects: &[Reject]) -> io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    // Excel takes a CSV for UTF-8 only when it begins with this mark.
    file.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut file);
    writer.write_record(["工作表 sheet", "行 row", "列 column", "原因 reason"])?;
    for reject in rejects {
        let reason = format!("{} / {}", reject.reason_zh, reject.reason_en);
        writer.write_record([
            inert(&reject.sheet),
            if reject.row == 0 { String::new() } else { reject.row.to_string() },
            inert(&reject.column),
            inert(&reason),
        ])?;
    }
    writer.flush()?;
    drop(writer);
    file.sync_all()
}

/// Sheet names and headings come from the file: one that begins like a formula must stay text in Excel.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}
