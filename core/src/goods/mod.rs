//! Goods (物资) and their movements: received, given, carried to a door and received there. A movement that took place is a fact, never
//! refused and never waiting. What stock does not cover stands as a difference (账实不符) until a person counts and settles it; the balance
//! shown is never below zero.

mod arrive;
mod book;
pub mod document;
mod move_goods;
mod queries;
mod settle;

pub use arrive::ArriveGoods;
pub use book::{BookMovement, BookStock};
pub use document::{Way, effect};
pub use move_goods::MoveGoods;
pub use queries::{GoodsView, MovementView, goods, movements};
pub use settle::SettleStock;
