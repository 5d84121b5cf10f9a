//! Enrolment links. A code works once, for a while, and closes after five wrong tries.

use gridwalk_core::documents::{Audience, hash_text};
use gridwalk_core::identity::Invite;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::places::document::MICRO_GRID;
use gridwalk_core::records::AddRecord;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::RefusalCode;
use gridwalk_core::text::one_form;
use serde_json::json;
use sqlx::{AnyConnection, Row};

use super::log::{Act, record};
use super::role::{Term, begin, scope_of};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};
use crate::sync::{Batch, author_of};

/// How many wrong tries close a code.
const WRONG_TRIES: i64 = 5;
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

/// The document of the grid of this name, if it is not closed.
pub async fn place_named(connection: &mut AnyConnection, tenant: &str, name: &str) -> Result<Id> {
    let sql = "SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND level <> $3 AND state = 'open' ORDER BY doc";
    let rows = all(connection, sql, [tenant, &one_form(name), MICRO_GRID].map(Arg::text).into()).await?;
    let row = rows
        .first()
        .ok_or_else(|| HubError::usage(format!("没有名为“{name}”的网格，或已撤并"), format!("there is no grid named {name}, or it was merged away")))?;
    Ok(row.try_get::<String, _>(0)?.parse()?)
}

/// The document of the micro-grid of this name in that grid.
pub async fn micro_grid_named(connection: &mut AnyConnection, tenant: &str, grid: Id, name: &str) -> Result<Id> {
    let sql = "SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND place = $3 ORDER BY doc";
    let rows = all(connection, sql, [tenant, &one_form(name), &grid.to_string()].map(Arg::text).into()).await?;
    match &rows[..] {
        [only] => Ok(only.try_get::<String, _>(0)?.parse()?),
        [] => Err(HubError::usage(format!("这个网格中没有微网格“{name}”"), format!("the grid has no micro-grid {name}"))),
        _ => Err(HubError::usage(format!("这个网格中有多个微网格叫“{name}”，请先改名"), format!("the grid has several micro-grids {name}; rename them first"))),
    }
}

/// Uses a code up; answers with whom it was for, or with the refusal. A wrong try is counted either way. `member` is the
/// person of a device that is enrolled already: its code may have been used by the request whose answer was lost.
pub async fn use_code(
    connection: &mut AnyConnection,
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
    let person: Id = row.try_get::<String, _>(1)?.parse()?;
    let used = row.try_get::<Option<i64>, _>(3)?.is_some();
    let again = member == Some(person);
    let open = (again || row.try_get::<i64, _>(2)? > now && !used) && row.try_get::<i64, _>(4)? < WRONG_TRIES;
    if !open || member.is_some() && !again {
        return Ok(Err(RefusalCode::Code));
    }
    if row.try_get::<String, _>(0)? != hash_text(&sha256(secret.as_bytes())) {
        tracing::warn!(tenant, device = %device, "wrong enrolment code");
        exec(connection, "UPDATE invites SET wrong_tries = wrong_tries + 1 WHERE tenant_id = $1 AND code = $2", key).await?;
        if row.try_get::<i64, _>(4)? + 1 == WRONG_TRIES {
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
