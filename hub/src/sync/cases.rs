//! What the hub sees to in cases, in the transaction that takes a step: ends of clocks and marks of what came in time, and the settlement of
//! what came to its end, so that a published state does not flip.

use std::collections::BTreeMap;
use std::sync::Arc;

use gridwalk_core::cases::{Clockmaker, MoveClocks, SetMoments, SettleCase, fold, moved, unwritten};
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;

use super::batch::Batch;
use super::request::IncomingChange;
use crate::error::Result;
use crate::store::Conn;

impl Batch<'_> {
    /// Sees to the cases that this group changed.
    pub(super) async fn tend_cases(&mut self, connection: &mut Conn, group: &[IncomingChange]) -> Result<()> {
        for change in group {
            if self.held.get(&change.doc).is_some_and(|held| held.dirty) {
                self.tend_case(connection, change.doc).await?;
            }
        }
        Ok(())
    }

    /// Sees to a case that is loaded; to nothing, if it is none.
    pub async fn tend_case(&mut self, connection: &mut Conn, case: Id) -> Result<()> {
        let process = |batch: &Self| batch.held.get(&case).filter(|held| !held.doc.is_erased()).and_then(|held| held.doc.kind().process);
        let Some(process) = process(self) else { return Ok(()) };
        let maker = self.clockmaker(connection).await?;
        if let (Some(maker), Some(held)) = (maker, self.held.get(&case)) {
            let moments: Vec<_> =
                unwritten(process, held.doc.tree(), &maker, self.hub.now()).into_iter().map(|(step, key, value)| (step, key, value.to_json())).collect();
            if !moments.is_empty() {
                self.run_or_leave(connection, Input::SetMoments(SetMoments { case, moments })).await?;
            }
        }
        if self.held.get(&case).is_some_and(|held| fold(process, held.doc.tree()).unsettled) {
            self.run_or_leave(connection, Input::SettleCase(SettleCase { case })).await?;
        }
        Ok(())
    }

    /// After a calendar came in: ends over years that are announced only now, then a step where a year that a clock went by was replaced.
    pub async fn move_clocks(&mut self, connection: &mut Conn, case: Id) -> Result<()> {
        self.load(connection, [case]).await?;
        self.tend_case(connection, case).await?;
        let maker = self.clockmaker(connection).await?;
        let Some((maker, held)) = maker.zip(self.held.get(&case).filter(|held| !held.doc.is_erased())) else { return Ok(()) };
        let Some(process) = held.doc.kind().process else { return Ok(()) };
        let ends: BTreeMap<String, String> = moved(process, held.doc.tree(), &maker).into_iter().map(|(clock, moment)| (clock, moment.to_string())).collect();
        if ends.is_empty() {
            return Ok(());
        }
        self.run_or_leave(connection, Input::MoveClocks(MoveClocks { case, ends })).await
    }

    /// What clocks of this community are reckoned by, read once for a batch.
    async fn clockmaker(&mut self, connection: &mut Conn) -> Result<Option<Arc<Clockmaker>>> {
        if self.clockmaker.is_none() {
            self.load(connection, [self.tenant.settings]).await?;
            self.clockmaker = self.held.get(&self.tenant.settings).map(|held| Arc::new(Clockmaker::of(held.doc.tree())));
        }
        Ok(self.clockmaker.clone())
    }
}
