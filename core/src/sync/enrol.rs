//! Joining a community with an invite.

use rusqlite::{Connection, params};

use super::communities::pinned_of;
use super::exchange::Exchange;
use super::protocol::{CommunityKeys, ENROL_PATH, EnrolReply, EnrolRequest, VERSION, decode, open_reply, pack, unpack};
use super::{HttpTransport, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{DeviceKey, Invite};
use crate::ids::Id;
use crate::phone::{Phone, UNSENT, state};
use crate::store::to_json;

impl Phone {
    /// Joins the community of `invite` over HTTP. `ca` is the hub's own certificate authority (PEM), if it has one. A phone whose
    /// device was revoked joins again with a new key; what it has not sent is kept and sent after the next sync has pulled. Of a
    /// community that it is in, the phone goes by the keys that it pinned, whatever the link says: a forged link would lead
    /// what is unsent elsewhere.
    ///
    /// # Errors
    /// `unsent_of_another` if someone else of that community used this phone and their work is neither sent nor handed to a carrier:
    /// then nothing was changed, and the same link works again. `hub_refused` with the hub's words, `offline`.
    pub async fn enrol(&self, invite: &Invite, ca: Option<&str>) -> Result<()> {
        self.enrol_over(invite, ca, false).await
    }

    /// The same; with `leave_unsent` also over another person's unsent work: it is kept, and waits as refused until that person
    /// enrols here again and resubmits it, or takes it to another phone.
    pub async fn enrol_over(&self, invite: &Invite, ca: Option<&str>, leave_unsent: bool) -> Result<()> {
        self.enrol_with(invite, ca, leave_unsent, &HttpTransport::new(&invite.hub, ca)?).await
    }

    /// The same, carried by `transport`.
    pub async fn enrol_with(&self, invite: &Invite, ca: Option<&str>, leave_unsent: bool, transport: &impl Transport) -> Result<()> {
        // A second enrolment in the same community is for a device that was revoked or lost by a restored hub: a new key.
        let known = self.store.read(|c| pinned_of(c, &invite.tenant))?;
        let again = known.is_some();
        let key = if again { self.next_key(invite)? } else { self.store.read(|c| Ok(state(c)?.key()))? };
        let keys = known.unwrap_or_else(|| CommunityKeys::of(invite));
        let (tenant, code) = (invite.tenant.clone(), invite.code.clone());
        let request = EnrolRequest { version: VERSION, tenant, code, key: key.public().to_bytes().into(), keys: Some(keys.mark()) };
        let body = pack(&request)?;
        let mut exchange = Exchange::new(self, &invite.hub, transport);
        let (request, bytes) = exchange.ask(|signing| Ok(signing.sign(&key, ENROL_PATH, body.clone()))).await?;
        let both = [keys.key.clone(), keys.spare.clone()];
        let opened = open_reply(&both, &request.head.signature, &bytes).map_err(|e| if again { other_keys().with_source(e) } else { e })?;
        let reply: EnrolReply = decode(&unpack(opened)?, "enrolment")?;
        let keys = keys.follow(&invite.tenant, reply.keys.as_deref().unwrap_or_default())?;
        if !leave_unsent {
            self.store.read(|c| none_unsent_of_another(c, &invite.tenant, &reply.person))?;
        }
        self.joined(invite, &keys, ca, &key, again, &reply)
    }

    /// The key that this device will have, the same however often it is tried with the same invite: an answer that was lost has used
    /// the invite up for this key. Another invite may be another person's, whom the hub does not give a key that it knows.
    fn next_key(&self, invite: &Invite) -> Result<DeviceKey> {
        let code = invite.code.split('-').next().unwrap_or_default();
        self.store.write(|tx| {
            let made = DeviceKey::make(&*self.random).to_bytes();
            tx.execute("UPDATE state SET next_key = ?1, next_for = ?2 WHERE next_key IS NULL OR next_for IS NOT ?2", params![made, code])?;
            Ok(DeviceKey::from_bytes(&tx.query_row("SELECT next_key FROM state", [], |r| r.get(0))?))
        })
    }

    fn joined(&self, invite: &Invite, keys: &CommunityKeys, ca: Option<&str>, key: &DeviceKey, again: bool, reply: &EnrolReply) -> Result<()> {
        let reading = self.read_clock()?;
        let person: Id = reply.person.parse()?;
        self.store.write(|tx| {
            tx.execute("INSERT OR REPLACE INTO anchors VALUES (?1, ?2, ?3)", params![reading.boot, reading.since_boot, reply.hub_time])?;
            tx.execute("UPDATE state SET hub_time = ?1", [reply.hub_time])?;
            if again {
                tx.execute("UPDATE state SET device_key = ?1, actor = ?2, next_key = NULL, next_for = NULL", params![key.to_bytes(), self.new_actor(key.device()).0])?;
            }
            tx.execute(
                "INSERT INTO tenants (tenant, hub, ca, person, grants, audiences, key, spare, epoch, number, rerun) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)
                 ON CONFLICT (tenant) DO UPDATE SET hub = excluded.hub, ca = excluded.ca, person = excluded.person, grants = excluded.grants, audiences = excluded.audiences,
                   key = excluded.key, spare = excluded.spare, epoch = excluded.epoch, number = 0, caught_up = 0, rerun = excluded.rerun, refused = NULL",
                params![
                    invite.tenant,
                    invite.hub,
                    ca,
                    person,
                    to_json(&reply.granted.roles)?,
                    to_json(&reply.granted.audiences)?,
                    keys.key.to_bytes(),
                    keys.spare.to_bytes(),
                    reply.epoch,
                    again
                ],
            )?;
            tx.execute("DELETE FROM backfills WHERE tenant = ?1", [&invite.tenant])?;
            // Everything is read from the beginning: what does not come again has left meanwhile.
            tx.execute("UPDATE documents SET epoch = ?2 WHERE tenant = ?1 AND epoch <> 0", params![invite.tenant, no_epoch(reply.epoch)])?;
            tx.execute("UPDATE commands SET cursor = 0 WHERE json_extract(body, '$.tenant') = ?1", [&invite.tenant])?;
            Ok(())
        })?;
        self.notify(&["tenants"]);
        Ok(())
    }
}

/// An epoch that is not `epoch`: what is of it is not what the hub has now.
fn no_epoch(epoch: u64) -> u64 {
    if epoch == 1 { 2 } else { 1 }
}

/// Whether nobody but `person` has work in `tenant` here that neither the hub has nor a carrier.
fn none_unsent_of_another(connection: &Connection, tenant: &str, person: &str) -> Result<()> {
    let sql = format!(
        "SELECT count(*) FROM commands k WHERE n IN ({UNSENT}) AND json_extract(body, '$.tenant') = ?1 AND json_extract(body, '$.by') <> ?2
         AND EXISTS (SELECT 1 FROM changes c WHERE c.n BETWEEN k.n << 8 AND k.n << 8 | 255 AND c.taken = 0
           AND NOT EXISTS (SELECT 1 FROM bundles b WHERE b.n = c.bundle AND b.envelope IS NOT NULL))"
    );
    let unsent: i64 = connection.query_row(&sql, [tenant, person], |r| r.get(0))?;
    if unsent == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::UnsentOfAnother,
        format!("本机还有另一位使用者的{unsent}条记录未发送，没有改动。请先同步，或交给同事代送；确认要让它们留在本机等候，可强制入网，由那位使用者以后提交"),
        format!(
            "this phone holds {unsent} unsent records of another person; nothing was changed. Sync first, or hand them to a carrier; \
             or join anyway: they wait here until that person submits them"
        ),
    ))
}

fn other_keys() -> Error {
    Error::new(
        ErrorKind::Enrolment,
        "这个链接不是本机已加入的社区发出的，没有改动；请向社区核实",
        "this link is not from the community that this device is in; nothing was changed. Ask the community",
    )
}
