//! Documents of one community under change: loaded once, changed in memory, written at the end by [`Batch::flush`].
//! Deciding needs no lock: what phones send is decided on a snapshot, many at a time, and only what was decided is written
//! by one at a time. If a document was changed meanwhile ([`Batch::is_stale`]), it is decided again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use gridwalk_core::cases::Clockmaker;
use gridwalk_core::commands::{Command, Edit};
use gridwalk_core::documents::{Audience, AudienceSource, Doc, Documents, Kind, Map, change_from_body};
use gridwalk_core::error::{Error as CoreError, Result as CoreResult};
use gridwalk_core::ids::{DeviceId, Id, ids_in};
use gridwalk_core::kinds::Input;
use gridwalk_core::places::successor;
use gridwalk_core::projection::Row;
use gridwalk_core::rules::{Author, judge};

use super::author::GRACE_SECONDS;
use super::request::Vouched;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, one, select_in};

/// A document as this transaction sees it.
pub(super) struct Held {
    pub doc: Arc<Doc>,
    pub about: Option<Id>,
    /// Whether the database has it.
    pub stored: bool,
    pub stored_schema: u16,
    /// Audiences it is in now, by the database.
    pub audiences: BTreeSet<Audience>,
    /// Audiences it was in.
    pub left: Vec<Left>,
    pub dirty: bool,
    /// Its rows in the read model, once they are made.
    pub rows: Option<Vec<Row>>,
}

/// Where something stands that an event is about.
#[derive(Default)]
pub(super) struct About {
    /// Its kind's name.
    pub kind: String,
    pub audiences: BTreeSet<Audience>,
    pub left: Vec<Left>,
    /// Whether all of it was erased.
    pub erased: bool,
}

/// An audience that a document was in, and left lately.
#[derive(Clone)]
pub(super) struct Left {
    pub audience: Audience,
    /// The number at which it left.
    pub number: u64,
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
    /// Who vouched for it, if its device was revoked.
    pub vouched: Option<Vouched>,
}

/// A final verdict to be kept.
pub(super) struct Final {
    pub doc: Id,
    pub generation: u32,
    pub hash: [u8; 32],
    pub word: i64,
    pub reason: Option<String>,
}

/// One piece of work in one community, written in one transaction.
pub struct Batch<'a> {
    pub(super) hub: &'a Hub,
    pub(super) tenant: &'a Tenant,
    /// The tenant's number when it was looked at, of what is decided on a snapshot.
    pub(super) seen: Option<u64>,
    pub(super) held: HashMap<Id, Held>,
    /// Audiences of what events are about, where nothing else of it is needed.
    pub(super) abouts: HashMap<Id, About>,
    /// Documents that were looked for and are not there.
    pub(super) absent: BTreeSet<Id>,
    pub(super) new: Vec<NewChange>,
    pub(super) kept: Vec<Kept>,
    pub(super) finals: Vec<Final>,
    pub(super) own_lines: Vec<(Id, Id, u32, u16, [u8; 32])>,
    /// What was erased whole and had a rank.
    pub(super) gone: Vec<Id>,
    /// What clocks of the community are reckoned by, once it was read.
    pub(super) clockmaker: Option<Arc<Clockmaker>>,
}

impl<'a> Batch<'a> {
    /// A batch with nothing in it.
    pub fn new(hub: &'a Hub, tenant: &'a Tenant) -> Self {
        Self {
            hub,
            tenant,
            seen: None,
            held: HashMap::new(),
            abouts: HashMap::new(),
            absent: BTreeSet::new(),
            new: Vec::new(),
            kept: Vec::new(),
            finals: Vec::new(),
            own_lines: Vec::new(),
            gone: Vec::new(),
            clockmaker: None,
        }
    }

    /// Loads these documents, in order of id, unless they are here already.
    pub async fn load(&mut self, connection: &mut Conn, ids: impl IntoIterator<Item = Id>) -> Result<()> {
        let wanted: BTreeSet<Id> = ids.into_iter().filter(|id| !self.held.contains_key(id) && !self.absent.contains(id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let tenant = self.tenant.id.clone();
        let mut found: BTreeMap<Id, Held> = BTreeMap::new();
        for row in
            select_in(connection, "SELECT doc, schema, generation, about, kind FROM documents WHERE tenant_id = $1 AND doc IN ({in})", &tenant, &keys).await?
        {
            let id: Id = row.get(0)?;
            let schema = u16::try_from(row.get::<i64>(1)?).unwrap_or(u16::MAX);
            let generation = u32::try_from(row.get::<i64>(2)?).unwrap_or(u32::MAX);
            let about = row.get::<Option<String>>(3)?.map(|t| t.parse()).transpose()?;
            let doc = Arc::new(Doc::with_schema(schema, generation)?);
            found.insert(id, Held { doc, about, stored: true, stored_schema: schema, audiences: BTreeSet::new(), left: Vec::new(), dirty: false, rows: None });
        }
        if !found.is_empty() {
            let keys: Vec<String> = found.keys().map(ToString::to_string).collect();
            for row in
                select_in(connection, "SELECT doc, body FROM changes WHERE tenant_id = $1 AND doc IN ({in}) ORDER BY doc, number", &tenant, &keys).await?
            {
                let id: Id = row.get(0)?;
                if let Some(held) = found.get_mut(&id) {
                    Arc::make_mut(&mut held.doc).take_chunk(&row.get::<Vec<u8>>(1)?)?;
                }
            }
            for (id, about) in self.standing(connection, &keys).await? {
                if let Some(held) = found.get_mut(&id) {
                    (held.audiences, held.left) = (about.audiences, about.left);
                }
            }
        }
        self.absent.extend(wanted.iter().filter(|id| !found.contains_key(id)));
        self.held.extend(found);
        Ok(())
    }

    /// A document as it is stored.
    pub async fn document(&mut self, connection: &mut Conn, id: Id) -> Result<Option<Arc<Doc>>> {
        self.load(connection, [id]).await?;
        Ok(self.held.get(&id).map(|h| h.doc.clone()))
    }

    /// Loads the audiences of what events are about.
    pub(super) async fn load_abouts(&mut self, connection: &mut Conn, ids: impl IntoIterator<Item = Id>) -> Result<()> {
        let wanted: BTreeSet<Id> = ids.into_iter().filter(|id| !self.held.contains_key(id)).collect();
        let keys: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        self.abouts.extend(self.standing(connection, &keys).await?);
        Ok(())
    }

    /// The audiences that these documents are in, and those that they left less than 30 days ago.
    async fn standing(&self, connection: &mut Conn, docs: &[String]) -> Result<HashMap<Id, About>> {
        let sql = "SELECT d.doc, d.kind, d.erased_at, a.audience, a.left_at, a.left_time FROM documents d
            LEFT JOIN audiences a ON a.tenant_id = d.tenant_id AND a.doc = d.doc WHERE d.tenant_id = $1 AND d.doc IN ({in})";
        let lately = self.hub.now() - GRACE_SECONDS;
        let mut found: HashMap<Id, About> = HashMap::new();
        for row in select_in(connection, sql, &self.tenant.id, docs).await? {
            let (kind, erased) = (row.get(1)?, row.get::<Option<i64>>(2)?.is_some());
            let about = found.entry(row.get(0)?).or_insert_with(|| About { kind, erased, ..About::default() });
            // What was erased is in no audience.
            let Some(audience) = row.get::<Option<String>>(3)? else { continue };
            let audience: Audience = audience.parse()?;
            match (row.get::<Option<i64>>(4)?, row.get::<Option<i64>>(5)?) {
                (None, _) => drop(about.audiences.insert(audience)),
                (Some(number), Some(at)) if at > lately => about.left.push(Left { audience, number: number.cast_unsigned() }),
                _ => {}
            }
        }
        Ok(found)
    }

    /// A document that was loaded.
    pub fn loaded(&self, id: Id) -> Option<&Doc> {
        self.held.get(&id).map(|held| &*held.doc)
    }

    /// Whether a document was erased as a whole.
    pub(super) fn is_erased(&self, id: Id) -> bool {
        self.held.get(&id).map_or_else(|| self.abouts.get(&id).is_some_and(|about| about.erased), |held| held.doc.is_erased())
    }

    /// Whether a document that this batch looked at was changed, or came into being, after it was looked at.
    pub async fn is_stale(&self, connection: &mut Conn) -> Result<bool> {
        let Some(seen) = self.seen else { return Ok(false) };
        if number_of(connection, &self.tenant.id).await? == seen {
            return Ok(false);
        }
        let looked_at: BTreeSet<Id> = self.held.keys().chain(&self.absent).chain(self.abouts.keys()).copied().collect();
        let keys: Vec<String> = looked_at.iter().map(ToString::to_string).collect();
        // It was changed, or moved: an event moves without a change of its own.
        let newest = "SELECT max(number) FROM changes WHERE tenant_id = $1 AND doc IN ({in})
            UNION ALL SELECT max(entered) FROM audiences WHERE tenant_id = $1 AND doc IN ({in})
            UNION ALL SELECT max(left_at) FROM audiences WHERE tenant_id = $1 AND doc IN ({in})";
        for row in select_in(connection, newest, &self.tenant.id, &keys).await? {
            if row.get::<Option<i64>>(0)?.is_some_and(|number| number.cast_unsigned() > seen) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where a document with this state stands: its audiences and what it is about. What it is about must be loaded.
    pub(super) fn place(&self, id: Id, kind: &Kind, tree: &Map) -> (BTreeSet<Audience>, Option<Id>) {
        match (kind.audiences)(tree, id) {
            AudienceSource::Own(own) => (own.into_iter().collect(), None),
            AudienceSource::Of { about, kinds } => {
                let of = self.held.get(&about).map(|h| &h.audiences).or_else(|| self.abouts.get(&about).map(|a| &a.audiences));
                let fits = self.kind_of(about).is_some_and(|kind| kinds.contains(&kind));
                (of.filter(|_| fits).cloned().unwrap_or_default(), Some(about))
            }
        }
    }

    /// The kind of a document that is here, of those that were loaded or that events are about.
    pub(super) fn kind_of(&self, id: Id) -> Option<&str> {
        self.held.get(&id).map(|held| held.doc.kind().name).or_else(|| self.abouts.get(&id).map(|about| &*about.kind))
    }

    /// Puts a document with a new change in it into the batch.
    pub(super) fn stage(&mut self, id: Id, doc: Arc<Doc>, body: Vec<u8>, device: DeviceId) {
        match self.held.get_mut(&id) {
            // One that moves in the batch that made it has been where it was made: who brings more of it from there is heard.
            Some(held) => {
                held.doc = doc;
                held.dirty = true;
                held.rows = None;
            }
            None => {
                let (audiences, about) = self.place(id, doc.kind(), doc.tree());
                self.absent.remove(&id);
                let stored_schema = doc.schema();
                self.held.insert(id, Held { doc, about, stored: false, stored_schema, audiences, left: Vec::new(), dirty: true, rows: None });
            }
        }
        self.new.push(NewChange { doc: id, body, device });
    }

    /// Loads where closed places among these have gone, to the last.
    async fn load_successors(&mut self, connection: &mut Conn, mut places: Vec<Id>) -> Result<()> {
        let mut seen = BTreeSet::new();
        while !places.is_empty() {
            let held = places.iter().filter_map(|id| self.held.get(id)).filter(|h| h.doc.kind().name == "place");
            places = held.filter_map(|h| successor(h.doc.tree())).filter(|next| seen.insert(*next)).collect();
            self.load(connection, places.clone()).await?;
        }
        Ok(())
    }

    /// The open place that a closed one's things go to, `None` if `place` is open or leads nowhere. It and its successors are
    /// looked at by this batch from now on: if one is closed meanwhile, it decides again.
    pub(super) async fn open_successor(&mut self, connection: &mut Conn, place: Id) -> Result<Option<Id>> {
        self.load(connection, [place]).await?;
        self.load_successors(connection, vec![place]).await?;
        let (mut last, mut seen) = (place, BTreeSet::from([place]));
        while let Some(next) = self.held.get(&last).filter(|h| h.doc.kind().name == "place").and_then(|h| successor(h.doc.tree())) {
            if !self.held.contains_key(&next) || !seen.insert(next) {
                return Ok(None);
            }
            last = next;
        }
        Ok((last != place).then_some(last))
    }

    /// Runs a command as the hub: import, `settled` steps. It goes the same way as a phone's.
    pub async fn run(&mut self, connection: &mut Conn, input: Input) -> Result<Id> {
        self.run_on(connection, input, None).await
    }

    /// The same of a command about document `id` by someone who saw it as `seen`, an older state of it: as with a phone that did not
    /// hear of what came since, different values for one field both stand.
    pub async fn run_beside(&mut self, connection: &mut Conn, input: Input, id: Id, seen: Doc) -> Result<Id> {
        self.hub.leave_actor(self.tenant);
        self.run_on(connection, input, Some((id, Arc::new(seen)))).await
    }

    async fn run_on(&mut self, connection: &mut Conn, input: Input, seen: Option<(Id, Arc<Doc>)>) -> Result<Id> {
        let json = serde_json::to_value(&input).map_err(|e| HubError::Usage(e.to_string()))?;
        let mut named = Vec::new();
        ids_in(&json, &mut named);
        // A step starts clocks by what the community has set.
        if matches!(input, Input::AddStep(_)) {
            named.push(self.tenant.settings);
        }
        self.load(connection, named.clone()).await?;
        // What lies in a micro-grid is judged by where that lies.
        for _ in 0..2 {
            let places = |held: &Held| ["micro_grid", "place"].map(|key| held.doc.tree().id(key));
            let further: Vec<Id> = named.iter().filter_map(|id| self.held.get(id)).flat_map(places).flatten().collect();
            self.load(connection, further.clone()).await?;
            named.extend(further);
        }
        self.load_successors(connection, named).await?;
        let stamp = self.hub.stamp();
        let (tenant, by) = (self.tenant.id.clone(), self.tenant.hub_person);
        // Ids are taken and used up in one go: requests are decided side by side.
        let (command, value, made) = self.hub.as_actor(self.tenant, |actor, counter| {
            let id = Id { actor, counter };
            let dictionary = self.hub.dictionary.number;
            let command = Command { id, first: counter + 1, tenant, by, dictionary, hub_time: Some(stamp.at), stamp, input };
            let (value, made, next) = Edit::run(&mut Loaded { held: &self.held, settings: self.tenant.settings, seen: seen.as_ref() }, &command, actor)?;
            Ok::<_, HubError>(((id, value, made), next))
        })?;
        let author = Author::of_hub(self.tenant.key.device(), by);
        for mut change in made {
            let parsed = change_from_body(&change.change.body)?;
            if let (Some((id, _)), Some(held)) = (&seen, self.held.get(&change.id))
                && *id == change.id
            {
                if held.doc.obstacle(&parsed).is_some() {
                    return Err(CoreError::internal("a change beside others does not fit").into());
                }
                change.doc = held.doc.with(parsed.clone())?;
                change.before = Some(held.doc.clone());
            }
            let audiences: Vec<Audience> = match self.held.get(&change.id) {
                Some(held) => held.audiences.iter().cloned().collect(),
                None => self.place(change.id, change.doc.kind(), change.doc.tree()).0.into_iter().collect(),
            };
            judge(change.id, change.before.as_deref(), &change.doc, &parsed, &audiences, &author).map_err(CoreError::from)?;
            self.own_lines.push((command, change.id, change.doc.generation, change.doc.schema(), parsed.hash().0));
            self.stage(change.id, Arc::new(change.doc), change.change.body, author.device);
        }
        Ok(value)
    }
}

/// The last number of a tenant's sequence.
pub(super) async fn number_of(connection: &mut Conn, tenant: &str) -> Result<u64> {
    let row = one(connection, "SELECT number FROM tenants WHERE tenant_id = $1", vec![Arg::text(tenant)]).await?;
    Ok(u64::try_from(row.get::<i64>(0)?).unwrap_or(0))
}

/// What has been loaded, as a source of documents for commands.
struct Loaded<'a> {
    held: &'a HashMap<Id, Held>,
    /// The community's settings.
    settings: Id,
    /// One as somebody saw it.
    seen: Option<&'a (Id, Arc<Doc>)>,
}

impl Documents for Loaded<'_> {
    fn load(&mut self, id: Id) -> CoreResult<Option<Arc<Doc>>> {
        if let Some((_, doc)) = self.seen.filter(|(seen, _)| *seen == id) {
            return Ok(Some(doc.clone()));
        }
        Ok(self.held.get(&id).map(|h| h.doc.clone()))
    }

    fn settings(&mut self, _tenant: &str) -> CoreResult<Option<Arc<Doc>>> {
        self.load(self.settings)
    }
}
