//! Finding the columns of a sheet by their headings, and the mapping file that names other headings.

use std::collections::BTreeMap;
use std::path::Path;

use gridwalk_core::dictionary::own::OwnField;
use jiff::tz::Offset;
use serde::Deserialize;

use super::cells::{Cell, Row, Sheet};
use super::error::ReadError;
use super::field::Field;
use super::fields::{heading_key, one_line};
use super::headings::Kind;
use super::roster_headings::SIGNS;
use super::table::{Column, Table};

/// How many rows from the top may hold the headings: titles and remarks come before them.
const HEADING_ROWS: usize = 30;

/// The headings that one field may have in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

/// What a mapping file says. Its form: `{"columns": {"number": "信件号", "title": ["事由", "题名"]}, "sheet": "2019",
/// "utc_offset_hours": 8, "as": "roster", "grid": "一网格", "ignore": ["备注"]}`; every part may be left out. A field that is
/// named is looked for under these headings only, the other fields under the known ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    #[serde(default)]
    columns: BTreeMap<String, Names>,
    /// The one sheet to read; without it every visible sheet with fitting headings is read.
    #[serde(default)]
    pub sheet: Option<String>,
    /// The clock of the file's times; China is 8.
    #[serde(default = "china")]
    utc_offset_hours: i8,
    /// What the tables are; without it their headings tell.
    #[serde(default, rename = "as")]
    pub kind: Option<Kind>,
    /// The grid of the households of a roster that does not name it.
    #[serde(default)]
    pub grid: Option<String>,
    /// Headings, keys of JSON lines and sheets that are left out on purpose.
    #[serde(default)]
    ignore: Vec<String>,
    /// The community's own fields, whose columns a roster may have.
    #[serde(skip)]
    own: Vec<&'static OwnField>,
}

fn china() -> i8 {
    8
}

impl Default for Mapping {
    fn default() -> Self {
        Self { columns: BTreeMap::new(), sheet: None, utc_offset_hours: china(), kind: None, grid: None, ignore: Vec::new(), own: Vec::new() }
    }
}

impl Mapping {
    /// Reads a mapping file.
    pub fn load(path: &Path) -> Result<Self, ReadError> {
        let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: path.display().to_string(), source })?;
        let text = String::from_utf8_lossy(&bytes);
        Self::from_json(text.trim_start_matches('\u{feff}')).map_err(|(zh, en)| ReadError::Mapping { file: path.display().to_string(), zh, en })
    }

    /// Reads a mapping from JSON. The error is told in Chinese and in English.
    pub fn from_json(json: &str) -> Result<Self, (String, String)> {
        let mapping: Self = serde_json::from_str(json)
            .map_err(|error| (format!("不是所需格式的 JSON（{error}）"), format!("not JSON of the form that is needed ({error})")))?;
        let keys: Vec<&str> = Kind::ALL.iter().flat_map(|kind| kind.fields()).map(|field| field.key).collect();
        if let Some(key) = mapping.columns.keys().find(|key| !keys.contains(&key.as_str())) {
            let known = keys.join(", ");
            return Err((format!("columns 中没有“{key}”这一项，可用：{known}"), format!("columns has no \"{key}\"; there are {known}")));
        }
        if !(-12..=14).contains(&mapping.utc_offset_hours) {
            return Err(("utc_offset_hours 应在 -12 至 14 之间".into(), "utc_offset_hours must be within -12 to 14".into()));
        }
        Ok(mapping)
    }

    /// The clock of the file's times.
    pub fn offset(&self) -> Offset {
        Offset::from_hours(self.utc_offset_hours).unwrap_or(Offset::UTC)
    }

    /// The headings, keys and sheets that are left out on purpose, in the form of [`heading_key`].
    pub fn ignored(&self) -> Vec<String> {
        self.ignore.iter().map(|name| heading_key(name)).collect()
    }

    /// The same for a community with these fields of its own; a roster has columns of those that are open.
    pub fn with_own(&self, own: &[&'static OwnField]) -> Self {
        let of_roster = |own: &&OwnField| ["household", "residents"].contains(&own.of) && !own.definition.closed;
        Self { own: own.iter().copied().filter(of_roster).collect(), ..self.clone() }
    }

    /// How many headings of one kind the best row of the sheet has.
    pub fn headings_matched(&self, sheet: &Sheet) -> usize {
        self.best(sheet).map_or(0, |fit| fit.columns.len())
    }

    /// The table in a sheet. `Ok(None)`: the sheet holds none.
    pub fn table<'a>(&self, file: &str, sheet: &'a Sheet) -> Result<Option<Table<'a>>, ReadError> {
        let Some(fit) = self.chosen(file, sheet)? else { return Ok(None) };
        if let Some(heading) = fit.twice {
            return Err(ReadError::SameHeading { file: file.into(), heading });
        }
        let rows = sheet.rows.get(fit.row + 1..).unwrap_or_default();
        let width = sheet.separated.then_some(fit.headings.len());
        Ok(Some(Table {
            kind: fit.kind,
            own: self.own.clone(),
            sheet: &sheet.name,
            columns: fit.columns,
            rows,
            width,
            above: &sheet.rows[..fit.row],
            heading_row: sheet.rows.get(fit.row).map_or(0, |row| row.number),
            headings: fit.headings.into_iter().map(|(heading, _)| heading).collect(),
        }))
    }

    /// The headings of the one kind that a sheet holds. What is not clear is refused: residents must never become complaints, nor
    /// those who complain a household.
    fn chosen(&self, file: &str, sheet: &Sheet) -> Result<Option<Fit>, ReadError> {
        let complete = |kind: Kind| self.best_of(kind, sheet).filter(|fit| fit.missing.is_empty());
        if let Some(kind) = self.kind {
            return Ok(complete(kind));
        }
        let messages = complete(Kind::Messages);
        let other = |fit: Option<Fit>| {
            let categories = complete(Kind::Categories);
            [fit, categories].into_iter().flatten().reduce(|best, fit| if fit.rank() > best.rank() { fit } else { best })
        };
        let unclear = || Err(ReadError::Unclear { file: file.into() });
        let Some(roster) = self.best_of(Kind::Roster, sheet) else { return Ok(other(messages)) };
        let signs = SIGNS.iter().filter(|sign| roster.has(sign)).count();
        if let Some(messages) = messages {
            // A mapping can make a title of anything, even of a head of household.
            let mapped = ["title", "detail"].iter().any(|key| self.columns.contains_key(*key));
            let household = ["household_number", "head", "relation", "members"].iter().any(|sign| roster.has(sign));
            return if household || mapped && signs > 0 { unclear() } else { Ok(other(Some(messages))) };
        }
        if !roster.missing.is_empty() {
            return Ok(other(None));
        }
        let said = self.best_of(Kind::Messages, sheet).is_some_and(|fit| ["title", "detail", "answer"].iter().any(|key| fit.has(key)));
        if said || signs == 0 && !is_called_roster(file, sheet, roster.row) {
            return unclear();
        }
        Ok(other(Some(roster)))
    }

    /// The error for a file in which no sheet holds a table: what the best row has and what it lacks.
    pub fn no_table(&self, file: &str, sheets: &[Sheet]) -> ReadError {
        let best = sheets.iter().filter_map(|sheet| Some((self.best(sheet)?, sheet))).max_by_key(|(fit, _)| fit.columns.len());
        let Some((fit, sheet)) = best else { return ReadError::Empty { file: file.into() } };
        // One known word may stand in a row of data by chance.
        let headings = sheet.rows.get(fit.row).filter(|row| fit.columns.len() > 1 || row.cells.iter().all(may_be_heading));
        let headings = headings.map(shown).unwrap_or_default();
        let missing = |word: &dyn Fn(&Field) -> String, joint: &str| fit.missing.iter().map(|field| word(field)).collect::<Vec<_>>().join(joint);
        let example = missing(&|field| format!("\"{}\":\"{}\"", field.key, field.zh), ",");
        ReadError::Headings {
            file: file.into(),
            found: if headings.is_empty() { "无 none".into() } else { headings },
            missing_zh: missing(&|field| field.zh.to_owned(), "、"),
            missing_en: missing(&|field| field.key.to_owned(), ", "),
            example: format!("{{\"columns\":{{{example}}}}}"),
        }
    }

    /// The row near the top that fits a kind best: a complete one before others, then the one with more columns. Of
    /// equals the first kind and the upper row win.
    fn best(&self, sheet: &Sheet) -> Option<Fit> {
        let mut best: Option<Fit> = None;
        for kind in Kind::ALL {
            if let Some(fit) = self.best_of(kind, sheet)
                && best.as_ref().is_none_or(|best| fit.rank() > best.rank())
            {
                best = Some(fit);
            }
        }
        best
    }

    /// The same for one kind. Headings may stand in two rows, a group above its columns: then each column has the lower one, or the
    /// upper where there is no lower one.
    fn best_of(&self, kind: Kind, sheet: &Sheet) -> Option<Fit> {
        let mut best: Option<Fit> = None;
        for (at, row) in sheet.rows.iter().take(HEADING_ROWS).enumerate() {
            let lower = headings_of(row);
            let upper = at.checked_sub(1).and_then(|above| sheet.rows.get(above)).map(headings_of);
            let both = upper.map(|upper| (0..upper.len().max(lower.len())).map(|at| of_two(&upper, &lower, at)).collect());
            for headings in std::iter::once(lower).chain(both) {
                let fit = self.fit(kind, at, headings);
                if best.as_ref().is_none_or(|best| fit.rank() > best.rank()) {
                    best = Some(fit);
                }
            }
        }
        best
    }

    fn fit(&self, kind: Kind, row: usize, headings: Vec<(String, String)>) -> Fit {
        let mut fit = Fit { kind, row, columns: Vec::new(), missing: Vec::new(), twice: None, headings: Vec::new() };
        for field in kind.fields() {
            let taken = |at: usize| fit.columns.iter().any(|column: &Column| column.at == at);
            let (found, named) = match self.columns.get(field.key) {
                Some(Names::One(name)) => (find(&headings, std::iter::once(name.clone()), taken), true),
                Some(Names::Several(names)) => (find(&headings, names.iter().cloned(), taken), true),
                None => (find(&headings, field.headings(), taken), false),
            };
            match found {
                Some((at, twice)) => {
                    let heading = headings[at].0.clone();
                    if twice {
                        fit.twice = Some(heading.clone());
                    }
                    fit.columns.push(Column { key: field.key, at, heading });
                }
                // Whoever names a heading expects it to be there, even where the field may be absent.
                None if field.required || named => fit.missing.push(field),
                None => {}
            }
        }
        if kind == Kind::Roster {
            for own in &self.own {
                let names = [&*own.definition.zh, &own.definition.en, own.field.key].map(str::to_owned).into_iter();
                let taken = |at: usize| fit.columns.iter().any(|column: &Column| column.at == at);
                if let Some((at, _)) = find(&headings, names, taken) {
                    fit.columns.push(Column { key: own.name, at, heading: headings[at].0.clone() });
                }
            }
            // A resident has a name, a household one of these.
            for any in [&["name", "head"][..], &["address", "room", "building"]] {
                if !any.iter().any(|key| fit.has(key)) {
                    fit.missing.extend(kind.fields().iter().find(|field| field.key == any[0]));
                }
            }
        }
        fit.headings = headings;
        fit
    }
}

fn headings_of(row: &Row) -> Vec<(String, String)> {
    let each = row.cells.iter().map(|cell| match cell {
        Cell::Text(text) => (one_line(text), heading_key(text)),
        _ => Default::default(),
    });
    each.collect()
}

fn of_two(upper: &[(String, String)], lower: &[(String, String)], at: usize) -> (String, String) {
    let low = lower.get(at).filter(|(_, key)| !key.is_empty());
    low.or_else(|| upper.get(at)).cloned().unwrap_or_default()
}

/// Whether a file, a sheet or a title above the headings says that this is a list of residents.
fn is_called_roster(file: &str, sheet: &Sheet, heading_row: usize) -> bool {
    let titles = sheet.rows[..heading_row].iter().flat_map(|row| &row.cells).filter_map(|cell| match cell {
        Cell::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let words = ["名册", "住户", "居民", "户籍", "人口", "入户", "roster", "resident", "household"];
    titles.chain([file, &sheet.name]).any(|text| words.iter().any(|word| text.to_lowercase().contains(word)))
}

/// The column that has the first of the names that any column has, and whether a second column has that name too. The
/// text as it stands counts before the compared form, so that a mapping can tell `时间（留言）` from `时间（答复）`.
fn find(headings: &[(String, String)], names: impl Iterator<Item = String>, taken: impl Fn(usize) -> bool) -> Option<(usize, bool)> {
    let having = |matches: &dyn Fn(&(String, String)) -> bool| {
        let mut found = headings.iter().enumerate().filter(|(at, heading)| matches(heading) && !taken(*at)).map(|(at, _)| at);
        found.next().map(|first| (first, found.next().is_some()))
    };
    for name in names {
        let (text, key) = (one_line(&name), heading_key(&name));
        if key.is_empty() {
            continue;
        }
        if let Some(found) = having(&|heading| heading.0 == text).or_else(|| having(&|heading| heading.1 == key)) {
            return Some(found);
        }
    }
    None
}

/// How well a row fits as the headings of a kind.
struct Fit {
    kind: Kind,
    row: usize,
    columns: Vec<Column>,
    missing: Vec<&'static Field>,
    twice: Option<String>,
    /// All headings by column, as they stand and in the compared form.
    headings: Vec<(String, String)>,
}

impl Fit {
    fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.key == key)
    }

    fn rank(&self) -> (bool, usize) {
        (self.missing.is_empty(), self.columns.len())
    }
}

/// Data must not be shown in an error: only short texts without digits pass for headings.
fn may_be_heading(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Text(text) => one_line(text).chars().count() <= 16 && !text.contains(char::is_numeric),
        _ => false,
    }
}

fn shown(row: &Row) -> String {
    let texts = row.cells.iter().filter(|cell| may_be_heading(cell)).filter_map(|cell| match cell {
        Cell::Text(text) => Some(one_line(text)),
        _ => None,
    });
    texts.filter(|text| !text.is_empty()).take(30).collect::<Vec<_>>().join("、")
}
