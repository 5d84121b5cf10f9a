//! The status of a report: a deterministic fold over its steps. Whatever a merge brings, every replica computes the same,
//! valid, status, and a step that came too late or did not apply stays visible as such.

use std::collections::HashSet;

use crate::clock::Hybrid;
use crate::dictionary::Code;
use crate::documents::Map;
use crate::ids::Id;
use crate::versions::dictionary;

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 待受理
    Raised,
    /// 不予受理
    Declined,
    /// 已受理
    Accepted,
    /// 已吹哨: the street has it.
    Whistled,
    /// 已派单: units have it.
    Dispatched,
    /// 处理中
    Handling,
    /// 已反馈
    Answered,
    /// 已办结
    Closed,
    /// 更新应用后可看: a step of a newer gridwalk's is among its steps, and where they lead only that one knows.
    Unknown,
}

/// Where a report can stand, as choices in the order of [`Status`].
pub const STATUSES: &[Code] = &[
    Code::new("raised", "待受理", "raised"),
    Code::new("declined", "不予受理", "declined"),
    Code::new("accepted", "已受理", "accepted"),
    Code::new("whistled", "已吹哨", "whistled"),
    Code::new("dispatched", "已派单", "dispatched"),
    Code::new("handling", "处理中", "being handled"),
    Code::new("answered", "已反馈", "answered"),
    Code::new("closed", "已办结", "closed"),
    Code::new("unknown", "更新应用后可看", "to be seen after an update"),
];

impl Status {
    /// Whether it is an end: closed or declined.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Closed | Self::Declined)
    }

    /// All statuses.
    pub const ALL: [Self; 9] =
        [Self::Raised, Self::Declined, Self::Accepted, Self::Whistled, Self::Dispatched, Self::Handling, Self::Answered, Self::Closed, Self::Unknown];

    /// The status of a code; unknown if a newer gridwalk knows it.
    pub fn parse(code: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.code() == code).unwrap_or(Self::Unknown)
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        STATUSES[self as usize].code
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// 受理
    Accept,
    /// 不予受理
    Decline,
    /// 处理
    Handle,
    /// 反馈
    FeedBack,
    /// 办结
    Close,
    /// 吹哨: what the community cannot solve goes to the street.
    Whistle,
    /// 派单: the street names a lead and assisting units.
    Dispatch,
    /// 退回: a unit gives it back to the street, the street to the community.
    Return,
    /// 督办: the street presses.
    Supervise,
    /// 重新办理: what was closed or declined is taken up again, under its number.
    Reopen,
    /// 补充情况: says something, changes nothing.
    Note,
    /// Written by the hub: the steps it names are what a published status rests on.
    Settled,
}

/// What steps there are, as choices in the order of [`StepKind`].
pub const STEPS: &[Code] = &[
    Code::new("accept", "受理", "accept"),
    Code::new("decline", "不予受理", "decline"),
    Code::new("handle", "处理", "handle"),
    Code::new("feed_back", "反馈", "feed back"),
    Code::new("close", "办结", "close"),
    Code::new("whistle", "吹哨", "whistle"),
    Code::new("dispatch", "派单", "dispatch"),
    Code::new("return", "退回", "return"),
    Code::new("supervise", "督办", "supervise"),
    Code::new("reopen", "重新办理", "reopen"),
    Code::new("note", "补充情况", "note"),
    Code::new("settled", "归档", "settled"),
];

impl StepKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Accept,
        Self::Decline,
        Self::Handle,
        Self::FeedBack,
        Self::Close,
        Self::Whistle,
        Self::Dispatch,
        Self::Return,
        Self::Supervise,
        Self::Reopen,
        Self::Note,
        Self::Settled,
    ];

    /// The kind of a code; `None` if a newer gridwalk knows it.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code && dictionary().knows("step", code))
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        STEPS[self as usize].code
    }

    /// The status that this step leads to from `status`; `None` if it does not apply there.
    pub fn leads(self, status: Status) -> Option<Status> {
        use Status as S;
        match (self, status) {
            (Self::Note | Self::Settled, _) => Some(status),
            (Self::Accept, S::Raised) => Some(S::Accepted),
            (Self::Decline, S::Raised) => Some(S::Declined),
            // Handling again after an answer is rework (返工).
            (Self::Handle, S::Accepted | S::Dispatched | S::Handling | S::Answered) => Some(S::Handling),
            // Who is asked first may answer at once.
            (Self::FeedBack, S::Raised | S::Accepted | S::Dispatched | S::Handling) => Some(S::Answered),
            // Whistled again is a repeat (反复).
            (Self::Whistle, S::Raised | S::Accepted | S::Handling | S::Answered) => Some(S::Whistled),
            (Self::Dispatch, S::Whistled | S::Dispatched) => Some(S::Dispatched),
            (Self::Return, S::Dispatched) => Some(S::Whistled),
            (Self::Return, S::Whistled) => Some(S::Accepted),
            (Self::Supervise, S::Whistled | S::Dispatched | S::Handling | S::Answered) => Some(status),
            // Closed or declined once more: what was said since is answered by it.
            (Self::Close, S::Handling | S::Answered | S::Closed) => Some(S::Closed),
            (Self::Decline, S::Declined) => Some(S::Declined),
            (Self::Reopen, S::Closed | S::Declined) => Some(S::Raised),
            _ => None,
        }
    }
}

/// One step in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedStep {
    /// The step's id, as in the document.
    pub id: String,
    /// Its kind; `None` of a newer gridwalk's.
    pub kind: Option<StepKind>,
    /// Whether it changed the status or could say what it says; of a newer gridwalk's step only that one can tell otherwise.
    pub applied: bool,
}

/// A report's steps in order and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Where the report stands.
    pub status: Status,
    /// When it came to stand there, in seconds since the Unix epoch (UTC).
    pub since: i64,
    /// When it was last answered.
    pub answered_at: Option<i64>,
    /// The steps in order.
    pub steps: Vec<FoldedStep>,
    /// The kind of the last whistle: 1 beyond the community, 2 joint enforcement, 3 emergency. From then on the street reads it.
    pub whistled: Option<i64>,
    /// The unit that leads, since the last dispatch and until it is returned.
    pub lead: Option<Id>,
    /// The units that assist it.
    pub assisting: Vec<Id>,
    /// How many notes came since it was closed or declined, and nobody has answered for yet.
    pub notes_since: i64,
    /// Whether it is closed by a step that no `settled` step names.
    pub unsettled: bool,
}

impl Folded {
    /// Whether nobody is to act on it: it is closed or declined, and nothing came since.
    pub fn is_done(&self) -> bool {
        self.status.is_done() && self.notes_since == 0
    }

    /// Who has it after a step that applied.
    fn hand_on(&mut self, kind: Option<StepKind>, step: &Map) {
        match kind {
            Some(StepKind::Whistle) => self.whistled = step.int("whistle").or(self.whistled).or(Some(1)),
            Some(StepKind::Dispatch) => {
                self.lead = step.id("lead");
                self.assisting = step.text("assisting").split(' ').filter_map(|id| id.parse().ok()).collect();
            }
            _ => {}
        }
        // Returned, whistled anew or taken up again: the units that had it have it no more.
        if matches!(kind, Some(StepKind::Whistle | StepKind::Return | StepKind::Reopen)) {
            (self.lead, self.assisting) = (None, Vec::new());
        }
    }
}

/// Folds the steps of a report's document. Order: what the earliest `settled` steps name comes first, then hybrid time, then id.
pub fn fold(tree: &Map) -> Folded {
    let mut steps: Vec<(&str, &Map, Hybrid)> = tree.entries("steps").map(|(id, step)| (id, step, Hybrid(step.int("order").unwrap_or(i64::MAX)))).collect();
    let key = |(id, _, order): &(&str, &Map, Hybrid)| (*order, id.parse::<Id>().ok());
    steps.sort_by_key(key);
    let covers = |step: &Map| -> HashSet<String> { step.text("covers").split(' ').map(str::to_owned).collect() };
    let settled: Vec<HashSet<String>> = steps.iter().filter(|(_, s, _)| s.text("kind") == StepKind::Settled.code()).map(|(_, s, _)| covers(s)).collect();
    // Stable: within a class the order above holds.
    steps.sort_by_key(|(id, ..)| settled.iter().position(|covered| covered.contains(*id)).unwrap_or(settled.len()));

    let mut folded = Folded {
        status: Status::Raised,
        since: tree.int("at").unwrap_or(0),
        answered_at: None,
        steps: Vec::new(),
        whistled: None,
        lead: None,
        assisting: Vec::new(),
        notes_since: 0,
        unsettled: false,
    };
    let mut unknown_since = None;
    for (id, step, _) in steps {
        let kind = StepKind::parse(step.text("kind"));
        let next = kind.and_then(|k| k.leads(folded.status));
        let at = step.int("at").unwrap_or(0);
        if let Some(next) = next.filter(|s| *s != folded.status) {
            folded.status = next;
            folded.since = at;
            if next == Status::Answered {
                folded.answered_at = Some(at);
            }
            folded.unsettled = next == Status::Closed && !settled.iter().any(|covered| covered.contains(id));
        }
        if next.is_some() {
            folded.hand_on(kind, step);
            match kind {
                Some(StepKind::Note) if folded.status.is_done() => folded.notes_since += 1,
                Some(StepKind::Note | StepKind::Settled) => {}
                _ => folded.notes_since = 0,
            }
        }
        let newer = kind.is_none() && !step.text("kind").is_empty();
        unknown_since = unknown_since.or(newer.then_some(at));
        folded.steps.push(FoldedStep { id: id.to_owned(), kind, applied: newer || next.is_some() });
    }
    // Those that are known have said who has it; where it stands nobody here can say.
    if let Some(since) = unknown_since {
        (folded.status, folded.since) = (Status::Unknown, since);
    }
    folded
}
