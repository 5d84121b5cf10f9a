//! What an appeal (申诉) goes through: whoever a decision hit asks for another, and a second person decides, never the one who decided first.

use crate::cases::Does::{Start, StopAll};
use crate::cases::{
    Clock, DefaultAmount, Holder, NOTED, Process, RECKONED, RESEARCH, SETTLEMENT, State, Step, To, UNKNOWN_STATE, Who, amount, clock, codes, state, step,
};
use crate::dictionary::Code;
use crate::rules::table::{DESK, HUB};

const STATES: &[State] = &[
    state("raised", "待受理", "raised", Holder::Community),
    state("accepted", "已受理", "accepted", Holder::Community),
    state("upheld", "维持原决定", "upheld", Holder::Nobody),
    state("changed", "改变原决定", "changed", Holder::Nobody),
    state("withdrawn", "已撤回", "withdrawn", Holder::Nobody),
    UNKNOWN_STATE,
];

const OPEN: &[&str] = &["raised", "accepted"];
/// Who decided first, and who appeals.
const NOT_THEY: &[&str] = &["against", "by"];

const STEPS: &[Step] = &[
    step("accept", "受理", "accept", DESK, &[(&["raised"], To::State("accepted"))]).barred(NOT_THEY),
    step("uphold", "维持", "uphold", DESK, &[(OPEN, To::State("upheld"))]).barred(NOT_THEY).must(&["note"]).clocks(&[StopAll]),
    step("change", "改变", "change", DESK, &[(OPEN, To::State("changed"))]).barred(NOT_THEY).must(&["note"]).clocks(&[StopAll]),
    step("withdraw", "撤回", "withdraw", HUB, &[(OPEN, To::State("withdrawn"))]).who(Who::OrRaiser).must(&["note"]).clocks(&[StopAll]),
    NOTED,
    RECKONED,
    SETTLEMENT,
];

/// The steps of an appeal, as choices.
pub static STEP_CODES: [Code; STEPS.len()] = codes(STEPS);

const CLOCKS: &[Clock] = &[clock("decide", "决定时限", "time to decide")];

const AMOUNTS: &[DefaultAmount] = &[amount("decide", "决定", "to decide", "5 working days", RESEARCH)];

/// The process of an appeal.
pub static PROCESS: Process = Process { name: "appeal", states: STATES, steps: STEPS, clocks: CLOCKS, begins: &[Start("decide", "decide")], amounts: AMOUNTS };
