//! Who may read a document: one pure function per kind, and for a happening the audiences of what it is about.

use std::sync::Arc;

use super::{Audience, Doc, Kind, Map, Place};
use crate::error::Result;
use crate::ids::Id;

/// Where documents come from: the phone's store or the hub's.
pub trait Documents {
    /// The document's present state, or `None` if it is not here.
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>>;
}

/// The audiences of document `id` of `kind` with state `tree`, sorted. What is about something that is not here has only its own.
pub fn audiences_of(source: &mut dyn Documents, id: Id, kind: &Kind, tree: &Map) -> Result<Vec<Audience>> {
    let mut all = match (kind.place)(tree, id) {
        Place::Own(own) => own,
        Place::Of { about, also } => {
            let mut all = also;
            if let Some(doc) = source.load(about)?
                && let Place::Own(own) = (doc.kind().place)(doc.tree(), about)
            {
                all.extend(own);
            }
            all
        }
    };
    all.sort();
    all.dedup();
    Ok(all)
}
