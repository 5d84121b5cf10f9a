//! A workbook that was exported comes in again: what was changed in it since, each cell of the household, resident, … whose id its row
//! carries, wherever the row stands now.

use std::collections::{HashMap, HashSet};

use gridwalk_core::dictionary::{Field, Type};
use gridwalk_core::documents::{Doc, Map, Value};
use gridwalk_core::ids::Id;
use gridwalk_core::records::{EditRecord, Json, JsonMap, given_for};
use gridwalk_core::text::one_form;
use gridwalk_core::{Error, ErrorKind, Result};

use crate::cells::{Cell, Row, Sheet};
use crate::content::words;
use crate::fields::heading_key;
use crate::names::entry_of;
use crate::sheet::{Fault, Sheets, read_workbook};
use crate::workbook::{HIDDEN_SHEET, ID_HEADING, MARK};
use crate::{Column, Content, Digests, Flaw, Flawed, List, Names};

/// Rows from the top that may hold the headings.
const HEADING_ROWS: usize = 30;

/// A workbook that was exported, as it came back.
#[derive(Debug)]
pub struct Book {
    /// Its visible sheet.
    pub sheet: Sheet,
    /// The list that it is of.
    pub list: List,
    /// The columns that it was exported with.
    pub columns: Vec<Column>,
    digests: Digests,
    /// By id: the document's state, and each column's digest.
    known: HashMap<String, (String, Vec<String>)>,
    /// The order of the ids as exported.
    order: Vec<String>,
}

/// A row with what was changed in it.
#[derive(Debug)]
pub struct Change<'a> {
    /// The row's number.
    pub row: u64,
    /// The record.
    pub record: Id,
    /// The entry in it, if the rows are entries.
    pub entry: Option<Id>,
    id: &'a str,
    heads: &'a str,
    /// Column, what the cell holds now, and the digest of what it held.
    cells: Vec<(Column, Content, &'a str)>,
}

/// A place that rows may name.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// `grid` or `micro_grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
    /// Of a micro-grid, its grid.
    pub grid: String,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Over what stands there, which is what was exported.
    Over,
    /// Beside what stands there: it was changed here as well.
    Beside,
    /// Not at all: it was changed here as well, and it is not known any more what it was.
    Lost,
}

/// A value to write.
#[derive(Debug)]
pub struct Write {
    /// The heading of its column.
    pub heading: &'static str,
    /// The field with its value.
    pub json: JsonMap,
    /// What remembers that it came in: a digest.
    pub record: String,
    /// How it is written.
    pub how: How,
}

/// A workbook that was exported by someone, not yet held against who reads it.
#[derive(Debug)]
pub struct Exported {
    sheets: Vec<Sheet>,
    /// Its hidden sheet of digests.
    known: Sheet,
}

impl Exported {
    /// The workbook in these bytes; `None` if it is any other file.
    ///
    /// # Errors
    /// If it is a workbook that cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>> {
        let read = |wanted: Option<&str>| read_workbook(bytes, wanted).map_err(|fault| unreadable(&fault));
        if !bytes.starts_with(b"PK") {
            return Ok(None);
        }
        let (mut sheets, hidden): Sheets = read(None)?;
        let is_ours = |name: &str| name == HIDDEN_SHEET;
        let known = if hidden.iter().any(|name| is_ours(name)) {
            read(Some(HIDDEN_SHEET))?.0.pop()
        } else {
            sheets.iter().position(|sheet| is_ours(&sheet.name)).map(|at| sheets.remove(at))
        };
        let known = known.filter(|sheet| sheet.rows.first().is_some_and(|row| text(row, 0) == MARK));
        Ok(known.map(|known| Self { sheets, known }))
    }

    /// The name of the list that it is of.
    pub fn list(&self) -> &str {
        self.head(0, 1)
    }

    fn head(&self, row: usize, at: usize) -> &str {
        self.known.rows.get(row).map_or("", |row| text(row, at))
    }

    /// As a workbook of `list`, with the digests of who reads it.
    ///
    /// # Errors
    /// If someone else exported it, or its ids are gone.
    pub fn open(self, list: List, digests: Digests) -> Result<Book> {
        let keys: Vec<&str> = (2..self.known.rows.get(1).map_or(0, |row| row.cells.len())).map(|at| self.head(1, at)).collect();
        if digests.sheet(list.name, &keys) != self.head(0, 2) {
            return Err(Error::invalid(
                "这份表不是这里为这个社区导出的，不能导回；请在导出它的服务器或手机上导入",
                "this workbook was not exported here for this community; import it where it was exported",
            ));
        }
        let columns = keys.iter().map(|key| list.column(key)).collect::<Result<Vec<_>>>()?;
        let rows = self.known.rows.get(2..).unwrap_or_default();
        let order: Vec<String> = rows.iter().map(|row| text(row, 0).to_owned()).collect();
        let digests_of = |row: &Row| (text(row, 1).to_owned(), (0..columns.len()).map(|at| text(row, at + 2).to_owned()).collect());
        let known = rows.iter().map(|row| (text(row, 0).to_owned(), digests_of(row))).collect();
        let sheet = self.sheets.into_iter().find(|sheet| headings(sheet).is_some()).ok_or_else(|| {
            Error::invalid(
                "表中隐藏的编号列不在了，认不出各行是谁；请重新导出后再改",
                "the hidden column of ids is gone, so that nobody can tell whose the rows are; export again and edit that",
            )
        })?;
        Ok(Book { sheet, list, columns, digests, known, order })
    }
}

impl Book {
    /// How many of its rows are still there.
    pub fn rows(&self) -> usize {
        self.order.len() - self.gone().count()
    }

    /// The ids whose rows were deleted.
    pub fn gone(&self) -> impl Iterator<Item = &str> {
        let here: HashSet<&str> = match headings(&self.sheet) {
            Some((at, _, id)) => self.sheet.rows[at + 1..].iter().map(|row| text(row, id)).collect(),
            None => HashSet::new(),
        };
        self.order.iter().map(String::as_str).filter(move |id| !here.contains(id))
    }

    /// The rows that differ from what was exported, each with its cells that do; what cannot be told is named, and columns that are not
    /// of the list.
    pub fn changes(&self, named: &mut Vec<Flawed>, unread: &mut Vec<Flawed>) -> Vec<Change<'_>> {
        let Some((top, heading_row, id_at)) = headings(&self.sheet) else { return Vec::new() };
        let rows = &self.sheet.rows[top + 1..];
        let mut found: Vec<Option<usize>> = vec![None; self.columns.len()];
        for at in (0..heading_row.cells.len()).filter(|at| *at != id_at) {
            let heading = heading_key(text(heading_row, at));
            match self.columns.iter().position(|column| heading_key(column.heading) == heading) {
                Some(column) if found[column].is_none() => found[column] = Some(at),
                _ if rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| !cell.is_blank())) => {
                    unread.push(Flawed::one(heading_row.number, text(heading_row, at), Flaw::UnreadColumn));
                }
                _ => {}
            }
        }
        let mut times: HashMap<&str, usize> = HashMap::new();
        rows.iter().for_each(|row| *times.entry(text(row, id_at)).or_default() += 1);
        let mut changes = Vec::new();
        for row in rows {
            let id = text(row, id_at);
            let mut refuse = |flaw| named.push(Flawed::one(row.number, "", flaw));
            let Some((id, (heads, digests))) = self.known.get_key_value(id) else {
                refuse(if id.is_empty() { Flaw::NoId } else { Flaw::UnknownId });
                continue;
            };
            if times.get(id.as_str()).is_some_and(|n| *n > 1) {
                refuse(Flaw::IdTwice);
                continue;
            }
            let (record, entry) = match id.split_once('/') {
                Some((record, entry)) => (record.parse(), entry.parse().map(Some)),
                None => (id.parse(), Ok(None)),
            };
            let (Ok(record), Ok(entry)) = (record, entry) else {
                refuse(Flaw::UnknownId);
                continue;
            };
            let mut flaws = Vec::new();
            let mut cells = Vec::new();
            let (mut names, mut renamed) = (0, 0);
            for ((column, at), was) in self.columns.iter().zip(&found).zip(digests) {
                let Some(at) = at else { continue };
                let content = Content::of_cell(column.field(), row.cells.get(*at));
                let is_changed = content.as_ref().is_ok_and(|content| self.digests.cell(id, column.key, content) != *was);
                names += usize::from(column.names);
                renamed += usize::from(column.names && is_changed);
                match content {
                    Ok(content) if is_changed && self.list.edited(column).is_some() => cells.push((*column, content, was.as_str())),
                    Ok(_) if is_changed => flaws.push((column.heading.to_owned(), Flaw::OnlyShown)),
                    Ok(_) => {}
                    Err(flaw) => flaws.push((column.heading.to_owned(), flaw)),
                }
            }
            if names > 1 && renamed == names {
                refuse(Flaw::OtherRecord);
                continue;
            }
            if !flaws.is_empty() {
                named.push(Flawed { row: row.number, flaws });
            }
            if !cells.is_empty() {
                changes.push(Change { row: row.number, id, record, entry, heads, cells });
            }
        }
        changes
    }

    /// Whether what the row is about is still in this document.
    pub fn is_there(&self, change: &Change<'_>, doc: &Doc) -> bool {
        let present = match (self.list.entries, &change.entry) {
            (Some(entries), Some(entry)) => doc.tree().present(entries.key, &entry.to_string()),
            _ => true,
        };
        doc.kind().name == self.list.kind.name && !doc.is_erased() && present
    }

    /// The document as it was when the row was exported; `None` where it was begun again since.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn seen(&self, change: &Change<'_>, doc: &Doc) -> Result<Option<Doc>> {
        self.digests.seen(doc, change.heads)
    }

    /// What is to be written of a row, and what of it cannot be taken. `seen` is the document as it was exported, `places` are those that
    /// are open, the latest of a name first.
    pub fn writes(&self, change: &Change<'_>, doc: &Doc, seen: Option<&Doc>, names: &Names, places: &[Place]) -> (Vec<Write>, Vec<(String, Flaw)>) {
        let list = &self.list;
        let entry = change.entry.map(|entry| entry.to_string());
        let (mut writes, mut flaws) = (Vec::new(), Vec::new());
        let place_at = change.cells.iter().position(|(column, ..)| is_place(column));
        for (at, (column, content, was)) in change.cells.iter().enumerate() {
            let Some(field) = list.edited(column) else { continue };
            // A grid and its micro-grid are one field.
            if is_place(column) && place_at != Some(at) {
                continue;
            }
            let now = self.standing(names, doc, entry.as_deref(), field);
            if now.contains(content) && !is_place(column) {
                continue;
            }
            let digest = |content: &Content| self.digests.cell(change.id, column.key, content);
            let is_ours = now.iter().any(|now| digest(now) == *was);
            let json = match field.ty {
                Type::Tags => match seen {
                    Some(seen) => Ok(tags(field, content, entry_of(list, seen, entry.as_deref()).unwrap_or(seen.tree()))),
                    None => Err(Flaw::BothChanged),
                },
                Type::Place | Type::MicroGrid => placed(places, doc, change),
                _ => Ok(Some(content.to_json())),
            };
            // What the community's own fields may hold is its settings' to say, which no rule looks at.
            let json = match (json, list.own(field.key)) {
                (Ok(Some(json)), Some(own)) => given_for(own, &json).map(Some).map_err(|e| Flaw::of_core(&e)),
                (json, _) => json,
            };
            let json = match json {
                Ok(Some(json)) => json,
                Ok(None) => continue,
                Err(flaw) => {
                    flaws.push((column.heading.to_owned(), flaw));
                    continue;
                }
            };
            let key = if is_place(column) { "place" } else { field.key };
            // What came in once does not come in again, whatever became of it since.
            let record = digest(&Content::Text(format!("{was} {json}")));
            // Words of tags are fields of their own: they are given and taken away beside others.
            let how = match seen {
                _ if is_ours || field.ty == Type::Tags => How::Over,
                Some(_) => How::Beside,
                None => How::Lost,
            };
            writes.push(Write { heading: column.heading, json: std::iter::once((key.to_owned(), json)).collect(), record, how });
        }
        (writes, flaws)
    }

    /// What stands in a field now: more than one content where people set it differently at the same time.
    fn standing(&self, names: &Names, doc: &Doc, entry: Option<&str>, field: &Field) -> Vec<Content> {
        let list = &self.list;
        let tree = entry_of(list, doc, entry).unwrap_or(doc.tree());
        let prefix = list.entries.zip(entry).map(|(entries, entry)| format!("{}/{entry}/", entries.key)).unwrap_or_default();
        let mut all: Vec<Vec<Value>> = vec![field.column_values(tree).collect()];
        for conflict in doc.tree().conflicts() {
            let at = conflict.path.strip_prefix(&prefix).and_then(|key| field.columns().position(|(column, _)| column == key));
            let Some(at) = at.filter(|_| !matches!(field.ty, Type::Tags)) else { continue };
            let others: Vec<Vec<Value>> = all
                .iter()
                .flat_map(|values| {
                    conflict.values.iter().map(|stamped| {
                        let mut values = values.clone();
                        values[at] = stamped.value.clone();
                        values
                    })
                })
                .collect();
            all = others;
        }
        all.iter().map(|values| names.field(field, values)).collect()
    }
}

impl Change<'_> {
    /// The edit that writes these fields.
    pub fn edit(&self, fields: &JsonMap) -> EditRecord {
        EditRecord { record: self.record, entry: self.entry, fields: fields.clone() }
    }
}

/// Whether an error says what is wrong with a cell; any other ends the import.
pub fn is_flaw(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed)
}

fn unreadable(fault: &Fault) -> Error {
    match fault {
        Fault::Password => {
            Error::invalid("工作簿有密码保护，请在 Excel 或 WPS 中取消密码后另存", "the workbook is protected by a password; save a copy without one")
        }
        _ => Error::invalid(
            "工作簿已损坏或不完整，请在 Excel 或 WPS 中打开后另存为 .xlsx",
            "the workbook is damaged or incomplete; open it in Excel or WPS and save it as .xlsx",
        ),
    }
}

/// The row of the headings, by its place among the sheet's rows, and the column of ids.
fn headings(sheet: &Sheet) -> Option<(usize, &Row, usize)> {
    sheet.rows.iter().take(HEADING_ROWS).enumerate().find_map(|(at, row)| Some((at, row, (0..row.cells.len()).find(|cell| text(row, *cell) == ID_HEADING)?)))
}

fn text(row: &Row, at: usize) -> &str {
    if let Some(Cell::Text(text)) = row.cells.get(at) { text.trim() } else { "" }
}

/// The place that a row's grid and micro-grid name; what the row does not say is as it is now. Nothing if it is there already.
fn placed(places: &[Place], doc: &Doc, change: &Change<'_>) -> std::result::Result<Option<Json>, Flaw> {
    let cell = |ty: Type| {
        let found = change.cells.iter().find(|(column, ..)| column.field().is_some_and(|field| field.ty == ty));
        found.map(|(_, content, _)| one_form(&content.plain()).into_owned())
    };
    let named = |name: &str, grid: Option<&str>| {
        let level = if grid.is_some() { "micro_grid" } else { "grid" };
        let found = places.iter().find(|place| place.name == name && place.level == level && grid.is_none_or(|grid| place.grid == grid));
        found.map(|place| place.id.clone()).ok_or(Flaw::NoSuchGrid)
    };
    let tree = doc.tree();
    let grid = match cell(Type::Place) {
        Some(name) => named(&name, None)?,
        None => tree.text("place").to_owned(),
    };
    let place = match cell(Type::MicroGrid) {
        Some(name) if name.is_empty() => grid,
        Some(name) => named(&name, Some(&grid))?,
        None if grid == tree.text("place") => return Ok(None),
        None => grid,
    };
    let now = tree.id("micro_grid").or_else(|| tree.id("place")).map(|id| id.to_string());
    Ok((now.as_deref() != Some(&place)).then(|| place.into()))
}

fn is_place(column: &Column) -> bool {
    column.field().is_some_and(|field| matches!(field.ty, Type::Place | Type::MicroGrid))
}

/// Words that the cell has more than was exported, and those that it lacks.
fn tags(field: &Field, content: &Content, was: &Map) -> Option<Json> {
    let plain = content.plain();
    let (now, was): (Vec<&str>, Vec<&str>) = (words(&plain), field.words(was).collect());
    let given = now.iter().filter(|word| !was.contains(word)).map(|word| format!("+{word}"));
    let taken = was.iter().filter(|word| !now.contains(word)).map(|word| format!("-{word}"));
    let both: Vec<Json> = given.chain(taken).map(Json::from).collect();
    (!both.is_empty()).then_some(Json::Array(both))
}
