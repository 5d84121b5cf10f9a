//! The two requests of the protocol, from signed bytes to signed bytes.

use std::collections::BTreeSet;

use gridwalk_core::documents::{change_body, genesis};
use gridwalk_core::identity::{CLOCK_TOLERANCE_SECONDS, PublicKey, SignedHead, cipher::sha256};
use gridwalk_core::ids::DeviceId;
use gridwalk_core::kinds::KINDS;
use gridwalk_core::sync::protocol::{
    ENROL_PATH, EnrolReply, EnrolRequest, MAX_BODY, MAX_CARRIED_AT_ONCE, RefusalCode, SYNC_PATH, SyncReply, TenantReply, ToldSchema, VERSION, Verdict, decode,
    pack, seal_reply, unpack,
};
use sqlx::{AnyConnection, Row};

use super::author::{Membership, author_of, granted};
use super::batch::Batch;
use super::carried::deliver;
use super::page::Asked;
use super::reads::log_reads;
use super::request::{Incoming, OpenBundle};
use crate::admin::keys::behind;
use crate::admin::log::{Act, record};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};

fn refuse<T>(code: RefusalCode) -> Result<T> {
    Err(HubError::Refused(code))
}

/// Answers a sync. What was refused changed nothing.
pub async fn handle_sync(hub: &Hub, head: &SignedHead, body: &[u8]) -> Result<Vec<u8>> {
    if body.len() > MAX_BODY {
        return refuse(RefusalCode::TooBig);
    }
    let home = verified(hub, head, SYNC_PATH, body).await?;
    let _turn = hub.gate.deciding(body.len()).await;
    let incoming = Incoming::open(body).or_else(|_| refuse(RefusalCode::Malformed))?;
    if incoming.request.version != VERSION {
        return refuse(RefusalCode::Version);
    }
    let mut read = hub.store.read().await?;
    let mut tenants = Vec::new();
    for cursor in &incoming.request.cursors {
        let Some(tenant) = Tenant::find(&mut read, &cursor.tenant).await? else { return refuse(RefusalCode::UnknownDevice) };
        let member = Membership::active(Membership::find(&mut read, &cursor.tenant, head.device).await?)?;
        tenants.push((cursor, tenant, member));
    }
    // Whoever sends the same again costs one look-up; what comes at the same time is found where the nonce is used up.
    if let Some((_, tenant, _)) = tenants.first()
        && was_heard(&mut read, &tenant.id, head).await?
    {
        return refuse(RefusalCode::Replayed);
    }
    drop(read);
    if tenants.is_empty() || incoming.bundles.iter().any(|b| tenants.iter().all(|(_, t, _)| t.id != b.tenant)) {
        return refuse(RefusalCode::Malformed);
    }
    if incoming.request.carried.len() > MAX_CARRIED_AT_ONCE {
        return refuse(RefusalCode::TooBig);
    }
    hub.metrics.bundles.inc_by(incoming.bundles.len() as u64);
    let mut verdicts: Vec<Vec<Verdict>> = vec![Vec::new(); incoming.bundles.len()];
    let mut own: Vec<BTreeSet<u64>> = Vec::new();
    for (n, (_, tenant, _)) in tenants.iter().enumerate() {
        let places: Vec<usize> = (0..incoming.bundles.len()).filter(|i| incoming.bundles[*i].tenant == tenant.id).collect();
        let bundles: Vec<&OpenBundle> = places.iter().map(|i| &incoming.bundles[*i]).collect();
        let (answers, taken) = take_in(hub, tenant, &bundles, Some(head).filter(|_| n == 0)).await?;
        own.push(taken.into_iter().filter(|(_, device)| *device == head.device).map(|(number, _)| number).collect());
        for (place, answer) in places.into_iter().zip(answers) {
            verdicts[place] = answer;
        }
    }
    let mut receipts = Vec::new();
    for carried in &incoming.request.carried {
        receipts.push(deliver(hub, head.device, carried).await?);
    }
    let mut replies = Vec::new();
    let mut signer = None;
    for ((cursor, tenant, member), own) in tenants.iter().zip(own) {
        let mut read = hub.store.read().await?;
        let author = author_of(&mut read, tenant, head.device, member.person, None, hub.now()).await?;
        let asked = Asked { hub, tenant, cursor, author: &author, own, max_bytes: incoming.request.max_bytes as usize };
        let mut page = asked.read(&mut read).await?;
        // A phone that pinned older keys is told how they were followed by others, under a signature that it knows.
        if let Some(behind) = behind(&mut read, tenant, cursor.keys.map(|mark| *mark)).await? {
            page.keys = Some(behind.statements);
            signer.get_or_insert(behind.key);
        }
        drop(read);
        log_reads(hub, tenant, head.device, &author, &page).await?;
        replies.push(page);
    }
    let schemas = told(incoming.request.schema, &replies);
    let reply = SyncReply { hub_time: hub.now(), verdicts, tenants: replies, schemas, receipts, dictionary: hub.dictionary.number };
    let sealed = seal_reply(signer.as_ref().unwrap_or(&tenants[0].1.key), &head.signature, &pack(&reply)?);
    hub.gate.answered(head.device, &home, sealed.len(), hub.now());
    Ok(sealed)
}

/// Numbers of new changes, and whose they are.
type Taken = Vec<(u64, DeviceId)>;

/// Decides bundles of one community and writes what was decided, with the verdicts on each. The nonce of `request`, where
/// there is one, is used up in the same transaction.
pub(super) async fn take_in(hub: &Hub, tenant: &Tenant, bundles: &[&OpenBundle], request: Option<&SignedHead>) -> Result<(Vec<Vec<Verdict>>, Taken)> {
    crate::admin::end_due(hub, &tenant.id).await?;
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
        hub.metrics.changes.with_label_values(&[verdict.word.name()]).inc_by(verdict.run.into());
    }
    Ok((answers, taken))
}

/// The genesis changes that a device of schema `known` needs to read these documents.
fn told(known: u16, replies: &[TenantReply]) -> Vec<ToldSchema> {
    let newer = |number: u16| replies.iter().flat_map(|r| &r.documents).any(|d| d.schema == number && number > known);
    let kinds = KINDS.iter().filter(|k| k.versions.iter().any(|v| newer(v.number)));
    let versions = kinds.flat_map(|k| k.versions.iter().map(|v| (k.name, v.number))).filter(|(_, number)| *number > known);
    let tell = |(kind, number): (&str, u16)| {
        genesis(number).map(|(_, change)| ToldSchema { number, kind: kind.to_owned(), body: change_body(change).to_vec().into() })
    };
    versions.filter_map(tell).collect()
}

/// Answers an enrolment: the code is used up, the device registered, in one transaction.
pub async fn handle_enrol(hub: &Hub, head: &SignedHead, body: &[u8]) -> Result<Vec<u8>> {
    check_clock(hub, head)?;
    let plain = unpack(body).or_else(|_| refuse(RefusalCode::Malformed))?;
    let request: EnrolRequest = decode(&plain, "enrolment").or_else(|_| refuse(RefusalCode::Malformed))?;
    if request.version != VERSION {
        return refuse(RefusalCode::Version);
    }
    let key = PublicKey::from_bytes(&*request.key).or_else(|_| refuse(RefusalCode::Malformed))?;
    if !head.verifies(&key, ENROL_PATH, body) {
        return refuse(RefusalCode::Signature);
    }
    let now = hub.now();
    let mut tx = hub.store.write(&request.tenant).await?;
    let Some(tenant) = Tenant::find(&mut tx, &request.tenant).await? else { return refuse(RefusalCode::Code) };
    use_nonce(&mut tx, &tenant.id, head, now).await?;
    // A device that is enrolled already asks again because it never heard the answer.
    let member = match Membership::find(&mut tx, &tenant.id, head.device).await? {
        Some(member) => Some(Membership::active(Some(member))?.person),
        None => None,
    };
    let person = match crate::admin::use_code(&mut tx, &tenant.id, &request.code, head.device, member, now).await? {
        Ok(person) => person,
        Err(code) => {
            // The wrong try is kept.
            tx.commit().await?;
            return refuse(code);
        }
    };
    if member.is_none() {
        let args =
            vec![Arg::text(&tenant.id), Arg::text(&head.device.to_string()), Arg::Blob(key.to_bytes().to_vec()), Arg::text(&person.to_string()), Arg::int(now)];
        exec(&mut tx, "INSERT INTO devices (tenant_id, device, public_key, person, enrolled_at) VALUES ($1, $2, $3, $4, $5)", args).await?;
        crate::admin::note_enrolment(hub, &tenant.id, head.device, person)?;
    }
    let detail = if member.is_some() { "again" } else { "" };
    record(&mut tx, &tenant.id, now, Act { by: &head.device.to_string(), verb: "enrol", subject: &person.to_string(), detail }).await?;
    let author = author_of(&mut tx, &tenant, head.device, person, None, now).await?;
    let behind = behind(&mut tx, &tenant, request.keys.map(|mark| *mark)).await?;
    tx.commit().await?;
    let (key, keys) = behind.map_or((tenant.key, None), |b| (b.key, Some(b.statements)));
    let reply = EnrolReply { hub_time: now, person: person.to_string(), granted: granted(&author), epoch: hub.store.epoch, keys };
    Ok(seal_reply(&key, &head.signature, &pack(&reply)?))
}

/// Checks that a request was signed now by a device that is enrolled here and not revoked, and counts it against the device's
/// limits: from here on it is the device's own doing. Returns the community it is counted in. Strangers cost one look-up.
pub async fn verified(hub: &Hub, head: &SignedHead, path: &str, body: &[u8]) -> Result<String> {
    check_clock(hub, head)?;
    let mut read = hub.store.read().await?;
    let known = all(&mut read, "SELECT tenant_id FROM devices WHERE device = $1 ORDER BY tenant_id", vec![Arg::text(&head.device.to_string())]).await?;
    let Some(first) = known.first() else { return refuse(RefusalCode::UnknownDevice) };
    let home: String = first.try_get(0)?;
    let member = Membership::active(Membership::find(&mut read, &home, head.device).await?)?;
    if !head.verifies(&member.key, path, body) {
        return refuse(RefusalCode::Signature);
    }
    drop(read);
    hub.gate.admit(head.device, &home, body.len(), hub.now())?;
    Ok(home)
}

fn check_clock(hub: &Hub, head: &SignedHead) -> Result<()> {
    if hub.now().abs_diff(head.created) > CLOCK_TOLERANCE_SECONDS.unsigned_abs() { refuse(RefusalCode::Clock) } else { Ok(()) }
}

/// Whether this very request was heard before.
async fn was_heard(connection: &mut AnyConnection, tenant: &str, head: &SignedHead) -> Result<bool> {
    let args = vec![Arg::text(tenant), Arg::text(&head.device.to_string()), Arg::text(&nonce_of(head))];
    Ok(!all(connection, "SELECT at FROM nonces WHERE tenant_id = $1 AND device = $2 AND nonce = $3", args).await?.is_empty())
}

/// The nonce as it is kept. The signature is part of it: another request with the same nonce is not this one.
fn nonce_of(head: &SignedHead) -> String {
    format!("{} {}", head.nonce, gridwalk_core::documents::hash_text(&sha256(&head.signature)))
}

/// A nonce is used once in a community; those too old to pass the clock are forgotten.
pub async fn use_nonce(connection: &mut AnyConnection, tenant: &str, head: &SignedHead, now: i64) -> Result<()> {
    let old = vec![Arg::text(tenant), Arg::int(now - 3 * CLOCK_TOLERANCE_SECONDS)];
    exec(connection, "DELETE FROM nonces WHERE tenant_id = $1 AND at < $2", old).await?;
    let args = vec![Arg::text(tenant), Arg::text(&head.device.to_string()), Arg::text(&nonce_of(head)), Arg::int(now)];
    let inserted = exec(connection, "INSERT INTO nonces VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", args).await?;
    if inserted == 0 { refuse(RefusalCode::Replayed) } else { Ok(()) }
}
