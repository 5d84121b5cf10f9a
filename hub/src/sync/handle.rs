//! A sync, from signed bytes to signed bytes.

use std::collections::BTreeSet;

use gridwalk_core::documents::{change_body, genesis};
use gridwalk_core::identity::SignedHead;
use gridwalk_core::kinds::KINDS;
use gridwalk_core::sync::protocol::{
    MAX_BODY, MAX_CARRIED_AT_ONCE, RefusalCode, SYNC_PATH, SyncReply, TenantReply, ToldSchema, VERSION, Verdict, pack, seal_reply,
};

use super::author::{Membership, author_of};
use super::carried::deliver;
use super::page::Asked;
use super::reads::log_reads;
use super::request::{Incoming, OpenBundle};
use super::take::take_in;
use super::verify::{refuse, verified, was_heard};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::community_keys::key_catch_up;

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
        if let Some(catch_up) = key_catch_up(&mut read, tenant, cursor.keys.map(|mark| *mark)).await? {
            page.keys = Some(catch_up.statements);
            signer.get_or_insert(catch_up.key);
        }
        drop(read);
        log_reads(hub, tenant, head.device, &author, &page).await?;
        replies.push(page);
    }
    let schemas = newer_schemas(incoming.request.schema, &replies);
    let reply = SyncReply { hub_time: hub.now(), verdicts, tenants: replies, schemas, receipts, dictionary: hub.dictionary.number };
    let sealed = seal_reply(signer.as_ref().unwrap_or(&tenants[0].1.key), &head.signature, &pack(&reply)?);
    hub.gate.answered(head.device, &home, sealed.len(), hub.now());
    Ok(sealed)
}

/// The genesis changes that a device of schema `known` needs to read these documents.
fn newer_schemas(known: u16, replies: &[TenantReply]) -> Vec<ToldSchema> {
    let newer = |number: u16| replies.iter().flat_map(|r| &r.documents).any(|d| d.schema == number && number > known);
    let kinds = KINDS.iter().filter(|k| k.versions.iter().any(|v| newer(v.number)));
    let versions = kinds.flat_map(|k| k.versions.iter().map(|v| (k.name, v.number))).filter(|(_, number)| *number > known);
    let tell = |(kind, number): (&str, u16)| {
        genesis(number).map(|(_, change)| ToldSchema { number, kind: kind.to_owned(), body: change_body(change).to_vec().into() })
    };
    versions.filter_map(tell).collect()
}
