//! The log of reads: each confidential document that a page hands to a device.

use std::collections::BTreeSet;

use gridwalk_core::documents::genesis;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::rules::{Author, RoleScope};
use gridwalk_core::sync::protocol::{TenantReply, resolve};

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};

/// Logs what of this page is confidential and goes to `device`: an entry a document. Whoever is in no circle costs nothing.
pub(super) async fn log_reads(hub: &Hub, tenant: &Tenant, device: DeviceId, author: &Author, page: &TenantReply) -> Result<()> {
    if !author.grants.iter().any(|g| g.role.over() == RoleScope::Circle) {
        return Ok(());
    }
    let mut read: BTreeSet<(Id, &str)> = BTreeSet::new();
    for news in page.documents.iter().filter(|d| !d.chunks.is_empty()) {
        if let Some((kind, _)) = genesis(news.schema).filter(|(kind, _)| kind.is_confidential()) {
            read.insert((resolve(&page.actors, news.doc)?, kind.name));
        }
    }
    if read.is_empty() {
        return Ok(());
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    for (id, kind) in read {
        let act =
            Act { by: &device.to_string(), verb: "read", subject: &id.to_string(), detail: &format!("{kind} person {} page {}", author.person, page.number) };
        record(&mut tx, &tenant.id, hub.now(), act).await?;
    }
    Ok(tx.commit().await?)
}
