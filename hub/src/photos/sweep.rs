//! Removing files that no photo names any more, with their pieces, and pieces whose rest never came.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all};

/// How long the pieces of a file wait for the rest, in seconds: a phone may be away for a week.
const PIECES_SECONDS: i64 = 14 * 86_400;

/// Removes from a community's files what its documents do not name: photos taken back or erased. Returns how many files went.
pub async fn sweep(hub: &Hub, tenant: &Tenant) -> Result<u64> {
    // What is there is looked at before what is named: a file that comes meanwhile is not in the list.
    let (there, pieces) = (hub.photos.hashes(&tenant.id).await?, hub.photos.all_pieces(&tenant.id).await?);
    let mut named = BTreeSet::new();
    let mut read = hub.store.read().await?;
    for row in all(&mut read, "SELECT hash, thumb_hash FROM photos WHERE tenant_id = $1 AND removed = 0", vec![Arg::text(&tenant.id)]).await? {
        for column in [0, 1] {
            named.extend(row.get::<Option<String>>(column)?);
        }
    }
    drop(read);
    let mut removed = 0;
    for hash in there.iter().filter(|hash| !named.contains(*hash)) {
        hub.photos.remove(&tenant.id, hash).await?;
        removed += 1;
    }
    let before = hub.confirmed_now() - PIECES_SECONDS;
    let old: Vec<_> = pieces.into_iter().filter(|piece| piece.at < before || !named.contains(piece.hash())).collect();
    hub.photos.remove_pieces(&old).await?;
    Ok(removed)
}
