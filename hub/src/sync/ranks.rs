//! Who has which place of what runs out: claims are ranked in the order in which they were taken, in the transaction that takes them, and
//! whoever waits moves up when one is given back. A claim's document says what came of it; the thing's says how many places are granted
//! and which ranks wait, and no person. A journal beside the database keeps ranks and outcomes by ids alone: nobody who was told that they
//! have a place loses it with a restore.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gridwalk_core::claims::document::{CLAIM, is_given_back};
use gridwalk_core::claims::{Line, Outcome, RankClaim, THINGS, TallyClaims, places_of};
use gridwalk_core::documents::{Kind, Map};
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, number_of};
use super::fold::fold_long;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::journal;
use crate::store::{Arg, Conn, all, exec, insert_many, one, select_in};

/// Ranks, a line whenever one is given or comes out otherwise, beside the database.
const JOURNAL: &str = "ranks.jsonl";

/// Whether documents of this kind have ranks.
pub(super) fn is_ranked(kind: &Kind) -> bool {
    kind.name == CLAIM.name
}

/// A rank that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rank {
    thing: Id,
    rank: i64,
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
    thing: Id,
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
    /// Things whose line is counted from the ranks: it does not go on from what their document says.
    recounted: BTreeSet<Id>,
}

impl Turned {
    fn turn(&mut self, rank: Rank) {
        self.things.insert(rank.thing);
        self.ranks.insert(rank.claim, rank);
    }
}

impl Batch<'_> {
    /// Ranks the claims that this batch took, takes up what was given back, and says in the documents what came of it. The community is
    /// locked: nobody else gives ranks meanwhile.
    pub(super) async fn rank(&mut self, connection: &mut Conn) -> Result<()> {
        let mut turned = Turned::default();
        let dirty = |name: fn(&str) -> bool| self.held.iter().filter(move |(_, held)| held.dirty && name(held.doc.kind().name));
        turned.things.extend(dirty(|kind| THINGS.contains(&kind)).map(|(id, _)| *id));
        turned.recounted.extend(dirty(|kind| THINGS.contains(&kind)).filter(|(_, held)| !held.stored).map(|(id, _)| *id));
        let mut seen = BTreeSet::new();
        let taken = self.new.iter().map(|change| change.doc).filter(|doc| self.held.get(doc).is_some_and(|held| is_ranked(held.doc.kind())));
        let mut claims: Vec<Id> = taken.filter(|doc| seen.insert(*doc)).collect();
        // What a restored hub lost may come after the claims on it.
        for thing in &turned.recounted {
            let sql = "SELECT doc FROM claims WHERE tenant_id = $1 AND thing = $2 AND rank IS NULL ORDER BY doc";
            for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&thing.to_string())]).await? {
                let claim: Id = row.get(0)?;
                claims.extend(seen.insert(claim).then_some(claim));
            }
        }
        let gone = std::mem::take(&mut self.gone);
        if claims.is_empty() && gone.is_empty() && turned.things.is_empty() {
            return Ok(());
        }
        self.load(connection, claims.iter().copied()).await?;
        self.give(connection, &claims, &gone, &mut turned).await?;
        for thing in turned.things.clone() {
            self.move_up(connection, thing, &mut turned).await?;
        }
        self.note(connection, &turned).await?;
        self.say(connection, &turned).await
    }

    /// Gives each new claim the next rank of its thing, and releases what was given back or is gone.
    async fn give(&mut self, connection: &mut Conn, claims: &[Id], gone: &[Id], turned: &mut Turned) -> Result<()> {
        let tenant = self.tenant.id.clone();
        let keys: Vec<String> = claims.iter().chain(gone).map(ToString::to_string).collect();
        let known = ranks_of(connection, &tenant, &keys).await?;
        let tree_of = |batch: &Self, id: Id| batch.held.get(&id).map(|held| held.doc.tree().clone());
        for claim in claims.iter().chain(gone) {
            let Some(rank) = known.get(claim) else { continue };
            let tree = tree_of(self, *claim);
            let stands = tree.as_ref().is_some_and(|tree| !is_given_back(tree));
            if rank.outcome.stands() && !stands {
                turned.turn(Rank { outcome: Outcome::Released, ..rank.clone() });
            } else if tree.is_some_and(|tree| !says(&tree, rank)) {
                // It was ranked before the hub was restored.
                turned.ranks.insert(*claim, rank.clone());
            }
        }
        self.write_outcomes(connection, turned.ranks.values()).await?;

        let named = |claim: &Id| {
            let tree = tree_of(self, *claim)?;
            Some((*claim, tree.id("thing")?, tree.id("person")?, is_given_back(&tree)))
        };
        let fresh: Vec<_> = claims.iter().filter(|claim| !known.contains_key(claim)).filter_map(named).collect();
        self.load(connection, fresh.iter().map(|(_, thing, ..)| *thing)).await?;
        let mut next: HashMap<Id, i64> = HashMap::new();
        let mut claimed: HashSet<(Id, Id)> = HashSet::new();
        let mut rows = Vec::new();
        for (claim, thing, person, given_back) in fresh {
            // Until it is here nobody knows how many places it has.
            if self.places(thing).is_none() {
                continue;
            }
            let rank = match next.get(&thing) {
                Some(rank) => *rank,
                None => last_rank(connection, &tenant, thing).await? + 1,
            };
            next.insert(thing, rank + 1);
            let outcome = if given_back {
                Outcome::Released
            } else if !claimed.insert((thing, person)) || has_claimed(connection, &tenant, thing, person, claim).await? {
                Outcome::Double
            } else {
                Outcome::Waiting
            };
            turned.turn(Rank { thing, rank, claim, outcome });
            let keys = [tenant.as_str(), &thing.to_string()].map(Arg::text);
            let rest = [Arg::int(rank), Arg::text(&claim.to_string()), Arg::text(outcome.code()), Arg::int(self.hub.now())];
            rows.push(keys.into_iter().chain(rest).collect());
        }
        insert_many(connection, "ranks", rows).await
    }

    /// Grants places of `thing` that are free to those that wait, by rank. What is granted stays granted, whatever places there are.
    async fn move_up(&mut self, connection: &mut Conn, thing: Id, turned: &mut Turned) -> Result<()> {
        self.load(connection, [thing]).await?;
        let Some(places) = self.places(thing) else { return Ok(()) };
        let key = vec![Arg::text(&self.tenant.id), Arg::text(&thing.to_string())];
        let free = match places {
            Some(places) => places - granted(connection, &self.tenant.id, thing).await?,
            None => i64::MAX,
        };
        if free <= 0 {
            return Ok(());
        }
        let sql = "SELECT claim, rank FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = 'waiting' ORDER BY rank LIMIT $3";
        let mut up = Vec::new();
        for row in all(connection, sql, key.into_iter().chain([Arg::int(free)]).collect()).await? {
            up.push(Rank { thing, claim: row.get(0)?, rank: row.get(1)?, outcome: Outcome::Granted });
        }
        self.write_outcomes(connection, up.iter()).await?;
        up.into_iter().for_each(|rank| turned.turn(rank));
        Ok(())
    }

    async fn write_outcomes(&self, connection: &mut Conn, ranks: impl Iterator<Item = &Rank>) -> Result<()> {
        let sql = "UPDATE ranks SET outcome = $3, at = $4 WHERE tenant_id = $1 AND claim = $2 AND outcome <> $3";
        for rank in ranks {
            let args = [self.tenant.id.as_str(), &rank.claim.to_string(), rank.outcome.code()].map(Arg::text);
            exec(connection, sql, args.into_iter().chain([Arg::int(self.hub.now())]).collect()).await?;
        }
        Ok(())
    }

    /// Notes beside the database what is about to be committed. Given up, a line says that a claim has a rank which it may get again, or
    /// which a later line gives to another.
    async fn note(&self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        let (epoch, number) = (self.hub.store.epoch, number_of(connection, &self.tenant.id).await?);
        let mut lines = String::new();
        for Rank { thing, rank, claim, outcome } in turned.ranks.values() {
            let (tenant, outcome) = (self.tenant.id.clone(), outcome.code().to_owned());
            let noted = Noted { tenant, epoch, number, thing: *thing, rank: *rank, claim: *claim, outcome, at: self.hub.now() };
            lines.push_str(&journal::line(&noted)?);
        }
        if !lines.is_empty() {
            journal::Written::write(&self.hub.folder, JOURNAL, &lines)?.keep();
        }
        Ok(())
    }

    /// Says in each claim what came of it, and in each thing how many places are granted and which ranks wait.
    async fn say(&mut self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        self.load(connection, turned.ranks.keys().copied()).await?;
        self.load(connection, turned.things.iter().copied()).await?;
        for (claim, rank) in &turned.ranks {
            // One that is not back yet after a restore is told when it comes.
            if self.held.get(claim).is_none_or(|held| held.doc.is_erased() || says(held.doc.tree(), rank)) {
                continue;
            }
            let organiser = self.held.get(&rank.thing).and_then(|thing| thing.doc.tree().id("by")).filter(|by| *by != self.tenant.hub_person);
            let input = RankClaim { claim: *claim, rank: rank.rank, outcome: rank.outcome.code().into(), organiser };
            self.run_or_leave(connection, Input::RankClaim(input)).await?;
        }
        for thing in &turned.things {
            if self.places(*thing).is_none() {
                continue;
            }
            let granted = granted(connection, &self.tenant.id, *thing).await?;
            let line = self.line(connection, *thing, turned).await?;
            let stands =
                |held: &super::batch::Held| held.doc.tree().int("granted").unwrap_or(0) == granted && Line::parse(held.doc.tree().text("line")) == line;
            if !self.held.get(thing).is_some_and(stands) {
                self.run_or_leave(connection, Input::TallyClaims(TallyClaims { thing: *thing, granted, line: line.to_string() })).await?;
                fold_long(connection, &self.tenant.id, *thing, self.hub.now()).await?;
            }
        }
        Ok(())
    }

    /// The ranks that wait for a thing now.
    async fn line(&self, connection: &mut Conn, thing: Id, turned: &Turned) -> Result<Line> {
        if turned.recounted.contains(&thing) {
            let mut line = Line::default();
            let sql = "SELECT rank FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = 'waiting' ORDER BY rank";
            for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&thing.to_string())]).await? {
                line.add(row.get(0)?);
            }
            return Ok(line);
        }
        let mut line = self.held.get(&thing).map(|held| Line::parse(held.doc.tree().text("line"))).unwrap_or_default();
        for rank in turned.ranks.values().filter(|rank| rank.thing == thing) {
            if rank.outcome == Outcome::Waiting { line.add(rank.rank) } else { line.remove(rank.rank) }
        }
        Ok(line)
    }

    /// How many places a thing has: `None` if it is not here or has none to give, `Some(None)` for as many as come.
    fn places(&self, thing: Id) -> Option<Option<i64>> {
        let held = self.held.get(&thing).filter(|held| !held.doc.is_erased())?;
        places_of(held.doc.kind().name, held.doc.tree())
    }
}

/// Whether a claim's document says what is known of it.
fn says(claim: &Map, rank: &Rank) -> bool {
    claim.int("rank") == Some(rank.rank) && claim.text("outcome") == rank.outcome.code()
}

async fn ranks_of(connection: &mut Conn, tenant: &str, claims: &[String]) -> Result<HashMap<Id, Rank>> {
    let mut found = HashMap::new();
    for row in select_in(connection, "SELECT claim, thing, rank, outcome FROM ranks WHERE tenant_id = $1 AND claim IN ({in})", tenant, claims).await? {
        let claim = row.get(0)?;
        let outcome = Outcome::parse(&row.get::<String>(3)?).unwrap_or(Outcome::Released);
        found.insert(claim, Rank { claim, thing: row.get(1)?, rank: row.get(2)?, outcome });
    }
    Ok(found)
}

/// The last rank of a thing that was given, 0 if there is none.
async fn last_rank(connection: &mut Conn, tenant: &str, thing: Id) -> Result<i64> {
    let sql = "SELECT coalesce(max(rank), 0) FROM ranks WHERE tenant_id = $1 AND thing = $2";
    Ok(one(connection, sql, vec![Arg::text(tenant), Arg::text(&thing.to_string())]).await?.get(0)?)
}

/// How many places of a thing are granted.
async fn granted(connection: &mut Conn, tenant: &str, thing: Id) -> Result<i64> {
    let sql = "SELECT count(*) FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = 'granted'";
    Ok(one(connection, sql, vec![Arg::text(tenant), Arg::text(&thing.to_string())]).await?.get(0)?)
}

/// Whether another claim of a person on a thing stands.
async fn has_claimed(connection: &mut Conn, tenant: &str, thing: Id, person: Id, but: Id) -> Result<bool> {
    let sql = "SELECT c.doc FROM claims c JOIN ranks r ON r.tenant_id = c.tenant_id AND r.claim = c.doc
        WHERE c.tenant_id = $1 AND c.thing = $2 AND c.person = $3 AND c.doc <> $4 AND r.outcome IN ('granted', 'waiting') LIMIT 1";
    let args = [tenant, &thing.to_string(), &person.to_string(), &but.to_string()].map(Arg::text).to_vec();
    Ok(!all(connection, sql, args).await?.is_empty())
}

/// Gives out again what a restored backup does not know was given, before the hub answers: what is here says so at once, what is not
/// back yet keeps its rank.
pub async fn repeat_ranks(hub: &Hub) -> Result<()> {
    let mut last: BTreeMap<String, HashMap<Id, Rank>> = BTreeMap::new();
    let mut holders: HashMap<(String, Id, i64), Id> = HashMap::new();
    let mut noted: Vec<Noted> = journal::read(hub, JOURNAL)?;
    let mut epochs: Vec<u64> = Vec::new();
    noted.iter().for_each(|line| {
        if !epochs.contains(&line.epoch) {
            epochs.push(line.epoch)
        }
    });
    noted.sort_by_key(|line| (epochs.iter().position(|epoch| *epoch == line.epoch), line.number));
    for Noted { tenant, thing, rank, claim, outcome, .. } in noted {
        let Some(outcome) = Outcome::parse(&outcome) else { continue };
        let ranks = last.entry(tenant.clone()).or_default();
        // A rank that was noted and given up may have gone to another since.
        if let Some(before) = holders.insert((tenant, thing, rank), claim).filter(|before| *before != claim) {
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
    let mut rows = Vec::new();
    for Rank { thing, rank, claim, outcome } in turned.ranks.values() {
        let [id, thing, claim] = [tenant.id.as_str(), &thing.to_string(), &claim.to_string()].map(Arg::text);
        let key = vec![id.clone(), thing.clone(), Arg::int(*rank), claim.clone()];
        exec(&mut tx, "DELETE FROM ranks WHERE tenant_id = $1 AND (thing = $2 AND rank = $3 OR claim = $4)", key).await?;
        rows.push(vec![id, thing, Arg::int(*rank), claim, Arg::text(outcome.code()), Arg::int(hub.now())]);
    }
    insert_many(&mut tx, "ranks", rows).await?;
    let mut batch = Batch::new(hub, tenant);
    batch.say(&mut tx, &turned).await?;
    batch.flush(&mut tx).await?;
    Ok(tx.commit().await?)
}
