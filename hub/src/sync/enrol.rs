//! An enrolment, from signed bytes to signed bytes. A code works once, for a while, and closes after five wrong tries.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::identity::{PublicKey, SignedHead};
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::sync::protocol::{ENROL_PATH, EnrolReply, EnrolRequest, RefusalCode, VERSION, decode, pack, seal_reply, unpack};

use super::author::{Membership, author_of, granted};
use super::verify::{check_clock, refuse, use_nonce};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::community_keys::key_catch_up;
use crate::registry::enrolments::note_enrolment;
use crate::store::{Arg, Conn, all, exec};

/// How many wrong tries close a code.
const WRONG_TRIES: i64 = 5;

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
    let person = match use_code(&mut tx, &tenant.id, &request.code, head.device, member, now).await? {
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
        note_enrolment(hub, &tenant.id, head.device, person)?;
    }
    let detail = if member.is_some() { "again" } else { "" };
    record(&mut tx, &tenant.id, now, Act { by: &head.device.to_string(), verb: "enrol", subject: &person.to_string(), detail }).await?;
    let author = author_of(&mut tx, &tenant, head.device, person, None, now).await?;
    let catch_up = key_catch_up(&mut tx, &tenant, request.keys.map(|mark| *mark)).await?;
    tx.commit().await?;
    let (key, keys) = catch_up.map_or((tenant.key, None), |c| (c.key, Some(c.statements)));
    let reply = EnrolReply { hub_time: now, person: person.to_string(), granted: granted(&author), epoch: hub.store.epoch, keys };
    Ok(seal_reply(&key, &head.signature, &pack(&reply)?))
}

/// Uses a code up. Returns whom it was for, or the refusal. A wrong try is counted either way. `member` is the
/// person of a device that is enrolled already: its code may have been used by the request whose answer was lost.
async fn use_code(
    connection: &mut Conn,
    tenant: &str,
    code: &str,
    device: DeviceId,
    member: Option<Id>,
    now: i64,
) -> Result<std::result::Result<Id, RefusalCode>> {
    let (public, secret) = code.split_once('-').unwrap_or((code, ""));
    let key = vec![Arg::text(tenant), Arg::text(public)];
    let rows =
        all(connection, "SELECT secret_hash, person, expires_at, used_at, wrong_tries FROM invites WHERE tenant_id = $1 AND code = $2", key.clone()).await?;
    let Some(row) = rows.first() else { return Ok(Err(RefusalCode::Code)) };
    let person: Id = row.get(1)?;
    let used = row.get::<Option<i64>>(3)?.is_some();
    let again = member == Some(person);
    let open = (again || row.get::<i64>(2)? > now && !used) && row.get::<i64>(4)? < WRONG_TRIES;
    if !open || member.is_some() && !again {
        return Ok(Err(RefusalCode::Code));
    }
    if row.get::<String>(0)? != hash_text(&sha256(secret.as_bytes())) {
        tracing::warn!(tenant, device = %device, "wrong enrolment code");
        exec(connection, "UPDATE invites SET wrong_tries = wrong_tries + 1 WHERE tenant_id = $1 AND code = $2", key).await?;
        if row.get::<i64>(4)? + 1 == WRONG_TRIES {
            let detail = format!("code {public}");
            record(connection, tenant, now, Act { by: &device.to_string(), verb: "close_code", subject: &person.to_string(), detail: &detail }).await?;
        }
        return Ok(Err(RefusalCode::Code));
    }
    if !used {
        exec(connection, "UPDATE invites SET used_at = $3 WHERE tenant_id = $1 AND code = $2", key.into_iter().chain([Arg::int(now)]).collect()).await?;
    }
    Ok(Ok(person))
}
