use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// The hub says that a movement is in the book of its goods. Returns the movement's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookMovement {
    /// The movement.
    pub movement: Id,
}

impl Action for BookMovement {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.movement, "movement", "这次出入", "movement")?;
        edit.write(self.movement, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "booked", Value::from(true))
        })?;
        Ok(self.movement)
    }
}

/// The hub says what the book has of goods, below zero where more went out than came in. Returns the goods' id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookStock {
    /// The goods.
    pub goods: Id,
    /// What the book has.
    pub stock: i64,
}

impl Action for BookStock {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.goods, "goods", "这种物资", "goods")?;
        edit.write(self.goods, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "stock", Value::from(self.stock))
        })?;
        Ok(self.goods)
    }
}
