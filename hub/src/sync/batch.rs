//! The documents of one transaction in one community: loaded once, changed in memory, written at the end by
//! [`Batch::flush`](super::flush).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gridwalk_core::commands::{Command, Edit};
use gridwalk_core::documents::{Audience, Doc, Documents, Kind, Map, Place, change_from_body};
use gridwalk_core::error::{Error as CoreError, Result as CoreResult};
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::kinds::Input;
use gridwalk_core::rules::{Author, judge};
use sqlx::{AnyConnection, Row};

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, select_in};

/// A document as this transaction sees it.
pub(super) struct Held {
    pub doc: Doc,
    pub about: Option<Id>,
    /// Whether the database has it.
    pub stored: bool,
    pub stored_schema: u16,
    /// Audiences it is in now, by the database.
    pub audiences: BTreeSet<Audience>,
    /// Audiences it was in, with the number at which it left.
    pub left: Vec<(Audience, u64)>,
    pub dirty: bool,
}

/// Where something stands that a happening is about.
#[derive(Default)]
pub(super) struct About {
    pub audiences: BTreeSet<Audience>,
    pub left: Vec<(Audience, u64)>,
}

/// A change to be written.
pub(super) struct NewChange {
    pub doc: Id,
    pub body: Vec<u8>,
    pub device: DeviceId,
}

/// A statement to be kept.
pub(super) struct Kept {
    pub device: String,
    pub statement: Vec<u8>,
    pub signature: [u8; 64],
}

/// A final verdict to be kept.
pub(super) struct Final {
    pub doc: Id,
    pub generation: u32,
    pub hash: [u8; 32],
    pub word: i64,
    pub reason: Option<String>,
}

/// One transaction's work in one community.
pub struct Batch<'a> {
    pub(super) hub: &'a Hub,
    pub(super) tenant: &'a Tenant,
    pub(super) connection: &'a mut AnyConnection,
    pub(super) held: HashMap<Id, Held>,
    /// Audiences of what happenings are about, where nothing else of it is needed.
    pub(super) abouts: HashMap<Id, About>,
    /// Documents that were looked for and are not there.
    pub(super) absent: BTreeSet<Id>,
    pub(super) new: Vec<NewChange>,
    pub(super) kept: Vec<Kept>,
    pub(super) finals: Vec<Final>,
    pub(super) own_lines: Vec<(Id, Id, u32, u16, [u8; 32])>,
}

impl<'a> Batch<'a> {
    /// A batch within the transaction of `connection`.
    pub fn new(hub: &'a Hub, tenant: &'a Tenant, connection: &'a mut AnyConnection) -> Self {
        Self {
            hub,
            tenant,
            connection,
            held: HashMap::new(),
            abouts: HashMap::new(),
            absent: BTreeSet::new(),
            new: Vec::new(),
            kept: Vec::new(),
            finals: Vec::new(),
            own_lines: Vec::new(),
        }
    }

    /// The transaction's connection, for what is not a document.
    pub fn connection(&mut self) -> &mut AnyConnection {
        self.connection
    }

    /// Loads these documents, in order of id, unless they are here already.
    pub async fn load(&mut self, ids: impl IntoIterator<Item = Id>) -> Result<()> {
        let wanted: BTreeSet<Id> = ids.into_iter().filter(|id| !self.held.contains_key(id) && !self.absent.contains(id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let keys: Vec<Arg> = wanted.iter().map(|id| Arg::text(&id.to_string())).collect();
        let tenant = self.tenant.id.clone();
        let mut found: BTreeMap<Id, Held> = BTreeMap::new();
        for row in
            select_in(self.connection, "SELECT doc, schema, generation, about, kind FROM documents WHERE tenant_id = $1 AND doc IN ({in})", &tenant, &keys)
                .await?
        {
            let id: Id = row.try_get::<String, _>(0)?.parse()?;
            let schema = u16::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u16::MAX);
            let generation = u32::try_from(row.try_get::<i64, _>(2)?).unwrap_or(u32::MAX);
            let about = row.try_get::<Option<String>, _>(3)?.map(|t| t.parse()).transpose()?;
            let doc = Doc::with_schema(schema, generation)?;
            found.insert(id, Held { doc, about, stored: true, stored_schema: schema, audiences: BTreeSet::new(), left: Vec::new(), dirty: false });
        }
        if !found.is_empty() {
            let keys: Vec<Arg> = found.keys().map(|id| Arg::text(&id.to_string())).collect();
            for row in
                select_in(self.connection, "SELECT doc, body FROM changes WHERE tenant_id = $1 AND doc IN ({in}) ORDER BY doc, number", &tenant, &keys).await?
            {
                let id: Id = row.try_get::<String, _>(0)?.parse()?;
                if let Some(held) = found.get_mut(&id) {
                    held.doc.take_chunk(&row.try_get::<Vec<u8>, _>(1)?)?;
                }
            }
            for row in select_in(self.connection, "SELECT doc, audience, left_at FROM audiences WHERE tenant_id = $1 AND doc IN ({in})", &tenant, &keys).await?
            {
                let id: Id = row.try_get::<String, _>(0)?.parse()?;
                let audience: Audience = row.try_get::<String, _>(1)?.parse()?;
                if let Some(held) = found.get_mut(&id) {
                    match row.try_get::<Option<i64>, _>(2)? {
                        None => drop(held.audiences.insert(audience)),
                        Some(left) => held.left.push((audience, u64::try_from(left).unwrap_or(0))),
                    }
                }
            }
        }
        self.absent.extend(wanted.iter().filter(|id| !found.contains_key(id)));
        self.held.extend(found);
        Ok(())
    }

    /// Loads the audiences of what happenings are about.
    pub(super) async fn load_abouts(&mut self, ids: impl IntoIterator<Item = Id>) -> Result<()> {
        let wanted: BTreeSet<Id> = ids.into_iter().filter(|id| !self.held.contains_key(id)).collect();
        let keys: Vec<Arg> = wanted.iter().map(|id| Arg::text(&id.to_string())).collect();
        let sql = "SELECT doc, audience, left_at FROM audiences WHERE tenant_id = $1 AND doc IN ({in})";
        for row in select_in(self.connection, sql, &self.tenant.id, &keys).await? {
            let about = self.abouts.entry(row.try_get::<String, _>(0)?.parse()?).or_default();
            let audience: Audience = row.try_get::<String, _>(1)?.parse()?;
            match row.try_get::<Option<i64>, _>(2)? {
                None => drop(about.audiences.insert(audience)),
                Some(left) => about.left.push((audience, u64::try_from(left).unwrap_or(0))),
            }
        }
        Ok(())
    }

    /// Where a document with this state stands: its audiences and what it is about. What it is about must be loaded.
    pub(super) fn place(&self, id: Id, kind: &Kind, tree: &Map) -> (BTreeSet<Audience>, Option<Id>) {
        match (kind.place)(tree, id) {
            Place::Own(own) => (own.into_iter().collect(), None),
            Place::Of { about, also } => {
                let of = self.held.get(&about).map(|h| &h.audiences).or_else(|| self.abouts.get(&about).map(|a| &a.audiences)).cloned().unwrap_or_default();
                (of.into_iter().chain(also).collect(), Some(about))
            }
        }
    }

    /// Puts a document with a new change in it into the batch.
    pub(super) fn stage(&mut self, id: Id, doc: Doc, body: Vec<u8>, device: DeviceId) {
        let (audiences, about) = self.place(id, doc.kind(), doc.tree());
        match self.held.get_mut(&id) {
            Some(held) => {
                held.doc = doc;
                held.about = about;
                held.dirty = true;
                if !held.stored {
                    held.audiences = audiences;
                }
            }
            None => {
                self.absent.remove(&id);
                let stored_schema = doc.schema();
                self.held.insert(id, Held { doc, about, stored: false, stored_schema, audiences, left: Vec::new(), dirty: true });
            }
        }
        self.new.push(NewChange { doc: id, body, device });
    }

    /// Runs a command as the hub: import, `settled` steps. It goes the same way as a phone's.
    pub async fn run(&mut self, input: Input) -> Result<Id> {
        let json = serde_json::to_value(&input).map_err(|e| HubError::Usage(e.to_string()))?;
        let mut named = Vec::new();
        ids_in(&json, &mut named);
        self.load(named).await?;
        let (actor, counter) = self.hub.actor(self.tenant);
        let id = Id { actor, counter };
        let stamp = self.hub.stamp();
        let command = Command { id, first: counter + 1, tenant: self.tenant.id.clone(), by: self.tenant.hub_person, hub_time: Some(stamp.at), stamp, input };
        let (value, made, next) = Edit::run(&mut Loaded(&self.held), &command, actor)?;
        self.hub.used(self.tenant, next);
        let author = Author::of_hub(self.tenant.key.device(), self.tenant.hub_person);
        for change in made {
            let parsed = change_from_body(&change.change.body)?;
            let audiences = match self.held.get(&change.id) {
                Some(held) => held.audiences.iter().cloned().collect(),
                None => self.place(change.id, change.doc.kind(), change.doc.tree()).0.into_iter().collect::<Vec<_>>(),
            };
            judge(change.id, change.before.as_ref(), &change.doc, &parsed, &audiences, &author).map_err(CoreError::from)?;
            self.own_lines.push((command.id, change.id, change.doc.generation, change.doc.schema(), parsed.hash().0));
            self.stage(change.id, change.doc, change.change.body, actor.device());
        }
        Ok(value)
    }
}

/// What has been loaded, as a source of documents for commands.
struct Loaded<'a>(&'a HashMap<Id, Held>);

impl Documents for Loaded<'_> {
    fn load(&mut self, id: Id) -> CoreResult<Option<Doc>> {
        Ok(self.0.get(&id).map(|h| h.doc.clone()))
    }
}

/// Every id that a command names: what it may need.
fn ids_in(value: &serde_json::Value, found: &mut Vec<Id>) {
    match value {
        serde_json::Value::String(text) => found.extend(text.parse::<Id>().ok()),
        serde_json::Value::Array(all) => all.iter().for_each(|v| ids_in(v, found)),
        serde_json::Value::Object(all) => all.values().for_each(|v| ids_in(v, found)),
        _ => {}
    }
}
