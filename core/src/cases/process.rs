//! A process (办理流程) as a table: which states a case goes through, which steps lead from one to the next, who may add them, what they
//! carry, and which clocks they start and stop. Fold, rules, actions, columns and the page of `docs/` follow from it.

use crate::dictionary::{Code, Label};
use crate::documents::{Kind, Map};
use crate::ids::Id;
use crate::kinds;
use crate::rules::Role;
use crate::rules::table::{HUB, STEPPERS};
use crate::versions::dictionary;

/// The state of a case among whose steps is one of a newer gridwalk's: where they lead only that one knows (更新应用后可看).
pub const UNKNOWN: &str = "unknown";

/// The code of the hub's step that names what a published state rests on.
pub const SETTLED: &str = "settled";

/// The code of the hub's step that moves clocks because a calendar was replaced.
pub const CALENDAR: &str = "calendar";

/// The code of a step that says something and changes nothing.
pub const NOTE: &str = "note";

/// What the cases of a kind go through.
#[derive(Debug)]
pub struct Process {
    /// The name of the kind that it is of.
    pub name: &'static str,
    /// Where a case can stand; the first is where it begins.
    pub states: &'static [State],
    /// What can be done.
    pub steps: &'static [Step],
    /// What runs.
    pub clocks: &'static [Clock],
    /// What begins with the case.
    pub begins: &'static [Does],
    /// How long a clock runs where a community has set nothing.
    pub amounts: &'static [DefaultAmount],
}

/// Where a case stands.
#[derive(Debug)]
pub struct State {
    /// Its code and what people call it.
    pub code: Code,
    /// Who has a case that stands here, unless units have it.
    pub holder: Holder,
}

/// Who has a case (持有人).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// 社区: the grid and the desk.
    Community,
    /// 街道
    Street,
    /// 单位: those that it was dispatched to.
    Unit,
    /// 承办人: whom it was last handed on to, else who raised it.
    Person,
    /// 处理人: whom the hub chose, else the street.
    Chosen,
    /// Nobody: it is at an end.
    Nobody,
}

impl Holder {
    /// All that have something to do with their codes and what people call them, Chinese and English.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 5] = [
        (Self::Community, "community", "社区", "community"),
        (Self::Street, "street", "街道", "street"),
        (Self::Unit, "unit", "单位", "unit"),
        (Self::Person, "person", "承办人", "person"),
        (Self::Chosen, "chosen", "处理人", "chosen handlers"),
    ];

    /// Its stable code; empty for nobody.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(holder, ..)| *holder == self).map_or("", |(_, code, ..)| code)
    }
}

/// A state.
pub const fn state(code: &'static str, zh: &'static str, en: &'static str, holder: Holder) -> State {
    State { code: Code::new(code, zh, en), holder }
}

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The case stays where it is.
    Stay,
    /// To this state.
    State(&'static str),
    /// To where it was before the step of this code.
    Before(&'static str),
}

/// Which of the author's roles count for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Those that the case lies under.
    Over,
    /// Also those that merely read it.
    Readers,
    /// Those that it lies under, and whoever raised it whatever their role.
    OrRaiser,
}

/// What a step does to the units that have the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// Nothing.
    Keep,
    /// The unit `lead` leads and those of `assisting` assist; who had it before has it no more.
    Name,
    /// The units of `assisting` join.
    Add,
    /// The step's unit has it no more. If it led, the case stands where another is named: in this state.
    Return(&'static str),
    /// No unit has it any more.
    Clear,
}

/// What a step does to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Starts it, for so long as this setting says or the step's own `amount`.
    Start(&'static str, &'static str),
    /// The same where the last whistle was of this kind.
    StartIf(i64, &'static str, &'static str),
    /// Starts one for each unit that the step names.
    StartEach(&'static str, &'static str),
    /// Starts one that is called as the step's `stage` says.
    StartStage(&'static str, &'static str),
    /// Stops it; of a clock of units every one, of a clock of stages the one that the step names.
    Stop(&'static str),
    /// Stops the one of the step's unit.
    StopOwn(&'static str),
    /// Stops all that run.
    StopAll,
    /// Lets it run on as if it had not stopped: its end stays.
    RunOn(&'static str),
    /// Moves its end by the step's own `amount`, counted on from the end that stood.
    Defer(&'static str),
    /// All that run stand still until [`Does::Resume`].
    Pause,
    /// Those that stood still run on; their ends move by as long as they stood.
    Resume,
    /// The step carries new ends of clocks that run: a calendar was replaced.
    Move,
}

/// A step.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Its code, what people call it, and since which number of the dictionary there is one.
    pub code: Code,
    /// From which states it leads where; the first that names the state holds. Where none does it does not apply.
    pub leads: &'static [(&'static [&'static str], To)],
    /// Who may add it.
    pub roles: &'static [Role],
    /// Which of their roles count.
    pub who: Who,
    /// Fields of the case that name a person who may not add it, whatever their roles: whom it is about, who raised it.
    pub barred: &'static [&'static str],
    /// The fields without which it is none.
    pub must: &'static [&'static str],
    /// Fields that it may have beside.
    pub may: &'static [&'static str],
    /// What it does to clocks.
    pub clocks: &'static [Does],
    /// The clock within which it must come: the one of its unit, if it speaks for one.
    pub within: &'static str,
    /// Whether it speaks for one of the units that have the case.
    pub of_unit: bool,
    /// What it does to the units that have the case.
    pub hands: Hands,
    /// Whether somebody has dealt with it: what was said before is no longer new.
    pub is_act: bool,
    /// Whether it answers whoever raised the case.
    pub answers: bool,
    /// Whether the street presses with it (督办), until the case is answered.
    pub presses: bool,
}

/// A step from these states to those, by these roles.
pub const fn step(code: &'static str, zh: &'static str, en: &'static str, roles: &'static [Role], leads: &'static [(&'static [&'static str], To)]) -> Step {
    Step {
        code: Code::new(code, zh, en),
        leads,
        roles,
        who: Who::Over,
        barred: &[],
        must: &[],
        may: &["note"],
        clocks: &[],
        within: "",
        of_unit: false,
        hands: Hands::Keep,
        is_act: true,
        answers: false,
        presses: false,
    }
}

/// Every state.
pub const ANY: &[&str] = &["*"];

/// Whoever reads the case says something, and nothing else changes.
pub const NOTED: Step = step(NOTE, "补充情况", "note", STEPPERS, &[(ANY, To::Stay)]).who(Who::Readers).must(&["note"]).aside();

/// The hub gives clocks other ends, because a calendar was replaced.
pub const RECKONED: Step = step(CALENDAR, "放假安排调整", "calendar replaced", HUB, &[(ANY, To::Stay)]).clocks(&[Does::Move]).aside();

/// The hub names what a published state rests on.
pub const SETTLEMENT: Step = step(SETTLED, "归档", "settled", HUB, &[(ANY, To::Stay)]).aside();

/// Where a case stands that holds a step of a newer gridwalk.
pub const UNKNOWN_STATE: State = state(UNKNOWN, "更新应用后可看", "to be seen after an update", Holder::Community);

/// The source of a default that differs from place to place.
pub const RESEARCH: &str = "[research] 各地规定不一，按本地规定修改";

impl Step {
    /// It is none without these fields.
    #[must_use]
    pub const fn must(mut self, fields: &'static [&'static str]) -> Self {
        self.must = fields;
        self
    }

    /// It may have these fields beside.
    #[must_use]
    pub const fn may(mut self, fields: &'static [&'static str]) -> Self {
        self.may = fields;
        self
    }

    /// What it does to clocks.
    #[must_use]
    pub const fn clocks(mut self, clocks: &'static [Does]) -> Self {
        self.clocks = clocks;
        self
    }

    /// It must come before this clock ends.
    #[must_use]
    pub const fn within(mut self, clock: &'static str) -> Self {
        self.within = clock;
        self
    }

    /// It speaks for one of the units that have the case.
    #[must_use]
    pub const fn of_unit(mut self) -> Self {
        self.of_unit = true;
        self
    }

    /// Which of the author's roles count.
    #[must_use]
    pub const fn who(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// Whoever these fields of the case name may not add it.
    #[must_use]
    pub const fn barred(mut self, fields: &'static [&'static str]) -> Self {
        self.barred = fields;
        self
    }

    /// What it does to the units that have the case.
    #[must_use]
    pub const fn hands(mut self, hands: Hands) -> Self {
        self.hands = hands;
        self
    }

    /// Nobody has dealt with anything by it: what was said before it stays new.
    #[must_use]
    pub const fn aside(mut self) -> Self {
        self.is_act = false;
        self
    }

    /// It answers whoever raised the case.
    #[must_use]
    pub const fn answers(mut self) -> Self {
        self.answers = true;
        self
    }

    /// The street presses with it.
    #[must_use]
    pub const fn presses(mut self) -> Self {
        self.presses = true;
        self
    }

    /// Whether a person may add it to a case in this state of its document: by their roles that reach it and those that it lies under, or because they
    /// raised it.
    pub fn is_open_to(&self, tree: &Map, person: Id, reaching: &[Role], over: &[Role]) -> bool {
        let roles = if self.who == Who::Readers { reaching } else { over };
        let raised = || self.who == Who::OrRaiser && tree.id("by") == Some(person);
        !self.is_barred(tree, person) && (roles.iter().any(|role| self.roles.contains(role)) || raised())
    }

    /// Where it leads from this state; `None` if it does not apply there.
    pub fn leads_from(&self, state: &str) -> Option<To> {
        self.leads.iter().find(|(from, _)| from.iter().any(|f| *f == state || *f == "*")).map(|(_, to)| *to)
    }

    /// Whether the case `tree` names `person` as one who may not add it.
    pub(super) fn is_barred(&self, tree: &Map, person: Id) -> bool {
        self.barred.iter().any(|field| tree.id(field) == Some(person))
    }

    /// Whether it may have this field.
    pub fn carries(&self, field: &str) -> bool {
        self.must.contains(&field) || self.may.contains(&field) || self.of_unit && field == "unit"
    }
}

/// A clock (时限).
#[derive(Debug)]
pub struct Clock {
    /// Its code and what people call it.
    pub code: Code,
    /// Values of the case's own fields for which another setting says how long it runs: field, value, setting.
    pub by: &'static [(&'static str, &'static str, &'static str)],
}

/// A clock.
pub const fn clock(code: &'static str, zh: &'static str, en: &'static str) -> Clock {
    Clock { code: Code::new(code, zh, en), by: &[] }
}

/// How long a clock runs where a community has set nothing: a default with its source, never a constant.
#[derive(Debug)]
pub struct DefaultAmount {
    /// The setting's code within its process.
    pub setting: &'static str,
    /// What it is about.
    pub label: Label,
    /// The amount, as people write it: `2 working hours`.
    pub amount: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// A default of a clock's setting.
pub const fn amount(setting: &'static str, zh: &'static str, en: &'static str, amount: &'static str, source: &'static str) -> DefaultAmount {
    DefaultAmount { setting, label: Label { zh, en }, amount, source }
}

/// The codes of steps, as choices of a field.
pub const fn codes<const N: usize>(steps: &[Step]) -> [Code; N] {
    let mut all = [Code::new("", "", ""); N];
    let mut n = 0;
    while n < N {
        all[n] = steps[n].code;
        n += 1;
    }
    all
}

impl Process {
    /// The step of a code; `None` if a newer gridwalk knows it.
    pub fn step(&self, code: &str) -> Option<&'static Step> {
        self.steps.iter().find(|step| step.code.code == code && dictionary().knows("step", code))
    }

    /// The state of a code.
    pub fn state(&self, code: &str) -> Option<&'static State> {
        self.states.iter().find(|state| state.code.code == code)
    }

    /// The clock of a code.
    pub fn clock(&self, code: &str) -> Option<&'static Clock> {
        self.clocks.iter().find(|clock| clock.code.code == code)
    }

    /// Whether a case in this state is at an end.
    pub fn is_done(&self, state: &str) -> bool {
        self.state(state).is_some_and(|state| state.holder == Holder::Nobody)
    }
}

/// The kinds whose documents are cases.
pub fn kinds_with_process() -> impl Iterator<Item = (&'static Kind, &'static Process)> {
    kinds::KINDS.iter().filter_map(|kind| Some((*kind, kind.process?)))
}
