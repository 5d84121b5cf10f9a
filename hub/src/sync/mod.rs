//! The hub's half of sync. [`verify`] says whether a request is its device's own, [`request`] opens it, [`carried`] what came by other hands, [`take`] decides
//! each change, [`batch`] holds the documents of one transaction, [`bound`] bounds the times they claim, [`cases`] and [`demands`] see to clocks and ends of cases and to who told of them and [`flush`] writes what was decided ([`circles`] the roles that
//! follow from it, [`ranks`] who has which place and number, [`stock`] what is in store), [`page`] reads the news ([`reads`] logs what of it is confidential), [`fold`] keeps history small,
//! [`again`] ends it, [`rebuild`] makes the read model anew; [`entries`] is what audiences read, [`enrol`] how a device joins.

mod again;
mod author;
mod batch;
mod bound;
mod carried;
mod cases;
mod circles;
mod demands;
mod enrol;
pub mod entries;
mod flush;
pub mod fold;
mod handle;
mod page;
mod ranks;
mod reads;
pub mod rebuild;
mod request;
mod stock;
mod take;
mod verify;

pub use again::{Begin, Erase, Tell, WORDS_GONE};
pub use author::{Membership, author_of};
pub use batch::Batch;
pub use bound::bound_what_came_ahead;
pub use enrol::handle_enrol;
pub use handle::handle_sync;
pub use ranks::{Numbered, numbers, repeat_ranks};
pub use request::Incoming;
pub use verify::{use_nonce, verified};
