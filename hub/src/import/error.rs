//! Why a whole file could not be read. Each text says what to do, in Chinese first.

use std::io;

/// Why a file (or a mapping file) could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("无法读取文件 {path}，请检查路径和权限。 / Cannot read {path}; check the path and the permissions.")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is nothing in the file.
    #[error("{file} 是空文件，没有可导入的内容。 / {file} is empty; there is nothing to import.")]
    Empty {
        /// The file.
        file: String,
    },
    /// The file is neither a workbook nor text.
    #[error(
        "{file} 不是可读的表格。请在 Excel 或 WPS 中打开，另存为 .xlsx 或 UTF-8 的 .csv 后再导入。 / {file} is not a table that can be read. Open it in Excel or WPS, save it as .xlsx or as .csv in UTF-8, and import that."
    )]
    NotATable {
        /// The file.
        file: String,
    },
    /// The file begins like a workbook but is broken or cut off.
    #[error(
        "{file} 已损坏或不完整。请重新下载或导出，或在 Excel、WPS 中打开后另存为 .xlsx 再导入。 / {file} is damaged or incomplete. Fetch or export it again, or open it in Excel or WPS and save it as .xlsx."
    )]
    Damaged {
        /// The file.
        file: String,
        /// What the reader said, when it said something.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The workbook is protected by a password.
    #[error("{file} 有密码保护。请在 Excel 或 WPS 中取消密码后另存再导入。 / {file} is protected by a password. Save a copy without one and import that.")]
    Password {
        /// The file.
        file: String,
    },
    /// No sheet has the headings of a known kind.
    #[error(
        "{file} 中找不到所需的列。找到的表头：{found}；缺少：{missing_zh}。请用 --mapping 指定一个映射文件，说明各列的表头，例如 {example}。 / {file} lacks columns that are needed. Headings found: {found}; missing: {missing_en}. Name the headings in a mapping file (--mapping), such as {example}."
    )]
    Headings {
        /// The file.
        file: String,
        /// The headings of the row that fits best.
        found: String,
        /// What is missing, in Chinese.
        missing_zh: String,
        /// What is missing, by field key.
        missing_en: String,
        /// A mapping file that would name what is missing.
        example: String,
    },
    /// What the sheet is cannot be told by its headings.
    #[error(
        "看不出 {file} 是什么：表头既像居民花名册，又像留言，或两样都不全。请用 --as roster（花名册）、--as messages（留言）或 --as categories（分类）指明。 / What {file} is cannot be told: its headings could be a roster's or messages'. Say which with --as roster, --as messages or --as categories."
    )]
    Unclear {
        /// The file.
        file: String,
    },
    /// A roster does not say in which grid its households lie.
    #[error(
        "{file} 没有“网格”一列，标题中也没有网格名。请用 --grid 指定，例如 --grid 一网格。 / {file} has no column for the grid (网格) and no title that names one. Name it with --grid."
    )]
    NoGrid {
        /// The file.
        file: String,
    },
    /// Two columns have the same heading.
    #[error("{file} 中有两列的表头都是“{heading}”。请改名或删去一列。 / Two columns of {file} have the heading \"{heading}\". Rename or remove one.")]
    SameHeading {
        /// The file.
        file: String,
        /// The heading.
        heading: String,
    },
    /// The sheet named in the mapping is not there.
    #[error(
        "{file} 中没有名为“{wanted}”的工作表。现有：{found}。请修改映射文件中的 sheet。 / {file} has no sheet named \"{wanted}\". It has: {found}. Change `sheet` in the mapping file."
    )]
    NoSheet {
        /// The file.
        file: String,
        /// The sheet that was asked for.
        wanted: String,
        /// The sheets there are.
        found: String,
    },
    /// No line of a JSON lines file is of a known kind.
    #[error(
        "{file} 中没有一行是住户（residents）、事件（category）或活动（members、start）。每行应是一个 JSON 对象，格式见 docs/operations.md。 / No line of {file} is a household (residents), a report (category) or an activity (members, start). Each line must be one JSON object; docs/operations.md shows them."
    )]
    UnknownLines {
        /// The file.
        file: String,
    },
    /// The mapping file is wrong.
    #[error("映射文件 {file} 有误：{zh}。 / The mapping file {file} is wrong: {en}.")]
    Mapping {
        /// The mapping file.
        file: String,
        /// What is wrong, in Chinese.
        zh: String,
        /// What is wrong, in English.
        en: String,
    },
}
