//! A workbook that this hub exported comes in again: what was changed in it since becomes edits, each of the household, resident, …
//! whose id its row carries, wherever the row stands now.

use std::path::{Path, PathBuf};

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::records::JsonMap;
use gridwalk_sheets::book::is_flaw;
use gridwalk_sheets::{Book, Change, Exported, Flaw, Flawed, How, Names, Place as NamedPlace, Write};

use super::{open_digests, open_list, rows, usage};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::import::read::read_whole;
use crate::import::rejects::{Place, Problem, Reason, Reject, write_rejects};
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, Row, all, exec};
use crate::sync::Batch;

/// Rows that go into one transaction.
const PER_TRANSACTION: usize = 400;

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
    let Some(exported) = Exported::read(&bytes).map_err(usage)? else { return Ok(None) };
    let (list, digests) = (open_list(hub, tenant, exported.list()).await?, open_digests(hub, tenant).await?);
    let book = exported.open(list, digests).map_err(usage)?;
    let mut done = run(&file, &book, hub, tenant, preview, progress).await?;
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

/// Makes edits of what was changed. With `preview` nothing is written.
async fn run(file: &str, book: &Book, hub: &Hub, tenant: &Tenant, preview: bool, mut progress: impl FnMut(usize, usize)) -> Result<Returned> {
    let reject = |flawed: Flawed| {
        let problem = |(column, flaw)| Problem { column, reason: if flaw == Flaw::UnreadColumn { Reason::UnreadColumn } else { Reason::Cell(flaw) } };
        let problems: Vec<Problem> = flawed.flaws.into_iter().map(problem).collect();
        Reject::new(file, &Place { sheet: book.sheet.name.clone(), row: flawed.row }, &problems)
    };
    let (mut named, mut unread) = (Vec::new(), Vec::new());
    let changes = book.changes(&mut named, &mut unread);
    let mut done = Returned { rows: book.rows(), ..Returned::default() };
    for (at, chunk) in changes.chunks(PER_TRANSACTION).enumerate() {
        let mut tx = hub.store.write(&tenant.id).await?;
        let names = rows::names(&mut tx, &tenant.id, &book.columns).await?;
        let places = places(&mut tx, &tenant.id).await?;
        let mut batch = Batch::new(hub, tenant);
        for change in chunk {
            let mut work = Work { book, tenant, names: &names, places: &places, tx: &mut tx, batch: &mut batch };
            let flaws = work.change(change, &mut done).await?;
            if !flaws.is_empty() {
                named.push(Flawed { row: change.row, flaws });
            }
        }
        if preview {
            continue;
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        progress((at * PER_TRANSACTION + chunk.len()).min(changes.len()), changes.len());
    }
    named.extend(book.gone().map(|id| Flawed::one(0, "", Flaw::RowGone(id.to_owned()))));
    Ok(Returned { rejected: named.len(), unread: unread.len(), named: named.into_iter().chain(unread).map(reject).collect(), ..done })
}

/// The community's places, those in use and the latest of a name first.
async fn places(connection: &mut Conn, tenant: &str) -> Result<Vec<NamedPlace>> {
    let sql = "SELECT doc, level, name, place FROM places WHERE tenant_id = $1 ORDER BY state DESC, doc";
    let text = |row: &Row, at: usize| Ok::<_, HubError>(row.get::<Option<String>>(at)?.unwrap_or_default());
    let place = |row: &Row| Ok(NamedPlace { id: text(row, 0)?, level: text(row, 1)?, name: text(row, 2)?, grid: text(row, 3)? });
    all(connection, sql, vec![Arg::text(tenant)]).await?.iter().map(place).collect()
}

struct Work<'w, 'b> {
    book: &'w Book,
    tenant: &'w Tenant,
    names: &'w Names,
    places: &'w [NamedPlace],
    tx: &'w mut Conn,
    batch: &'w mut Batch<'b>,
}

impl Work<'_, '_> {
    /// Makes the edits of one row. Returns what could not be taken.
    async fn change(&mut self, change: &Change<'_>, done: &mut Returned) -> Result<Vec<(String, Flaw)>> {
        let doc = self.batch.document(self.tx, change.record).await?.filter(|doc| self.book.is_there(change, doc));
        let Some(doc) = doc else { return Ok(vec![(String::new(), Flaw::RecordGone)]) };
        let seen = self.book.seen(change, &doc)?;
        let (mut writes, mut flaws) = self.book.writes(change, &doc, seen.as_ref(), self.names, self.places);
        let mut known = Vec::new();
        for write in &writes {
            known.push(self.is_known(&write.record).await?);
        }
        let mut known = known.into_iter();
        writes.retain(|_| !known.next().unwrap_or_default());
        let of = |how: How| writes.iter().filter(move |write| write.how == how);
        flaws.extend(of(How::Lost).map(|write| (write.heading.to_owned(), Flaw::BothChanged)));
        flaws.extend(self.together(change, &of(How::Over).collect::<Vec<_>>(), done).await?);
        for write in of(How::Beside) {
            let Some(seen) = seen.clone() else { continue };
            match self.batch.run_beside(self.tx, change.edit(&write.json).into(), change.record, seen).await {
                Ok(_) => {
                    self.remember(change, write).await?;
                    done.edited += 1;
                    done.conflicts += 1;
                }
                Err(e) => flaws.push(flaw(write.heading, e)?),
            }
        }
        Ok(flaws)
    }

    /// Writes a row's edits in one command; where one of them is wrong, each by itself, so that only that one is left out.
    async fn together(&mut self, change: &Change<'_>, edits: &[&Write], done: &mut Returned) -> Result<Vec<(String, Flaw)>> {
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        let joined: JsonMap = edits.iter().flat_map(|write| write.json.clone()).collect();
        match self.batch.run(self.tx, change.edit(&joined).into()).await {
            Ok(_) => {
                for write in edits {
                    self.remember(change, write).await?;
                }
                done.edited += edits.len();
                return Ok(Vec::new());
            }
            Err(e) if edits.len() == 1 => return Ok(vec![flaw(edits[0].heading, e)?]),
            Err(e) => drop(flaw("", e)?),
        }
        let mut flaws = Vec::new();
        for write in edits {
            match self.batch.run(self.tx, change.edit(&write.json).into()).await {
                Ok(_) => {
                    self.remember(change, write).await?;
                    done.edited += 1;
                }
                Err(e) => flaws.push(flaw(write.heading, e)?),
            }
        }
        Ok(flaws)
    }

    async fn is_known(&mut self, record: &str) -> Result<bool> {
        let args = [&*self.tenant.id, SOURCE, record].map(Arg::text).to_vec();
        Ok(!all(self.tx, "SELECT id FROM import_keys WHERE tenant_id = $1 AND source = $2 AND record = $3", args).await?.is_empty())
    }

    async fn remember(&mut self, change: &Change<'_>, write: &Write) -> Result<()> {
        let id = change.entry.unwrap_or(change.record).to_string();
        let args = [&*self.tenant.id, SOURCE, &write.record, &id, ""].map(Arg::text).to_vec();
        exec(self.tx, "INSERT INTO import_keys VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", args).await.map(drop)
    }
}

/// What is wrong with a cell; any other error ends the import.
fn flaw(heading: &str, error: HubError) -> Result<(String, Flaw)> {
    match error {
        HubError::Core(e) if is_flaw(&e) => Ok((heading.to_owned(), Flaw::of_core(&e))),
        other => Err(other),
    }
}
