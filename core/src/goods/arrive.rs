use serde::{Deserialize, Serialize};

use super::document::Way;
use crate::commands::{Action, Edit, check_name};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Goods that were carried to a door were received there, now. Returns the movement's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArriveGoods {
    /// The movement.
    pub movement: Id,
    /// Who received them; empty if nobody is named.
    #[serde(default)]
    pub signed_by: String,
}

impl Action for ArriveGoods {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state(self.movement, "movement", "这次送货", "movement")?;
        if Way::parse(state.text("way")) != Some(Way::Carried) {
            return Err(Error::invalid("只有送货上门才有送达", "only what is carried to a door arrives there"));
        }
        let at = edit.stamp().at;
        if state.int("arrived_at").is_some_and(|before| before != at) {
            return Err(Error::invalid("已经送达", "they have arrived already"));
        }
        let signed_by = if self.signed_by.trim().is_empty() { String::new() } else { check_name(&self.signed_by, "签收人", "who received them")? };
        edit.write(self.movement, |w| {
            let root = w.at_path(&[])?;
            if !signed_by.is_empty() {
                w.update(&root, "signed_by", &Value::from(signed_by.as_str()))?;
            }
            w.update(&root, "arrived_at", &Value::from(at)).map(drop)
        })?;
        Ok(self.movement)
    }
}
