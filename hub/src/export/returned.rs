//! A workbook that this hub exported comes in again: what was changed in it since becomes edits, each of the household, resident, …
//! whose id its row carries, wherever the row stands now.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use gridwalk_core::dictionary::{Field, Type};
use gridwalk_core::documents::{Doc, Map, Value, hash_text};
use gridwalk_core::error::{Error as CoreError, ErrorKind};
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input as Command;
use gridwalk_core::records::{EditRecord, Json, JsonMap, given_for};
use gridwalk_core::text::one_form;

use super::workbook::{HIDDEN_SHEET, ID_HEADING, MARK};
use super::{Column, Content, Digests, List, Rows, entry_of, words};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::import::cells::{Cell, Row, Sheet};
use crate::import::error::ReadError;
use crate::import::fields::heading_key;
use crate::import::mapping::Mapping;
use crate::import::read::read_whole;
use crate::import::rejects::{Place, Problem, Reason, Reject, write_rejects};
use crate::import::sheet::read_sheets;
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all, exec};
use crate::sync::Batch;

/// Rows that go into one transaction.
const PER_TRANSACTION: usize = 400;
/// Rows from the top that may hold the headings.
const HEADING_ROWS: usize = 30;

/// Under which cells that came in are remembered among the keys of imports.
const SOURCE: &str = "returned";

/// What a workbook that came in again did.
#[derive(Debug, Default)]
pub struct Returned {
    /// Rows that are still there.
    pub rows: usize,
    /// Cells that became edits.
    pub edited: usize,
    /// Of these, cells that were changed here as well: both values stand as a conflict.
    pub conflicts: usize,
    /// Rows and cells that could not be taken, and rows that were deleted.
    pub rejected: usize,
    /// Columns that are not of the list.
    pub unread: usize,
    /// All of these, with the reason.
    pub named: Vec<Reject>,
    /// The file that names them; of a preview there is none.
    pub rejects_file: Option<PathBuf>,
}

/// Takes in a workbook that this hub exported; `None` if the file is any other. With `preview` nothing is written. `progress` hears how
/// many of how many changed rows are done.
pub async fn take_returned(hub: &Hub, tenant: &Tenant, path: &Path, preview: bool, progress: impl FnMut(usize, usize)) -> Result<Option<Returned>> {
    let (file, bytes) = read_whole(path).map_err(|e| HubError::Usage(e.to_string()))?;
    let Some(book) = Book::open(hub, tenant, &file, &bytes).await? else { return Ok(None) };
    let mut done = book.run(hub, tenant, preview, progress).await?;
    if !preview {
        done.rejects_file = write_rejects(path, &done.named)?;
        let Returned { rows, edited, conflicts, rejected, unread, .. } = &done;
        let detail = format!("returned rows {rows}, edited {edited}, conflicts {conflicts}, rejected {rejected}, unread {unread}");
        // The file is named by its content: its name may be anything.
        let content = hash_text(&sha256(&bytes));
        let mut tx = hub.store.write(&tenant.id).await?;
        record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "import", subject: &content, detail: &detail }).await?;
        tx.commit().await?;
    }
    Ok(Some(done))
}

/// A workbook that was exported, as it came back.
struct Book {
    file: String,
    sheet: Sheet,
    list: List,
    columns: Vec<Column>,
    digests: Digests,
    /// By id: the document's state, and each column's digest.
    known: HashMap<String, (String, Vec<String>)>,
    /// The order of the ids as exported.
    order: Vec<String>,
}

/// A row with what was changed in it.
struct Change<'a> {
    row: &'a Row,
    id: &'a str,
    record: Id,
    entry: Option<Id>,
    heads: &'a str,
    /// Column, what the cell holds now, and the digest of what it held.
    cells: Vec<(Column, Content, &'a str)>,
}

/// One field to write.
struct Write<'a> {
    heading: &'a str,
    json: JsonMap,
    /// What remembers that it was written: a digest.
    record: String,
}

impl Book {
    /// The workbook in these bytes, if this hub exported it; `None` if it is any other file.
    ///
    /// # Errors
    /// If another hub wrote it, or its ids are gone.
    async fn open(hub: &Hub, tenant: &Tenant, file: &str, bytes: &[u8]) -> Result<Option<Self>> {
        let read = |mapping: &Mapping| read_sheets(file, bytes, mapping).map_err(|e: ReadError| HubError::Usage(e.to_string()));
        if !bytes.starts_with(b"PK") {
            return Ok(None);
        }
        let (mut sheets, hidden) = read(&Mapping::default())?;
        let is_ours = |name: &str| name == HIDDEN_SHEET;
        let known = if hidden.iter().any(|name| is_ours(name)) {
            let mut mapping = Mapping::default();
            mapping.sheet = Some(HIDDEN_SHEET.into());
            read(&mapping)?.0.pop()
        } else {
            sheets.iter().position(|sheet| is_ours(&sheet.name)).map(|at| sheets.remove(at))
        };
        let Some(known) = known.filter(|sheet| sheet.rows.first().is_some_and(|row| text(row, 0) == MARK)) else { return Ok(None) };
        let head = |row: usize, at: usize| known.rows.get(row).map_or("", |row| text(row, at));
        let list = List::open(hub, tenant, head(0, 1)).await?;
        let keys: Vec<&str> = (2..known.rows.get(1).map_or(0, |row| row.cells.len())).map(|at| head(1, at)).collect();
        let digests = Digests::open(hub, tenant).await?;
        if digests.sheet(list.name, &keys) != head(0, 2) {
            return Err(HubError::usage(
                "这份表不是本服务器为这个社区导出的，不能导回；请在导出它的服务器上导入",
                "this workbook was not exported by this hub for this community; import it where it was exported",
            ));
        }
        let columns = keys.iter().map(|key| list.column(key)).collect::<Result<Vec<_>>>()?;
        let rows = known.rows.get(2..).unwrap_or_default();
        let order: Vec<String> = rows.iter().map(|row| text(row, 0).to_owned()).collect();
        let digests_of = |row: &Row| (text(row, 1).to_owned(), (0..columns.len()).map(|at| text(row, at + 2).to_owned()).collect());
        let known = rows.iter().map(|row| (text(row, 0).to_owned(), digests_of(row))).collect();
        let sheet = sheets.into_iter().find(|sheet| headings(sheet).is_some()).ok_or_else(|| {
            HubError::usage(
                "表中隐藏的编号列不在了，认不出各行是谁；请重新导出后再改",
                "the hidden column of ids is gone, so that nobody can tell whose the rows are; export again and edit that",
            )
        })?;
        Ok(Some(Self { file: file.to_owned(), sheet, list, columns, digests, known, order }))
    }

    /// Makes edits of what was changed. With `preview` nothing is written.
    async fn run(&self, hub: &Hub, tenant: &Tenant, preview: bool, mut progress: impl FnMut(usize, usize)) -> Result<Returned> {
        let (mut named, mut unread) = (Vec::new(), Vec::new());
        let changes = self.changes(&mut named, &mut unread);
        let mut done = Returned { rows: self.order.len() - self.gone().count(), ..Returned::default() };
        for (at, chunk) in changes.chunks(PER_TRANSACTION).enumerate() {
            let mut tx = hub.store.write(&tenant.id).await?;
            let names = Rows::names(&mut tx, &tenant.id, &self.columns).await?;
            let mut batch = Batch::new(hub, tenant);
            for change in chunk {
                let mut work = Work { book: self, tenant, names: &names, tx: &mut tx, batch: &mut batch };
                let problems = work.change(change, &mut done).await?;
                if !problems.is_empty() {
                    named.push(Reject::new(&self.file, &self.place(change.row), &problems));
                }
            }
            if preview {
                continue;
            }
            batch.flush(&mut tx).await?;
            tx.commit().await?;
            progress((at * PER_TRANSACTION + chunk.len()).min(changes.len()), changes.len());
        }
        let gone = Place { sheet: self.sheet.name.clone(), row: 0 };
        named.extend(self.gone().map(|id| Reject::one(&self.file, &gone, "", Reason::RowGone(id.to_owned()))));
        Ok(Returned { rejected: named.len(), unread: unread.len(), named: [named, unread].concat(), ..done })
    }

    fn place(&self, row: &Row) -> Place {
        Place { sheet: self.sheet.name.clone(), row: row.number }
    }

    /// The ids whose rows were deleted.
    fn gone(&self) -> impl Iterator<Item = &str> {
        let here: HashSet<&str> = match headings(&self.sheet) {
            Some((at, _, id)) => self.sheet.rows[at + 1..].iter().map(|row| text(row, id)).collect(),
            None => HashSet::new(),
        };
        self.order.iter().map(String::as_str).filter(move |id| !here.contains(id))
    }

    /// The rows that differ from what was exported, each with its cells that do; what cannot be told is named, and columns that are not
    /// of the list.
    fn changes(&self, named: &mut Vec<Reject>, unread: &mut Vec<Reject>) -> Vec<Change<'_>> {
        let Some((top, heading_row, id_at)) = headings(&self.sheet) else { return Vec::new() };
        let rows = &self.sheet.rows[top + 1..];
        let mut found: Vec<Option<usize>> = vec![None; self.columns.len()];
        for at in (0..heading_row.cells.len()).filter(|at| *at != id_at) {
            let heading = heading_key(text(heading_row, at));
            match self.columns.iter().position(|column| heading_key(column.heading) == heading) {
                Some(column) if found[column].is_none() => found[column] = Some(at),
                _ if rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| !cell.is_blank())) => {
                    unread.push(Reject::one(&self.file, &self.place(heading_row), text(heading_row, at), Reason::UnreadColumn));
                }
                _ => {}
            }
        }
        let mut times: HashMap<&str, usize> = HashMap::new();
        rows.iter().for_each(|row| *times.entry(text(row, id_at)).or_default() += 1);
        let mut changes = Vec::new();
        for row in rows {
            let id = text(row, id_at);
            let mut refuse = |reason| named.push(Reject::one(&self.file, &self.place(row), "", reason));
            let Some((id, (heads, digests))) = self.known.get_key_value(id) else {
                refuse(if id.is_empty() { Reason::NoId } else { Reason::UnknownId });
                continue;
            };
            if times.get(id.as_str()).is_some_and(|n| *n > 1) {
                refuse(Reason::IdTwice);
                continue;
            }
            let (record, entry) = match id.split_once('/') {
                Some((record, entry)) => (record.parse(), entry.parse().map(Some)),
                None => (id.parse(), Ok(None)),
            };
            let (Ok(record), Ok(entry)) = (record, entry) else {
                refuse(Reason::UnknownId);
                continue;
            };
            let mut problems = Vec::new();
            let mut cells = Vec::new();
            let (mut names, mut renamed) = (0, 0);
            for ((column, at), was) in self.columns.iter().zip(&found).zip(digests) {
                let Some(at) = at else { continue };
                let content = Content::of_cell(column.field(), row.cells.get(*at));
                let is_changed = content.as_ref().is_ok_and(|content| self.digests.cell(id, column.key, content) != *was);
                names += usize::from(column.names);
                renamed += usize::from(column.names && is_changed);
                match content {
                    Ok(content) if is_changed && column.edited().is_some() => cells.push((*column, content, was.as_str())),
                    Ok(_) if is_changed => problems.push(Problem { column: column.heading.to_owned(), reason: Reason::OnlyShown }),
                    Ok(_) => {}
                    Err(reason) => problems.push(Problem { column: column.heading.to_owned(), reason }),
                }
            }
            if names > 1 && renamed == names {
                refuse(Reason::OtherRecord);
                continue;
            }
            if !problems.is_empty() {
                named.push(Reject::new(&self.file, &self.place(row), &problems));
            }
            if !cells.is_empty() {
                changes.push(Change { row, id, record, entry, heads, cells });
            }
        }
        changes
    }
}

/// The row of the headings, by its place among the sheet's rows, and the column of ids.
fn headings(sheet: &Sheet) -> Option<(usize, &Row, usize)> {
    sheet.rows.iter().take(HEADING_ROWS).enumerate().find_map(|(at, row)| Some((at, row, (0..row.cells.len()).find(|cell| text(row, *cell) == ID_HEADING)?)))
}

fn text(row: &Row, at: usize) -> &str {
    if let Some(Cell::Text(text)) = row.cells.get(at) { text.trim() } else { "" }
}

struct Work<'w, 'b> {
    book: &'w Book,
    tenant: &'w Tenant,
    names: &'w Rows,
    tx: &'w mut Conn,
    batch: &'w mut Batch<'b>,
}

impl Work<'_, '_> {
    /// Makes the edits of one row. Returns what could not be taken.
    async fn change(&mut self, change: &Change<'_>, done: &mut Returned) -> Result<Vec<Problem>> {
        let list = &self.book.list;
        let doc = self.batch.document(self.tx, change.record).await?.filter(|doc| doc.kind().name == list.kind.name && !doc.is_erased());
        let entry = change.entry.map(|entry| entry.to_string());
        let present = |doc: &Doc| match (list.entries, &entry) {
            (Some(entries), Some(entry)) => doc.tree().present(entries.key, entry),
            _ => true,
        };
        let Some(doc) = doc.filter(|doc| present(doc)) else {
            return Ok(vec![Problem { column: String::new(), reason: Reason::RecordGone }]);
        };
        let seen = self.book.digests.seen(&doc, change.heads)?;
        let mut problems = Vec::new();
        let (mut edits, mut beside) = (Vec::new(), Vec::new());
        let place_at = change.cells.iter().position(|(column, ..)| is_place(column));
        for (at, (column, content, was)) in change.cells.iter().enumerate() {
            let Some(field) = column.edited() else { continue };
            // A grid and its micro-grid are one field.
            if is_place(column) && place_at != Some(at) {
                continue;
            }
            let now = self.standing(&doc, entry.as_deref(), field);
            if now.contains(content) && !is_place(column) {
                continue;
            }
            let digest = |content: &Content| self.book.digests.cell(change.id, column.key, content);
            let is_ours = now.iter().any(|now| digest(now) == *was);
            let json = match field.ty {
                Type::Tags => match &seen {
                    Some(seen) => tags(field, content, entry_of(list, seen, entry.as_deref()).unwrap_or(seen.tree())),
                    None => Err(Reason::BothChanged),
                },
                Type::Place | Type::MicroGrid => self.placed(&doc, change).await?,
                _ => Ok(Some(content.to_json())),
            };
            // What the community's own fields may hold is its settings' to say, which no rule looks at.
            let json = match (json, list.own(field.key)) {
                (Ok(Some(json)), Some(own)) => given_for(own, &json).map(Some).map_err(|e| Reason::Core(e.message_zh().to_owned(), e.message_en().to_owned())),
                (json, _) => json,
            };
            let json = match json {
                Ok(Some(json)) => json,
                Ok(None) => continue,
                Err(reason) => {
                    problems.push(Problem { column: column.heading.to_owned(), reason });
                    continue;
                }
            };
            let key = if is_place(column) { "place" } else { field.key };
            // What came in once does not come in again, whatever became of it since.
            let record = digest(&Content::Text(format!("{was} {json}")));
            if self.is_known(&record).await? {
                continue;
            }
            let write = Write { heading: column.heading, json: std::iter::once((key.to_owned(), json)).collect(), record };
            // Words of tags are fields of their own: they are given and taken away beside others.
            if is_ours || matches!(field.ty, Type::Tags) {
                edits.push(write);
            } else if seen.is_none() {
                problems.push(Problem { column: write.heading.to_owned(), reason: Reason::BothChanged });
            } else {
                beside.push(write);
            }
        }
        if let Some(flaws) = self.together(change, &edits, done).await? {
            problems.extend(flaws);
        }
        if let Some(seen) = seen {
            for write in &beside {
                match self.batch.run_beside(self.tx, edit(change, &write.json), change.record, seen.clone()).await {
                    Ok(_) => {
                        self.remember(change, write).await?;
                        done.edited += 1;
                        done.conflicts += 1;
                    }
                    Err(e) => problems.push(flaw(write.heading, e)?),
                }
            }
        }
        Ok(problems)
    }

    /// Writes a row's edits in one command; where one of them is wrong, each by itself, so that only that one is left out.
    async fn together(&mut self, change: &Change<'_>, edits: &[Write<'_>], done: &mut Returned) -> Result<Option<Vec<Problem>>> {
        let joined: JsonMap = edits.iter().flat_map(|write| write.json.clone()).collect();
        if edits.is_empty() {
            return Ok(None);
        }
        match self.batch.run(self.tx, edit(change, &joined)).await {
            Ok(_) => {
                for write in edits {
                    self.remember(change, write).await?;
                }
                done.edited += edits.len();
                return Ok(None);
            }
            Err(e) if edits.len() == 1 => return Ok(Some(vec![flaw(edits[0].heading, e)?])),
            Err(e) => drop(flaw("", e)?),
        }
        let mut problems = Vec::new();
        for write in edits {
            match self.batch.run(self.tx, edit(change, &write.json)).await {
                Ok(_) => {
                    self.remember(change, write).await?;
                    done.edited += 1;
                }
                Err(e) => problems.push(flaw(write.heading, e)?),
            }
        }
        Ok(Some(problems))
    }

    async fn is_known(&mut self, record: &str) -> Result<bool> {
        let args = [&*self.tenant.id, SOURCE, record].map(Arg::text).to_vec();
        Ok(!all(self.tx, "SELECT id FROM import_keys WHERE tenant_id = $1 AND source = $2 AND record = $3", args).await?.is_empty())
    }

    async fn remember(&mut self, change: &Change<'_>, write: &Write<'_>) -> Result<()> {
        let id = change.entry.unwrap_or(change.record).to_string();
        let args = [&*self.tenant.id, SOURCE, &write.record, &id, ""].map(Arg::text).to_vec();
        exec(self.tx, "INSERT INTO import_keys VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", args).await.map(drop)
    }

    /// What stands in a field now: more than one content where people set it differently at the same time.
    fn standing(&self, doc: &Doc, entry: Option<&str>, field: &Field) -> Vec<Content> {
        let list = &self.book.list;
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
        all.iter().map(|values| self.names.field(field, values)).collect()
    }

    /// The place that a row's grid and micro-grid name; what the row does not say is as it is now. Nothing if it is there already.
    async fn placed(&mut self, doc: &Doc, change: &Change<'_>) -> Result<std::result::Result<Option<Json>, Reason>> {
        let cell = |ty: Type| {
            let found = change.cells.iter().find(|(column, ..)| column.field().is_some_and(|field| field.ty == ty));
            found.map(|(_, content, _)| one_form(&content.plain()).into_owned())
        };
        let tree = doc.tree();
        let grid = match cell(Type::Place) {
            Some(name) => match self.place_named(&name, None).await? {
                Some(grid) => grid,
                None => return Ok(Err(Reason::NoSuchGrid)),
            },
            None => tree.text("place").to_owned(),
        };
        let place = match cell(Type::MicroGrid) {
            Some(name) if name.is_empty() => grid,
            Some(name) => match self.place_named(&name, Some(&grid)).await? {
                Some(place) => place,
                None => return Ok(Err(Reason::NoSuchGrid)),
            },
            None if grid == tree.text("place") => return Ok(Ok(None)),
            None => grid,
        };
        let now = tree.id("micro_grid").or_else(|| tree.id("place")).map(|id| id.to_string());
        Ok(Ok((now.as_deref() != Some(&place)).then(|| place.into())))
    }

    /// The open grid of this name, or the micro-grid of a grid.
    async fn place_named(&mut self, name: &str, grid: Option<&str>) -> Result<Option<String>> {
        let mut args = [&*self.tenant.id, name, if grid.is_some() { "micro_grid" } else { "grid" }].map(Arg::text).to_vec();
        args.extend(grid.map(Arg::text));
        let within = if grid.is_some() { " AND place = $4" } else { "" };
        let sql = format!("SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND level = $3{within} ORDER BY state DESC, doc LIMIT 1");
        let rows = all(self.tx, &sql, args).await?;
        Ok(rows.first().map(|row| row.get(0)).transpose()?)
    }
}

fn is_place(column: &Column) -> bool {
    column.field().is_some_and(|field| matches!(field.ty, Type::Place | Type::MicroGrid))
}

/// Words that the cell has more than was exported, and those that it lacks.
fn tags(field: &Field, content: &Content, was: &Map) -> std::result::Result<Option<Json>, Reason> {
    let plain = content.plain();
    let (now, was): (Vec<&str>, Vec<&str>) = (words(&plain), field.words(was).collect());
    let given = now.iter().filter(|word| !was.contains(word)).map(|word| format!("+{word}"));
    let taken = was.iter().filter(|word| !now.contains(word)).map(|word| format!("-{word}"));
    let both: Vec<Json> = given.chain(taken).map(Json::from).collect();
    Ok((!both.is_empty()).then_some(Json::Array(both)))
}

fn edit(change: &Change<'_>, fields: &JsonMap) -> Command {
    EditRecord { record: change.record, entry: change.entry, fields: fields.clone() }.into()
}

/// What is wrong with a cell; any other error ends the import.
fn flaw(heading: &str, error: HubError) -> Result<Problem> {
    match error {
        HubError::Core(e) if is_flaw(&e) => Ok(Problem::of_core(heading, &e)),
        other => Err(other),
    }
}

fn is_flaw(error: &CoreError) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed)
}
