//! Who may read a document: one pure function per kind, and for an event the audiences of what it is about.

use std::sync::Arc;

use super::{Audience, AudienceSource, Doc, Kind, Map};
use crate::error::Result;
use crate::ids::Id;

/// Where documents come from: the phone's store or the hub's.
pub trait Documents {
    /// The document's present state, or `None` if it is not here.
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>>;

    /// What a community has set, or `None` if it is not here.
    fn settings(&mut self, _tenant: &str) -> Result<Option<Arc<Doc>>> {
        Ok(None)
    }
}

/// The audiences of document `id` of `kind` with state `tree`, sorted. What is about
/// something that is not here, or that is of another kind, has none.
pub fn audiences_of(source: &mut dyn Documents, id: Id, kind: &Kind, tree: &Map) -> Result<Vec<Audience>> {
    let mut all = match (kind.audiences)(tree, id) {
        AudienceSource::Own(own) => own,
        AudienceSource::Of { about, kinds } => match source.load(about)?.filter(|doc| kinds.contains(&doc.kind().name)) {
            Some(doc) => match (doc.kind().audiences)(doc.tree(), about) {
                AudienceSource::Own(own) => own,
                AudienceSource::Of { .. } => Vec::new(),
            },
            None => Vec::new(),
        },
    };
    all.sort();
    all.dedup();
    Ok(all)
}
