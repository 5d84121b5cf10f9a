//! Beginning documents again: the hub writes a next generation with what stays, signed like all it writes, and nothing of what
//! was before is kept. Whoever holds the document, or wrote to it, is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use gridwalk_core::dictionary::Data;
use gridwalk_core::dictionary::own::OWN;
use gridwalk_core::documents::{Again, Audience, Doc, ERASED, Kind, Value, change_from_body};
use gridwalk_core::ids::{Actor, Id};
use gridwalk_core::projection::tables_of;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, number_of};
use super::entries::{self, What, entry};
use super::ranks::is_ranked;
use crate::error::{HubError, Result};
use crate::store::{Arg, Conn, all, exec, insert_many, select_in};

/// What stands in the place of a closed report's title when its words are gone.
pub const WORDS_GONE: &str = "（已过保存期）";

/// The key of a household that says up to when, in seconds since the Unix epoch (UTC), its photos were erased.
pub(super) const PHOTOS_ERASED: &str = "photos_erased";

/// What of a document goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erase {
    /// All of it. What is left says that it was erased, when, and by what right.
    Document,
    /// A resident of a household.
    Resident {
        /// The resident's entry.
        id: Id,
        /// Whether the household's photos go as well: none that was taken until then is taken in any more.
        photos: bool,
    },
    /// What people wrote in a report, and where exactly it was; its category, times, steps and grid stay for the figures.
    Words,
    /// What is not shown any more: earlier values, and who wrote them when.
    History,
}

impl Erase {
    fn stays(&self, kind: &Kind, path: &[&str]) -> bool {
        match self {
            Self::Document => false,
            Self::Resident { id, .. } => {
                !matches!(path, [container, entry] if kind.residents().is_some_and(|(c, _)| c == *container) && *entry == id.to_string())
            }
            // What this hub does not know may be words as well, and so may the community's own fields.
            Self::Words => kind.names(path) && !path[0].starts_with(OWN) && kind.field_at(path).is_none_or(|field| field.data == Data::Plain),
            Self::History => true,
        }
    }

    fn marks(&self, kind: &Kind, right: &'static str, at: i64) -> Vec<(Vec<String>, Value)> {
        let key = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect();
        match self {
            Self::Document => vec![(key(&[ERASED]), at.into()), (key(&["right"]), right.into())],
            Self::Resident { id, photos } => {
                let id = id.to_string();
                let of = |(container, _): (&'static str, _)| [(key(&[container, &id, "removed"]), true.into()), (key(&[container, &id, ERASED]), at.into())];
                kind.residents().map(of).into_iter().flatten().chain(photos.then(|| (key(&[PHOTOS_ERASED]), at.into()))).collect()
            }
            Self::Words => vec![(key(&["title"]), WORDS_GONE.into())],
            Self::History => Vec::new(),
        }
    }
}

/// A document to be begun again.
pub struct Begin<'a> {
    /// The document.
    pub doc: Id,
    /// What goes.
    pub erase: &'a Erase,
    /// By what right: `request` of the person, or `retention`.
    pub right: &'static str,
    /// The number of the next generation.
    pub generation: u32,
    /// When it was erased first, in seconds since the Unix epoch (UTC): a restore repeats it.
    pub at: i64,
    /// Who hears of it.
    pub tell: Tell,
}

/// Whom the hub tells that a document was begun again, or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// Every phone that reads or wrote it, whenever it comes.
    Forever,
    /// Those that come before this time, in seconds since the Unix epoch (UTC): later ones have dropped it by its date.
    Until(i64),
    /// Nobody: all phones have dropped it by its date.
    Nobody,
}

impl Batch<'_> {
    /// The generation of a document that is here, and the ids of it and of its entries.
    pub async fn ids_of(&mut self, connection: &mut Conn, doc: Id) -> Result<Option<(u32, Vec<String>)>> {
        self.load(connection, [doc]).await?;
        let Some(held) = self.held.get(&doc) else { return Ok(None) };
        let containers = held.doc.kind().versions.iter().flat_map(|v| v.containers);
        let entries = containers.flat_map(|container| held.doc.tree().entries(container)).map(|(id, _)| id.to_owned());
        Ok(Some((held.doc.generation, entries.chain([doc.to_string()]).collect())))
    }

    /// Begins a document again. Rows, numbers and the hub's statement follow with [`Batch::flush`]. Of a document that is not
    /// here, because a restored backup is older, nothing but the new generation is kept: `kind` is its kind.
    pub async fn begin_again(&mut self, connection: &mut Conn, begin: &Begin<'_>, kind: &'static Kind) -> Result<()> {
        self.load(connection, [begin.doc]).await?;
        let (hub, now) = (self.hub, self.hub.now());
        let before = match self.held.get(&begin.doc) {
            Some(held) => held.doc.clone(),
            None => Arc::new(Doc::new(kind, 0)?),
        };
        let (kind, gone) = (before.kind(), *begin.erase == Erase::Document || self.absent.contains(&begin.doc) || before.is_erased());
        let erase = if gone { &Erase::Document } else { begin.erase };
        let marks = erase.marks(kind, begin.right, begin.at);
        let marks: Vec<_> = marks.iter().map(|(keys, value)| (keys.iter().map(String::as_str).collect(), value.clone())).collect();
        let again = Again { generation: begin.generation, stays: &|path| erase.stays(kind, path), marks: &marks };
        let device = self.tenant.key.device();
        let (after, changes) = before.begin_again(&again, || {
            let mut random = [0; 4];
            hub.fill(&mut random);
            Actor::new(device, random)
        })?;

        let first = number_of(connection, &self.tenant.id).await? + 1;
        self.retell(connection, begin, &before, first, changes.len() as u64, gone).await?;
        let tenant = Arg::text(&self.tenant.id);
        let key = vec![tenant.clone(), Arg::text(&begin.doc.to_string())];
        exec(connection, "DELETE FROM changes WHERE tenant_id = $1 AND doc = $2", key.clone()).await?;
        exec(connection, "DELETE FROM verdicts WHERE tenant_id = $1 AND doc = $2", key.clone()).await?;
        let command = hub.as_actor(self.tenant, |actor, counter| Ok::<_, HubError>((Id { actor, counter }, counter + 1)))?;
        let mut rows = Vec::new();
        for (number, change) in (first..).zip(changes) {
            let hash = change_from_body(&change.body)?.hash().0;
            self.own_lines.push((command, begin.doc, begin.generation, after.schema(), hash));
            rows.push(key.iter().cloned().chain([Arg::int(number), Arg::Blob(change.body), Arg::int(now)]).collect());
        }
        let last = first + rows.len() as u64 - 1;
        insert_many(connection, "changes", rows).await?;
        exec(connection, "UPDATE tenants SET number = $2 WHERE tenant_id = $1", vec![tenant, Arg::int(last)]).await?;
        self.keep(connection, begin, kind, after, gone, now).await
    }

    /// Keeps the new generation in the document's row and in this batch.
    async fn keep(&mut self, connection: &mut Conn, begin: &Begin<'_>, kind: &'static Kind, after: Doc, gone: bool, now: i64) -> Result<()> {
        let key = vec![Arg::text(&self.tenant.id), Arg::text(&begin.doc.to_string())];
        let generation = Arg::int(begin.generation);
        if !gone {
            let args = key.into_iter().chain([generation]).collect();
            exec(connection, "UPDATE documents SET generation = $3 WHERE tenant_id = $1 AND doc = $2", args).await?;
            if let Some(held) = self.held.get_mut(&begin.doc) {
                held.doc = Arc::new(after);
                held.dirty = true;
                held.rows = None;
            }
            return Ok(());
        }
        for table in tables_of(kind) {
            exec(connection, &format!("DELETE FROM {} WHERE tenant_id = $1 AND doc = $2", table.name), key.clone()).await?;
        }
        exec(connection, "DELETE FROM documents WHERE tenant_id = $1 AND doc = $2", key.clone()).await?;
        let until = if let Tell::Until(until) = begin.tell { Some(until) } else { None };
        let row = [Arg::text(kind.name), Arg::int(after.schema()), generation, Arg::Text(None), Arg::Int(until), Arg::int(now)];
        insert_many(connection, "documents", vec![key.into_iter().chain(row).collect()]).await?;
        self.held.remove(&begin.doc);
        self.absent.remove(&begin.doc);
        if is_ranked(kind) {
            self.gone.push(begin.doc);
        }
        Ok(())
    }

    /// Writes what audiences read: those that the document is in that it entered anew, unless it is gone; those that it was in,
    /// and whoever wrote to it, that it left. Phones see the generation there and keep nothing of an older one.
    async fn retell(&mut self, connection: &mut Conn, begin: &Begin<'_>, before: &Doc, first: u64, changes: u64, gone: bool) -> Result<()> {
        let key = vec![Arg::text(&self.tenant.id), Arg::text(&begin.doc.to_string())];
        entries::untell_all(connection, &self.tenant.id, &begin.doc.to_string()).await?;
        if begin.tell == Tell::Nobody {
            exec(connection, "DELETE FROM audiences WHERE tenant_id = $1 AND doc = $2", key).await?;
            return Ok(());
        }
        let (mut stays, mut left) = (BTreeSet::new(), self.authors(connection, before).await?);
        for row in all(connection, "SELECT audience, left_at FROM audiences WHERE tenant_id = $1 AND doc = $2", key.clone()).await? {
            let audience = row.get(0)?;
            if gone || row.get::<Option<i64>>(1)?.is_some() {
                left.insert(audience)
            } else {
                stays.insert(audience)
            };
        }
        if gone {
            let args = key.into_iter().chain([Arg::int(first), Arg::int(self.hub.now())]).collect();
            exec(connection, "UPDATE audiences SET left_at = $3, left_time = $4 WHERE tenant_id = $1 AND doc = $2 AND left_at IS NULL", args).await?;
        }
        let entry = |audience: &Audience, number: u64, what: What| entry(&self.tenant.id, &audience.to_string(), number, &begin.doc.to_string(), what);
        let mut told: Vec<_> = left.difference(&stays).map(|audience| entry(audience, first, What::Left)).collect();
        for audience in &stays {
            told.extend((0..changes).map(|n| entry(audience, first + n, if n == 0 { What::Entered } else { What::Changed })));
        }
        entries::keep(connection, told).await
    }

    /// Everyone who wrote to a document: their phones keep what they wrote for a while, also where they do not read it any more.
    async fn authors(&self, connection: &mut Conn, doc: &Doc) -> Result<BTreeSet<Audience>> {
        let metas = doc.automerge().get_changes_meta(&[]);
        let devices: BTreeSet<_> = metas.iter().filter_map(|m| m.actor.to_bytes().try_into().ok()).map(|actor| Actor(actor).device()).collect();
        let keys: Vec<String> = devices.iter().map(ToString::to_string).collect();
        let rows = select_in(connection, "SELECT person FROM devices WHERE tenant_id = $1 AND device IN ({in})", &self.tenant.id, &keys).await?;
        rows.iter().map(|row| Ok(Audience::Person(row.get(0)?))).collect()
    }
}
