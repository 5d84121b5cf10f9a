//! Claims: who takes one of the places of a thing that runs out. A claim is a document of its own, read by its person, the desk and who
//! runs the thing; the hub ranks claims in the order it takes them and says what came of each. Nobody is assigned by force
//! (志愿服务条例 Art. 25).

mod claim;
pub mod document;
mod give_back;
mod line;
mod queries;
mod rank;
mod tally;

pub use claim::ClaimPlace;
pub use document::{Outcome, THINGS, places_of};
pub use give_back::GiveBack;
pub use line::Line;
pub use queries::{ClaimView, claims_on, my_claim, own_claim};
pub use rank::RankClaim;
pub use tally::TallyClaims;
