//! Lists as workbooks: any kind by the dictionary, typed and labelled, each row with its id; and the way back, where what was changed in a
//! workbook since becomes edits. The hub and the phones without a screen use the same; what reads and writes the files stands here, so that
//! the library in a phone's app is built without it.

pub mod book;
pub mod cells;
pub mod content;
pub mod digests;
pub mod fields;
mod flaw;
pub mod list;
pub mod names;
pub mod phone;
pub mod sheet;
mod shown;
pub mod workbook;

pub use book::{Book, Change, Exported, How, Place, Write};
pub use content::Content;
pub use digests::Digests;
pub use flaw::{Flaw, Flawed};
pub use list::{Column, List, Only, Source};
pub use names::{Asked, Listed, Names};
