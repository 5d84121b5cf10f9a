//! What signatures and rules cost: time at the hub, and bytes of a day's work.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use automerge::Change;
use gridwalk_core::Id;
use gridwalk_core::documents::{Audience, AudienceSource, Doc};
use gridwalk_core::identity::PublicKey;
use gridwalk_core::rules::{Author, Role, judge};
use gridwalk_core::sync::Prepared;
use gridwalk_hub::store::Conn;
use gridwalk_hub::sync::{Batch, Incoming, Membership, author_of, handle_sync};

use super::stage::Stage;
use super::{Line, Result, median};
use crate::harness::{Device, MORNING};
use crate::link::Line as Wire;
use crate::replay::Walker;
use crate::workload::{Scene, Spec};

const GRIDS: u64 = 5;
const ROUNDS: usize = 9;

/// A change with all that the rules look at.
struct Case {
    id: Id,
    before: Option<Arc<Doc>>,
    after: Arc<Doc>,
    change: Change,
    audiences: Vec<Audience>,
}

/// The day of five grids' workers; the first one's goes over a counted line, the others' are taken apart at the hub.
pub async fn rows(folder: &Path) -> Result<Vec<Line>> {
    let spec = Spec { scene: Scene::Standard, households: 404 * usize::try_from(GRIDS)?, grids: Some(usize::try_from(GRIDS)?), ..Spec::default() };
    let stage = Stage::of(folder, &spec, Wire::perfect(), None).await?;
    let mut devices = Vec::new();
    for grid in 0..GRIDS {
        let invite = stage.hub.invite_at(&stage.url(), Role::GridWorker, Some(&format!("g{grid:02}")), &format!("网格员{grid}")).await?;
        devices.push(Device::enrolled(folder, grid, &invite).await?);
    }
    stage.hub.clock.advance_to(MORNING + 12 * 3600);
    for (grid, device) in devices.iter().enumerate() {
        let (by, mut walker) = (format!("w{grid:02}"), Walker::default());
        for operation in stage.community.day.iter().filter(|o| o.by() == by) {
            device.clock.advance_to(operation.at());
            walker.perform(&device.phone, &stage.known, operation)?;
        }
        device.clock.advance_to(MORNING + 12 * 3600);
    }
    let (first, others) = devices.split_first().ok_or("no phones")?;
    let lines = vec![bytes(&stage, first).await?, time(&stage, others).await?];
    stage.hub.stop().await;
    Ok(lines)
}

/// The signatures' share of a day's request.
async fn bytes(stage: &Stage, device: &Device) -> Result<Line> {
    stage.link.reset_counts();
    let hub = device.phone.hubs()?.pop().ok_or("no hub")?;
    let prepared = device.phone.prepare_sync(&hub, 0)?;
    let incoming = Incoming::open(&prepared.request.body)?;
    device.sync().await?;
    let up = stage.link.counts().up_bytes as f64;
    // A field's line is `name: value` and a line break; a bundle's signature is a byte string of 64.
    let field = |name: &str| prepared.request.head.fields().iter().filter(|(n, _)| *n == name).map(|(n, value)| n.len() + value.len() + 4).sum::<usize>();
    let bundles = incoming.bundles.len();
    let signatures = bundles * 66 + field("signature");
    let all = signatures + field("signature-input") + field("content-digest");
    let stored: usize = incoming.bundles.iter().map(|b| b.statement.len() + b.signature.len()).sum();
    Ok(Line {
        name: "signature_bytes_percent",
        value: signatures as f64 / up * 100.0,
        unit: "%",
        target: 3.0,
        yardstick: format!(
            "{signatures} B of {up:.0} B: {bundles} bundles and the request; with the request's digest, nonce, time and key id {all} B, {:.2} %; statements are not sent, the hub makes and keeps {stored} B",
            all as f64 / up * 100.0
        ),
    })
}

/// The time that signatures and rules take for a change, beside all that the hub does for it.
async fn time(stage: &Stage, devices: &[Device]) -> Result<Line> {
    let (mut sign, mut rules, mut decode, mut total, mut changes) = (0.0, 0.0, 0.0, 0.0, 0);
    for device in devices {
        let prepared = device.phone.prepare_sync(&device.phone.hubs()?.pop().ok_or("no hub")?, 0)?;
        let incoming = Incoming::open(&prepared.request.body)?;
        let mut read = stage.hub.hub.store.read().await?;
        let member = Membership::find(&mut read, &stage.hub.tenant.id, prepared.request.head.device).await?.ok_or("not enrolled")?;
        let author = author_of(&mut read, &stage.hub.tenant, prepared.request.head.device, member.person, None, stage.hub.hub.now()).await?;
        let cases = cases(stage, &mut read, &incoming).await?;
        drop(read);
        changes += cases.len();
        sign += timed(|| check_signatures(&member.key, &prepared, &incoming))?;
        rules += timed(|| check_rules(&cases, &author))?;
        decode += timed(|| {
            Incoming::open(&prepared.request.body)?;
            Ok(())
        })?;
        let started = Instant::now();
        handle_sync(&stage.hub.hub, &prepared.request.head, &prepared.request.body).await?;
        total += started.elapsed().as_secs_f64();
    }
    let each = |seconds: f64| seconds * 1e6 / changes as f64;
    Ok(Line {
        name: "signature_rules_us_per_change",
        value: each(sign + rules),
        unit: "µs",
        target: super::NO_TARGET,
        yardstick: format!(
            "signatures {:.1}, rules {:.1}; decoding and reading alone {:.1}; all that the hub does for a change, answer included, {:.1}; {changes} changes of {} phones",
            each(sign),
            each(rules),
            each(decode),
            each(total),
            devices.len()
        ),
    })
}

/// The median time of some rounds, in seconds.
fn timed(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        work()?;
        samples.push(started.elapsed().as_secs_f64());
    }
    Ok(median(&mut samples))
}

fn check_signatures(key: &PublicKey, prepared: &Prepared, incoming: &Incoming) -> Result<()> {
    let good = prepared.request.head.verifies(key, prepared.request.path, &prepared.request.body)
        && incoming.bundles.iter().all(|b| key.verifies(&b.statement, &b.signature));
    if good { Ok(()) } else { Err("a signature is wrong".into()) }
}

fn check_rules(cases: &[Case], author: &Author) -> Result<()> {
    for case in cases {
        judge(case.id, case.before.as_deref(), &case.after, &case.change, &case.audiences, author).map_err(|refusal| refusal.code())?;
    }
    Ok(())
}

/// Each change with the document before and after it, as the hub would judge it.
async fn cases(stage: &Stage, connection: &mut Conn, incoming: &Incoming) -> Result<Vec<Case>> {
    let mut batch = Batch::new(&stage.hub.hub, &stage.hub.tenant);
    let mut docs: HashMap<Id, Arc<Doc>> = HashMap::new();
    let mut cases = Vec::new();
    for incoming in incoming.bundles.iter().flat_map(|b| b.groups.iter().flatten()) {
        let change = incoming.change.clone().ok_or("not a change")?;
        let before = match docs.get(&incoming.doc) {
            Some(doc) => Some(doc.clone()),
            None => batch.document(connection, incoming.doc).await?,
        };
        let after = match (&before, &incoming.first) {
            (Some(doc), _) => Arc::new(doc.with(change.clone())?),
            (None, Some(first)) => first.clone(),
            (None, None) => return Err("a change of a document that is not there".into()),
        };
        let audiences = match (after.kind().audiences)(after.tree(), incoming.doc) {
            AudienceSource::Own(own) => own,
            AudienceSource::Of { about, .. } => {
                let doc = match docs.get(&about) {
                    Some(doc) => doc.clone(),
                    None => batch.document(connection, about).await?.ok_or("nothing that it is about")?,
                };
                match (doc.kind().audiences)(doc.tree(), about) {
                    AudienceSource::Own(own) => own,
                    AudienceSource::Of { .. } => return Err("an event about an event".into()),
                }
            }
        };
        docs.insert(incoming.doc, after.clone());
        cases.push(Case { id: incoming.doc, before, after, change, audiences });
    }
    Ok(cases)
}
