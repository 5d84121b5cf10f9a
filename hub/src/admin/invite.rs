//! Making enrolment links. [`crate::sync`] uses their codes up.

use gridwalk_core::documents::{Audience, hash_text};
use gridwalk_core::identity::Invite;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::records::AddRecord;
use gridwalk_core::rules::Role;
use serde_json::json;

use super::scope::scope_of;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::grants::{Term, begin};
use crate::store::{Arg, all, exec};
use crate::sync::{Batch, author_of};

/// Letters and digits that nobody confuses when reading aloud.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// Who is invited.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// The hub's address as phones reach it.
    pub address: String,
    /// The role.
    pub role: Role,
    /// The name of the grid, of a role over one or over a micro-grid of it.
    pub grid: Option<String>,
    /// The name of the micro-grid in that grid, of a role over one.
    pub micro_grid: Option<String>,
    /// The document of the unit, of a role over one.
    pub unit: Option<Id>,
    /// The person's name; a person of that name is made.
    pub name: Option<String>,
    /// A person who is there already: another device, or one enrolled again.
    pub person: Option<Id>,
    /// For how long the code is good, in seconds.
    pub valid_seconds: i64,
}

/// Makes an enrolment link; the role is granted at once, from this number of the sequence on.
pub async fn invite(hub: &Hub, tenant: &Tenant, new: &NewInvite) -> Result<Invite> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let scope = scope_of(&mut tx, &tenant.id, new.role, new.grid.as_deref(), new.micro_grid.as_deref(), new.unit).await?;
    let place = match scope {
        Audience::Place(place) | Audience::MicroGrid(place) => Some(place),
        _ => None,
    };
    let person = match (&new.person, &new.name) {
        (Some(person), _) => {
            let args = vec![Arg::text(&tenant.id), Arg::text(&person.to_string())];
            if all(&mut tx, "SELECT doc FROM persons WHERE tenant_id = $1 AND doc = $2", args).await?.is_empty() {
                return Err(HubError::usage("没有这个人员", "there is no such person"));
            }
            *person
        }
        (None, Some(name)) => {
            let mut batch = Batch::new(hub, tenant);
            let fields = json!({"kind": new.role.to_string(), "name": name, "place": place.map(|place| place.to_string())});
            let id = batch.run(&mut tx, AddRecord::new("person", fields).into()).await?;
            batch.flush(&mut tx).await?;
            id
        }
        (None, None) => {
            return Err(HubError::usage(
                "请用 --name 指明姓名，或用 --person 指明已有人员",
                "name the person with --name, or one who is there already with --person",
            ));
        }
    };
    begin(&mut tx, tenant, person, new.role, &scope, &Term::default()).await?;
    let mut bytes = [0; 22];
    hub.fill(&mut bytes);
    let text: String = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 31)])).collect();
    let (code, secret) = text.split_at(6);
    let now = hub.now();
    let args = vec![
        Arg::text(&tenant.id),
        Arg::text(code),
        Arg::text(&hash_text(&sha256(secret.as_bytes()))),
        Arg::text(&person.to_string()),
        Arg::int(now + new.valid_seconds),
    ];
    exec(&mut tx, "INSERT INTO invites (tenant_id, code, secret_hash, person, expires_at, wrong_tries) VALUES ($1, $2, $3, $4, $5, 0)", args).await?;
    let detail = format!("{} {scope} code {code}", new.role);
    record(&mut tx, &tenant.id, now, Act { by: "admin", verb: "invite", subject: &person.to_string(), detail: &detail }).await?;
    let author = author_of(&mut tx, tenant, DeviceId([0; 8]), person, None, now).await?;
    tx.commit().await?;
    Ok(Invite {
        hub: new.address.clone(),
        tenant: tenant.id.clone(),
        role: new.role.to_string(),
        audiences: author.audiences().iter().map(ToString::to_string).collect(),
        code: format!("{code}-{secret}"),
        key: tenant.key.public(),
        spare: tenant.spare.clone(),
    })
}
