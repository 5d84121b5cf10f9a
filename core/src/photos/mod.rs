//! Photos (照片): what a camera gave, made small and free of everything but the picture, kept as encrypted files beside the
//! store, and a document that says of which record each is.

pub mod document;
mod files;
mod jpeg;
mod prepare;
mod queries;
mod ready;
mod take;

pub use files::{Files, is_swept, sweep};
pub use prepare::{LONGEST_SIDE, ORIGINAL_BYTES, PreparedPhoto, TAKEN_BYTES, TAKEN_PIXELS, THUMBNAIL_BYTES, file_hash, is_prepared, prepare};
pub use queries::{PhotoSize, PhotoTrouble, PhotoView, drop_transfers, erase_files, file_of, leave, networks, photos_of, settings, troubles};
pub use ready::{ReadyPhoto, send_files};
pub use take::{RemovePhoto, TakePhoto};
