//! From rows to documents: each source record becomes one command of the hub's, remembered by its key in the source.

use std::path::Path;

use gridwalk_core::claims::ClaimPlace;
use gridwalk_core::documents::hash_text;
use gridwalk_core::error::{Error as CoreError, ErrorKind};
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input as Command;
use gridwalk_core::places::document::{GRID, MICRO_GRID};
use gridwalk_core::records::{AddRecord, EditRecord, JsonMap};
use gridwalk_core::reports::{Imported as ImportedReport, ImportedAnswer, RaiseReport};
use gridwalk_core::text::one_form;
use serde_json::json;

use super::community::{Activity, Household, OpenReport};
use super::erased::{is_erased, salt};
use super::household::NewResident;
use super::kept::Placed;
use super::mapping::Mapping;
use super::messages::Message;
use super::read::{Input, read_file};
use super::rejects::{Place, Problem, Reason, Reject, write_rejects};
use super::table::Column;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::own_fields::own_fields;
use crate::store::{Arg, Conn, all, exec, insert_many};
use crate::sync::Batch;

/// Records that go into one transaction.
const PER_TRANSACTION: usize = 400;

/// What an import did.
#[derive(Debug, Default)]
pub struct Imported {
    /// Records that are new.
    pub added: u64,
    /// Records that were imported before, unchanged.
    pub known: u64,
    /// Records that were imported before and differ now: left as they are here.
    pub changed: u64,
    /// Rows that the file repeats word for word.
    pub repeats: usize,
    /// Rows that could not be taken.
    pub rejected: usize,
    /// Columns, rows and sheets that hold something and were not read.
    pub unread: usize,
    /// All of these, and the records that were left as they are here, with the reason.
    pub named: Vec<Reject>,
    /// The file that names them; of a preview there is none.
    pub rejects_file: Option<std::path::PathBuf>,
    /// What a person should know of how the file was read, in Chinese and in English.
    pub notes: Vec<(String, String)>,
    /// Of a preview, the first records in words.
    pub shown: Vec<String>,
}

impl Imported {
    /// Whether everything that the file holds is in gridwalk now, as the file says it.
    pub fn is_whole(&self) -> bool {
        self.named.is_empty()
    }
}

/// So many records are shown by a preview.
const SHOWN: usize = 20;

/// Imports one file. `progress` hears how many of how many records are done.
pub async fn import(hub: &Hub, tenant: &Tenant, path: &Path, mapping: &Mapping, progress: impl FnMut(usize, usize)) -> Result<Imported> {
    let mut report = run(hub, tenant, path, mapping, false, progress).await?;
    report.rejects_file = write_rejects(path, &report.named)?;
    let Imported { added, known, changed, rejected, unread, .. } = &report;
    let detail = format!("added {added}, known {known}, changed {changed}, rejected {rejected}, unread {unread}");
    // The file is named by its content: its name may be anything.
    let content = hash_text(&sha256(&std::fs::read(path)?));
    let mut tx = hub.store.write(&tenant.id).await?;
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "import", subject: &content, detail: &detail }).await?;
    tx.commit().await?;
    Ok(report)
}

/// What an import of the file would do. Nothing is written: each transaction is given up.
pub async fn preview(hub: &Hub, tenant: &Tenant, path: &Path, mapping: &Mapping) -> Result<Imported> {
    run(hub, tenant, path, mapping, true, |_, _| ()).await
}

async fn run(hub: &Hub, tenant: &Tenant, path: &Path, mapping: &Mapping, preview: bool, mut progress: impl FnMut(usize, usize)) -> Result<Imported> {
    let mapping = &mapping.with_own(&own_fields(hub, tenant).await?);
    let mut input = read_file(path, mapping, hub.now()).map_err(|e| HubError::Usage(e.to_string()))?;
    let mut report = Imported { repeats: input.repeats, notes: std::mem::take(&mut input.notes), ..Imported::default() };
    let mut rejects = std::mem::take(&mut input.rejects);
    let unread = std::mem::take(&mut input.unread);
    let columns = std::mem::take(&mut input.columns);
    let file = input.file.clone();
    let records = records(input);
    let total = records.len();
    let (mut done, mut left) = (0, Vec::new());
    for chunk in records.chunks(PER_TRANSACTION) {
        let mut tx = hub.store.write(&tenant.id).await?;
        let mut keys = Vec::new();
        let mut work = Work { tenant: &tenant.id, keys: &mut keys, salt: salt(&mut tx).await?, tx: &mut tx, batch: Batch::new(hub, tenant) };
        for (place, record) in chunk {
            let word = match work.record(record).await {
                Ok(Did::Added) => {
                    report.added += 1;
                    "新增 added"
                }
                Ok(Did::Known) => {
                    report.known += 1;
                    "已有 known"
                }
                Ok(Did::Changed) => {
                    report.changed += 1;
                    left.push(Reject::one(&file, place, "", Reason::Changed));
                    "有变化 changed"
                }
                Err(HubError::Core(e)) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict) => {
                    let column = column_of(&e, columns.get(&place.sheet).map_or(&[], Vec::as_slice));
                    rejects.push(Reject::new(&file, place, &[Problem::of_core(&column, &e)]));
                    "拒收 rejected"
                }
                Err(e) => return Err(e),
            };
            if preview && report.shown.len() < SHOWN {
                report.shown.push(format!("{word}：{}", record.in_words()));
            }
        }
        done += chunk.len();
        if preview {
            continue;
        }
        work.batch.flush(work.tx).await?;
        insert_many(&mut tx, "import_keys", keys).await?;
        tx.commit().await?;
        progress(done, total);
    }
    (report.rejected, report.unread) = (rejects.len(), unread.len());
    report.named = [rejects, left, unread].concat();
    Ok(report)
}

/// The column in which the field stands that an error of the core speaks of; its name where the file has no columns.
fn column_of(error: &CoreError, columns: &[Column]) -> String {
    let field = error.field().unwrap_or_default();
    columns.iter().find(|column| column.key == field).map_or(field, |column| column.heading.as_str()).to_owned()
}

enum Record {
    Message(Message),
    /// Codes with the three levels of each.
    Categories(Vec<(String, [String; 3])>),
    Household(Household),
    Report(OpenReport),
    Activity(Activity),
}

impl Record {
    /// What a person looks at before an import: names and addresses, on their own screen.
    fn in_words(&self) -> String {
        match self {
            Self::Message(m) => format!("{} {}", m.number, m.title),
            Self::Categories(all) => format!("{} 个分类 categories", all.len()),
            Self::Report(r) => format!("{} {}", r.grid, r.title),
            Self::Activity(a) => format!("{} {}", a.grid, a.title),
            Self::Household(h) => {
                let person = |r: &NewResident| {
                    let parts = [&r.name, &r.relation, &r.sex, &r.birth, &r.phone].map(String::as_str);
                    let parts = parts.into_iter().chain(r.tags.iter().map(String::as_str));
                    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
                };
                let people = h.home.residents.iter().map(person).collect::<Vec<_>>().join("；");
                let place = [h.grid.as_str(), h.micro_grid.as_deref().unwrap_or_default()].join(" ");
                format!("{} {}：{people}", place.trim(), h.home.address)
            }
        }
    }
}

enum Did {
    Added,
    Known,
    Changed,
}

fn records(input: Input) -> Vec<(Place, Record)> {
    fn each<T>(rows: Vec<Placed<T>>, make: fn(T) -> Record) -> impl Iterator<Item = (Place, Record)> {
        rows.into_iter().map(move |row| (row.place, make(row.content)))
    }
    let mut all: Vec<(Place, Record)> = Vec::new();
    // One list, one command: categories by their own codes, or by their place in the file.
    if let Some(first) = input.categories.first().map(|c| c.place.clone()) {
        let categories = input.categories.into_iter().map(|c| {
            let code = c.content.code.clone().unwrap_or_else(|| short_code(&[&c.content.level1, &c.content.level2, &c.content.level3]));
            (code, [c.content.level1, c.content.level2, c.content.level3])
        });
        all.push((first, Record::Categories(categories.collect())));
    }
    all.extend(each(input.households, Record::Household));
    all.extend(each(input.reports, Record::Report));
    all.extend(each(input.activities, Record::Activity));
    all.extend(each(input.messages, Record::Message));
    all
}

/// A code for a category that has none: from its names, so that the same list gives the same codes.
fn short_code(levels: &[&str]) -> String {
    hash_text(&sha256(levels.join("/").as_bytes()))[..8].to_owned()
}

struct Work<'a> {
    tenant: &'a str,
    keys: &'a mut Vec<Vec<Arg>>,
    /// Of the keys of erased records, if there are any.
    salt: Option<String>,
    tx: &'a mut Conn,
    batch: Batch<'a>,
}

impl Work<'_> {
    async fn record(&mut self, record: &Record) -> Result<Did> {
        match record {
            Record::Message(m) => self.message(m).await,
            Record::Categories(all) => self.categories(all).await,
            Record::Household(h) => self.household(h).await,
            Record::Report(r) => self.report(r).await,
            Record::Activity(a) => self.activity(a).await,
        }
    }

    async fn message(&mut self, m: &Message) -> Result<Did> {
        let digest = digest(&format!("{m:?}"));
        if let Some(did) = self.known("message", &m.key, &digest).await? {
            return Ok(did);
        }
        // A grid's name puts the report there; any other place is where, in words.
        let place = match &m.place {
            Some(name) => self.grid_named(name).await?,
            None => None,
        };
        let category = match &m.category {
            Some(name) => self.category_code(name).await?,
            None => String::new(),
        };
        // An answer without a time is as old as its question: nothing later is known.
        let answer = m.answer.as_ref().map(|text| ImportedAnswer {
            text: text.clone(),
            by_name: m.answered_by.clone().unwrap_or_default(),
            at: m.answered_at.map_or(m.raised_at.at, |s| s.at),
            day_only: m.answered_at.is_none_or(|s| s.day_only),
        });
        let imported = ImportedReport {
            number: m.number.clone(),
            reporter: m.reporter.clone().unwrap_or_default(),
            address: m.place.clone().filter(|_| place.is_none()).unwrap_or_default(),
            raised_at: m.raised_at.at,
            day_only: m.raised_at.day_only,
            answer,
        };
        let input = RaiseReport {
            place,
            category,
            title: m.title.clone(),
            detail: m.detail.clone(),
            urgency: String::new(),
            lat: None,
            lon: None,
            imported: Some(imported),
        };
        let id = self.batch.run(self.tx, Command::RaiseReport(input)).await?;
        self.remember("message", &m.key, id, &digest);
        Ok(Did::Added)
    }

    async fn categories(&mut self, categories: &[(String, [String; 3])]) -> Result<Did> {
        let digest = digest(&format!("{categories:?}"));
        let list = match find(self.tx, self.tenant, "category_list", "").await? {
            Some((_, known)) if known == digest => return Ok(Did::Known),
            Some((list, _)) => Some(list),
            None => None,
        };
        let paths: JsonMap = categories.iter().map(|(code, levels)| (code.clone(), levels.join("/").into())).collect();
        let fields = json!({"categories": paths});
        let set: Command = match list {
            Some(list) => EditRecord::of(list, fields).into(),
            None => AddRecord::new("category_list", fields).into(),
        };
        let id = self.batch.run(self.tx, set).await?;
        if list.is_some() {
            let args = vec![Arg::text(self.tenant), Arg::text("category_list")];
            exec(self.tx, "DELETE FROM import_keys WHERE tenant_id = $1 AND source = $2", args).await?;
        }
        self.remember("category_list", "", id, &digest);
        Ok(Did::Added)
    }

    async fn household(&mut self, h: &Household) -> Result<Did> {
        let digest = digest(&format!("{h:?}"));
        if let Some(did) = self.known("household", &h.id, &digest).await? {
            return Ok(did);
        }
        for resident in &h.resident_ids {
            if self.is_erased("resident", resident).await? {
                let (zh, en) =
                    ("其中一位居民已按要求删除，请从文件中去掉后再导入", "one of its residents was erased; take them out of the file and import it again");
                return Err(CoreError::invalid(zh, en).into());
            }
        }
        let grid = self.grid(&h.grid).await?;
        let place = match &h.micro_grid {
            Some(name) => self.micro_grid(&h.grid, grid, name).await?,
            None => grid,
        };
        let add = AddRecord { kind: "household".into(), fields: h.home.fields_in(place) };
        let id = self.batch.run(self.tx, add.into()).await?;
        self.remember("household", &h.id, id, &digest);
        // A household's residents have the ids after its own, in their order.
        for (resident, after) in h.resident_ids.iter().zip(1..) {
            self.remember("resident", resident, Id { actor: id.actor, counter: id.counter + after }, "");
        }
        Ok(Did::Added)
    }

    async fn report(&mut self, r: &OpenReport) -> Result<Did> {
        let digest = digest(&format!("{r:?}"));
        if let Some(did) = self.known("report", &r.id, &digest).await? {
            return Ok(did);
        }
        let place = self.grid(&r.grid).await?;
        let imported =
            ImportedReport { number: String::new(), reporter: String::new(), address: String::new(), raised_at: r.at, day_only: false, answer: None };
        let input = RaiseReport {
            place: Some(place),
            category: r.category.clone(),
            title: r.title.clone(),
            detail: r.detail.clone(),
            urgency: r.urgency.clone().unwrap_or_default(),
            lat: r.position.as_ref().map(|p| p.lat),
            lon: r.position.as_ref().map(|p| p.lon),
            imported: Some(imported),
        };
        let id = self.batch.run(self.tx, Command::RaiseReport(input)).await?;
        self.remember("report", &r.id, id, &digest);
        Ok(Did::Added)
    }

    async fn activity(&mut self, a: &Activity) -> Result<Did> {
        let digest = digest(&format!("{a:?}"));
        if let Some(did) = self.known("activity", &a.id, &digest).await? {
            return Ok(did);
        }
        let place = self.grid(&a.grid).await?.to_string();
        let mut members = Vec::new();
        for member in &a.members {
            let make = || AddRecord::new("person", json!({"kind": "member", "name": member})).into();
            members.push(self.once("member", member, make).await?);
        }
        let task = a.task.as_deref().unwrap_or("参加志愿服务");
        let fields = json!({
            "title": a.title, "task": task, "place": place, "starts_at": a.start, "ends_at": a.end, "places": a.places,
        });
        let id = self.batch.run(self.tx, AddRecord::new("activity", fields).into()).await?;
        for member in members {
            self.batch.run(self.tx, ClaimPlace { thing: id, person: Some(member) }.into()).await?;
        }
        self.remember("activity", &a.id, id, &digest);
        Ok(Did::Added)
    }

    /// The grid of this name, if there is one.
    async fn grid_named(&mut self, name: &str) -> Result<Option<Id>> {
        let args = vec![Arg::text(self.tenant), Arg::text(&one_form(name))];
        let sql = "SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND level = 'grid' ORDER BY state DESC, doc LIMIT 1";
        let rows = all(self.tx, sql, args).await?;
        rows.first().map(|r| Ok(r.get(0)?)).transpose()
    }

    /// The code of a category that a file names by its code, its path or its last level; what the list does not have stays
    /// as the file says it.
    async fn category_code(&mut self, name: &str) -> Result<String> {
        let args = vec![Arg::text(self.tenant), Arg::text(name)];
        let sql = "SELECT entry FROM categories WHERE tenant_id = $1 AND (entry = $2 OR path = $2 OR path LIKE '%/' || $2) ORDER BY entry LIMIT 2";
        let rows = all(self.tx, sql, args).await?;
        // Two categories of one name are told apart by a person.
        Ok(if let [only] = &rows[..] { only.get(0)? } else { name.to_owned() })
    }

    /// The place of a grid's name, made when it is first named. Names that are one in their one form are one grid, whoever made it.
    async fn grid(&mut self, name: &str) -> Result<Id> {
        let name = &*one_form(name);
        if find(self.tx, self.tenant, "grid", name).await?.is_none()
            && !self.is_erased("grid", name).await?
            && let Some(id) = self.grid_named(name).await?
        {
            return Ok(id);
        }
        let make = || AddRecord::new("place", json!({"level": GRID, "name": name})).into();
        self.once("grid", name, make).await
    }

    /// The micro-grid of a name in a grid, made when it is first named.
    async fn micro_grid(&mut self, grid_name: &str, grid: Id, name: &str) -> Result<Id> {
        let make = || AddRecord::new("place", json!({"level": MICRO_GRID, "place": grid.to_string(), "name": name})).into();
        self.once("micro_grid", &format!("{grid_name}/{name}"), make).await
    }

    async fn once(&mut self, source: &str, record: &str, make: impl FnOnce() -> Command) -> Result<Id> {
        let fresh = self.keys.iter().find(|k| matches!((&k[1], &k[2]), (Arg::Text(Some(s)), Arg::Text(Some(r))) if s == source && r == record));
        if let Some([.., Arg::Text(Some(id)), _]) = fresh.map(Vec::as_slice) {
            return Ok(id.parse()?);
        }
        if let Some((id, _)) = find(self.tx, self.tenant, source, record).await? {
            return Ok(id);
        }
        self.refuse_erased(source, record).await?;
        let id = self.batch.run(self.tx, make()).await?;
        self.remember(source, record, id, "");
        Ok(id)
    }

    async fn known(&mut self, source: &str, record: &str, digest: &str) -> Result<Option<Did>> {
        let found = find(self.tx, self.tenant, source, record).await?;
        if found.is_none() {
            self.refuse_erased(source, record).await?;
        }
        Ok(found.map(|(_, known)| if known == digest { Did::Known } else { Did::Changed }))
    }

    /// What was erased does not come back with its file.
    async fn refuse_erased(&mut self, source: &str, record: &str) -> Result<()> {
        if self.is_erased(source, record).await? {
            return Err(CoreError::invalid("这条记录已按要求删除，不再导入", "this record was erased and is not imported again").into());
        }
        Ok(())
    }

    async fn is_erased(&mut self, source: &str, record: &str) -> Result<bool> {
        match &self.salt {
            Some(salt) => is_erased(self.tx, self.tenant, salt, source, record).await,
            None => Ok(false),
        }
    }

    fn remember(&mut self, source: &str, record: &str, id: Id, digest: &str) {
        self.keys.push(vec![Arg::text(self.tenant), Arg::text(source), Arg::text(record), Arg::text(&id.to_string()), Arg::text(digest)]);
    }
}

/// The document that a source record became, with the digest of what it was.
async fn find(connection: &mut Conn, tenant: &str, source: &str, record: &str) -> Result<Option<(Id, String)>> {
    let args = vec![Arg::text(tenant), Arg::text(source), Arg::text(record)];
    let rows = all(connection, "SELECT id, digest FROM import_keys WHERE tenant_id = $1 AND source = $2 AND record = $3", args).await?;
    rows.first().map(|r| Ok((r.get(0)?, r.get(1)?))).transpose()
}

/// The documents that the records of a source became, by their keys there: `household`, `resident`, `report`, `activity`,
/// `member`, `grid`, `message`.
pub async fn imported(hub: &Hub, tenant: &str, source: &str) -> Result<std::collections::HashMap<String, Id>> {
    let mut read = hub.store.read().await?;
    let rows = all(&mut read, "SELECT record, id FROM import_keys WHERE tenant_id = $1 AND source = $2", vec![Arg::text(tenant), Arg::text(source)]).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

fn digest(text: &str) -> String {
    hash_text(&sha256(text.as_bytes()))[..32].to_owned()
}
