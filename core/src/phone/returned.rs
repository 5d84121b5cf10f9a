//! Edits that come in with a workbook which this phone exported: over what was exported, or beside what was written here since.

use std::sync::Arc;

use rusqlite::{Transaction, params};

use super::run::perform_beside;
use super::{Phone, anchor, membership, membership_for, state};
use crate::clock::Stamp;
use crate::commands::Command;
use crate::dictionary::own::OwnField;
use crate::documents::Doc;
use crate::error::Result;
use crate::identity::cipher::hmac;
use crate::ids::Id;
use crate::kinds::Input;
use crate::records::{EditRecord, own_fields};
use crate::rules::Role;
use crate::store::Touched;
use crate::versions::dictionary;

/// What a phone's lists as workbooks go by.
#[derive(Debug)]
pub struct Exporter {
    /// The community.
    pub tenant: String,
    /// The roles of the person signed in.
    pub roles: Vec<Role>,
    /// The community's own fields.
    pub own: Vec<&'static OwnField>,
    /// The key of the digests of cells. It follows from the device's key, never leaves the phone and ends with its enrolment.
    pub key: [u8; 32],
}

impl Phone {
    /// What lists as workbooks go by, in the community that is chosen.
    ///
    /// # Errors
    /// `enrolment` if the phone is in none; `invalid` if it is in several and none is chosen.
    pub fn exporter(&self) -> Result<Exporter> {
        self.store.read(|c| {
            let member = membership(c, None)?;
            let roles = member.grants.iter().map(|grant| grant.role).collect();
            let own = own_fields(c, Some(&member.tenant))?;
            Ok(Exporter { tenant: member.tenant, roles, own, key: hmac(&state(c)?.key, b"gridwalk workbooks v1") })
        })
    }

    /// Whether what this digest names came in before.
    pub fn has_returned(&self, record: &str) -> Result<bool> {
        self.store.read(|c| Ok(c.prepare_cached("SELECT 1 FROM returned WHERE record = ?1")?.exists([record])?))
    }

    /// Makes an edit that came in with a workbook, and remembers it by these digests. With `seen`, the record as it was exported, it stands
    /// beside what was written since: different values for one field both stand.
    ///
    /// # Errors
    /// What is wrong with it; then nothing was recorded.
    pub fn run_returned(&self, edit: EditRecord, seen: Option<Doc>, records: &[&str]) -> Result<()> {
        let remember = |tx: &Transaction<'_>| -> Result<()> {
            let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO returned VALUES (?1)")?;
            records.iter().try_for_each(|record| Ok(insert.execute(params![record]).map(drop)?))
        };
        let record = edit.record;
        let input = Input::from(edit);
        let Some(seen) = seen.map(Arc::new) else { return self.keep(None, &input, |tx, _| remember(tx)).map(drop) };
        let reading = self.read_clock()?;
        let changed = self.store.write(|tx| {
            // Beside its own later changes an actor cannot write: its numbers are taken.
            let actor = self.new_actor(state(tx)?.actor.device());
            tx.execute("UPDATE state SET actor = ?1", [actor.0])?;
            let state = state(tx)?;
            let member = membership_for(tx, &input)?;
            let stamp = Stamp::new(reading.clone(), anchor(tx, &reading)?.as_ref(), state.hub_time);
            let id = Id { actor, counter: state.next_counter };
            let (tenant, by, hub_time) = (member.tenant.clone(), member.person, state.hub_time);
            let command = Command { id, first: id.counter + 1, tenant, by, stamp, dictionary: dictionary().number, hub_time, input: input.clone() };
            let mut touched = Touched::default();
            perform_beside(tx, &command, &member, actor, (record, &seen), &mut touched)?;
            touched.finish(tx)?;
            remember(tx)?;
            touched.tables.insert("commands");
            Ok(touched.tables.into_iter().collect::<Vec<_>>())
        })?;
        self.notify(&changed);
        Ok(())
    }
}
