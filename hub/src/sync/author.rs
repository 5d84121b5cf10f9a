//! Who signed, and what they may do: from devices, persons and role intervals.

use gridwalk_core::identity::PublicKey;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::rules::{Author, Grant, RoleScope};
use gridwalk_core::sync::protocol::{Granted, RefusalCode};

use super::request::OpenBundle;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, all};

/// For how long after a document left an audience, or a role ended, what was done before hearing of it is taken, in seconds.
pub(super) const GRACE_SECONDS: i64 = 30 * 86_400;

/// A device's place in a community.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Its public key.
    pub key: PublicKey,
    /// The person.
    pub person: Id,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl Membership {
    /// The membership of `device` in `tenant`.
    pub async fn find(connection: &mut Conn, tenant: &str, device: DeviceId) -> Result<Option<Self>> {
        let args = vec![Arg::text(tenant), Arg::text(&device.to_string())];
        let rows = all(connection, "SELECT public_key, person, revoked_at FROM devices WHERE tenant_id = $1 AND device = $2", args).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Self { key: PublicKey::from_bytes(&row.get::<Vec<u8>>(0)?)?, person: row.get(1)?, revoked: row.get::<Option<i64>>(2)?.is_some() }))
    }

    /// The membership, if the device may speak now.
    pub fn active(found: Option<Self>) -> Result<Self> {
        match found {
            None => Err(HubError::Refused(RefusalCode::UnknownDevice)),
            Some(m) if m.revoked => Err(HubError::Refused(RefusalCode::Revoked)),
            Some(m) => Ok(m),
        }
    }
}

/// The author behind a device: the roles of now, and those that held at sequence number `at` of this epoch and ended less
/// than 30 days before `now`.
pub async fn author_of(connection: &mut Conn, tenant: &Tenant, device: DeviceId, person: Id, at: Option<u64>, now: i64) -> Result<Author> {
    if person == tenant.hub_person {
        return Ok(Author::of_hub(device, person));
    }
    let args = vec![
        Arg::text(&tenant.id),
        Arg::text(&person.to_string()),
        Arg::int(at.map_or(i64::MAX, |n| i64::try_from(n).unwrap_or(i64::MAX))),
        Arg::int(now - GRACE_SECONDS),
    ];
    let rows = all(
        connection,
        "SELECT role, scope FROM grants WHERE tenant_id = $1 AND person = $2 AND (until_number IS NULL OR (until_number > $3 AND until_at > $4)) ORDER BY role, scope",
        args,
    )
    .await?;
    let mut grants = Vec::new();
    for row in rows {
        grants.push(Grant { role: row.get(0)?, scope: row.get(1)? });
    }
    // A circle is for people of the community: with the last other role its members' end too.
    if grants.iter().all(|g: &Grant| g.role.over() == RoleScope::Circle) {
        grants.clear();
    }
    let sql = "SELECT device FROM devices WHERE tenant_id = $1 AND person = $2 UNION SELECT device FROM earlier_devices WHERE tenant_id = $1 AND person = $2";
    let rows = all(connection, sql, vec![Arg::text(&tenant.id), Arg::text(&person.to_string())]).await?;
    let devices = rows.iter().map(|r| Ok(r.get(0)?)).collect::<Result<_>>()?;
    Ok(Author { device, devices, person, grants })
}

/// The author of a bundle, with the place in the sequence that it was made at.
pub struct Signer {
    /// Who signed, with the roles of now and of then.
    pub author: Author,
    /// The number that the bundle names, if it is of this epoch.
    pub at: Option<u64>,
}

impl Signer {
    /// The signer of `bundle`, who is `person`.
    pub async fn of(connection: &mut Conn, hub: &Hub, tenant: &Tenant, bundle: &OpenBundle, person: Id) -> Result<Self> {
        let at = (bundle.epoch == hub.store.epoch).then_some(bundle.number);
        Ok(Self { author: author_of(connection, tenant, bundle.device, person, at, hub.now()).await?, at })
    }
}

/// What an author may read and do, in the protocol's words.
pub fn granted(author: &Author) -> Granted {
    Granted {
        audiences: author.audiences().iter().map(ToString::to_string).collect(),
        roles: author.grants.iter().map(|g| (g.role.to_string(), g.scope.to_string())).collect(),
    }
}
