//! Where the phone stands: what is unsent, when it last synced, what was refused and why.

use serde::Serialize;

use rusqlite::{Connection, OptionalExtension};

use super::{Emptied, GENERATION, HELD, Outcome, Phone, Row, UNSENT, membership, perform, state};
use crate::carriers::CarriedStatus;
use crate::commands::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Id;
use crate::rules::{OTHER_PERSON, Refusal};
use crate::store::{Touched, from_json, is_known};
use crate::sync::protocol::{RefusalCode, decode};
use crate::versions::dictionary;

/// Where the phone stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The device's id.
    pub device: String,
    /// The communities it is enrolled in.
    pub tenants: Vec<TenantStatus>,
    /// The number of this app's dictionary ([`crate::versions`]). Where a hub's is lower, what it does not know is not offered.
    pub dictionary: u32,
    /// Documents on the phone.
    pub documents: u64,
    /// Documents among them of a kind that this app does not know: they can be read once it is updated.
    pub after_update: u64,
    /// Commands that the hub has not answered yet.
    pub unsent: u64,
    /// Commands among them that wait until the hub is upgraded: it does not know yet what they say.
    pub held: u64,
    /// Conflicts waiting for someone to choose.
    pub conflicts: u64,
    /// Documents whose news could not be read.
    pub unreadable: u64,
    /// Whether something was erased that free pages may still hold; it is tried again at every opening and sync.
    pub erasing: bool,
    /// What the hub refused, oldest first.
    pub quarantine: Vec<Quarantined>,
    /// What it carries for others.
    pub carried: CarriedStatus,
}

/// A community the phone is enrolled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantStatus {
    /// The community.
    pub tenant: String,
    /// The hub's address.
    pub hub: String,
    /// The person's id.
    pub person: String,
    /// The person's name, empty until it has been synced.
    pub person_name: String,
    /// Whether it is meant where nothing says which: it is the only one, or was chosen.
    pub chosen: bool,
    /// Roles with their scopes.
    pub roles: Vec<(String, String)>,
    /// The hub's time at the last complete sync, in seconds since the Unix epoch (UTC).
    pub synced_at: Option<i64>,
    /// The number of the hub's dictionary at the last sync.
    pub dictionary: Option<u32>,
    /// Why the hub refused the last request, if it did: a revoked device is told so here.
    pub refused: Option<HubRefusal>,
}

/// A refusal of a whole request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubRefusal {
    /// Its stable name: `revoked`, `unknown_device`, …
    pub code: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
}

/// A command that was refused: kept with the reason until it is resubmitted or given up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quarantined {
    /// The command's id.
    pub id: Id,
    /// What it is, by its stable name.
    pub command: String,
    /// Who recorded it (a person's id), empty if that was erased.
    pub by: String,
    /// The name of who recorded it, empty if not known here.
    pub by_name: String,
    /// When it was run, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The reason's code.
    pub reason: String,
    /// The reason in Chinese.
    pub reason_zh: String,
    /// The reason in English.
    pub reason_en: String,
    /// What was entered, as JSON; nothing if it was erased.
    pub input: serde_json::Value,
}

impl HubRefusal {
    fn of(word: &[u8]) -> Option<Self> {
        let code: RefusalCode = decode(word, "stored refusal").ok()?;
        let (zh, en) = code.message();
        Some(Self { code: code.name().to_owned(), zh: zh.to_owned(), en: en.to_owned() })
    }
}

impl Phone {
    /// Where the phone stands.
    pub fn status(&self) -> Result<Status> {
        self.store.read(|c| {
            let count = |sql: &str| -> Result<u64> { Ok(c.query_row(sql, [], |r| r.get(0))?) };
            let mut statement = c.prepare("SELECT t.tenant, t.hub, t.person, coalesce(p.name, ''), t.grants, t.synced_at, t.refused, t.chosen OR (SELECT count(*) FROM tenants) = 1, t.dictionary FROM tenants t LEFT JOIN persons p ON p.doc = t.person ORDER BY t.rowid")?;
            let rows = statement.query_map([], |r| {
                let refused = r.get::<_, Option<Vec<u8>>>(6)?.and_then(|word| HubRefusal::of(&word));
                let (tenant, hub, person) = (r.get(0)?, r.get(1)?, r.get(2)?);
                Ok((TenantStatus { tenant, hub, person, person_name: r.get(3)?, chosen: r.get(7)?, roles: Vec::new(), synced_at: r.get(5)?, dictionary: r.get(8)?, refused }, r.get::<_, String>(4)?))
            })?;
            let tenants = rows.map(|row| row.map_err(Error::from).and_then(|(t, roles)| Ok(TenantStatus { roles: from_json(&roles)?, ..t }))).collect::<Result<_>>()?;
            let mut statement = c.prepare("SELECT id, body, coalesce(reason, ''), coalesce((SELECT name FROM persons WHERE doc = json_extract(body, '$.by')), '')
                 FROM commands WHERE state = 'quarantined' ORDER BY n")?;
            let rows = statement.query_map([], |r| Ok((r.get::<_, Id>(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?, r.get::<_, String>(3)?)))?;
            let view = |(id, body, reason, by_name): (Id, String, String, String)| quarantined(c, id, &body, reason, by_name);
            let quarantine = rows.map(|row| row.map_err(Error::from).and_then(view)).collect::<Result<_>>()?;
            let mut statement = c.prepare("SELECT schema, count(*) FROM documents GROUP BY schema")?;
            let by_schema = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<Vec<(u16, u64)>>>()?;
            let mut after_update = 0;
            for (schema, count) in &by_schema {
                after_update += if is_known(c, *schema)? { 0 } else { *count };
            }
            Ok(Status {
                device: state(c)?.actor.device().to_string(),
                tenants,
                dictionary: dictionary().number,
                documents: by_schema.iter().map(|(_, count)| count).sum(),
                after_update,
                unsent: count(&format!("SELECT count(*) FROM ({UNSENT})"))?,
                held: count(&format!("SELECT count(*) FROM commands WHERE reason = '{HELD}' AND n IN ({UNSENT})"))?,
                conflicts: count("SELECT count(DISTINCT doc || path) FROM conflicts")?,
                unreadable: count("SELECT count(*) FROM unreadable")?,
                erasing: count("SELECT scrub FROM state")? > 0,
                quarantine,
                carried: crate::carriers::status(c)?,
            })
        })
    }

    /// Runs a refused command again with its own id and times, after the reason is gone (a role was granted, a grid handed
    /// over).
    pub fn resubmit(&self, command: Id) -> Result<Outcome> {
        let outcome = self.store.write(|tx| {
            let (n, body) = refused(tx, command)?;
            let refused: Command = from_json(&body).map_err(|e| match from_json::<Emptied>(&body) {
                Ok(_) => Error::invalid("内容已按本人要求删除，不能重新提交", "its content was erased; it cannot be resubmitted"),
                Err(_) => e,
            })?;
            let (state, member) = (state(tx)?, membership(tx, Some(&refused.tenant))?);
            if member.person != refused.by {
                let (zh, en) = Refusal::message(OTHER_PERSON);
                return Err(Error::new(ErrorKind::NotAllowed, zh, en));
            }
            let mut touched = Touched::default();
            let (value, _) = perform(tx, &refused, &member, state.actor, Row::Old(n), &mut touched)?;
            touched.finish(tx)?;
            touched.tables.insert("commands");
            Ok(Outcome { command, value, changed: touched.tables.into_iter().collect() })
        })?;
        self.notify(&outcome.changed);
        Ok(outcome)
    }

    /// Gives a refused command up: it is removed from the quarantine for good. Ask the person first.
    pub fn give_up(&self, command: Id) -> Result<()> {
        self.store.write(|tx| {
            let (n, _) = refused(tx, command)?;
            Ok(tx.execute("DELETE FROM commands WHERE n = ?1", [n]).map(drop)?)
        })?;
        self.notify(&["commands"]);
        Ok(())
    }
}

/// The row and the body of a command in quarantine.
fn refused(connection: &Connection, command: Id) -> Result<(i64, String)> {
    let found = connection.query_row("SELECT n, body FROM commands WHERE state = 'quarantined' AND id = ?1", [command], |r| Ok((r.get(0)?, r.get(1)?)));
    found.optional()?.ok_or_else(|| Error::not_found("隔离区没有这条记录", "no such record in quarantine"))
}

fn quarantined(connection: &Connection, id: Id, body: &str, reason: String, by_name: String) -> Result<Quarantined> {
    let (command, by, at, input, reason) = if reason == GENERATION {
        let emptied: Emptied = from_json(body)?;
        (emptied.command, String::new(), emptied.at, serde_json::Value::Null, reason)
    } else {
        let command: Command = from_json(body)?;
        let input = serde_json::to_value(&command.input).map_err(|e| Error::internal("JSON").with_source(e))?;
        // Whatever it was refused for: while someone else is signed in, that is what keeps it here.
        let others = membership(connection, Some(&command.tenant)).is_ok_and(|member| member.person != command.by);
        let reason = if others { OTHER_PERSON.to_owned() } else { reason };
        (command.input.name().to_owned(), command.by.to_string(), command.stamp.at, input.get("input").cloned().unwrap_or_default(), reason)
    };
    let (zh, en) = Refusal::message(&reason);
    Ok(Quarantined { id, command, by, by_name, at, reason_zh: zh.to_owned(), reason_en: en.to_owned(), reason, input })
}
