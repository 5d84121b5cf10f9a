use serde::{Deserialize, Serialize};

use super::fold::{STATUSES, Status, StepKind, fold};
use crate::clock::Hybrid;
use crate::commands::{Action, Edit, check_note};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Adds a step to a report: accept, decline, handle, feed back, close, return, supervise, reopen, or a note. Returns the step's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddStep {
    /// The report.
    pub report: Id,
    /// The step's code: `accept`, `decline`, `handle`, `feed_back`, `close`, `return`, `supervise`, `reopen`, `note`.
    pub kind: String,
    /// What was done or said; required to decline, to feed back, to return, to supervise and to reopen.
    #[serde(default)]
    pub note: String,
}

impl Action for AddStep {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = StepKind::parse(&self.kind).filter(|k| !matches!(k, StepKind::Settled | StepKind::Whistle | StepKind::Dispatch));
        let kind = kind.ok_or_else(|| {
            Error::invalid(
                "步骤只能是受理、不予受理、处理、反馈、办结、退回、督办、重新办理或补充情况",
                "the step is one of accept, decline, handle, feed_back, close, return, supervise, reopen, note",
            )
        })?;
        add_step(edit, self.report, kind, &self.note, &[])
    }
}

/// Adds a step of `kind` with what it carries beside.
pub(super) fn add_step(edit: &mut Edit<'_>, report: Id, kind: StepKind, note: &str, beside: &[(&str, Value)]) -> Result<Id> {
    let note = check_note(note, "说明", "the note")?;
    let asked = [StepKind::Decline, StepKind::FeedBack, StepKind::Note, StepKind::Return, StepKind::Supervise, StepKind::Reopen];
    if note.is_empty() && asked.contains(&kind) {
        return Err(Error::invalid("请填写说明", "this step needs a note"));
    }
    let state = edit.state(report, "report", "这件上报", "report")?;
    let id = edit.new_id();
    if state.present("steps", &id.to_string()) {
        return Ok(id);
    }
    let folded = fold(&state);
    // Done twice is done once, unless something was said in between.
    let repeats = matches!((kind, folded.status), (StepKind::Close, Status::Closed) | (StepKind::Decline, Status::Declined));
    if kind.leads(folded.status).is_none() || repeats && folded.notes_since == 0 {
        let status = STATUSES[folded.status as usize].label.zh;
        if folded.status.is_done() && !repeats {
            return Err(Error::invalid(
                format!("这件上报“{status}”了；如要接着办，请先“重新办理”并写明原因"),
                format!("the report is {}; to go on with it, reopen it first and say why", folded.status.code()),
            ));
        }
        return Err(Error::invalid(
            format!("这件上报现在是“{status}”，不能做这一步"),
            format!("the report is {} now; this step does not apply", folded.status.code()),
        ));
    }
    let seen: Vec<Hybrid> = state.entries("steps").filter_map(|(_, s)| s.int("order").map(Hybrid)).collect();
    let order = edit.hybrid(seen);
    edit.write(report, |w| {
        let container = w.at_path(&["steps"])?;
        let map = w.new_map(&container, &id.to_string())?;
        w.stamp(&map)?;
        w.put(&map, "kind", Value::from(kind.code()))?;
        beside.iter().try_for_each(|(key, value)| w.put(&map, key, value.clone()))?;
        w.put(&map, "note", Value::from(note.as_str()))?;
        w.put(&map, "order", Value::from(order.0))
    })?;
    Ok(id)
}
