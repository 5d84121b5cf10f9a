//! Deciding each change of a bundle: known, fitting, allowed. A group is taken or refused whole.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gridwalk_core::documents::{Audience, AudienceSource, Doc, ERASED, Map, Obstacle, genesis};
use gridwalk_core::error::ErrorKind;
use gridwalk_core::identity::SignedHead;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::kinds::Input;
use gridwalk_core::places::MoveTo;
use gridwalk_core::rules::{Refusal, judge_recorded};
use gridwalk_core::sync::protocol::{RefusalCode, Verdict, VerdictCode};

use super::again::PHOTOS_ERASED;
use super::author::{Membership, Signer};
use super::batch::{Batch, Final, Held, Kept, Left, number_of};
use super::request::{IncomingChange, OpenBundle};
use super::verify::use_nonce;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::grants::end_due;
use crate::store::{Conn, select_in};

/// A decision with the rule's code, if it is a refusal.
type Decision = (VerdictCode, Option<String>);
/// Final decisions of earlier requests, by document, generation and hash.
pub type Finals = HashMap<(Id, u32, [u8; 32]), Decision>;

/// The numbers that new changes got in the sequence, and whose they are.
pub(super) type NewSequenceNumbers = Vec<(u64, DeviceId)>;

/// Decides bundles of one community and writes what was decided, with the verdicts on each. The nonce of `request`, where
/// there is one, is used up in the same transaction.
pub(super) async fn take_in(
    hub: &Hub,
    tenant: &Tenant,
    bundles: &[&OpenBundle],
    request: Option<&SignedHead>,
) -> Result<(Vec<Vec<Verdict>>, NewSequenceNumbers)> {
    end_due(hub, &tenant.id).await?;
    // Decided on a snapshot, beside others; only writing waits its turn.
    let mut batch = Batch::new(hub, tenant);
    let mut read = hub.store.read().await?;
    let mut answers = batch.answer(&mut read, bundles).await?;
    drop(read);
    let mut tx = hub.store.write(&tenant.id).await?;
    if let Some(head) = request {
        use_nonce(&mut tx, &tenant.id, head, hub.now()).await?;
    }
    if batch.is_stale(&mut tx).await? {
        batch = Batch::new(hub, tenant);
        answers = batch.answer(&mut tx, bundles).await?;
    }
    let taken = batch.flush(&mut tx).await?;
    tx.commit().await?;
    for verdict in answers.iter().flatten() {
        hub.metrics.changes.with_label_values(&[verdict.code.name()]).inc_by(verdict.run.into());
    }
    Ok((answers, taken))
}

impl Batch<'_> {
    /// Decides these bundles, with a verdict for each change.
    pub async fn answer(&mut self, connection: &mut Conn, bundles: &[&OpenBundle]) -> Result<Vec<Vec<Verdict>>> {
        self.seen = Some(number_of(connection, &self.tenant.id).await?);
        let mut signers = Vec::new();
        for bundle in bundles {
            let Some(member) = Membership::find(connection, &self.tenant.id, bundle.device).await? else {
                signers.push(None);
                continue;
            };
            if !member.key.verifies(&bundle.statement, &bundle.signature) {
                return Err(HubError::Refused(RefusalCode::Signature));
            }
            signers.push(if member.revoked && bundle.vouched.is_none() {
                None
            } else {
                Some(Signer::of(connection, self.hub, self.tenant, bundle, member.person).await?)
            });
        }
        let finals = self.prepare(connection, bundles).await?;
        let mut answers = Vec::new();
        for (bundle, signer) in bundles.iter().zip(&signers) {
            answers.push(self.take(connection, bundle, signer.as_ref(), &finals).await?);
        }
        self.project();
        Ok(answers)
    }

    /// Loads what the bundles of this community need, documents in order of id.
    async fn prepare(&mut self, connection: &mut Conn, bundles: &[&OpenBundle]) -> Result<Finals> {
        let changes = || bundles.iter().flat_map(|b| b.groups.iter().flatten());
        // Of what a photo is about it is asked until when photos of it were erased.
        let shown = changes().filter(|c| c.record.is_some()).filter_map(|c| c.about);
        // Of a resident about whom there is something new, whether they were erased.
        let homes = changes().filter_map(|c| Some(resident_of(c.first.as_ref()?.tree())?.0));
        self.load(connection, changes().map(|c| c.doc).chain(shown).chain(homes)).await?;
        // Of what is here already too: what it is about may have moved before it came.
        let abouts: BTreeSet<Id> = changes().flat_map(|c| c.about.or_else(|| self.held.get(&c.doc)?.about).into_iter().chain(c.record)).collect();
        self.load_abouts(connection, abouts).await?;
        let keys: Vec<String> = changes().map(|c| c.doc).collect::<BTreeSet<_>>().iter().map(ToString::to_string).collect();
        let mut finals = HashMap::new();
        let tenant = self.tenant.id.clone();
        for row in
            select_in(connection, "SELECT hash, generation, doc, word, reason FROM verdicts WHERE tenant_id = $1 AND doc IN ({in})", &tenant, &keys).await?
        {
            let (hash, generation, doc): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let word = match row.get::<i64>(3)? {
                2 => VerdictCode::Refused,
                4 => VerdictCode::Generation,
                _ => VerdictCode::ActorReused,
            };
            let reason: Option<String> = row.get(4)?;
            for change in
                changes().filter(|c| i64::from(c.generation) == generation && c.doc.to_string() == doc && gridwalk_core::documents::hash_text(&c.hash) == hash)
            {
                finals.insert((change.doc, change.generation, change.hash), (word, reason.clone()));
            }
        }
        Ok(finals)
    }

    /// Decides a well-signed bundle of `signer`, or of someone who may not speak (`None`).
    async fn take(&mut self, connection: &mut Conn, bundle: &OpenBundle, signer: Option<&Signer>, finals: &Finals) -> Result<Vec<Verdict>> {
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut taken_any = false;
        for group in &bundle.groups {
            let decisions = match signer {
                Some(signer) => self.hub.dictionary.run(|| self.group(group, signer, bundle, finals))?,
                None => vec![(VerdictCode::Refused, Some("device".to_owned())); group.len()],
            };
            for (change, (word, reason)) in group.iter().zip(decisions) {
                taken_any |= word == VerdictCode::Taken;
                // What an outcast device says is not kept: it may be enrolled again.
                if signer.is_some()
                    && matches!(word, VerdictCode::Refused | VerdictCode::Generation | VerdictCode::ActorReused)
                    && !finals.contains_key(&(change.doc, change.generation, change.hash))
                {
                    let number = match word {
                        VerdictCode::Refused => 2,
                        VerdictCode::Generation => 4,
                        _ => 6,
                    };
                    self.finals.push(Final { doc: change.doc, generation: change.generation, hash: change.hash, word: number, reason: reason.clone() });
                }
                match verdicts.last_mut().filter(|v| v.code == word && v.reason == reason) {
                    Some(last) => last.run += 1,
                    None => verdicts.push(Verdict { code: word, reason, run: 1 }),
                }
            }
            for change in group {
                self.bound(connection, change.doc).await?;
            }
            self.choose_handlers(connection, group).await?;
            self.tend_cases(connection, group).await?;
            self.tend_demands(connection, group).await?;
            self.forward(connection, group).await?;
        }
        if taken_any {
            self.kept.push(Kept {
                device: bundle.device.to_string(),
                statement: bundle.statement.clone(),
                signature: bundle.signature,
                vouched: bundle.vouched.clone(),
            });
        }
        Ok(verdicts)
    }

    fn group(&mut self, group: &[IncomingChange], signer: &Signer, bundle: &OpenBundle, finals: &Finals) -> Result<Vec<Decision>> {
        let mut staged: Vec<(Id, Arc<Doc>, Vec<u8>)> = Vec::new();
        let mut decisions: Vec<Decision> = Vec::new();
        for change in group {
            let decision = match finals.get(&(change.doc, change.generation, change.hash)) {
                Some(known) => known.clone(),
                None => self.change(change, signer, bundle, &mut staged)?,
            };
            // What a newer gridwalk wrote is not this hub's to refuse; but nobody speaks for another device.
            let is_newer = bundle.written.max(bundle.recorded) > self.hub.dictionary.number;
            let of_rules = decision.0 == VerdictCode::Refused && decision.1.as_deref() != Some(Refusal::Actor.code());
            let decision = if is_newer && of_rules { (VerdictCode::Held, None) } else { decision };
            decisions.push(decision);
        }
        // Taken or refused whole: the worst word of the group is everyone's, known changes stay known.
        let worst = decisions.iter().filter(|(w, _)| !matches!(w, VerdictCode::Taken | VerdictCode::Known)).min_by_key(|(w, _)| severity(*w)).cloned();
        match worst {
            Some(worst) => decisions.iter_mut().filter(|(w, _)| *w != VerdictCode::Known).for_each(|d| *d = worst.clone()),
            None => staged.into_iter().for_each(|(id, doc, body)| self.stage(id, doc, body, bundle.device)),
        }
        Ok(decisions)
    }

    fn change(&self, incoming: &IncomingChange, signer: &Signer, bundle: &OpenBundle, staged: &mut Vec<(Id, Arc<Doc>, Vec<u8>)>) -> Result<Decision> {
        let refused = |refusal: Refusal| Ok((VerdictCode::Refused, Some(refusal.code().to_owned())));
        let held = self.held.get(&incoming.doc);
        if let Some(held) = held
            && (held.doc.generation != incoming.generation || held.doc.is_erased())
        {
            return Ok((if incoming.generation <= held.doc.generation { VerdictCode::Generation } else { VerdictCode::Missing }, None));
        }
        let Some((kind, _)) = genesis(incoming.schema) else { return Ok((VerdictCode::Held, None)) };
        let Some(change) = &incoming.change else { return refused(Refusal::Operation) };
        if change.hash().0 != incoming.hash {
            return refused(Refusal::Operation);
        }
        let current = staged.iter().rev().find(|(id, ..)| *id == incoming.doc).map(|(_, doc, _)| doc).or(held.map(|h| &h.doc));
        let (before, after) = match current {
            Some(doc) if doc.has(&change.hash()) => return Ok((VerdictCode::Known, None)),
            Some(doc) => {
                if doc.kind().name != kind.name {
                    return Ok(mistaken(incoming.doc, signer));
                }
                let mut before = Cow::Borrowed(&**doc);
                if doc.schema() < incoming.schema {
                    before.to_mut().reach(incoming.schema)?;
                }
                match before.obstacle(change) {
                    // What it rests on may come yet; not for who has no say here any more, now or when it was recorded.
                    Some(Obstacle::MissingDependency) if held.is_some_and(|h| signer.author.roles_for(&self.audiences_of(h, signer)).is_empty()) => {
                        return refused(Refusal::OutsideScope);
                    }
                    Some(Obstacle::MissingDependency) => return Ok((VerdictCode::Missing, None)),
                    Some(Obstacle::ActorReused) => return Ok((VerdictCode::ActorReused, None)),
                    Some(Obstacle::Hostile) => return refused(Refusal::Operation),
                    None => {}
                }
                match before.with(change.clone()) {
                    Ok(after) => (Some(before), Arc::new(after)),
                    Err(_) => return refused(Refusal::Operation),
                }
            }
            None if incoming.generation != 0 => return Ok((VerdictCode::Missing, None)),
            None => match &incoming.first {
                Some(doc) => (None, doc.clone()),
                None => return self.why_not_first(incoming, change),
            },
        };
        // The audiences of now, and those that held at the cursor the bundle was made at: an event's are those of what it
        // is about, also when that has moved meanwhile.
        let audiences = match held {
            Some(h) => self.audiences_of(h, signer),
            None => {
                let (now, about) = self.place(incoming.doc, after.kind(), after.tree());
                // What is about something erased is erased with it.
                if about.is_some_and(|id| self.is_erased(id)) || self.is_of_erased_resident(after.tree()) || self.shows_erased(incoming, after.tree()) {
                    return Ok((VerdictCode::Generation, None));
                }
                // What it is about may come yet: its author's phone sends it again to a restored hub.
                if about.is_some_and(|id| self.kind_of(id).is_none()) {
                    return Ok((VerdictCode::Missing, None));
                }
                if let AudienceSource::Of { about, kinds } = (after.kind().audiences)(after.tree(), incoming.doc)
                    && !self.kind_of(about).is_some_and(|kind| kinds.contains(&kind))
                {
                    return Ok(mistaken(about, signer));
                }
                now.into_iter().chain(then(self.left_by(about), signer)).collect()
            }
        };
        match judge_recorded(incoming.doc, before.as_deref(), &after, change, &audiences, &signer.author, bundle.recorded) {
            Ok(()) => {
                staged.push((incoming.doc, after, incoming.body.clone()));
                Ok((VerdictCode::Taken, None))
            }
            Err(refusal) => refused(refusal),
        }
    }

    /// The audiences that an author is judged by of a document that is here: those of now, and those that held at the cursor their bundle was made
    /// at, of an event also those of what it is about.
    fn audiences_of(&self, held: &Held, signer: &Signer) -> Vec<Audience> {
        held.audiences.iter().cloned().chain(then(&held.left, signer)).chain(then(self.left_by(held.about), signer)).collect()
    }

    /// The audiences that what an event is about left lately.
    fn left_by(&self, about: Option<Id>) -> &[Left] {
        let Some(id) = about else { return &[] };
        self.held.get(&id).map(|h| &h.left[..]).or_else(|| self.abouts.get(&id).map(|a| &a.left[..])).unwrap_or_default()
    }

    /// Whether a new document is about a resident who was erased, alone or with the household.
    fn is_of_erased_resident(&self, tree: &Map) -> bool {
        let Some((household, resident)) = resident_of(tree) else { return false };
        let entry_is_erased = |home: &Doc| home.tree().map("residents").map(&resident.to_string()).get(ERASED).is_some();
        self.is_erased(household) || self.loaded(household).is_some_and(entry_is_erased)
    }

    /// Whether a new photo shows what was erased: it was taken for a visit that is gone, or before a household's photos went.
    fn shows_erased(&self, incoming: &IncomingChange, photo: &Map) -> bool {
        let Some((record, about)) = incoming.record.zip(incoming.about) else { return false };
        let until = self.loaded(about).and_then(|doc| doc.tree().int(PHOTOS_ERASED));
        let taken = photo.int("at").unwrap_or(0);
        self.is_erased(record) || until.is_some_and(|until| taken <= until)
    }

    /// A change for a document that is not here and that it does not make itself: an orphan, or nonsense.
    fn why_not_first(&self, incoming: &IncomingChange, change: &automerge::Change) -> Result<Decision> {
        Ok(match Doc::empty(incoming.schema)?.obstacle(change) {
            Some(Obstacle::MissingDependency) => (VerdictCode::Missing, None),
            _ => (VerdictCode::Refused, Some(Refusal::Operation.code().to_owned())),
        })
    }

    /// What this group put into a grid that was closed meanwhile goes on to its successor; what it put into a micro-grid of
    /// another grid lies in none.
    async fn forward(&mut self, connection: &mut Conn, group: &[IncomingChange]) -> Result<()> {
        for change in group {
            let Some(held) = self.held.get(&change.doc).filter(|h| h.dirty && h.about.is_none()) else { continue };
            let Some(place) = held.doc.tree().id("place") else { continue };
            let now = self.place(change.doc, held.doc.kind(), held.doc.tree()).0;
            let is_new = |audience: &Audience| now.contains(audience) && !(held.stored && held.audiences.contains(audience));
            // What lay there before it was closed is moved by whoever closes it.
            let comes_to_grid = is_new(&Audience::Place(place));
            let micro_grid = held.doc.tree().id("micro_grid").map(Audience::MicroGrid);
            let comes_to_micro_grid = micro_grid.is_some_and(|m| now.contains(&m) && (comes_to_grid || is_new(&m)));
            let successor = if comes_to_grid { self.open_successor(connection, place).await? } else { None };
            if successor.is_some() || comes_to_micro_grid {
                self.run_or_leave(connection, Input::MoveTo(MoveTo { document: change.doc, place: successor.unwrap_or(place) })).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn run_or_leave(&mut self, connection: &mut Conn, input: Input) -> Result<()> {
        match self.run(connection, input).await {
            Ok(_) => Ok(()),
            // A conflict or odd content in a document is no reason to hold up the sync.
            Err(HubError::Core(e)) if e.kind() != ErrorKind::Internal => Ok(()),
            Err(e) => Err(e),
        }
    }
}

/// Those of these audiences that still held at the cursor of the signer's bundle.
fn then(left: &[Left], signer: &Signer) -> impl Iterator<Item = Audience> {
    left.iter().filter(|l| signer.at.is_some_and(|at| l.number > at)).map(|l| l.audience.clone())
}

/// The resident, with their household, that a document is about: what some may not see of them is a document of its own.
fn resident_of(tree: &Map) -> Option<(Id, Id)> {
    tree.id("household").zip(tree.id("resident"))
}

/// What is here under this id is of another kind than its author says: two copies of the author's store gave the id to different
/// things, or it is nonsense.
fn mistaken(id: Id, signer: &Signer) -> Decision {
    if signer.author.devices.contains(&id.actor.device()) {
        (VerdictCode::ActorReused, None)
    } else {
        (VerdictCode::Refused, Some(Refusal::Operation.code().to_owned()))
    }
}

/// Which word speaks for a group: final refusals before what may resolve itself.
fn severity(word: VerdictCode) -> u8 {
    match word {
        VerdictCode::ActorReused => 0,
        VerdictCode::Generation => 1,
        VerdictCode::Refused => 2,
        VerdictCode::Missing => 3,
        _ => 4,
    }
}
