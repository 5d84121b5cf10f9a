//! What a report goes through (吹哨一件事): from what was seen to what whoever told of it says in the end.

use crate::cases::Does::{Defer, Pause, Resume, RunOn, Start, StartEach, StartIf, StartStage, Stop, StopAll, StopOwn};
use crate::cases::{
    Clock, DefaultAmount, Hands, Holder, NOTED, Process, RECKONED, RESEARCH, SETTLEMENT, State, Step, To, UNKNOWN_STATE, Who, amount, clock, codes, state, step,
};
use crate::dictionary::Code;
use crate::rules::table::{DESK, DISPATCHERS, HANDLERS, HUB, MEETING, ROSTER, STREET, STREET_AND_ROSTER, STREET_AND_UNITS, UNITS};

/// Where a report can stand.
pub static STATES: &[State] = &[
    state("raised", "待受理", "raised", Holder::Community),
    state("declined", "不予受理", "declined", Holder::Nobody),
    state("withdrawn", "已撤回", "withdrawn", Holder::Nobody),
    state("merged", "已并案", "merged", Holder::Nobody),
    state("accepted", "已受理", "accepted", Holder::Community),
    state("studying", "研究中", "being studied", Holder::Community),
    state("whistled", "已吹哨", "whistled", Holder::Street),
    state("dispatched", "已派单", "dispatched", Holder::Unit),
    state("handling", "处理中", "being handled", Holder::Community),
    state("suspended", "已挂账", "suspended", Holder::Community),
    state("answered", "已反馈", "answered", Holder::Community),
    state("verified", "已核实", "verified", Holder::Community),
    state("closed", "已办结", "closed", Holder::Nobody),
    UNKNOWN_STATE,
];

const OPEN: &[&str] = &["raised", "accepted", "studying", "handling"];
const WITH_UNITS: &[&str] = &["dispatched", "handling"];
const IN_HAND: &[&str] = &["accepted", "studying", "dispatched", "handling"];

/// The steps of a report.
pub const STEPS: &[Step] = &[
    step("accept", "受理", "accept", ROSTER, &[(&["raised"], To::State("accepted"))]).clocks(&[Stop("accept"), Start("finish", "finish")]),
    step("decline", "不予受理", "decline", ROSTER, &[(&["raised", "declined"], To::State("declined"))]).must(&["note"]).clocks(&[StopAll]),
    step("withdraw", "撤回", "withdraw", ROSTER, &[(&["raised", "accepted"], To::State("withdrawn"))]).who(Who::OrRaiser).must(&["note"]).clocks(&[StopAll]),
    step("study", "研究", "study", ROSTER, &[(&["accepted", "handling"], To::State("studying"))]),
    step("handle", "处理", "handle", HANDLERS, &[(&["accepted", "studying", "dispatched", "handling", "answered"], To::State("handling"))])
        .clocks(&[RunOn("finish")]),
    step("feed_back", "反馈", "feed back", HANDLERS, &[(&["raised", "accepted", "studying", "dispatched", "handling"], To::State("answered"))])
        .must(&["note"])
        .may(&["by_name", "day_only"])
        .clocks(&[Stop("accept"), Stop("arrive"), Stop("finish")])
        .answers(),
    step("rework", "返工", "rework", STREET_AND_ROSTER, &[(&["answered", "verified"], To::State("handling"))]).must(&["note"]).clocks(&[RunOn("finish")]),
    step("verify", "现场核实", "verify on the spot", ROSTER, &[(&["answered"], To::State("verified"))]),
    step("close", "办结", "close", ROSTER, &[(&["handling", "answered", "verified", "closed"], To::State("closed"))])
        .clocks(&[StopAll, Start("reopen", "reopen")]),
    step("whistle", "吹哨", "whistle", DESK, &[(&["raised", "accepted", "studying", "handling", "answered"], To::State("whistled"))])
        .must(&["whistle"])
        .may(&["note", "platform"])
        .hands(Hands::Clear)
        .clocks(&[Stop("accept"), RunOn("finish")]),
    step("dispatch", "派单", "dispatch", DISPATCHERS, &[(&["whistled", "dispatched"], To::State("dispatched"))])
        .must(&["lead"])
        .may(&["note", "assisting", "amount", "platform", "replaces"])
        .hands(Hands::Name)
        .clocks(&[StartEach("take_on", "take_on"), StartEach("return", "return"), StartIf(3, "arrive", "arrive"), Start("finish", "finish_whistled")]),
    step("ask", "增派", "ask further units", DISPATCHERS, &[(WITH_UNITS, To::Stay)])
        .must(&["assisting"])
        .hands(Hands::Add)
        .clocks(&[StartEach("take_on", "take_on"), StartEach("return", "return")]),
    step("take_on", "接单", "take on", UNITS, &[(WITH_UNITS, To::Stay)]).of_unit().clocks(&[StopOwn("take_on")]),
    step("arrive", "到场", "arrive", UNITS, &[(WITH_UNITS, To::State("handling"))]).of_unit().clocks(&[StopOwn("take_on"), StopOwn("arrive")]),
    step("return", "退回", "return", UNITS, &[(WITH_UNITS, To::Stay)]).must(&["note"]).of_unit().within("return").hands(Hands::Return("whistled")),
    step("send_back", "退回社区", "send back", DISPATCHERS, &[(&["whistled"], To::State("accepted"))]).must(&["note"]).hands(Hands::Clear),
    step("meet", "联席会商", "joint meeting", MEETING, &[(WITH_UNITS, To::Stay)]).must(&["note"]),
    step("settle_part", "先期办结", "settle a part", UNITS, &[(WITH_UNITS, To::State("handling"))]).must(&["note"]).of_unit(),
    step("share_out", "分办", "share out the rest", DISPATCHERS, &[(WITH_UNITS, To::Stay)]).must(&["note"]),
    step("stage", "阶段", "begin a stage", STREET_AND_UNITS, &[(WITH_UNITS, To::State("handling"))])
        .must(&["stage"])
        .may(&["note", "amount"])
        .clocks(&[StartStage("stage", "stage")]),
    step("stage_done", "阶段完成", "finish a stage", STREET_AND_UNITS, &[(WITH_UNITS, To::Stay)]).must(&["stage"]).clocks(&[Stop("stage")]),
    step("defer", "延期", "defer", MEETING, &[(IN_HAND, To::Stay)]).must(&["note", "amount"]).clocks(&[Defer("finish")]),
    step("suspend", "挂账", "suspend", STREET, &[(IN_HAND, To::State("suspended"))]).must(&["note"]).clocks(&[Pause]),
    step("resume", "恢复办理", "resume", STREET, &[(&["suspended"], To::Before("suspend"))]).clocks(&[Resume]),
    step("supervise", "督办", "supervise", DISPATCHERS, &[(&["whistled", "dispatched", "handling", "suspended", "answered"], To::Stay)])
        .must(&["note"])
        .presses(),
    step("reopen", "重新办理", "reopen", ROSTER, &[(&["declined"], To::State("raised")), (&["closed"], To::State("accepted"))])
        .who(Who::OrRaiser)
        .must(&["note"])
        .within("reopen")
        .hands(Hands::Clear)
        .clocks(&[Stop("reopen"), Start("finish", "reopened")]),
    step("evaluate", "居民评价", "resident's evaluation", HUB, &[(&["closed", "declined"], To::Stay)])
        .must(&["satisfied"])
        .may(&["note", "solved", "replaces"])
        .aside(),
    step("appraise", "工作评价", "appraisal of a unit", STREET, &[(&["answered", "verified", "closed"], To::Stay)]).must(&["unit", "satisfied"]).aside(),
    step("merge", "并案", "merge", ROSTER, &[(OPEN, To::State("merged"))]).must(&["other"]).clocks(&[StopAll]),
    step("take_apart", "拆出", "take apart", ROSTER, &[(&["merged"], To::Before("merge"))]).clocks(&[RunOn("accept"), RunOn("finish")]),
    NOTED,
    RECKONED,
    SETTLEMENT,
];

/// The steps of a report, as choices.
pub static STEP_CODES: [Code; STEPS.len()] = codes(STEPS);

const CLOCKS: &[Clock] = &[
    clock("accept", "受理时限", "time to accept"),
    clock("take_on", "接单时限", "time to take on"),
    clock("arrive", "到场时限", "time to arrive"),
    clock("return", "退回时限", "time to return"),
    Clock {
        code: Code::new("finish", "办理时限", "time to finish"), by: &[("urgency", "紧急", "finish_urgent"), ("urgency", "较急", "finish_pressing")]
    },
    clock("stage", "阶段时限", "time of a stage"),
    clock("reopen", "重新办理时限", "time to reopen"),
];

const AMOUNTS: &[DefaultAmount] = &[
    amount("accept", "受理", "to accept", "2 working hours", RESEARCH),
    amount("finish", "办理（一般）", "to finish, ordinary", "7 days", RESEARCH),
    amount("finish_pressing", "办理（较急）", "to finish, pressing", "24 hours", RESEARCH),
    amount("finish_urgent", "办理（紧急）", "to finish, urgent", "2 hours", RESEARCH),
    amount("finish_whistled", "办理（吹哨后）", "to finish, whistled", "15 days", RESEARCH),
    amount("take_on", "接单", "to take on", "2 working hours", RESEARCH),
    amount("arrive", "突发应急到场", "to arrive at an emergency", "30 minutes", RESEARCH),
    amount("return", "退回", "to return", "2 working days", RESEARCH),
    amount("stage", "阶段", "a stage", "5 working days", RESEARCH),
    amount("reopen", "办结后可重新办理", "to reopen after closing", "7 days", RESEARCH),
    amount("reopened", "重新办理后的办理", "to finish what was reopened", "3 working days", RESEARCH),
];

/// The process of a report.
pub static PROCESS: Process = Process { name: "report", states: STATES, steps: STEPS, clocks: CLOCKS, begins: &[Start("accept", "accept")], amounts: AMOUNTS };
