//! Who wrote what: for each fact of a document the change that wrote it, and whether a stored statement with this change, signed
//! by the device, proves it. Works from what the hub keeps after folding.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::documents::{Fact, hash_text};
use gridwalk_core::identity::PublicKey;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::sync::protocol::{Statement, StatementLine, decode, resolve};
use serde::Serialize;

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::community_keys::own_key;
use crate::store::{Arg, Conn, all, select_in};
use crate::sync::{Batch, Membership};

/// What the hub can say for a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A statement with the change verifies against the key of the device that made it, and the device is the named person's.
    Proven,
    /// The hub wrote it itself (an import, an erasure), by its own signed statement; the person is as the hub said.
    ByHub,
    /// The change was not made by any device's actor.
    NoActor,
    /// No such device was ever enrolled here.
    UnknownDevice,
    /// The stored public key is not this device's: the id is made from the key.
    WrongKey,
    /// No statement of the device names the change.
    NoStatement,
    /// The statement that names the change is not what was signed.
    WrongSignature,
    /// It is signed, but by the device of another person than the fact names.
    OtherPerson,
}

impl Proof {
    /// Whether the fact is proven.
    pub fn holds(self) -> bool {
        matches!(self, Self::Proven | Self::ByHub)
    }
}

/// A fact with what the hub can say for it.
#[derive(Debug, Clone, Serialize)]
pub struct Audited {
    /// Keys from the root, joined by `/`.
    pub path: String,
    /// The value; of a confidential document nothing.
    pub value: serde_json::Value,
    /// Whether it is the one that screens show; the others were set at the same time.
    pub shown: bool,
    /// The person that the fact names.
    pub by: String,
    /// Their name, empty if not known.
    pub by_name: String,
    /// When it was written, as the fact says, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The device that made the change.
    pub device: Option<String>,
    /// When the hub took the change, in seconds since the Unix epoch (UTC).
    pub taken_at: Option<i64>,
    /// The command that it came from.
    pub command: Option<Id>,
    /// The hash of the change.
    pub change: String,
    /// The statement that names the change.
    pub statement: Option<String>,
    /// What can be said for it.
    pub proof: Proof,
    /// Who took it in from a revoked device, if someone did.
    pub vouched: Option<VouchedFor>,
}

/// A cadre's word for what a revoked device made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VouchedFor {
    /// The cadre's id.
    pub by: String,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Why, in their words.
    pub reason: String,
}

/// A document's facts.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// The document.
    pub document: Id,
    /// Its kind.
    pub kind: &'static str,
    /// Its facts, by path, the shown value of each first.
    pub facts: Vec<Audited>,
}

/// A statement that names a change.
struct Found {
    id: String,
    taken_at: i64,
    command: Id,
    signed: bool,
    vouched: Option<VouchedFor>,
}

/// Who wrote the facts of `document`, or those at `path` and below. The reading is logged.
///
/// # Errors
/// If there is no such document or path, or the document's own bytes were changed.
pub async fn audit(hub: &Hub, tenant: &Tenant, document: Id, path: Option<&str>) -> Result<Audit> {
    let mut read = hub.store.read().await?;
    let mut batch = Batch::new(hub, tenant);
    let loaded = batch.document(&mut read, document).await.map_err(|e| match e {
        HubError::Core(_) => HubError::usage("此文档的内容在数据库中被改动，无法读出", "the document's content was changed in the database and cannot be read"),
        e => e,
    })?;
    let doc = loaded.ok_or_else(|| HubError::usage("没有这个文档", "there is no such document"))?;
    let below = |fact: &Fact| path.is_none_or(|p| fact.path.strip_prefix(p).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let facts: Vec<Fact> = doc.facts().into_iter().filter(below).collect();
    if facts.is_empty() {
        return Err(HubError::usage("没有这一项", "there is nothing at this path"));
    }
    let mut devices: BTreeMap<DeviceId, Device> = BTreeMap::new();
    for device in facts.iter().filter_map(|f| f.actor).map(gridwalk_core::ids::Actor::device).collect::<BTreeSet<_>>() {
        devices.insert(device, Device::find(&mut read, tenant, device, document, doc.generation, &facts).await?);
    }
    let names = names(&mut read, &tenant.id, &facts).await?;
    let facts = facts.into_iter().map(|fact| {
        let device = fact.actor.map(|a| a.device());
        let behind = device.and_then(|d| devices.get(&d));
        let found = behind.and_then(|d| d.statements.get(&fact.change));
        Audited {
            // Who wrote a confidential fact can be proven without showing it; `show` shows it.
            value: if doc.kind().is_confidential() { serde_json::Value::Null } else { fact.value.to_json() },
            shown: fact.shown,
            by_name: names.get(&fact.by).cloned().unwrap_or_default(),
            at: fact.at,
            device: device.map(|d| d.to_string()),
            taken_at: found.map(|f| f.taken_at),
            command: found.map(|f| f.command),
            change: hash_text(&fact.change),
            statement: found.map(|f| f.id.clone()),
            vouched: found.and_then(|f| f.vouched.clone()),
            proof: behind.map_or(Proof::NoActor, |d| d.proof(&fact)),
            path: fact.path,
            by: fact.by,
        }
    });
    let audit = Audit { document, kind: doc.kind().name, facts: facts.collect() };
    read.commit().await?;
    let mut tx = hub.store.write(&tenant.id).await?;
    let detail = format!("facts {}", audit.facts.len());
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "audit", subject: &document.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(audit)
}

/// A device with its statements that name the changes asked for.
struct Device {
    key: Option<PublicKey>,
    fits: bool,
    person: Option<Id>,
    is_hub: bool,
    statements: BTreeMap<[u8; 32], Found>,
}

impl Device {
    async fn find(connection: &mut Conn, tenant: &Tenant, device: DeviceId, document: Id, generation: u32, facts: &[Fact]) -> Result<Self> {
        let own = own_key(connection, &tenant.id, device).await?;
        let is_hub = own.is_some();
        let member = if is_hub { None } else { Membership::find(connection, &tenant.id, device).await? };
        let key = own.or_else(|| member.as_ref().map(|m| m.key.clone()));
        let mut found =
            Self { fits: key.as_ref().is_some_and(|k| k.device() == device), key, person: member.map(|m| m.person), is_hub, statements: BTreeMap::new() };
        let sought: BTreeSet<[u8; 32]> = facts.iter().filter(|f| f.actor.is_some_and(|a| a.device() == device)).map(|f| f.change).collect();
        let sql = "SELECT id, statement, signature, at, vouched_by, vouched_at, vouch_reason FROM statements WHERE tenant_id = $1 AND device = $2 ORDER BY number, id";
        for row in all(connection, sql, vec![Arg::text(&tenant.id), Arg::text(&device.to_string())]).await? {
            let (id, bytes, signature): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // What cannot be read names nothing.
            let Ok(statement) = decode::<Statement>(&bytes, "statement") else { continue };
            let signed = *statement.device == device.0
                && statement.tenant == tenant.id
                && id == hash_text(&sha256(&bytes))
                && <[u8; 64]>::try_from(signature).is_ok_and(|s| found.key.as_ref().is_some_and(|key| key.verifies(&bytes, &s)));
            let names_it = |line: &&StatementLine| {
                line.generation == generation && sought.contains(&*line.hash) && resolve(&statement.actors, line.doc).is_ok_and(|d| d == document)
            };
            for line in statement.lines.iter().filter(names_it) {
                let Ok(command) = resolve(&statement.actors, line.command) else { continue };
                // One good statement is enough, whatever else there is.
                if signed || !found.statements.contains_key(&*line.hash) {
                    let vouched = match row.get::<Option<String>>(4)? {
                        Some(by) => Some(VouchedFor { by, at: row.get(5)?, reason: row.get(6)? }),
                        None => None,
                    };
                    found.statements.insert(*line.hash, Found { id: id.clone(), taken_at: row.get(3)?, command, signed, vouched });
                }
            }
        }
        Ok(found)
    }

    fn proof(&self, fact: &Fact) -> Proof {
        match self.statements.get(&fact.change) {
            _ if self.key.is_none() => Proof::UnknownDevice,
            _ if !self.fits => Proof::WrongKey,
            None => Proof::NoStatement,
            Some(found) if !found.signed => Proof::WrongSignature,
            Some(_) if self.is_hub => Proof::ByHub,
            Some(_) if self.person.is_some_and(|p| p.to_string() == fact.by) => Proof::Proven,
            Some(_) => Proof::OtherPerson,
        }
    }
}

/// The names of the persons that facts name.
async fn names(connection: &mut Conn, tenant: &str, facts: &[Fact]) -> Result<BTreeMap<String, String>> {
    let persons: BTreeSet<&str> = facts.iter().map(|f| f.by.as_str()).collect();
    let keys: Vec<String> = persons.into_iter().map(str::to_owned).collect();
    let rows = select_in(connection, "SELECT doc, coalesce(name, '') FROM persons WHERE tenant_id = $1 AND doc IN ({in})", tenant, &keys).await?;
    rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}
