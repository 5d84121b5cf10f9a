use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::document::{MOST, MOVEMENT, Way};
use super::queries::book_stock;
use crate::commands::{Action, Edit, Meant, check_text};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Settles what the store has: counted, and why the book was wrong. What comes in later that took place before shows as a difference
/// again. Returns the id of the movement that makes it up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleStock {
    /// The goods.
    pub goods: Id,
    /// How many there are.
    pub counted: i64,
    /// Why the book was wrong, or that it was right.
    pub reason: String,
    /// What the book said when they were counted. The phone says it when this is done.
    #[serde(default)]
    pub book: Option<i64>,
}

impl Action for SettleStock {
    fn meant(&self, store: &Connection, _person: Id, _now: i64) -> Result<Meant> {
        let book = book_stock(store, self.goods)?;
        Ok(if self.book.is_some() { Meant::AsGiven } else { Meant::Instead(Box::new(Self { book: Some(book), ..self.clone() }.into())) })
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.goods, "goods", "这种物资", "goods")?;
        if !(0..=MOST).contains(&self.counted) {
            return Err(Error::invalid("实数不能小于零", "nobody counts less than nothing").in_field("counted"));
        }
        let reason = check_text(&self.reason, "原因", "the reason").map_err(|e| e.in_field("reason"))?;
        let id = edit.new_id();
        edit.create(id, MOVEMENT.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "goods", Value::from(self.goods))?;
            w.put(&root, "way", Value::from(Way::Settled.code()))?;
            w.put(&root, "amount", Value::from(self.counted - self.book.unwrap_or(0)))?;
            w.put(&root, "counted", Value::from(self.counted))?;
            w.put(&root, "note", Value::from(reason.as_str()))?;
            w.stamp(&root)
        })?;
        Ok(id)
    }
}
