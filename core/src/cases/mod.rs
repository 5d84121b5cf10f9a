//! Cases (办件): what goes through a process, by steps of several people, with clocks. A process is a table ([`Process`]); a kind whose
//! documents are cases names its own. Fold, rules, actions, rows and the page `docs/processes.md` follow from it.

mod amount;
mod clocks;
mod fields;
mod fold;
mod inbox;
mod moments;
mod process;
mod queries;
pub mod rows;
mod settle;
mod state;
mod step;
mod unwritten;

pub use amount::{AmountView, SetAmount, amounts, amounts_with};
pub use clocks::Clockmaker;
pub(crate) use clocks::begun;
pub use fields::{PLATFORMS, SATISFACTIONS, WHISTLES, step_fields};
pub use fold::fold;
pub use inbox::{CaseView, case, inbox};
pub use moments::{CLOCK_KEY, Colour, Moment, Running, SET_KEY, moment_of};
pub use process::{
    ANY, CALENDAR, Clock, DefaultAmount, Does, Hands, Holder, NOTE, NOTED, Process, RECKONED, RESEARCH, SETTLED, SETTLEMENT, State, Step, To, UNKNOWN,
    UNKNOWN_STATE, Who, amount, clock, codes, kinds_with_process, state, step,
};
pub use queries::{ClockView, PartView, StepView, Story, story};
pub(crate) use rows::project;
pub use settle::{MoveClocks, SetMoments, SettleCase};
pub use state::{Folded, FoldedStep, Part, Without};
pub use step::AddStep;
pub(crate) use step::steps_fit;
pub use unwritten::{moved, unwritten};
