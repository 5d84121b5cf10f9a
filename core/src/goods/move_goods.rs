use serde::{Deserialize, Serialize};

use super::document::{MOST, MOVEMENT, Way};
use crate::commands::{Action, Edit, check_name, check_note};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Records that goods moved. Whether the book has so many is not asked: it happened. Returns the movement's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveGoods {
    /// The goods.
    pub goods: Id,
    /// `received`, `given` or `carried`.
    pub way: String,
    /// How many.
    pub amount: i64,
    /// Who gave them to the store; empty if nobody is named.
    #[serde(default)]
    pub donor: String,
    /// The household they go to.
    #[serde(default)]
    pub household: Option<Id>,
    /// Who takes them at the store; empty if nobody is named.
    #[serde(default)]
    pub recipient: String,
    /// What else there is to say.
    #[serde(default)]
    pub note: String,
}

impl MoveGoods {
    /// So many of `goods`, one way or the other, without more words.
    pub fn of(goods: Id, way: Way, amount: i64) -> Self {
        let (donor, recipient, note) = Default::default();
        Self { goods, way: way.code().into(), amount, donor, household: None, recipient, note }
    }
}

impl Action for MoveGoods {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.goods, "goods", "这种物资", "goods")?;
        let way = Way::parse(&self.way).filter(|way| *way != Way::Settled);
        let way = way.ok_or_else(|| Error::invalid("请选择入库、发放或送货上门", "goods are received, given or carried").in_field("way"))?;
        if !(1..=MOST).contains(&self.amount) {
            return Err(Error::invalid("数量须大于零", "the amount must be above zero").in_field("amount"));
        }
        if let Some(household) = self.household {
            edit.state(household, "household", "这一户", "household")?;
        } else if way == Way::Carried {
            return Err(Error::invalid("请说明送到哪一户", "say to which household they are carried").in_field("household"));
        }
        let name = |text: &str, zh, en| if text.trim().is_empty() { Ok(String::new()) } else { check_name(text, zh, en) };
        let (donor, recipient) = (name(&self.donor, "捐赠人", "the donor")?, name(&self.recipient, "领取人", "the recipient")?);
        let note = check_note(&self.note, "说明", "the note")?;
        let id = edit.new_id();
        edit.create(id, MOVEMENT.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "goods", Value::from(self.goods))?;
            w.put(&root, "way", Value::from(way.code()))?;
            w.put(&root, "amount", Value::from(self.amount))?;
            w.put(&root, "household", self.household.map(Value::from))?;
            for (key, text) in [("donor", donor), ("recipient", recipient), ("note", note)] {
                w.put(&root, key, Value::from(text.as_str()))?;
            }
            w.stamp(&root)
        })?;
        Ok(id)
    }
}
