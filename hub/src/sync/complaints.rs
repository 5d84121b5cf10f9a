//! Complaints go round whom they are about: the hub chooses who handles one in the transaction that takes it.

use std::collections::BTreeSet;

use gridwalk_core::complaints::ChooseHandlers;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::rules::Role;

use super::batch::Batch;
use super::request::IncomingChange;
use crate::error::Result;
use crate::store::{Arg, Conn, all};

impl Batch<'_> {
    /// Chooses who handles the complaints that this group brought.
    pub(super) async fn choose_handlers(&mut self, connection: &mut Conn, group: &[IncomingChange]) -> Result<()> {
        for change in group {
            let Some(held) = self.held.get(&change.doc).filter(|held| held.dirty && !held.doc.is_erased() && held.doc.kind().name == "complaint") else {
                continue;
            };
            let tree = held.doc.tree();
            if tree.flag("to_street") || tree.map("handlers").iter().next().is_some() {
                continue;
            }
            // Whoever it is about must be known by name: else nobody can tell who is not to read it.
            let (raiser, against) = (tree.id("by"), tree.id("against"));
            let handlers = match against {
                Some(against) => match self.apart_from(connection, against, raiser).await? {
                    Some(handlers) => handlers,
                    // Nobody but whom it is about could handle it. It waits.
                    None => continue,
                },
                None => Vec::new(),
            };
            self.run_or_leave(connection, Input::ChooseHandlers(ChooseHandlers { complaint: change.doc, handlers })).await?;
        }
        Ok(())
    }

    /// The cadres who neither are whom it is about, nor stand in for them or have them standing in, nor raised it. None: the street as a whole; but if it is about
    /// one of the street, the others there. `None` if there is nobody.
    async fn apart_from(&self, connection: &mut Conn, against: Id, raiser: Option<Id>) -> Result<Option<Vec<Id>>> {
        let sql = "SELECT person, role, reason FROM grants WHERE tenant_id = $1 AND until_number IS NULL ORDER BY person";
        let (mut cadres, mut street, mut involved) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::from([against]));
        involved.extend(raiser);
        for row in all(connection, sql, vec![Arg::text(&self.tenant.id)]).await? {
            let (person, role, reason): (Id, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if role == Role::Cadre.to_string() {
                cadres.insert(person);
            }
            if role == Role::StreetDispatcher.to_string() {
                street.insert(person);
            }
            match reason.as_deref().and_then(|reason| reason.strip_prefix("stand_in ")).and_then(|absent| absent.parse::<Id>().ok()) {
                Some(absent) if absent == against => drop(involved.insert(person)),
                Some(absent) if person == against => drop(involved.insert(absent)),
                _ => {}
            }
        }
        let apart = |all: &BTreeSet<Id>| all.difference(&involved).copied().collect::<Vec<Id>>();
        let handlers = apart(&cadres);
        if !handlers.is_empty() || !street.contains(&against) {
            return Ok(Some(handlers));
        }
        Ok(Some(apart(&street)).filter(|others| !others.is_empty()))
    }
}
