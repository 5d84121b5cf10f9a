//! Demands (诉求): what somebody told, in their own words, with who they are and how to reach them. The case (事项) that is made of it is another
//! document, without them: who told it sees their own demand alone, and who handles the case need not know who told it. Several demands may have one case.

pub mod document;
mod merge;
mod open;
mod raise;
mod tell;

pub use merge::{MergeDemand, TakeApart};
pub use open::OpenCase;
pub use raise::RaiseDemand;
pub use tell::{TellDemand, Told, untold};
