//! How a history comes to rest: everyone syncs on a good line until nothing moves any more.

use gridwalk_core::sync::SyncReport;
use gridwalk_core::sync::protocol::RefusalCode;

use super::event::Fault;
use super::line::ADDRESS;
use super::world::World;
use super::{Done, Failure, defect};

impl World<'_> {
    /// Lets everyone sync on a good line until nothing moves any more.
    pub(super) async fn quieten(&mut self) -> Done {
        self.late.clear();
        // Nobody's time is over while everyone comes to rest.
        while self.line.hub.lock().await.hub.now() + 3600 > self.model.people.terms.values().filter_map(|t| t.until).min().unwrap_or(i64::MAX) {
            self.pass(3600).await;
        }
        self.settle().await?;
        let mut waits = false;
        for phone in &self.phones {
            waits |= phone.phone().status().map_err(defect)?.unsent > 0;
        }
        if self.model.restored && waits {
            // What a restored hub lost and its author's phone may not send again is waited for until no phone would.
            self.note("31 days pass");
            self.pass(31 * 86_400).await;
            self.model.overdue = true;
            self.settle().await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Done {
        const ROUNDS: usize = 12;
        for round in 0..ROUNDS {
            self.pass(60).await;
            let mut moved = false;
            for i in 0..self.phones.len() {
                self.narrow(i)?;
                let mut report = SyncReport::default();
                let result = self.phones[i].phone().sync_with(ADDRESS, &self.line, &mut report, &|_| {}).await;
                let refused = self.line.calm();
                let passed = self.line.passed();
                self.trace.extend(passed);
                if let Some(defect) = self.line.defect() {
                    return Err(Failure::new("error", format!("the hub fails: {defect}")));
                }
                match (result, refused) {
                    (Ok(()), _) => {
                        moved |= SyncReport { requests: 0, ..report } != SyncReport::default();
                        self.note(format!("quiet {round}: phone {i} {report:?}"));
                    }
                    (Err(_), Some(RefusalCode::Revoked | RefusalCode::UnknownDevice)) => {
                        self.note(format!("quiet {round}: phone {i} joins again"));
                        self.enrol(i, Fault::None).await?;
                        moved = true;
                    }
                    (Err(e), _) => return Err(Failure::new("error", format!("phone {i} cannot sync on a good line: {e:?}"))),
                }
            }
            if !moved {
                return Ok(());
            }
        }
        Err(Failure::new("rest", format!("still moving after {ROUNDS} rounds")))
    }
}
