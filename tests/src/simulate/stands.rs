//! Where a report stands after its steps, worked out a second time for the check.

use std::collections::BTreeSet;

use gridwalk_core::Id;

/// Where a report stands, as `domain.md` has it; written here a second time on purpose.
#[derive(Debug, Clone, Default)]
pub(super) struct Stands {
    pub(super) status: String,
    pub(super) lead: Option<Id>,
    pub(super) assisting: BTreeSet<Id>,
    pub(super) whistled: bool,
    before: String,
}

impl Stands {
    /// As it begins.
    pub(super) fn raised() -> Self {
        Self { status: "raised".into(), ..Self::default() }
    }

    /// Does what a step does; `false` if it does not apply here.
    pub(super) fn take(&mut self, step: &Step) -> bool {
        let unit = step.unit.or(self.lead);
        let has = unit.is_some_and(|unit| self.lead == Some(unit) || self.assisting.contains(&unit));
        let next = match (&*step.kind, &*self.status) {
            ("note" | "settled", _) => return true,
            ("accept", "raised") => "accepted",
            ("decline", "raised" | "declined") => "declined",
            ("whistle", "raised" | "accepted" | "handling" | "answered") => "whistled",
            ("dispatch", "whistled" | "dispatched") => "dispatched",
            ("return" | "take_on", "dispatched" | "handling") if has => "",
            ("ask", "dispatched" | "handling") => "",
            ("send_back", "whistled") => "accepted",
            ("supervise", "whistled" | "dispatched" | "handling" | "suspended" | "answered") => "",
            ("defer", "accepted" | "dispatched" | "handling") => "",
            ("handle", "accepted" | "dispatched" | "handling" | "answered") => "handling",
            ("rework", "answered" | "verified") => "handling",
            ("feed_back", "raised" | "accepted" | "dispatched" | "handling") => "answered",
            ("verify", "answered") => "verified",
            ("close", "handling" | "answered" | "verified" | "closed") => "closed",
            ("reopen", "declined") => "raised",
            ("reopen", "closed") => "accepted",
            ("suspend", "accepted" | "dispatched" | "handling") => "suspended",
            ("resume", "suspended") => &self.before.clone(),
            _ => return false,
        };
        if step.kind == "suspend" {
            self.before.clone_from(&self.status);
        }
        if !next.is_empty() {
            self.status = next.to_owned();
        }
        match &*step.kind {
            "whistle" | "send_back" | "reopen" => (self.lead, self.assisting) = (None, BTreeSet::new()),
            "dispatch" => (self.lead, self.assisting) = (step.lead, step.assisting.iter().copied().filter(|unit| Some(*unit) != step.lead).collect()),
            "ask" => self.assisting.extend(step.assisting.iter().copied().filter(|unit| Some(*unit) != self.lead)),
            "return" => {
                self.assisting.retain(|one| Some(*one) != unit);
                if self.lead == unit {
                    self.lead = None;
                }
                // Without a lead the street names another one.
                if self.lead.is_none() {
                    self.status = "whistled".into();
                }
            }
            _ => {}
        }
        self.whistled |= step.kind == "whistle";
        true
    }
}

pub(super) struct Step {
    pub(super) report: Id,
    pub(super) kind: String,
    pub(super) applied: bool,
    pub(super) is_late: bool,
    pub(super) unit: Option<Id>,
    pub(super) lead: Option<Id>,
    pub(super) assisting: Vec<Id>,
}
