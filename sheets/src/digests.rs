//! Keyed digests of what stood in a workbook when it was written. The key stays with the hub or phone that wrote it:
//! without it a digest says nothing of the value, not even whether two cells are alike.

use std::fmt::Write;

use gridwalk_core::Result;
use gridwalk_core::documents::{Doc, hash_text};
use gridwalk_core::identity::cipher::hmac;
use gridwalk_core::sync::protocol::encode;

use crate::Content;

/// Bytes of a digest: a change goes unseen once in 2⁹⁶.
const BYTES: usize = 12;

/// Makes digests for one community.
#[derive(Debug)]
pub struct Digests {
    key: String,
    tenant: String,
}

impl Digests {
    /// With the key of whoever writes workbooks, for a community.
    pub fn new(key: &str, tenant: &str) -> Self {
        Self { key: key.to_owned(), tenant: tenant.to_owned() }
    }

    fn digest(&self, parts: &[&str]) -> String {
        let digest = hmac(self.key.as_bytes(), &encode(&("gridwalk export v1", &self.tenant, parts)));
        digest[..BYTES].iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Of a cell.
    pub fn cell(&self, row: &str, column: &str, content: &Content) -> String {
        self.digest(&["cell", row, column, &content.plain()])
    }

    /// Of the sheet: that whoever has this key wrote it for this community.
    pub fn sheet(&self, list: &str, columns: &[&str]) -> String {
        self.digest(&[&["sheet", list], columns].concat())
    }

    /// Of the state that a document was in, as the changes that it ended with.
    pub fn heads(&self, doc: &Doc) -> String {
        doc.heads().iter().map(|hash| self.head(&hash.0)).collect::<Vec<_>>().join(" ")
    }

    fn head(&self, hash: &[u8; 32]) -> String {
        self.digest(&["head", &hash_text(hash)])
    }

    /// The document in the state that these are of; `None` where it was begun again since.
    pub fn seen(&self, doc: &Doc, heads: &str) -> Result<Option<Doc>> {
        let wanted: Vec<&str> = heads.split(' ').filter(|head| !head.is_empty()).collect();
        let mut found = doc.hashes();
        found.retain(|hash| wanted.contains(&self.head(&hash.0).as_str()));
        if wanted.is_empty() || found.len() != wanted.len() {
            return Ok(None);
        }
        Ok(Some(doc.at(&found)?))
    }
}
