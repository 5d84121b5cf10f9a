//! What a complaint about a worker (投诉) goes through: it is answered by people whom it is not about.

use crate::cases::Does::{Start, Stop, StopAll};
use crate::cases::{
    Clock, DefaultAmount, Holder, NOTED, Process, RECKONED, RESEARCH, SETTLEMENT, State, Step, To, UNKNOWN_STATE, Who, amount, clock, codes, state, step,
};
use crate::dictionary::Code;
use crate::rules::table::{HUB, STREET};

const STATES: &[State] = &[
    state("raised", "待受理", "raised", Holder::Chosen),
    state("accepted", "已受理", "accepted", Holder::Chosen),
    state("answered", "已答复", "answered", Holder::Nobody),
    state("withdrawn", "已撤回", "withdrawn", Holder::Nobody),
    UNKNOWN_STATE,
];

const OPEN: &[&str] = &["raised", "accepted"];
/// Whom it is about, and who complains.
const NOT_THEY: &[&str] = &["against", "by"];

const STEPS: &[Step] = &[
    step("accept", "受理", "accept", STREET, &[(&["raised"], To::State("accepted"))]).who(Who::Readers).barred(NOT_THEY),
    step("answer", "答复", "answer", STREET, &[(&["raised", "accepted", "answered"], To::State("answered"))])
        .who(Who::Readers)
        .barred(NOT_THEY)
        .must(&["note"])
        .clocks(&[StopAll])
        .answers(),
    step("withdraw", "撤回", "withdraw", HUB, &[(OPEN, To::State("withdrawn"))]).who(Who::OrRaiser).must(&["note"]).clocks(&[StopAll]),
    step("reopen", "再次投诉", "complain again", HUB, &[(&["answered", "withdrawn"], To::State("raised"))])
        .who(Who::OrRaiser)
        .must(&["note"])
        .clocks(&[Stop("answer"), Start("answer", "answer")]),
    NOTED,
    RECKONED,
    SETTLEMENT,
];

/// The steps of a complaint, as choices.
pub static STEP_CODES: [Code; STEPS.len()] = codes(STEPS);

const CLOCKS: &[Clock] = &[clock("answer", "答复时限", "time to answer")];

const AMOUNTS: &[DefaultAmount] = &[amount("answer", "答复", "to answer", "5 working days", RESEARCH)];

/// The process of a complaint about a worker.
pub static PROCESS: Process =
    Process { name: "complaint", states: STATES, steps: STEPS, clocks: CLOCKS, begins: &[Start("answer", "answer")], amounts: AMOUNTS };
