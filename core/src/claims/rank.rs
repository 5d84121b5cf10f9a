use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub says of a claim which rank it has, what came of it, and who runs the thing. Returns the claim's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankClaim {
    /// The claim.
    pub claim: Id,
    /// Its rank among the claims on the thing, from 1.
    pub rank: i64,
    /// The outcome's code.
    pub outcome: String,
    /// Who runs the thing; `None` where nobody does as a person.
    pub organiser: Option<Id>,
}

impl Action for RankClaim {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.claim, "claim", "这次认领", "claim")?;
        edit.write(self.claim, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "rank", Value::from(self.rank))?;
            w.put(&root, "outcome", Value::from(self.outcome.as_str()))?;
            w.put(&root, "organiser", self.organiser.map(Value::from))
        })?;
        Ok(self.claim)
    }
}
