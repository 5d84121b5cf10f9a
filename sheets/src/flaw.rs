//! What is wrong with a cell or a row of a workbook.

use gridwalk_core::Error;

/// Why a cell or row of a workbook is not taken. None carries the content of a cell: it may be personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The cell holds the error value of a formula (`#REF!`).
    FormulaError,
    /// The cell holds a formula whose value is not in the file.
    Uncomputed,
    /// The cell is merged with the one to its left.
    Covered,
    /// What the cell shows is not in the file, or its number format is not known.
    NotShown,
    /// The column is not of the list.
    UnreadColumn,
    /// A row without an id.
    NoId,
    /// A row with an id that was not exported.
    UnknownId,
    /// More rows than one have the id.
    IdTwice,
    /// Name and address both differ from those of the row's id.
    OtherRecord,
    /// The row of this id was deleted.
    RowGone(String),
    /// What the row is about is not here any more.
    RecordGone,
    /// The column is shown, and edited elsewhere.
    OnlyShown,
    /// The cell was changed here too, and it is not known any more what it was.
    BothChanged,
    /// There is no open grid or micro-grid of this name.
    NoSuchGrid,
    /// What the core says of the field, in Chinese and in English.
    Core(String, String),
}

/// A row, by its number (0 is the sheet as a whole), with its flaws; each with its column by the heading, empty for the row as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flawed {
    /// The row as a spreadsheet program numbers it.
    pub row: u64,
    /// Columns with what is wrong there.
    pub flaws: Vec<(String, Flaw)>,
}

impl Flawed {
    /// One flaw of a row.
    pub fn one(row: u64, column: &str, flaw: Flaw) -> Self {
        Self { row, flaws: vec![(column.to_owned(), flaw)] }
    }
}

impl Flaw {
    /// What the core says of a field.
    pub fn of_core(error: &Error) -> Self {
        Self::Core(error.message_zh().to_owned(), error.message_en().to_owned())
    }

    /// The flaw in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::FormulaError => "单元格是公式错误值，请改成内容本身".into(),
            Self::Uncomputed => "公式没有算出的值，请在 Excel 或 WPS 中打开、保存后再导入，或改成内容本身".into(),
            Self::Covered => "与左边的单元格合并，看不出是哪一列的内容，请拆开后填写".into(),
            Self::NotShown => "看不出单元格显示的内容，请改为文本格式，旧格式的文件请另存为 .xlsx".into(),
            Self::UnreadColumn => "不是这份表的列，没有读入".into(),
            Self::NoId => "这一行没有编号，没有读入；新的住户请用花名册导入".into(),
            Self::UnknownId => "这一行的编号不是这份表导出时的，没有读入".into(),
            Self::IdTwice => "这个编号有两行以上，分不清以哪一行为准，都没有读入；请只留一行".into(),
            Self::OtherRecord => "姓名、住址等都与这个编号的不同，可能排序时只动了一部分列，没有读入；请重新导出后再改".into(),
            Self::RowGone(id) => format!("编号 {id} 的一行已从表中删去：资料没有改动；搬离、去世请改状态"),
            Self::RecordGone => "这份资料已删除，没有读入".into(),
            Self::OnlyShown => "这一列只供查看，没有读入；请在它自己的表或系统中修改".into(),
            Self::BothChanged => "导出以后系统中也改过，无法确定原来的内容，没有读入；请重新导出后再改".into(),
            Self::NoSuchGrid => "没有这个名称的在用网格或微网格，没有读入".into(),
            Self::Core(zh, _) => zh.clone(),
        }
    }

    /// The flaw in English.
    pub fn en(&self) -> String {
        match self {
            Self::FormulaError => "the cell is a formula's error value; put the content itself".into(),
            Self::Uncomputed => "a formula without a computed value; open and save the file in Excel or WPS, or put the content itself".into(),
            Self::Covered => "merged with the cell to its left, so that its column is not clear; unmerge and fill them".into(),
            Self::NotShown => "what the cell shows cannot be told; make it text, and save a file of an old format as .xlsx".into(),
            Self::UnreadColumn => "no column of this list; it was not read".into(),
            Self::NoId => "the row has no id and was not read; import new households as a roster".into(),
            Self::UnknownId => "the row's id is none that this workbook was exported with; it was not read".into(),
            Self::IdTwice => "the id stands in more rows than one, none of which was read; leave one of them".into(),
            Self::OtherRecord => {
                "name and address both differ from those of the row's id, as after sorting only some columns; not read: export again and edit that".into()
            }
            Self::RowGone(id) => format!("the row of {id} was deleted: nothing was changed; set the state of who moved away or died"),
            Self::RecordGone => "the record was erased; the row was not read".into(),
            Self::OnlyShown => "this column is shown only and was not read; edit it in its own list or in gridwalk".into(),
            Self::BothChanged => "changed here as well since the export, and what it was is not known any more; not read: export again and edit that".into(),
            Self::NoSuchGrid => "there is no open grid or micro-grid of this name; not read".into(),
            Self::Core(_, en) => en.clone(),
        }
    }
}
