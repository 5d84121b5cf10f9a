//! The files of photos at the hub ([`crate::photo_store`] keeps them). The documents are in the database; a file is
//! taken only if a document names it, and given only to who may read that document. No state between requests: the pieces of a
//! file under way lie beside the whole ones.

mod handle;
mod sweep;

pub use handle::handle_photos;
pub use sweep::sweep;
