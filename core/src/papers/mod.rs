//! Papers (证明) that the community issues, each with the next number of its kind and year: the hub gives it, without a gap; until then it
//! is 待编号. One that is void keeps its number.

pub mod document;
mod issue;
mod number;
mod queries;
mod void;

pub use document::{SORTS, label, parse_series, series};
pub use issue::IssuePaper;
pub use number::NumberPaper;
pub use queries::{PaperView, papers};
pub use void::VoidPaper;
