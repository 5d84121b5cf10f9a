use serde::{Deserialize, Serialize};

use super::document::{self, RECORDS};
use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// Adds a photo to a visit, report, household or confidential document. Its files are kept in the same step, see [`crate::Phone::take_photo`]. Answers
/// with the photo's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakePhoto {
    /// The visit, report, household or confidential document it was taken for.
    pub record: Id,
    /// The original's SHA-256 in hex.
    pub hash: String,
    /// The original's size in bytes.
    pub bytes: u32,
    /// The original's width in pixels.
    pub width: u32,
    /// The original's height in pixels.
    pub height: u32,
    /// The thumbnail's SHA-256 in hex.
    pub thumb_hash: String,
    /// The thumbnail's size in bytes.
    pub thumb_bytes: u32,
}

impl Action for TakePhoto {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let record = edit.state_of_any(self.record, RECORDS, "要附照片的记录", "record for the photo")?;
        // A visit is about its household, and whoever reads that sees the photo; what its circle alone reads names a household too.
        let about = record.id("household").filter(|_| record.id("circle").is_none()).unwrap_or(self.record);
        let id = edit.new_id();
        edit.create(id, document::PHOTO.name, |w| {
            let root = w.at_path(&[])?;
            w.put(&root, "about", Value::from(about))?;
            w.put(&root, "record", Value::from(self.record))?;
            w.stamp(&root)?;
            w.put(&root, "hash", Value::from(self.hash.as_str()))?;
            w.put(&root, "bytes", Value::from(i64::from(self.bytes)))?;
            w.put(&root, "width", Value::from(i64::from(self.width)))?;
            w.put(&root, "height", Value::from(i64::from(self.height)))?;
            w.put(&root, "thumb_hash", Value::from(self.thumb_hash.as_str()))?;
            w.put(&root, "thumb_bytes", Value::from(i64::from(self.thumb_bytes)))
        })?;
        Ok(id)
    }
}

/// Takes a photo back: its files go everywhere. Returns its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemovePhoto {
    /// The photo.
    pub photo: Id,
}

impl Action for RemovePhoto {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        edit.state(self.photo, document::PHOTO.name, "这张照片", "photo")?;
        edit.write(self.photo, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, "removed", &Value::Bool(true)).map(drop)
        })?;
        Ok(self.photo)
    }
}
