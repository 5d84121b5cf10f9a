//! Confidential circles: from a circle's document follow the roles of its members, in the transaction that takes its change.

use std::collections::BTreeSet;

use gridwalk_core::circles::{Purpose, readers};
use gridwalk_core::documents::{Audience, Map};
use gridwalk_core::ids::Id;

use super::batch::Batch;
use crate::error::Result;
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all, exec};

impl Batch<'_> {
    /// Begins and ends the roles of the circles that this batch changed, at `number`.
    pub(super) async fn circles(&self, connection: &mut Conn, number: u64, now: i64) -> Result<()> {
        let mut changed: Vec<(&Id, &Map)> =
            self.held.iter().filter(|(_, h)| h.dirty && h.doc.kind().name == "circle").map(|(id, h)| (id, &**h.doc.tree())).collect();
        changed.sort_by_key(|(id, _)| **id);
        for (id, tree) in changed {
            let Some(purpose) = Purpose::parse(tree.text("purpose")) else { continue };
            let (role, scope) = (purpose.role().to_string(), Audience::Circle(*id).to_string());
            let is: BTreeSet<String> = readers(tree).iter().map(ToString::to_string).collect();
            let of_circle = vec![Arg::text(&self.tenant.id), Arg::text(&role), Arg::text(&scope)];
            let sql = "SELECT person FROM grants WHERE tenant_id = $1 AND role = $2 AND scope = $3 AND until_number IS NULL";
            let rows = all(connection, sql, of_circle.clone()).await?;
            let was: BTreeSet<String> = rows.iter().map(|r| r.get(0)).collect::<std::result::Result<_, _>>()?;
            for person in is.difference(&was) {
                let args = of_circle.iter().cloned().chain([Arg::text(person), Arg::int(number)]).collect();
                // Who left and comes back within one request goes on as if they had not left.
                let sql = "INSERT INTO grants (tenant_id, role, scope, person, from_number) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (tenant_id, person, role, scope, from_number) DO UPDATE SET until_number = NULL, until_at = NULL";
                exec(connection, sql, args).await?;
            }
            for person in was.difference(&is) {
                let args = of_circle.iter().cloned().chain([Arg::text(person), Arg::int(number), Arg::int(now)]).collect();
                let sql = "UPDATE grants SET until_number = $5, until_at = $6
                    WHERE tenant_id = $1 AND role = $2 AND scope = $3 AND person = $4 AND until_number IS NULL";
                exec(connection, sql, args).await?;
            }
            for (verb, person) in is.difference(&was).map(|p| ("enter_circle", p)).chain(was.difference(&is).map(|p| ("leave_circle", p))) {
                // Who wrote what last decided it: the approval where there is one, else the entry.
                let by =
                    ["approvals", "members"].map(|key| tree.map(key).map(person)).into_iter().max_by_key(|field| field.int("at")).map_or("", |f| f.text("by"));
                record(connection, &self.tenant.id, now, Act { by, verb, subject: person, detail: &format!("{role} {scope}") }).await?;
            }
        }
        Ok(())
    }
}
