//! What an errand (代办) goes through: a resident asks a worker, who stays the one asked first (首问负责) whoever has it; it ends when the resident
//! was told.

use crate::cases::Does::{Defer, Pause, Resume, Start, Stop, StopAll};
use crate::cases::{
    Clock, DefaultAmount, Holder, NOTED, Process, RECKONED, RESEARCH, SETTLEMENT, State, Step, To, UNKNOWN_STATE, Who, amount, clock, codes, state, step,
};
use crate::dictionary::Code;
use crate::rules::table::ROSTER;

const STATES: &[State] = &[
    state("asked", "待办理", "asked", Holder::Person),
    state("handling", "办理中", "being done", Holder::Person),
    state("waiting", "待材料", "waiting for papers", Holder::Person),
    state("ready", "待告知", "to be told", Holder::Person),
    state("closed", "已办结", "closed", Holder::Nobody),
    state("withdrawn", "已撤回", "withdrawn", Holder::Nobody),
    UNKNOWN_STATE,
];

const OPEN: &[&str] = &["asked", "handling", "waiting", "ready"];
const IN_HAND: &[&str] = &["asked", "handling"];

const STEPS: &[Step] = &[
    step("handle", "办理", "handle", ROSTER, &[(&["asked", "handling"], To::State("handling"))]).who(Who::Readers),
    step("hand_on", "转交", "hand on", ROSTER, &[(OPEN, To::Stay)]).who(Who::Readers).must(&["person"]),
    step("ask_papers", "要求补材料", "ask for papers", ROSTER, &[(IN_HAND, To::State("waiting"))]).who(Who::Readers).must(&["papers"]).clocks(&[Pause]),
    step("papers_in", "收到材料", "papers received", ROSTER, &[(&["waiting"], To::State("handling"))])
        .who(Who::Readers)
        .may(&["note", "papers"])
        .clocks(&[Resume]),
    step("defer", "延期", "defer", ROSTER, &[(IN_HAND, To::Stay)]).who(Who::Readers).must(&["note", "amount"]).clocks(&[Defer("finish")]),
    step("done", "办妥", "done", ROSTER, &[(IN_HAND, To::State("ready"))]).who(Who::Readers),
    step("cannot", "办不了", "cannot be done", ROSTER, &[(IN_HAND, To::State("ready"))]).who(Who::Readers).must(&["note"]),
    step("tell", "告知居民", "tell the resident", ROSTER, &[(&["ready", "closed"], To::State("closed"))])
        .who(Who::Readers)
        .must(&["note"])
        .clocks(&[StopAll])
        .answers(),
    step("withdraw", "撤回", "withdraw", ROSTER, &[(OPEN, To::State("withdrawn"))]).who(Who::Readers).must(&["note"]).clocks(&[StopAll]),
    step("reopen", "重新办理", "reopen", ROSTER, &[(&["closed", "withdrawn"], To::State("handling"))])
        .who(Who::Readers)
        .must(&["note"])
        .clocks(&[Stop("finish"), Start("finish", "finish")]),
    NOTED,
    RECKONED,
    SETTLEMENT,
];

/// The steps of an errand, as choices.
pub static STEP_CODES: [Code; STEPS.len()] = codes(STEPS);

const CLOCKS: &[Clock] = &[clock("finish", "办理时限", "time to finish")];

const AMOUNTS: &[DefaultAmount] = &[amount("finish", "办理", "to finish", "5 working days", RESEARCH)];

/// The process of an errand.
pub static PROCESS: Process = Process { name: "errand", states: STATES, steps: STEPS, clocks: CLOCKS, begins: &[Start("finish", "finish")], amounts: AMOUNTS };
