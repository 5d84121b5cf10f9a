//! What a question upward (请示报告) goes through: a cadre of the community asks, the street answers.

use crate::cases::Does::{Start, Stop, StopAll};
use crate::cases::{
    Clock, DefaultAmount, Holder, NOTED, Process, RECKONED, RESEARCH, SETTLEMENT, State, Step, To, UNKNOWN_STATE, amount, clock, codes, state, step,
};
use crate::dictionary::Code;
use crate::rules::table::{DESK, DISPATCHERS};

const STATES: &[State] = &[
    state("asked", "待答复", "asked", Holder::Street),
    state("answered", "已答复", "answered", Holder::Nobody),
    state("returned", "已退回", "returned", Holder::Nobody),
    state("withdrawn", "已撤回", "withdrawn", Holder::Nobody),
    UNKNOWN_STATE,
];

const STEPS: &[Step] = &[
    step("answer", "答复", "answer", DISPATCHERS, &[(&["asked", "answered"], To::State("answered"))]).must(&["note"]).clocks(&[StopAll]).answers(),
    step("return", "退回", "return", DISPATCHERS, &[(&["asked"], To::State("returned"))]).must(&["note"]).clocks(&[StopAll]),
    step("withdraw", "撤回", "withdraw", DESK, &[(&["asked"], To::State("withdrawn"))]).must(&["note"]).clocks(&[StopAll]),
    step("reopen", "再次请示", "ask again", DESK, &[(&["answered", "returned", "withdrawn"], To::State("asked"))])
        .must(&["note"])
        .clocks(&[Stop("answer"), Start("answer", "answer")]),
    NOTED,
    RECKONED,
    SETTLEMENT,
];

/// The steps of a question, as choices.
pub static STEP_CODES: [Code; STEPS.len()] = codes(STEPS);

const CLOCKS: &[Clock] = &[clock("answer", "答复时限", "time to answer")];

const AMOUNTS: &[DefaultAmount] = &[amount("answer", "答复", "to answer", "1 working day", RESEARCH)];

/// The process of a question upward.
pub static PROCESS: Process =
    Process { name: "question", states: STATES, steps: STEPS, clocks: CLOCKS, begins: &[Start("answer", "answer")], amounts: AMOUNTS };
