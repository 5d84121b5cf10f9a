//! Places: claims are ranked in the order in which they were taken, and whoever waits moves up when one is given back. A claim's document
//! says what came of it; the thing's says how many places are granted and which ranks wait, and no person.

use gridwalk_core::claims::document::{CLAIM, is_given_back};
use gridwalk_core::claims::{Line, Outcome, RankClaim, THINGS, TallyClaims, places_of};
use gridwalk_core::documents::Map;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;

use super::super::batch::Batch;
use super::super::fold::fold_long;
use super::{Rank, Turned};
use crate::error::Result;
use crate::store::{Arg, Conn, all, one};

impl Batch<'_> {
    /// Ranks the claims that this batch took, and grants what is free of each thing to those that wait.
    pub(super) async fn rank_claims(&mut self, connection: &mut Conn, turned: &mut Turned) -> Result<()> {
        let mut claims = self.taken(CLAIM.name);
        let changed: Vec<Id> = THINGS.iter().flat_map(|kind| self.taken(kind)).collect();
        turned.things.extend(&changed);
        // What a restored hub lost may come after the claims on it.
        for thing in changed.into_iter().filter(|thing| self.held.get(thing).is_some_and(|held| !held.stored)) {
            turned.recounted.insert(thing);
            let sql = "SELECT doc FROM claims WHERE tenant_id = $1 AND thing = $2 AND rank IS NULL ORDER BY doc";
            for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&thing.to_string())]).await? {
                let claim: Id = row.get(0)?;
                claims.extend((!claims.contains(&claim)).then_some(claim));
            }
        }
        self.load(connection, claims.iter().copied()).await?;
        let given_back: Vec<Id> = claims.iter().copied().filter(|claim| self.tree(*claim).is_some_and(is_given_back)).collect();
        let known = self.release(connection, &claims, |claim| given_back.contains(&claim), turned).await?;
        for claim in claims {
            match known.get(&claim) {
                None => self.rank_claim(connection, claim, turned).await?,
                // It was ranked before the hub was restored.
                Some(rank) if !turned.ranks.contains_key(&claim) && !self.says(rank) => drop(turned.ranks.insert(claim, rank.clone())),
                Some(_) => {}
            }
        }
        for thing in turned.things.clone() {
            self.move_up(connection, thing, turned).await?;
        }
        Ok(())
    }

    /// Gives a new claim the next rank of its thing; until that is here nobody knows how many places it has.
    async fn rank_claim(&mut self, connection: &mut Conn, claim: Id, turned: &mut Turned) -> Result<()> {
        let Some(tree) = self.tree(claim) else { return Ok(()) };
        let (Some(thing), Some(person), given_back) = (tree.id("thing"), tree.id("person"), is_given_back(tree)) else { return Ok(()) };
        self.load(connection, [thing]).await?;
        if self.places(thing).is_none() {
            return Ok(());
        }
        let outcome = if given_back {
            Outcome::Released
        } else if self.has_claimed(connection, thing, person, claim, turned).await? {
            Outcome::Double
        } else {
            Outcome::Waiting
        };
        self.give(connection, thing.to_string(), claim, outcome, turned).await
    }

    /// Whether another claim of a person on a thing stands.
    async fn has_claimed(&self, connection: &mut Conn, thing: Id, person: Id, but: Id, turned: &mut Turned) -> Result<bool> {
        if !turned.claimed.insert((thing, person)) {
            return Ok(true);
        }
        let sql = "SELECT c.doc FROM claims c JOIN ranks r ON r.tenant_id = c.tenant_id AND r.claim = c.doc
            WHERE c.tenant_id = $1 AND c.thing = $2 AND c.person = $3 AND c.doc <> $4 AND r.outcome IN ('granted', 'waiting') LIMIT 1";
        let args = [self.tenant.id.as_str(), &thing.to_string(), &person.to_string(), &but.to_string()].map(Arg::text).to_vec();
        Ok(!all(connection, sql, args).await?.is_empty())
    }

    /// Grants places of `thing` that are free to those that wait, by rank. What is granted stays granted, whatever places there are.
    async fn move_up(&mut self, connection: &mut Conn, thing: Id, turned: &mut Turned) -> Result<()> {
        self.load(connection, [thing]).await?;
        let Some(places) = self.places(thing) else { return Ok(()) };
        let free = match places {
            Some(places) => places - self.counted(connection, thing, Outcome::Granted).await?,
            None => i64::MAX,
        };
        if free <= 0 {
            return Ok(());
        }
        let sql = "SELECT claim, rank FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = 'waiting' ORDER BY rank LIMIT $3";
        let mut up = Vec::new();
        for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&thing.to_string()), Arg::int(free)]).await? {
            up.push(Rank { thing: thing.to_string(), claim: row.get(0)?, rank: row.get(1)?, outcome: Outcome::Granted });
        }
        self.write_outcomes(connection, &up).await?;
        up.into_iter().for_each(|rank| turned.turn(rank));
        Ok(())
    }

    /// Says in each claim what came of it, and in each thing how many places are granted and which ranks wait.
    pub(super) async fn say_places(&mut self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        for rank in turned.ranks.values().filter(|rank| rank.thing.parse::<Id>().is_ok()) {
            if self.tree(rank.claim).is_none() || self.says(rank) {
                continue;
            }
            let thing = rank.thing.parse().ok().and_then(|thing| self.tree(thing));
            let organiser = thing.and_then(|thing| thing.id("by")).filter(|by| *by != self.tenant.hub_person);
            let input = RankClaim { claim: rank.claim, rank: rank.rank, outcome: rank.outcome.code().into(), organiser };
            self.run_or_leave(connection, Input::RankClaim(input)).await?;
        }
        for thing in &turned.things {
            if self.places(*thing).is_none() {
                continue;
            }
            let [granted, waiting] = [self.counted(connection, *thing, Outcome::Granted).await?, self.counted(connection, *thing, Outcome::Waiting).await?];
            let line = if waiting == 0 { Line::default() } else { self.line(connection, *thing, turned).await? };
            let places = self.places(*thing).flatten();
            let says = |tree: &Map| {
                let is_close = |key: &str, exact: i64, places: Option<i64>| is_close(tree.int(key).unwrap_or(0), exact, places);
                is_close("granted", granted, places) && is_close("waiting", waiting, None) && Line::parse(tree.text("line")) == line
            };
            if !self.tree(*thing).is_some_and(says) {
                let input = TallyClaims { thing: *thing, granted, waiting, line: line.to_string() };
                self.run_or_leave(connection, Input::TallyClaims(input)).await?;
                fold_long(connection, &self.tenant.id, *thing, self.hub.now()).await?;
            }
        }
        Ok(())
    }

    /// The ranks that wait for a thing now.
    async fn line(&self, connection: &mut Conn, thing: Id, turned: &Turned) -> Result<Line> {
        let name = thing.to_string();
        if turned.recounted.contains(&thing) {
            let sql = "SELECT rank FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = 'waiting' ORDER BY rank";
            let rows = all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&name)]).await?;
            let ranks = rows.iter().map(|row| Ok(row.get(0)?)).collect::<Result<Vec<i64>>>()?;
            return Ok(Line::of(ranks, self.last_rank(connection, &name).await?));
        }
        let mut line = self.tree(thing).map(|tree| Line::parse(tree.text("line"))).unwrap_or_default();
        let mut ranks: Vec<&Rank> = turned.ranks.values().filter(|rank| rank.thing == name).collect();
        ranks.sort_by_key(|rank| rank.rank);
        ranks.into_iter().for_each(|rank| line.given(rank.rank, rank.outcome == Outcome::Waiting));
        Ok(line)
    }

    /// How many places a thing has: `None` if it is not here or has none to give, `Some(None)` for as many as come.
    fn places(&self, thing: Id) -> Option<Option<i64>> {
        places_of(self.kind_of(thing)?, self.tree(thing)?)
    }

    /// How many claims on a thing came out so.
    async fn counted(&self, connection: &mut Conn, thing: Id, outcome: Outcome) -> Result<i64> {
        let sql = "SELECT count(*) FROM ranks WHERE tenant_id = $1 AND thing = $2 AND outcome = $3";
        let args = [self.tenant.id.as_str(), &thing.to_string(), outcome.code()].map(Arg::text);
        Ok(one(connection, sql, args.to_vec()).await?.get(0)?)
    }

    /// Whether a claim's document says what is known of it.
    fn says(&self, rank: &Rank) -> bool {
        self.tree(rank.claim).is_some_and(|claim| claim.int("rank") == Some(rank.rank) && claim.text("outcome") == rank.outcome.code())
    }
}

/// Whether a number that was said is close enough to what is counted: exact below a hundred and where a thing is full, else within a
/// twentieth. Every new number is a change of the thing's document, on every phone.
fn is_close(said: i64, counted: i64, places: Option<i64>) -> bool {
    let exact = said < 100 || counted < 100 || [Some(said), Some(counted)].contains(&places);
    said == counted || !exact && (said - counted).abs() * 20 < counted
}
