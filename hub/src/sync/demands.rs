//! What the hub sees to in demands: it makes a case of each, tells in it what became of that, and carries what was said of the result into the case.

use std::collections::BTreeSet;

use gridwalk_core::cases::{AddStep, fold};
use gridwalk_core::demands::{OpenCase, untold};
use gridwalk_core::documents::Proof;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;

use super::batch::Batch;
use super::request::IncomingChange;
use crate::error::Result;
use crate::store::{Arg, Conn, all};

impl Batch<'_> {
    /// Sees to the demands that this group changed, and to those of cases that it changed.
    pub(super) async fn tend_demands(&mut self, connection: &mut Conn, group: &[IncomingChange]) -> Result<()> {
        for change in group {
            let Some(held) = self.held.get(&change.doc).filter(|held| held.dirty && !held.doc.is_erased()) else { continue };
            match held.doc.kind().name {
                "demand" => self.tend_demand(connection, change.doc).await?,
                "report" => self.tell_demands(connection, change.doc).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn tend_demand(&mut self, connection: &mut Conn, demand: Id) -> Result<()> {
        if self.held.get(&demand).is_some_and(|held| held.doc.tree().id("report").is_none()) {
            self.run_or_leave(connection, Input::OpenCase(OpenCase { demand })).await?;
        }
        let Some(case) = self.held.get(&demand).and_then(|held| held.doc.tree().id("report")) else { return Ok(()) };
        self.load(connection, [case]).await?;
        self.tell_demand(connection, demand, case).await?;
        self.carry_evaluations(connection, demand, case).await
    }

    /// Tells all demands of a case.
    async fn tell_demands(&mut self, connection: &mut Conn, case: Id) -> Result<()> {
        let args = vec![Arg::text(&self.tenant.id), Arg::text(&case.to_string())];
        let rows = all(connection, "SELECT doc FROM demands WHERE tenant_id = $1 AND report = $2 ORDER BY doc", args).await?;
        let stored = rows.iter().map(|row| row.get::<Id>(0)).collect::<std::result::Result<Vec<_>, _>>()?;
        self.load(connection, stored.iter().copied()).await?;
        // Those that came in this batch have no rows yet.
        let demands: BTreeSet<Id> = self.held.iter().filter(|(_, held)| held.doc.kind().name == "demand").map(|(id, _)| *id).chain(stored).collect();
        for demand in demands {
            if self.held.get(&demand).is_some_and(|held| !held.doc.is_erased() && held.doc.tree().id("report") == Some(case)) {
                self.tell_demand(connection, demand, case).await?;
            }
        }
        Ok(())
    }

    async fn tell_demand(&mut self, connection: &mut Conn, demand: Id, case: Id) -> Result<()> {
        let trees = self.held.get(&demand).zip(self.held.get(&case).filter(|held| held.doc.kind().name == "report"));
        let untold = trees.and_then(|(demanded, held)| untold(demand, demanded.doc.tree(), held.doc.tree()));
        match untold {
            Some(tell) => self.run_or_leave(connection, Input::TellDemand(tell)).await,
            None => Ok(()),
        }
    }

    /// What whoever told it says of the result goes into the case; where it is not solved, the case is taken up again.
    async fn carry_evaluations(&mut self, connection: &mut Conn, demand: Id, case: Id) -> Result<()> {
        let Some(held) = self.held.get(&demand) else { return Ok(()) };
        let tree = held.doc.tree().clone();
        for (id, evaluation) in tree.entries("evaluations") {
            let carried = |held: &super::batch::Held| held.doc.tree().entries("steps").any(|(_, step)| step.text("replaces") == id);
            if evaluation.get("solved").is_none() || self.held.get(&case).is_none_or(carried) {
                continue;
            }
            // It speaks of the end that they saw: of an earlier one, that has been taken up since, it says nothing any more.
            let folded = self.held.get(&case).and_then(|held| Some(fold(held.doc.kind().process?, held.doc.tree())));
            let is_of_it = |at: i64| Proof::of(evaluation) != Proof::Proven || folded.is_some_and(|folded| at >= folded.since);
            if !is_of_it(evaluation.int("at").unwrap_or(0)) {
                continue;
            }
            let solved = evaluation.flag("solved");
            let step = AddStep::new(case, "evaluate").with("satisfied", evaluation.text("satisfied")).with("solved", solved).with("replaces", id);
            // Their words stay in the demand.
            self.run_or_leave(connection, Input::AddStep(step)).await?;
            if !solved {
                self.run_or_leave(connection, Input::AddStep(AddStep::new(case, "reopen").note("居民评价：没有解决"))).await?;
                self.tend_case(connection, case).await?;
                self.tell_demands(connection, case).await?;
            }
        }
        Ok(())
    }
}
