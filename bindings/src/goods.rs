//! Goods and their movements.

use gridwalk_core::goods::{ArriveGoods, GoodsView, MoveGoods, MovementView, SettleStock};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// Goods in store.
#[uniffi::remote(Record)]
pub struct GoodsView {
    /// The goods.
    pub id: Id,
    /// What they are called.
    pub name: String,
    /// What they are counted in.
    pub unit: String,
    /// Where they lie, empty if nobody said.
    pub store: String,
    /// How many there are, with what this phone knows and the hub has not booked yet; never below zero.
    pub balance: i64,
    /// How many went out that the book does not have (账实不符): to be counted and settled.
    pub difference: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
}

/// A movement of goods.
#[uniffi::remote(Record)]
pub struct MovementView {
    /// The movement.
    pub id: Id,
    /// `received` 入库, `given` 发放, `carried` 送货上门, `settled` 盘点.
    pub way: String,
    /// How many; of a count, how many more, or less, than the book said.
    pub amount: i64,
    /// When it was recorded, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Who recorded it (their id).
    pub by: String,
    /// Who gave them to the store, empty if nobody is named.
    pub donor: String,
    /// The household that they went to (its id), empty if to none.
    pub household: String,
    /// Who took them at the store, empty if nobody is named.
    pub recipient: String,
    /// What else there is to say.
    pub note: String,
    /// When they were received at the door, in seconds since the Unix epoch (UTC).
    pub arrived_at: Option<i64>,
    /// Who received them there, empty if nobody is named.
    pub signed_by: String,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// Records that goods moved. Whether the book has so many is not asked: it happened.
#[uniffi::remote(Record)]
pub struct MoveGoods {
    /// The goods.
    pub goods: Id,
    /// `received`, `given` or `carried`.
    pub way: String,
    /// How many.
    pub amount: i64,
    /// Who gave them to the store; empty if nobody is named.
    pub donor: String,
    /// The household they go to.
    pub household: Option<Id>,
    /// Who takes them at the store; empty if nobody is named.
    pub recipient: String,
    /// What else there is to say.
    pub note: String,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The goods that this phone knows, by name.
    pub async fn goods(&self) -> Result<Vec<GoodsView>> {
        self.call(|core| core.goods()).await
    }

    /// The movements of goods that this phone may read, newest first.
    pub async fn movements(&self, goods: Id, limit: u32) -> Result<Vec<MovementView>> {
        self.call(move |core| core.movements(goods, limit)).await
    }

    /// Records that goods moved. The outcome's value is the movement's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn move_goods(&self, movement: MoveGoods, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, movement).await
    }

    /// Goods that were carried to a door were received there, now. The outcome's value is the movement's id.
    #[uniffi::method(default(signed_by = "", command_id = None))]
    pub async fn goods_arrived(&self, movement: Id, signed_by: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, ArriveGoods { movement, signed_by }).await
    }

    /// Settles what the store has: counted, and why the book was wrong. The outcome's value is the id of the movement that makes it up.
    #[uniffi::method(default(command_id = None))]
    pub async fn settle_stock(&self, goods: Id, counted: i64, reason: String, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, SettleStock { goods, counted, reason, book: None }).await
    }
}
