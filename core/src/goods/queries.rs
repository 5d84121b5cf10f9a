//! What screens ask about goods.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// Goods in store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// What the book has of the goods with the id `doc` (SQL), as far as this phone knows: what the hub booked last, and what it has not yet.
fn stock(doc: &str) -> String {
    format!("coalesce(g.stock, 0) + coalesce((SELECT sum(m.effect) FROM movements m WHERE m.goods = {doc} AND m.booked IS NULL), 0)")
}

/// What the book has of goods, below zero where more went out than came in.
pub(super) fn book_stock(connection: &Connection, goods: Id) -> Result<i64> {
    let mut statement = connection.prepare_cached(&format!("SELECT coalesce(max({}), 0) FROM goods g WHERE g.doc = ?1", stock("g.doc")))?;
    Ok(statement.query_row([goods], |r| r.get(0))?)
}

/// The goods that this phone knows, by name.
pub fn goods(connection: &Connection) -> Result<Vec<GoodsView>> {
    let (stock, flags) = (stock("g.doc"), flags("g.doc"));
    let sql = format!("SELECT g.doc, coalesce(g.name, ''), coalesce(g.unit, ''), coalesce(g.store, ''), {stock}, {flags} FROM goods g ORDER BY g.name, g.doc");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], |r| {
        let stock: i64 = r.get(4)?;
        let (balance, difference) = (stock.max(0), (-stock).max(0));
        Ok(GoodsView { id: r.get(0)?, name: r.get(1)?, unit: r.get(2)?, store: r.get(3)?, balance, difference, unsent: r.get(5)?, conflict: r.get(6)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The movements of goods that this phone may read, newest first.
pub fn movements(connection: &Connection, goods: Id, limit: u32) -> Result<Vec<MovementView>> {
    let sql = format!(
        "SELECT m.doc, coalesce(m.way, ''), coalesce(m.amount, 0), coalesce(m.at, 0), coalesce(m.by, ''), coalesce(m.donor, ''), coalesce(m.household, ''),
           coalesce(m.recipient, ''), coalesce(m.note, ''), m.arrived_at, coalesce(m.signed_by, ''), {}
         FROM movements m WHERE m.goods = ?1 ORDER BY m.at DESC, m.doc DESC LIMIT ?2",
        flags("m.doc")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![goods, limit], |r| {
        Ok(MovementView {
            id: r.get(0)?,
            way: r.get(1)?,
            amount: r.get(2)?,
            at: r.get(3)?,
            by: r.get(4)?,
            donor: r.get(5)?,
            household: r.get(6)?,
            recipient: r.get(7)?,
            note: r.get(8)?,
            arrived_at: r.get(9)?,
            signed_by: r.get(10)?,
            unsent: r.get(11)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
