//! A phone's lists as workbooks, and the way back.

use std::collections::HashMap;

use gridwalk_core::documents::{Value, hash_text};
use gridwalk_core::ids::Id;
use gridwalk_core::phone::Exporter;
use gridwalk_core::projection::Type;
use gridwalk_core::records::JsonMap;
use gridwalk_core::store::load;
use gridwalk_core::{Error, Phone, Result};

use crate::book::is_flaw;
use crate::names::{beside, namings};
use crate::{Asked, Book, Change, Column, Digests, Exported, Flaw, Flawed, How, List, Names, Only, Place, Write, workbook};

/// Documents that are read in one reading of the store.
const AT_ONCE: usize = 400;

/// What a workbook that came in again did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Rows that are still there.
    pub rows: usize,
    /// Cells that became edits.
    pub edited: usize,
    /// Of these, cells that were changed here as well: both values stand as a conflict.
    pub conflicts: usize,
    /// Rows and cells that could not be taken, rows that were deleted, and columns that are not of the list.
    pub flaws: Vec<FlawView>,
}

/// What of a workbook was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlawView {
    /// The row as a spreadsheet program numbers it; 0 for the sheet as a whole.
    pub row: u64,
    /// The column by its heading; empty for the row as a whole.
    pub column: String,
    /// Why, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// The list of this name (a kind's, or of a kind's entries: `residents`, 居民) as the bytes of a workbook, with how many rows it has. What this
/// phone holds of its community is in it, and nothing that only a circle reads.
///
/// # Errors
/// If there is no such list, or no such column in `only`.
pub fn export(phone: &Phone, list: &str, only: &[Only]) -> Result<(Vec<u8>, usize)> {
    let exporter = phone.exporter()?;
    let list = List::open(list, &exporter.roles, &exporter.own)?;
    let columns: Vec<Column> = list.columns().into_iter().filter(|column| column.usual).collect();
    let digests = digests(&exporter);
    let mut looked_at = columns.clone();
    for only in only {
        looked_at.push(list.column(&only.column)?);
    }
    let names = names(phone, &looked_at)?;
    let found = records(phone, &exporter.tenant, &list)?;
    let asked = Asked { list: &list, columns: &columns, only, digests: Some(&digests) };
    let mut rows = Vec::new();
    for chunk in found.chunks(AT_ONCE) {
        phone.store().read(|c| {
            for (id, beside) in chunk {
                if let Some(doc) = load(c, *id)?.filter(|doc| !doc.is_erased()) {
                    rows.extend(names.rows(&asked, *id, &doc, beside)?);
                }
            }
            Ok(())
        })?;
    }
    let headings: Vec<&str> = columns.iter().map(|column| column.heading).collect();
    Ok((workbook::written(&list, &columns, &headings, &rows, Some(&digests))?, rows.len()))
}

/// Takes in a workbook that this phone exported: what was changed in it since becomes edits. With `preview` nothing is written, and what
/// only writing would find is not told.
///
/// # Errors
/// If it is another file, or another phone or a hub exported it.
pub fn take_returned(phone: &Phone, bytes: &[u8], preview: bool) -> Result<Returned> {
    let exported = Exported::read(bytes)?.ok_or_else(|| {
        Error::invalid(
            "这不是从本机导出的表，没有读入；花名册等请在服务器上导入",
            "this is no workbook of this phone; rosters and other files come in at the hub",
        )
    })?;
    let exporter = phone.exporter()?;
    let list = List::open(exported.list(), &exporter.roles, &exporter.own)?;
    let book = exported.open(list, digests(&exporter))?;
    let (names, places) = (names(phone, &book.columns)?, places(phone, &exporter.tenant)?);
    let (mut flawed, mut unread) = (Vec::new(), Vec::new());
    let mut done = Returned { rows: book.rows(), ..Returned::default() };
    for change in book.changes(&mut flawed, &mut unread) {
        let flaws = Work { phone, book: &book, names: &names, places: &places, preview }.change(&change, &mut done)?;
        flawed.extend((!flaws.is_empty()).then_some(Flawed { row: change.row, flaws }));
    }
    flawed.extend(book.gone().map(|id| Flawed::one(0, "", Flaw::RowGone(id.to_owned()))));
    let view = |row, (column, flaw): (String, Flaw)| FlawView { row, column, zh: flaw.zh(), en: flaw.en() };
    done.flaws = flawed.into_iter().chain(unread).flat_map(|Flawed { row, flaws }| flaws.into_iter().map(move |flaw| view(row, flaw))).collect();
    Ok(done)
}

fn digests(exporter: &Exporter) -> Digests {
    Digests::new(&hash_text(&exporter.key), &exporter.tenant)
}

fn names(phone: &Phone, columns: &[Column]) -> Result<Names> {
    let mut all = Vec::new();
    for naming in namings(columns) {
        let sql = format!("SELECT {}, coalesce(\"{}\", '') FROM {}", naming.id, naming.name, naming.table);
        all.extend(phone.store().read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(rows.collect::<std::result::Result<Vec<(String, String)>, _>>()?)
        })?);
    }
    Ok(all.into_iter().collect())
}

/// The ids of the community's records of the list's kind in its usual order, with what their rows hold beside fields.
fn records(phone: &Phone, tenant: &str, list: &List) -> Result<Vec<(Id, HashMap<&'static str, Value>)>> {
    let (Some((table, columns, order)), Some(declared)) = (beside(list.kind), list.kind.tables.first()) else { return Ok(Vec::new()) };
    let sql = format!("SELECT doc{columns} FROM {table} WHERE doc IN (SELECT id FROM documents WHERE tenant = ?1) ORDER BY {order}");
    phone.store().read(|c| {
        let mut statement = c.prepare_cached(&sql)?;
        let mut rows = statement.query([tenant])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = HashMap::new();
            for (at, (name, ty)) in (1..).zip(declared.columns) {
                let value = match ty {
                    Type::Int => row.get::<_, Option<i64>>(at)?.map_or(Value::Null, Value::Int),
                    _ => row.get::<_, Option<String>>(at)?.map_or(Value::Null, Value::Text),
                };
                values.insert(*name, value);
            }
            all.push((row.get(0)?, values));
        }
        Ok(all)
    })
}

/// The community's places, those in use and the latest of a name first.
fn places(phone: &Phone, tenant: &str) -> Result<Vec<Place>> {
    let sql = "SELECT doc, coalesce(level, ''), coalesce(name, ''), coalesce(place, '') FROM places
        WHERE doc IN (SELECT id FROM documents WHERE tenant = ?1) ORDER BY state DESC, doc";
    phone.store().read(|c| {
        let mut statement = c.prepare_cached(sql)?;
        let rows = statement.query_map([tenant], |r| Ok(Place { id: r.get(0)?, level: r.get(1)?, name: r.get(2)?, grid: r.get(3)? }))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    })
}

struct Work<'w> {
    phone: &'w Phone,
    book: &'w Book,
    names: &'w Names,
    places: &'w [Place],
    preview: bool,
}

impl Work<'_> {
    /// Makes the edits of one row. Returns what could not be taken.
    fn change(&self, change: &Change<'_>, done: &mut Returned) -> Result<Vec<(String, Flaw)>> {
        let doc = self.phone.store().read(|c| load(c, change.record))?.filter(|doc| self.book.is_there(change, doc));
        let Some(doc) = doc else { return Ok(vec![(String::new(), Flaw::RecordGone)]) };
        let seen = self.book.seen(change, &doc)?;
        let (writes, mut flaws) = self.book.writes(change, &doc, seen.as_ref(), self.names, self.places);
        let mut fresh = Vec::new();
        for write in &writes {
            if !self.phone.has_returned(&write.record)? {
                fresh.push(write);
            }
        }
        let of = |how: How| fresh.iter().copied().filter(move |write| write.how == how);
        flaws.extend(of(How::Lost).map(|write| (write.heading.to_owned(), Flaw::BothChanged)));
        // All in one command; where one of them is wrong, each by itself, so that only that one is left out.
        let over: Vec<&Write> = of(How::Over).collect();
        if over.len() < 2 || self.write(change, &over, false, done)?.is_some() {
            for write in &over {
                flaws.extend(self.write(change, &[write], false, done)?);
            }
        }
        for write in of(How::Beside) {
            flaws.extend(self.write(change, &[write], true, done)?);
        }
        Ok(flaws)
    }

    /// Writes these cells in one command. Returns what is wrong with them, and then nothing was written.
    fn write(&self, change: &Change<'_>, writes: &[&Write], beside: bool, done: &mut Returned) -> Result<Option<(String, Flaw)>> {
        let fields: JsonMap = writes.iter().flat_map(|write| write.json.clone()).collect();
        let records: Vec<&str> = writes.iter().map(|write| write.record.as_str()).collect();
        let written = if self.preview {
            Ok(())
        } else {
            // The document may have a change more than a row before found: each is read anew.
            let doc = self.phone.store().read(|c| load(c, change.record))?;
            let seen = doc.filter(|_| beside).map_or(Ok(None), |doc| self.book.seen(change, &doc))?;
            self.phone.run_returned(change.edit(&fields), seen, &records)
        };
        match written {
            Ok(()) => {
                done.edited += writes.len();
                done.conflicts += if beside { writes.len() } else { 0 };
                Ok(None)
            }
            Err(e) if is_flaw(&e) => Ok(Some((writes.first().map_or("", |write| write.heading).to_owned(), Flaw::of_core(&e)))),
            Err(e) => Err(e),
        }
    }
}
