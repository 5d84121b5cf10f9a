//! Envelopes that a device carried for others: opened with the community's key, judged like any bundle, answered with a
//! receipt for the author. Any enrolled device may carry, also for a community that it is not in.

use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::DeviceId;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::{Carried, CarriedAnswer, Envelope, Judged, Outcome, Receipt, VerdictCode, encode};

use super::author::{Membership, author_of};
use super::request::{Vouched, open_bundle};
use super::take::take_in;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::community_keys::secret_of;
use crate::store::Conn;

/// The longest reason for vouching, in bytes.
const MAX_REASON: usize = 1000;

/// Takes one envelope that `carrier` brought. One that makes the hub fail keeps nobody's sync from going on: it is logged, and
/// offered again.
pub async fn deliver(hub: &Hub, carrier: DeviceId, carried: &Carried) -> Result<CarriedAnswer> {
    match open_and_take(hub, carrier, carried).await {
        Err(HubError::Core(e)) => {
            tracing::warn!(carrier = %carrier, kind = e.kind().code(), "an envelope could not be taken");
            Ok(CarriedAnswer { outcome: Outcome::Waiting, receipt: None })
        }
        other => other,
    }
}

async fn open_and_take(hub: &Hub, carrier: DeviceId, carried: &Carried) -> Result<CarriedAnswer> {
    let only = |outcome| Ok(CarriedAnswer { outcome, receipt: None });
    let Ok(envelope) = Envelope::read(&carried.envelope) else { return only(Outcome::Unreadable) };
    let mut read = hub.store.read().await?;
    let Some(tenant) = Tenant::find(&mut read, &envelope.tenant).await? else { return only(Outcome::Elsewhere) };
    // Sealed to the key that its author pinned, which may be an older one.
    let Some(key) = secret_of(&mut read, &tenant.id, DeviceId(*envelope.key)).await? else { return only(Outcome::Elsewhere) };
    let opened = envelope.open(&key).and_then(|sealed| open_bundle(&sealed));
    let Some(mut bundle) = opened.ok().filter(|b| b.tenant == tenant.id) else { return only(Outcome::Unreadable) };
    let Some(author) = Membership::find(&mut read, &tenant.id, bundle.device).await? else { return only(Outcome::Outcast) };
    if !author.key.verifies(&bundle.statement, &bundle.signature) {
        return only(Outcome::Unreadable);
    }
    if author.revoked {
        bundle.vouched = voucher(hub, &mut read, &tenant, carrier, carried.vouch.as_deref()).await?;
        if bundle.vouched.is_none() {
            return only(Outcome::Outcast);
        }
    }
    drop(read);
    let (mut verdicts, _) = take_in(hub, &tenant, &[&bundle], None).await?;
    let verdicts = verdicts.pop().unwrap_or_default();
    let waits = verdicts.iter().any(|v| matches!(v.code, VerdictCode::Missing | VerdictCode::Held));
    let judged = Judged { hub_time: hub.now(), epoch: hub.store.epoch, verdicts };
    let receipt = Receipt::make(&judged, &tenant.id, sha256(&carried.envelope), &author.key, &key, hub.random())?;
    tracing::debug!(tenant = tenant.id, device = %bundle.device, carrier = %carrier, "carried");
    Ok(CarriedAnswer { outcome: if waits { Outcome::Waiting } else { Outcome::Delivered }, receipt: Some(encode(&receipt).into()) })
}

/// Who vouches, if the carrier's person may: a cadre of that community.
async fn voucher(hub: &Hub, connection: &mut Conn, tenant: &Tenant, carrier: DeviceId, reason: Option<&str>) -> Result<Option<Vouched>> {
    let Some(reason) = reason.map(str::trim).filter(|r| !r.is_empty() && r.len() <= MAX_REASON) else { return Ok(None) };
    let member = match Membership::active(Membership::find(connection, &tenant.id, carrier).await?) {
        Ok(member) => member,
        Err(HubError::Refused(_)) => return Ok(None),
        Err(e) => return Err(e),
    };
    let author = author_of(connection, tenant, carrier, member.person, None, hub.now()).await?;
    let may = author.is(Role::Cadre);
    Ok(may.then(|| Vouched { by: member.person, reason: reason.to_owned() }))
}
