//! What is given out in order: places of what runs out ([`places`]) and the numbers of papers ([`numbers`]). Each thing or series has ranks from 1, given
//! in the order in which the hub takes documents, in the transaction that takes them. The table `ranks` has them, the documents say what
//! came of it, and a journal beside the database keeps ranks and outcomes by ids alone: nobody who was told that they have a place loses it
//! with a restore, and no number is given twice.

mod numbers;
mod places;

pub use numbers::{Numbered, numbers};

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gridwalk_core::claims::Outcome;
use gridwalk_core::claims::document::CLAIM;
use gridwalk_core::documents::{Kind, Map};
use gridwalk_core::ids::Id;
use gridwalk_core::papers::document::PAPER;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, number_of};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::journal;
use crate::store::{Arg, Conn, exec, insert_many, one, select_in};

/// Ranks, a line whenever one is given or comes out otherwise, beside the database.
const JOURNAL: &str = "ranks.jsonl";

/// Whether documents of this kind have ranks.
pub(super) fn is_ranked(kind: &Kind) -> bool {
    [CLAIM.name, PAPER.name].contains(&kind.name)
}

/// A rank that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rank {
    /// The document of what runs out, or the name of a series.
    thing: String,
    rank: i64,
    /// The document that has it.
    claim: Id,
    outcome: Outcome,
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
struct Noted {
    tenant: String,
    /// The hub's epoch and the community's number then: by them the lines of several hosts come into their order.
    epoch: u64,
    number: u64,
    thing: String,
    rank: i64,
    claim: Id,
    outcome: String,
    at: i64,
}

/// What became of ranks in one transaction.
#[derive(Default)]
struct Turned {
    /// Ranks that were given or came out otherwise, the last word of each.
    ranks: BTreeMap<Id, Rank>,
    /// Things of which places were given or came free.
    things: BTreeSet<Id>,
    /// Who claimed a place of what, of the claims that stand.
    claimed: HashSet<(Id, Id)>,
    /// Things whose line is counted from the ranks: it does not go on from what their document says.
    recounted: BTreeSet<Id>,
}

impl Turned {
    fn turn(&mut self, rank: Rank) {
        // A series has no document.
        self.things.extend(rank.thing.parse::<Id>());
        self.ranks.insert(rank.claim, rank);
    }
}

impl Batch<'_> {
    /// Gives ranks to what this batch took, takes up what was given back or is gone, and says in the documents what came of it. The
    /// community is locked: nobody else gives ranks meanwhile.
    pub(super) async fn rank(&mut self, connection: &mut Conn) -> Result<()> {
        let mut turned = Turned::default();
        let gone = std::mem::take(&mut self.gone);
        self.release(connection, &gone, |_| true, &mut turned).await?;
        self.rank_papers(connection, &mut turned).await?;
        self.rank_claims(connection, &mut turned).await?;
        self.note(connection, &turned).await?;
        self.say(connection, &turned).await
    }

    /// Says in the documents what was given out; one that is not back yet after a restore is told when it comes.
    async fn say(&mut self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        self.load(connection, turned.ranks.keys().chain(&turned.things).copied()).await?;
        self.say_numbers(connection, turned).await?;
        self.say_places(connection, turned).await
    }

    /// Releases those ranks of these documents that are given up. Returns what is known of the others.
    async fn release(&mut self, connection: &mut Conn, docs: &[Id], is_given_up: impl Fn(Id) -> bool, turned: &mut Turned) -> Result<HashMap<Id, Rank>> {
        let keys: Vec<String> = docs.iter().map(ToString::to_string).collect();
        let known = ranks_of(connection, &self.tenant.id, &keys).await?;
        let given_up = docs.iter().filter_map(|doc| known.get(doc)).filter(|rank| rank.outcome.stands() && is_given_up(rank.claim));
        let released: Vec<Rank> = given_up.map(|rank| Rank { outcome: Outcome::Released, ..rank.clone() }).collect();
        self.write_outcomes(connection, &released).await?;
        released.into_iter().for_each(|rank| turned.turn(rank));
        Ok(known)
    }

    /// Gives the next rank of `thing` to a document.
    async fn give(&mut self, connection: &mut Conn, thing: String, claim: Id, outcome: Outcome, turned: &mut Turned) -> Result<()> {
        let last = self.last_rank(connection, &thing).await?;
        let rank = Rank { thing, rank: last + 1, claim, outcome };
        insert_many(connection, "ranks", vec![self.row(&rank)]).await?;
        turned.turn(rank);
        Ok(())
    }

    /// The last rank of a thing that was given, 0 if there is none.
    async fn last_rank(&self, connection: &mut Conn, thing: &str) -> Result<i64> {
        let sql = "SELECT coalesce(max(rank), 0) FROM ranks WHERE tenant_id = $1 AND thing = $2";
        Ok(one(connection, sql, [self.tenant.id.as_str(), thing].map(Arg::text).to_vec()).await?.get(0)?)
    }

    fn row(&self, rank: &Rank) -> Vec<Arg> {
        let Rank { thing, rank, claim, outcome } = rank;
        let [tenant, thing, claim, outcome] = [self.tenant.id.as_str(), thing, &claim.to_string(), outcome.code()].map(Arg::text);
        vec![tenant, thing, Arg::int(*rank), claim, outcome, Arg::int(self.hub.now())]
    }

    async fn write_outcomes(&self, connection: &mut Conn, ranks: &[Rank]) -> Result<()> {
        for Rank { claim, outcome, .. } in ranks {
            let args = [self.tenant.id.as_str(), &claim.to_string(), outcome.code()].map(Arg::text);
            let sql = "UPDATE ranks SET outcome = $3, at = $4 WHERE tenant_id = $1 AND claim = $2";
            exec(connection, sql, args.into_iter().chain([Arg::int(self.hub.now())]).collect()).await?;
        }
        Ok(())
    }

    /// The documents of a kind that this batch changed, in the order in which they were taken.
    fn taken(&self, kind: &str) -> Vec<Id> {
        let mut seen = BTreeSet::new();
        let is = |doc: &Id| self.held.get(doc).is_some_and(|held| held.doc.kind().name == kind && !held.doc.is_erased());
        self.new.iter().map(|change| change.doc).filter(is).filter(|doc| seen.insert(*doc)).collect()
    }

    /// The state of a document that was loaded.
    fn tree(&self, id: Id) -> Option<&Map> {
        self.held.get(&id).filter(|held| !held.doc.is_erased()).map(|held| &**held.doc.tree())
    }

    /// Notes beside the database what is about to be committed. Given up, a line says that a document has a rank which it may get again, or
    /// which a later line gives to another.
    async fn note(&self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        if turned.ranks.is_empty() {
            return Ok(());
        }
        let (epoch, number) = (self.hub.store.epoch, number_of(connection, &self.tenant.id).await?);
        let mut lines = String::new();
        for Rank { thing, rank, claim, outcome } in turned.ranks.values() {
            let (tenant, outcome) = (self.tenant.id.clone(), outcome.code().to_owned());
            let noted = Noted { tenant, epoch, number, thing: thing.clone(), rank: *rank, claim: *claim, outcome, at: self.hub.now() };
            lines.push_str(&journal::line(&noted)?);
        }
        journal::Written::write(&self.hub.folder, JOURNAL, &lines)?.keep();
        Ok(())
    }
}

async fn ranks_of(connection: &mut Conn, tenant: &str, docs: &[String]) -> Result<HashMap<Id, Rank>> {
    let mut found = HashMap::new();
    for row in select_in(connection, "SELECT claim, thing, rank, outcome FROM ranks WHERE tenant_id = $1 AND claim IN ({in})", tenant, docs).await? {
        let claim = row.get(0)?;
        let outcome = Outcome::parse(&row.get::<String>(3)?).unwrap_or(Outcome::Released);
        found.insert(claim, Rank { claim, thing: row.get(1)?, rank: row.get(2)?, outcome });
    }
    Ok(found)
}

/// Gives out again what a restored backup does not know was given, before the hub answers: what is here says so at once, what is not
/// back yet keeps its rank.
pub async fn repeat_ranks(hub: &Hub) -> Result<()> {
    let mut noted: Vec<Noted> = journal::read(hub, JOURNAL)?;
    let mut epochs: Vec<u64> = Vec::new();
    for line in &noted {
        if !epochs.contains(&line.epoch) {
            epochs.push(line.epoch);
        }
    }
    noted.sort_by_key(|line| (epochs.iter().position(|epoch| *epoch == line.epoch), line.number));
    let mut last: BTreeMap<String, HashMap<Id, Rank>> = BTreeMap::new();
    let mut holders: HashMap<(String, String, i64), Id> = HashMap::new();
    for Noted { tenant, thing, rank, claim, outcome, .. } in noted {
        let Some(outcome) = Outcome::parse(&outcome) else { continue };
        let ranks = last.entry(tenant.clone()).or_default();
        // A rank that was noted and given up may have gone to another since.
        if let Some(before) = holders.insert((tenant, thing.clone(), rank), claim).filter(|before| *before != claim) {
            ranks.remove(&before);
        }
        ranks.insert(claim, Rank { thing, rank, claim, outcome });
    }
    for (id, ranks) in last {
        let tenant = Tenant::find(&mut *hub.store.read().await?, &id).await?;
        // A community that was made after the backup is not there.
        if let Some(tenant) = tenant {
            repeat(hub, &tenant, ranks).await?;
        }
    }
    Ok(())
}

async fn repeat(hub: &Hub, tenant: &Tenant, ranks: HashMap<Id, Rank>) -> Result<()> {
    let keys: Vec<String> = ranks.keys().map(ToString::to_string).collect();
    let known = ranks_of(&mut *hub.store.read().await?, &tenant.id, &keys).await?;
    let mut turned = Turned::default();
    ranks.into_values().filter(|rank| known.get(&rank.claim) != Some(rank)).for_each(|rank| turned.turn(rank));
    if turned.ranks.is_empty() {
        return Ok(());
    }
    turned.recounted = turned.things.clone();
    let mut tx = hub.store.write(&tenant.id).await?;
    let mut batch = Batch::new(hub, tenant);
    for Rank { thing, rank, claim, .. } in turned.ranks.values() {
        let [id, thing, claim] = [tenant.id.as_str(), thing, &claim.to_string()].map(Arg::text);
        exec(&mut tx, "DELETE FROM ranks WHERE tenant_id = $1 AND (thing = $2 AND rank = $3 OR claim = $4)", vec![id, thing, Arg::int(*rank), claim]).await?;
    }
    insert_many(&mut tx, "ranks", turned.ranks.values().map(|rank| batch.row(rank)).collect()).await?;
    batch.say(&mut tx, &turned).await?;
    batch.flush(&mut tx).await?;
    Ok(tx.commit().await?)
}
