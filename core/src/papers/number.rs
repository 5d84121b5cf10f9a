use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub numbers a paper. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberPaper {
    /// The paper.
    pub paper: Id,
    /// The year of the series.
    pub year: i64,
    /// The number in it.
    pub number: i64,
}

impl Action for NumberPaper {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.paper, "paper", "这份证明", "paper")?;
        edit.write(self.paper, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "year", Value::from(self.year))?;
            w.put(&root, "number", Value::from(self.number))
        })?;
        Ok(self.paper)
    }
}
