//! Erasure (删除权): what the hub holds of a resident, or of a document, goes for good: here, on every phone with its next sync,
//! and in what a backup brings back. A journal beside the database names what was erased, without its content.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gridwalk_core::documents::{Kind, Subject, Value};
use gridwalk_core::ids::Id;
use gridwalk_core::kinds;
use gridwalk_core::photos::document::PHOTO;
use gridwalk_core::projection::Type;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::import::{ErasedKey, forget_records, remember_erased};
use crate::photos;
use crate::registry::act_log::{Act, record};
use crate::registry::journal::{self, Written};
use crate::store::{Arg, Conn, Tx, all, exec, select_in};
use crate::sync::{Batch, Begin, Erase, Tell};

/// Erasures, one a line, beside the database.
const JOURNAL: &str = "erasures.jsonl";
/// Kinds of which the community cannot do without a document.
const KEPT_KINDS: &[&str] = &["place", "settings", "category_list", "activity"];
/// The person asked for it (个人信息保护法 Art. 47).
pub const REQUEST: &str = "request";
/// It was kept long enough (Art. 19).
pub const RETENTION: &str = "retention";
/// For how long phones are told of an event that they drop by its date themselves, in seconds: they look once a month.
pub(super) const TOLD_SECONDS: i64 = 60 * 86_400;
/// Documents of the journal that one transaction repeats.
const PER_TRANSACTION: usize = 100;

#[derive(Serialize, Deserialize)]
struct Line {
    tenant: String,
    document: Id,
    kind: String,
    erase: Erase,
    right: String,
    generation: u32,
    at: i64,
    /// Keys under which it was imported.
    keys: Vec<ErasedKey>,
}

/// What is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A resident; the household stays.
    Resident {
        /// The household's document.
        household: Id,
        /// The resident's entry in it.
        resident: Id,
        /// Whether the photos of the household and its visits stay, although they may show the resident.
        keep_photos: bool,
    },
    /// A document with all that is about it.
    Document(Id),
    /// What a document does not show any more: earlier values of its fields.
    History(Id),
}

/// A place where a text stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The read model's table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The document.
    pub document: String,
    /// The entry in it; empty for the document itself.
    pub entry: String,
}

/// What an erasure would take, or took.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Documents that go, or begin again, with their kinds.
    pub documents: Vec<(Id, &'static Kind, Erase)>,
    /// Where else the names and telephone numbers that go stand.
    pub elsewhere: Vec<Found>,
}

/// Erases. Returns the documents that went or began again.
///
/// # Errors
/// If it is not there, was erased before, or is of a kind that the community cannot do without.
pub async fn erase(hub: &Hub, tenant: &Tenant, target: &Target) -> Result<usize> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let documents = documents_of(&mut tx, tenant, target).await?;
    // What happened goes before what it happened to, as phones read it.
    let all: Vec<_> = documents.iter().rev().map(|(id, kind, erase)| (*id, *kind, erase.clone(), Tell::Forever)).collect();
    let journaled = erase_all(hub, tenant, &mut tx, &all, REQUEST).await?;
    let subject = match target {
        Target::Resident { resident, .. } => resident,
        Target::Document(id) | Target::History(id) => id,
    };
    let (verb, detail) = (if matches!(target, Target::History(_)) { "erase_history" } else { "erase" }, format!("documents {}", documents.len()));
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb, subject: &subject.to_string(), detail: &detail }).await?;
    journaled.commit(tx).await?;
    scrub(hub).await?;
    sweep_photos(hub, tenant).await?;
    Ok(documents.len())
}

/// Removes the files that only erased photos named.
///
/// # Errors
/// If their store does not answer: the documents are erased all the same, and the serving hub tries again within the hour.
pub(super) async fn sweep_photos(hub: &Hub, tenant: &Tenant) -> Result<()> {
    photos::sweep(hub, tenant).await.map(drop).map_err(|e| {
        tracing::error!(error = %e, "照片存储没有应答 / the store of photos does not answer");
        HubError::usage(
            "资料已删除；照片存储没有应答，照片文件由服务器在一小时内删除",
            "the documents are erased; the store of photos does not answer: the serving hub removes their files within the hour",
        )
    })
}

/// Erases what is named, each with who hears of it, and journals what anyone does: the caller commits by what it answers.
pub(super) async fn erase_all(
    hub: &Hub,
    tenant: &Tenant,
    tx: &mut Conn,
    documents: &[(Id, &'static Kind, Erase, Tell)],
    right: &'static str,
) -> Result<Journaled> {
    let mut batch = Batch::new(hub, tenant);
    let mut lines = String::new();
    batch.load(tx, documents.iter().map(|(id, ..)| *id)).await?;
    for (doc, kind, erase, tell) in documents {
        let Some((generation, ids)) = batch.ids_of(tx, *doc).await? else { continue };
        batch.begin_again(tx, &Begin { doc: *doc, erase, right, generation: generation + 1, at: hub.now(), tell: *tell }, kind).await?;
        let keys = forget_keys(hub, tx, tenant, *doc, &ids, erase).await?;
        if *tell != Tell::Nobody {
            let line = Line {
                tenant: tenant.id.clone(),
                document: *doc,
                kind: kind.name.to_owned(),
                erase: erase.clone(),
                right: right.to_owned(),
                generation: generation + 1,
                at: hub.now(),
                keys,
            };
            lines.push_str(&journal::line(&line)?);
        }
    }
    batch.flush(tx).await?;
    exec(tx, "INSERT INTO meta VALUES ('scrub', '') ON CONFLICT DO NOTHING", vec![]).await?;
    // On disk before the commit: what was erased and is not journaled would come back with a backup.
    Written::write(&hub.folder, JOURNAL, &lines).map(Journaled).map_err(|e| {
        HubError::usage(
            format!("写不了 {JOURNAL}（磁盘已满或没有权限），没有删除任何内容"),
            format!("cannot write {JOURNAL} ({e}): the disk is full or may not be written; nothing was erased"),
        )
    })
}

/// Erasures whose transaction is not committed yet: the journal forgets them if it is given up.
pub(super) struct Journaled(Written);

impl Journaled {
    /// Commits what was journaled.
    pub(super) async fn commit(self, tx: Tx) -> Result<()> {
        let done = tx.commit().await;
        // Whoever did not hear the server's answer does not know whether it was committed.
        if !matches!(&done, Err(e) if e.as_database_error().is_some()) {
            self.0.keep();
        }
        Ok(done?)
    }
}

async fn forget_keys(hub: &Hub, tx: &mut Conn, tenant: &Tenant, doc: Id, ids: &[String], erase: &Erase) -> Result<Vec<ErasedKey>> {
    match erase {
        Erase::Document => forget_records(hub, tx, &tenant.id, ids, true).await,
        Erase::Words => forget_records(hub, tx, &tenant.id, &[doc.to_string()], true).await,
        Erase::Resident { id, .. } => {
            forget_records(hub, tx, &tenant.id, &[doc.to_string()], false).await?;
            forget_records(hub, tx, &tenant.id, &[id.to_string()], true).await
        }
        Erase::History => forget_records(hub, tx, &tenant.id, &[doc.to_string()], false).await,
    }
}

/// Leaves no byte of what was erased in the database's files, if anything was since the last time. Returns whether that is
/// done; while others read or the disk is full it waits, and is tried again by the serving hub.
pub async fn scrub(hub: &Hub) -> Result<bool> {
    let mut read = hub.store.read().await?;
    let due = !all(&mut read, "SELECT value FROM meta WHERE name = 'scrub'", vec![]).await?.is_empty();
    drop(read);
    if !due {
        return Ok(true);
    }
    let scrubbed = match hub.store.scrub().await {
        Err(e) if e.is_full() => {
            tracing::error!(error = %e, "磁盘已满，已删除内容的残留稍后清除 / the disk is full: what was erased is scrubbed later");
            false
        }
        other => other?,
    };
    if scrubbed {
        let mut tx = hub.store.write_any().await?;
        exec(&mut tx, "DELETE FROM meta WHERE name = 'scrub'", vec![]).await?;
        tx.commit().await?;
    }
    Ok(scrubbed)
}

/// Repeats all erasures that a restored backup does not know of, before the hub answers. Phones that have heard of them and
/// phones that have not end the same.
pub async fn repeat_erasures(hub: &Hub) -> Result<()> {
    let mut by_tenant: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in journal::read::<Line>(hub, JOURNAL)? {
        by_tenant.entry(line.tenant.clone()).or_default().push(line);
    }
    for (id, lines) in by_tenant {
        let mut read = hub.store.read().await?;
        let tenant = Tenant::find(&mut read, &id).await?;
        drop(read);
        // A community that was made after the backup is not there.
        let Some(tenant) = tenant else { continue };
        for some in lines.chunks(PER_TRANSACTION) {
            repeat(hub, &tenant, some).await?;
        }
    }
    scrub(hub).await.map(drop)
}

async fn repeat(hub: &Hub, tenant: &Tenant, lines: &[Line]) -> Result<()> {
    let keys: Vec<String> = lines.iter().map(|l| l.document.to_string()).collect::<BTreeSet<_>>().into_iter().collect();
    let sql = "SELECT doc, generation FROM documents WHERE tenant_id = $1 AND doc IN ({in})";
    let mut read = hub.store.read().await?;
    let mut now: BTreeMap<String, u32> = BTreeMap::new();
    for row in select_in(&mut read, sql, &tenant.id, &keys).await? {
        now.insert(row.get(0)?, u32::try_from(row.get::<i64>(1)?).unwrap_or(u32::MAX));
    }
    drop(read);
    let open: Vec<&Line> = lines.iter().filter(|l| now.get(&l.document.to_string()).is_none_or(|g| *g < l.generation)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    let mut batch = Batch::new(hub, tenant);
    for line in &open {
        let Some(kind) = kinds::by_name(&line.kind) else { continue };
        let ids = batch.ids_of(&mut tx, line.document).await?.map(|(_, ids)| ids).unwrap_or_default();
        let right = if line.right == RETENTION { RETENTION } else { REQUEST };
        let dropped_by_date = right == RETENTION && kind.keep_days.is_some();
        let tell = if dropped_by_date { Tell::Until(line.at + TOLD_SECONDS) } else { Tell::Forever };
        let begin = Begin { doc: line.document, erase: &line.erase, right, generation: line.generation, at: line.at, tell };
        batch.begin_again(&mut tx, &begin, kind).await?;
        // With the salt of before.
        remember_erased(&mut tx, &tenant.id, &line.document.to_string(), &line.keys).await?;
        forget_keys(hub, &mut tx, tenant, line.document, &ids, &line.erase).await?;
    }
    batch.flush(&mut tx).await?;
    exec(&mut tx, "INSERT INTO meta VALUES ('scrub', '') ON CONFLICT DO NOTHING", vec![]).await?;
    let detail = format!("documents {}, repeated after a restore", open.len());
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "erase", subject: "", detail: &detail }).await?;
    Ok(tx.commit().await?)
}

/// What an erasure would take, and where else the names and numbers of whom it is about stand.
pub async fn plan(hub: &Hub, tenant: &Tenant, target: &Target) -> Result<Plan> {
    let mut read = hub.store.read().await?;
    let documents = documents_of(&mut read, tenant, target).await?;
    let mut batch = Batch::new(hub, tenant);
    batch.load(&mut read, documents.iter().map(|(id, ..)| *id)).await?;
    let mut texts = BTreeSet::new();
    for (id, _, erase) in &documents {
        texts.extend(batch.names_in(*id, erase));
    }
    let mut elsewhere = BTreeSet::new();
    for text in &texts {
        elsewhere.extend(containing_in(&mut read, tenant, text).await?);
    }
    let own: BTreeSet<String> = documents.iter().map(|(id, ..)| id.to_string()).collect();
    let goes = |found: &Found| match target {
        Target::Resident { household, resident, .. } => {
            let container = documents.first().and_then(|(_, kind, _)| kind.residents()).map_or("", |(container, _)| container);
            let entry = found.entry == resident.to_string() || found.entry.starts_with(&format!("{container}/{resident}/"));
            found.document == household.to_string() && entry
        }
        Target::Document(_) | Target::History(_) => own.contains(&found.document),
    };
    elsewhere.retain(|found| !goes(found));
    Ok(Plan { documents, elsewhere: elsewhere.into_iter().collect() })
}

/// Where a text stands: names in notes, telephone numbers in reports, and the records themselves.
pub async fn containing(hub: &Hub, tenant: &Tenant, text: &str) -> Result<Vec<Found>> {
    containing_in(&mut *hub.store.read().await?, tenant, text).await
}

async fn containing_in(connection: &mut Conn, tenant: &Tenant, text: &str) -> Result<Vec<Found>> {
    let pattern = format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let mut found = Vec::new();
    for table in kinds::tables() {
        for (column, _) in table.all_columns().filter(|(_, kind)| *kind == Type::Text) {
            let sql = format!("SELECT doc, entry FROM {} WHERE tenant_id = $1 AND \"{column}\" LIKE $2 ESCAPE '!' ORDER BY doc, entry", table.name);
            for row in all(connection, &sql, vec![Arg::text(&tenant.id), Arg::text(&pattern)]).await? {
                found.push(Found { table: table.name, column, document: row.get(0)?, entry: row.get(1)? });
            }
        }
    }
    Ok(found)
}

/// The documents that a target means.
async fn documents_of(connection: &mut Conn, tenant: &Tenant, target: &Target) -> Result<Vec<(Id, &'static Kind, Erase)>> {
    match target {
        Target::Resident { household, resident, keep_photos } => {
            let kind = kind_of(connection, tenant, *household).await?;
            let args = [tenant.id.as_str(), &household.to_string(), &resident.to_string()].map(Arg::text).to_vec();
            let missing = || HubError::usage("这一户没有这位居民", "there is no such resident in this household");
            let (_, table) = kind.residents().ok_or_else(missing)?;
            let sql = format!("SELECT doc FROM {} WHERE tenant_id = $1 AND doc = $2 AND entry = $3", table.name);
            if all(connection, &sql, args).await?.is_empty() {
                return Err(missing());
            }
            let mut documents = vec![(*household, kind, Erase::Resident { id: *resident, photos: !keep_photos })];
            for (id, kind) in naming(connection, tenant, *resident).await? {
                documents.push((id, kind, Erase::Document));
                documents.extend(attached(connection, tenant, id).await?.into_iter().map(|photo| (photo.id, photo.kind, Erase::Document)));
            }
            if !keep_photos {
                let photos = attached(connection, tenant, *household).await?.into_iter().filter(|a| a.kind.name == PHOTO.name);
                documents.extend(photos.map(|photo| (photo.id, photo.kind, Erase::Document)));
            }
            Ok(documents)
        }
        Target::History(id) => Ok(vec![(*id, kind_of(connection, tenant, *id).await?, Erase::History)]),
        Target::Document(id) => {
            let kind = kind_of(connection, tenant, *id).await?;
            let mut documents = vec![(*id, kind, Erase::Document)];
            documents.extend(naming(connection, tenant, *id).await?.into_iter().map(|(id, kind)| (id, kind, Erase::Document)));
            let mut open: VecDeque<Id> = documents.iter().map(|(id, ..)| *id).collect();
            while let Some(id) = open.pop_front() {
                for Attached { id, kind, .. } in attached(connection, tenant, id).await? {
                    if documents.iter().all(|(known, ..)| *known != id) {
                        documents.push((id, kind, Erase::Document));
                        open.push_back(id);
                    }
                }
            }
            Ok(documents)
        }
    }
}

/// A document that goes with another.
pub(super) struct Attached {
    pub id: Id,
    pub kind: &'static Kind,
    /// Until when phones keep it, in seconds since the Unix epoch (UTC).
    pub kept_until: Option<i64>,
}

/// What is about a document, and the photos that were taken for it: those of a visit are about its household.
pub(super) async fn attached(connection: &mut Conn, tenant: &Tenant, id: Id) -> Result<Vec<Attached>> {
    let sql = "SELECT doc, kind, kept_until FROM documents WHERE tenant_id = $1 AND erased_at IS NULL
        AND (about = $2 OR doc IN (SELECT doc FROM photos WHERE tenant_id = $1 AND record = $2)) ORDER BY doc";
    let mut found = Vec::new();
    for row in all(connection, sql, vec![Arg::text(&tenant.id), Arg::text(&id.to_string())]).await? {
        if let Some(kind) = kinds::by_name(&row.get::<String>(1)?) {
            found.push(Attached { id: row.get(0)?, kind, kept_until: row.get(2)? });
        }
    }
    Ok(found)
}

/// Documents about this resident, person or household, as their kinds declare: what some may not see is a document of its own.
async fn naming(connection: &mut Conn, tenant: &Tenant, id: Id) -> Result<Vec<(Id, &'static Kind)>> {
    let mut found = BTreeMap::new();
    for kind in kinds::KINDS {
        for subject in kind.subjects {
            let Subject::Named { table, column } = subject else { continue };
            let sql = format!("SELECT doc FROM {} WHERE tenant_id = $1 AND \"{column}\" = $2", table.name);
            for row in all(connection, &sql, vec![Arg::text(&tenant.id), Arg::text(&id.to_string())]).await? {
                found.insert(row.get(0)?, *kind);
            }
        }
    }
    Ok(found.into_iter().collect())
}

async fn kind_of(connection: &mut Conn, tenant: &Tenant, id: Id) -> Result<&'static Kind> {
    let sql = "SELECT kind, erased_at FROM documents WHERE tenant_id = $1 AND doc = $2";
    let rows = all(connection, sql, vec![Arg::text(&tenant.id), Arg::text(&id.to_string())]).await?;
    let row = rows.first().ok_or_else(|| HubError::usage("没有这份资料", "there is no such document"))?;
    if row.get::<Option<i64>>(1)?.is_some() {
        return Err(HubError::usage("这份资料已经删除", "this document was erased already"));
    }
    let kind = kinds::by_name(&row.get::<String>(0)?).filter(|kind| !KEPT_KINDS.contains(&kind.name));
    kind.ok_or_else(|| HubError::usage("这类资料不能删除", "documents of this kind are not erased"))
}

impl Batch<'_> {
    /// The names and telephone numbers in what an erasure takes of a document.
    fn names_in(&self, id: Id, erase: &Erase) -> Vec<String> {
        let Some(doc) = self.loaded(id) else { return Vec::new() };
        let tree = doc.tree();
        let residents = doc
            .kind()
            .residents()
            .into_iter()
            .flat_map(|(container, _)| tree.entries(container))
            .filter(|(entry, _)| !matches!(erase, Erase::Resident { id: only, .. } if only.to_string() != *entry));
        let maps = residents.map(|(_, resident)| resident).chain(doc.kind().is_person().then_some(&**tree));
        let texts = maps.flat_map(|map| [map.value("name"), map.value("phone")]);
        texts.filter_map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None }).filter(|text| !text.is_empty()).collect()
    }
}
