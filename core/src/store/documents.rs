//! Documents in the store: the hub's state as chunks, own unsent changes over it, and the rows of both together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use automerge::Change;
use rusqlite::{Connection, OptionalExtension, params};

use super::drafts::drop_drafts_about;
use super::{delete_rows, from_json, to_json, write_rows};
use crate::documents::{Audience, Doc, Documents, Kind, Map, audiences_of, change_from_body, genesis};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::projection::{Row, project};
use crate::{kinds, photos, search, visits};

/// A document's row.
#[derive(Debug, Clone)]
pub struct StoredDoc {
    /// The row id of its search and near-me entries.
    pub n: i64,
    /// The community it belongs to.
    pub tenant: String,
    /// The highest genesis number known of it.
    pub schema: u16,
    /// Its generation.
    pub generation: u32,
    /// The epoch that `base` is of, 0 before the hub has any of it.
    pub epoch: u64,
    /// The hub's state, as chunks.
    pub base: Vec<u8>,
    /// Which of this phone's audiences it is in, as their texts.
    pub audiences: Vec<String>,
    /// Whether it left the last audience and waits for its last unsent change.
    pub withdrawn: bool,
}

/// Which audiences the document `id` is in: those that the hub has told, else, where this phone made it, those of its own state.
pub fn audiences_on(connection: &Connection, stored: &StoredDoc, id: Id) -> Result<Vec<Audience>> {
    if !stored.audiences.is_empty() {
        return Ok(stored.audiences.iter().filter_map(|text| text.parse().ok()).collect());
    }
    match load(connection, id)? {
        Some(doc) => audiences_of(&mut Stored::new(connection), id, doc.kind(), doc.tree()),
        None => Ok(Vec::new()),
    }
}

/// So many pieces are kept as they came.
pub const MANY_CHUNKS: usize = 16;

impl StoredDoc {
    /// A document of which nothing is here yet.
    pub fn new(tenant: &str, schema: u16, generation: u32) -> Self {
        Self { n: 0, tenant: tenant.to_owned(), schema, generation, epoch: 0, base: Vec::new(), audiences: Vec::new(), withdrawn: false }
    }

    /// The row of document `id`.
    pub fn find(connection: &Connection, id: Id) -> Result<Option<Self>> {
        let Some(k) = actor_number(connection, id)? else { return Ok(None) };
        let mut statement = connection.prepare_cached("SELECT n, tenant, schema, generation, epoch, base, audiences, withdrawn FROM documents WHERE n = ?1")?;
        let row = statement
            .query_row([row_of(k, id)], |r| {
                Ok((
                    Self {
                        n: r.get(0)?,
                        tenant: r.get(1)?,
                        schema: r.get(2)?,
                        generation: r.get(3)?,
                        epoch: r.get(4)?,
                        base: r.get(5)?,
                        audiences: Vec::new(),
                        withdrawn: r.get(7)?,
                    },
                    r.get::<_, String>(6)?,
                ))
            })
            .optional()?;
        row.map(|(doc, audiences)| Ok(Self { audiences: from_json(&audiences)?, ..doc })).transpose()
    }

    /// Keeps a new document; its row's number is set here.
    pub fn insert(&mut self, connection: &Connection, id: Id) -> Result<()> {
        let k = match actor_number(connection, id)? {
            Some(k) => k,
            None => {
                connection.prepare_cached("INSERT INTO actors (actor) VALUES (?1)")?.execute([id.actor.0])?;
                connection.last_insert_rowid()
            }
        };
        self.n = row_of(k, id);
        connection
            .prepare_cached(
                "INSERT INTO documents (n, id, tenant, schema, generation, epoch, base, audiences, withdrawn) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![self.n, id, self.tenant, self.schema, self.generation, self.epoch, self.base, to_json(&self.audiences)?, self.withdrawn])
            .map(drop)?;
        Ok(())
    }

    /// The hub's state of it. `None` for a kind that a newer gridwalk made.
    pub fn hub_state(&self, connection: &Connection) -> Result<Option<Doc>> {
        let Some(mut doc) = empty(connection, self.schema, self.generation)? else { return Ok(None) };
        let mut early = Vec::new();
        for chunk in chunks(&self.base) {
            let chunk = chunk?;
            if doc.take_chunk(chunk).is_err() {
                early.push(chunk);
            }
        }
        // An own change stands here as soon as the hub has it; what it depends on may have come after it.
        while let Some(first) = early.first() {
            let before = early.len();
            let mut rest = early.clone();
            rest.retain(|chunk| doc.take_chunk(chunk).is_err());
            if rest.len() == before {
                doc.take_chunk(first)?;
            }
            early = rest;
        }
        Ok(Some(doc))
    }

    /// Whether the hub's state stands here in so many pieces that putting them together takes longer than reading a snapshot.
    pub fn is_in_pieces(&self) -> bool {
        chunks(&self.base).count() > MANY_CHUNKS
    }

    /// Keeps the hub's state, which this is, as one snapshot.
    pub fn compact(&mut self, state: &Doc) {
        self.base.clear();
        push_chunk(&mut self.base, &state.snapshot());
    }

    /// The state on this phone: the hub's, with own unsent changes over it.
    pub fn state(&self, connection: &Connection, id: Id) -> Result<Option<Doc>> {
        let Some(mut doc) = self.hub_state(connection)? else { return Ok(None) };
        let mut statement = connection.prepare_cached("SELECT schema, body FROM changes WHERE doc = ?1 AND taken = 0 AND generation = ?2 ORDER BY n")?;
        let mut rows = statement.query(params![id, self.generation])?;
        let mut early: Vec<Change> = Vec::new();
        while let Some(row) = rows.next()? {
            doc.reach(row.get(0)?)?;
            let change = change_from_body(row.get_ref(1)?.as_blob().map_err(|e| Error::internal("change").with_source(e))?)?;
            if !doc.has(&change.hash()) && !apply(&mut doc, &change)? {
                early.push(change);
            }
        }
        // A change that the hub holds rests on later ones, which went before it. What depends on something that a restored hub lost,
        // or has the number of a change that a copy of this store made, does not fit until it has run again.
        loop {
            let before = early.len();
            let mut rest = Vec::new();
            for change in early {
                if !apply(&mut doc, &change)? {
                    rest.push(change);
                }
            }
            if rest.is_empty() || rest.len() == before {
                return Ok(Some(doc));
            }
            early = rest;
        }
    }
}

/// Applies a change where it fits, and returns whether it did.
fn apply(doc: &mut Doc, change: &Change) -> Result<bool> {
    let fits = doc.obstacle(change).is_none();
    if fits {
        doc.apply_checked(change.clone())?;
    }
    Ok(fits)
}

/// The kind of a document of this schema, if this version knows it.
pub(crate) fn kind_name(schema: u16) -> Option<&'static str> {
    genesis(schema).map(|(kind, _)| kind.name)
}

/// The community that document `id` belongs to.
pub fn tenant_of(connection: &Connection, id: Id) -> Result<Option<String>> {
    let Some(k) = actor_number(connection, id)? else { return Ok(None) };
    Ok(connection.prepare_cached("SELECT tenant FROM documents WHERE n = ?1")?.query_row([row_of(k, id)], |r| r.get(0)).optional()?)
}

fn actor_number(connection: &Connection, id: Id) -> Result<Option<i64>> {
    Ok(connection.prepare_cached("SELECT k FROM actors WHERE actor = ?1")?.query_row([id.actor.0], |r| r.get(0)).optional()?)
}

/// Numbers are in the order of actors and counters: what one device makes lies on few pages.
fn row_of(k: i64, id: Id) -> i64 {
    // A counter is below 2⁴⁰ ([`crate::ids::MAX_COUNTER`]).
    k << 40 | id.counter.cast_signed()
}

/// The kind of a document; `None` if a newer gridwalk made it.
pub fn kind_of(connection: &Connection, stored: &StoredDoc) -> Result<Option<&'static Kind>> {
    kind_of_schema(connection, stored.schema)
}

/// The kind of documents of schema `number`; `None` if a newer gridwalk made them.
pub fn kind_of_schema(connection: &Connection, number: u16) -> Result<Option<&'static Kind>> {
    Ok(match genesis(number) {
        Some((kind, _)) => kinds::by_name(kind.name),
        None => empty(connection, number, 0)?.map(|doc| doc.kind()),
    })
}

/// Whether documents of schema `number` can be read: this app knows their kind.
pub fn is_known(connection: &Connection, number: u16) -> Result<bool> {
    Ok(empty(connection, number, 0)?.is_some())
}

/// A document of schema `number` with nothing in it, also where a newer hub told the genesis.
fn empty(connection: &Connection, number: u16, generation: u32) -> Result<Option<Doc>> {
    if genesis(number).is_some() {
        return Doc::with_schema(number, generation).map(Some);
    }
    let kind = connection.prepare_cached("SELECT kind FROM schemas WHERE number = ?1")?.query_row([number], |r| r.get::<_, String>(0)).optional()?;
    let Some(kind) = kind.and_then(|kind| kinds::by_name(&kind)) else { return Ok(None) };
    let mut doc = Doc::new(kind, generation)?;
    let mut told = connection.prepare_cached("SELECT body FROM schemas WHERE kind = ?1 AND number <= ?2 ORDER BY number")?;
    let bodies = told.query_map(params![kind.name, number], |r| r.get::<_, Vec<u8>>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    bodies.iter().try_for_each(|body| doc.take_told_genesis(body))?;
    Ok(Some(doc))
}

/// Adds a chunk to a document's stored state.
pub fn push_chunk(base: &mut Vec<u8>, chunk: &[u8]) {
    // A document is far below 4 GiB; larger ones were refused where they came in.
    base.extend_from_slice(&u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_le_bytes());
    base.extend_from_slice(chunk);
}

fn chunks(mut base: &[u8]) -> impl Iterator<Item = Result<&[u8]>> {
    std::iter::from_fn(move || {
        if base.is_empty() {
            return None;
        }
        let cut = || {
            let (length, rest) = base.split_first_chunk::<4>()?;
            rest.split_at_checked(u32::from_le_bytes(*length) as usize)
        };
        Some(match cut() {
            Some((chunk, rest)) => {
                base = rest;
                Ok(chunk)
            }
            None => {
                base = &[];
                Err(Error::internal("stored chunk"))
            }
        })
    })
}

/// The state of document `id` on this phone.
pub fn load(connection: &Connection, id: Id) -> Result<Option<Doc>> {
    StoredDoc::find(connection, id)?.map_or(Ok(None), |stored| stored.state(connection, id))
}

/// The store as a source of documents for commands.
pub struct Stored<'a> {
    connection: &'a Connection,
    /// A command, the rules and the audiences look at the same few.
    loaded: HashMap<Id, Option<Arc<Doc>>>,
}

impl<'a> Stored<'a> {
    /// The documents as they are now; each is loaded once.
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection, loaded: HashMap::new() }
    }
}

impl Documents for Stored<'_> {
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>> {
        if let Some(known) = self.loaded.get(&id) {
            return Ok(known.clone());
        }
        let doc = load(self.connection, id)?.map(Arc::new);
        self.loaded.insert(id, doc.clone());
        Ok(doc)
    }

    fn settings(&mut self, tenant: &str) -> Result<Option<Arc<Doc>>> {
        let mut statement = self.connection.prepare_cached("SELECT doc FROM settings ORDER BY doc")?;
        for id in statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<Id>>>()? {
            if tenant_of(self.connection, id)?.as_deref() == Some(tenant) {
                return self.load(id);
            }
        }
        Ok(None)
    }
}

/// All that the read model holds of a document.
#[derive(Debug)]
pub struct Projected {
    kind: &'static Kind,
    rows: Vec<Row>,
    /// What it is found by, of a kind that is searched.
    entry: Option<search::Entry>,
    /// Where it was, of a visit.
    household: String,
}

impl Projected {
    /// What a document of `kind` in this state gives. It needs no store: large pages make it on another core.
    pub fn of(kind: &'static Kind, tree: &Map) -> Self {
        let entry = search::Entry::of(kind, tree);
        let household = if kind.name == "visit" { tree.text("household").to_owned() } else { String::new() };
        Self { kind, rows: project(kind, tree), entry, household }
    }
}

/// What changes of documents touched; at the end of a transaction the derived rows are brought up to date from it.
#[derive(Debug, Default)]
pub struct Touched {
    /// Tables whose rows changed.
    pub tables: BTreeSet<&'static str>,
    households: BTreeSet<String>,
    forgotten: BTreeSet<Id>,
    all_due: bool,
}

impl Touched {
    /// Every door is to be looked at.
    pub(super) fn everything() -> Self {
        Self { all_due: true, ..Self::default() }
    }

    /// Replaces all rows of a document by those of its state. `fresh` says that it had none.
    pub fn project(&mut self, connection: &Connection, id: Id, n: i64, doc: &Doc, fresh: bool) -> Result<()> {
        self.write(connection, id, n, &Projected::of(doc.kind(), doc.tree()), fresh)
    }

    /// Replaces all rows of a document by these.
    pub fn write(&mut self, connection: &Connection, id: Id, n: i64, projected: &Projected, fresh: bool) -> Result<()> {
        let key = id.to_string();
        let kind = projected.kind;
        if !fresh {
            self.note_visited(connection, kind.name, &key)?;
            delete_rows(connection, kind, &key)?;
        }
        write_rows(connection, &key, &projected.rows)?;
        self.tables.extend(projected.rows.iter().map(|r| r.table.name).chain(kind.tables.iter().map(|t| t.name)));
        match kind.name {
            "household" => {
                self.households.insert(key);
            }
            "visit" if fresh => {
                visits::count_visit(connection, &key)?;
                self.tables.insert("due");
            }
            "visit" => {
                self.households.insert(projected.household.clone());
            }
            "settings" => self.all_due = true,
            "photo" if !fresh => photos::drop_transfers(connection, &key)?,
            _ => {}
        }
        projected.entry.as_ref().map_or(Ok(()), |entry| search::index(connection, n, entry, fresh))
    }

    /// Removes a document with everything derived from it.
    pub fn forget(&mut self, connection: &Connection, id: Id) -> Result<()> {
        self.forgotten.insert(id);
        let Some(stored) = StoredDoc::find(connection, id)? else { return Ok(()) };
        let key = id.to_string();
        if let Some(doc) = empty(connection, stored.schema, 0)? {
            let kind = doc.kind();
            self.note_visited(connection, kind.name, &key)?;
            delete_rows(connection, kind, &key)?;
            self.tables.extend(kind.tables.iter().map(|t| t.name));
            if let Some(table) = search::table_of(kind) {
                search::remove(connection, table, stored.n)?;
            }
            if kind.name == "household" {
                self.households.insert(key);
            } else if kind.name == "photo" {
                photos::leave(connection, &key, !stored.base.is_empty())?;
            }
        }
        connection.prepare_cached("DELETE FROM documents WHERE n = ?1")?.execute([stored.n])?;
        connection.prepare_cached("DELETE FROM unreadable WHERE doc = ?1")?.execute([id])?;
        Ok(())
    }

    /// Brings the list of due doors up to date, and drops the drafts about what is gone.
    pub fn finish(&mut self, connection: &Connection) -> Result<()> {
        for id in std::mem::take(&mut self.forgotten) {
            // What was run again meanwhile is back, and its drafts with it.
            if StoredDoc::find(connection, id)?.is_none() {
                drop_drafts_about(connection, id)?;
                // The files of their photos are swept.
                self.tables.extend(["drafts", photos::document::PHOTOS.name]);
            }
        }
        if !self.households.is_empty() || self.all_due {
            let only = if self.all_due { None } else { Some(&self.households) };
            visits::refresh_due(connection, only)?;
            self.tables.insert("due");
        }
        Ok(())
    }

    /// A visit whose row goes leaves its household to be looked at again.
    fn note_visited(&mut self, connection: &Connection, kind: &str, key: &str) -> Result<()> {
        if kind == "visit" {
            let household: Option<Option<String>> =
                connection.prepare_cached("SELECT household FROM visits WHERE doc = ?1")?.query_row([key], |r| r.get(0)).optional()?;
            self.households.extend(household.flatten());
        }
        Ok(())
    }
}
