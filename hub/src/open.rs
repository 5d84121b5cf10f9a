//! Opening a hub on its data folder.

use std::path::Path;
use std::sync::Arc;

use gridwalk_core::clock::HostClock;
use gridwalk_core::identity::HostRandom;

use crate::error::Result;
use crate::hub::{Hub, Tenant, tenants};
use crate::metrics::Metrics;
use crate::photo_store::{PHOTO_FOLDER, PhotoStore};
use crate::store::Store;
use crate::sync::rebuild::rebuild;

impl Hub {
    /// Opens the hub's data folder, or makes it, with SQLite in it.
    pub async fn open(folder: &Path, clock: Arc<dyn HostClock>, random: Arc<dyn HostRandom>) -> Result<Self> {
        Self::open_on(folder, None, clock, random).await
    }

    /// The same with the documents in the PostgreSQL database at the address `database`, if there is one: keys, journals and
    /// photos stay in the folder.
    pub async fn open_on(folder: &Path, database: Option<&str>, clock: Arc<dyn HostClock>, random: Arc<dyn HostRandom>) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let metrics = Metrics::new()?;
        let store = Store::open(folder, database, &*random).await?.measured(metrics.wait.clone());
        let photos = PhotoStore::in_folder(&folder.join(PHOTO_FOLDER))?;
        let hub = Self::new(store, folder, photos, metrics, clock, random);
        hub.read_clock().await?;
        if hub.store.rows_are_due().await? {
            hub.rebuild().await?;
        }
        Ok(hub)
    }

    /// Makes the read model of all communities anew.
    async fn rebuild(&self) -> Result<()> {
        let ids = tenants(&mut *self.store.read().await?).await?;
        for id in ids {
            let tenant = Tenant::find(&mut *self.store.read().await?, &id).await?;
            if let Some(tenant) = tenant {
                let documents = rebuild(self, &tenant).await?;
                tracing::info!(tenant = id, documents, "read model rebuilt");
            }
        }
        self.store.rows_are_made().await
    }
}
