//! The reference community on a hub, ready for phones.

use std::path::{Path, PathBuf};

use gridwalk_hub::import::{import, mapping::Mapping};

use super::Result;
use crate::harness::{MORNING, TestHub};
use crate::link::{Line, Link};
use crate::replay::Known;
use crate::workload::{Community, Spec, make};

/// A hub with the reference community behind a line that counts.
pub struct Stage {
    /// The hub.
    pub hub: TestHub,
    /// What was made.
    pub community: Community,
    /// Ids of what was imported.
    pub known: Known,
    /// The line.
    pub link: Link,
    /// Where phones go.
    pub folder: PathBuf,
}

impl Stage {
    /// The whole reference community, scene standard.
    pub async fn community(folder: &Path) -> Result<Self> {
        Self::of(folder, &Spec::default(), Line::perfect(), None).await
    }

    /// A community of `spec` behind `line`; with certificate and key the hub speaks TLS.
    pub async fn of(folder: &Path, spec: &Spec, line: Line, tls: Option<(PathBuf, PathBuf)>) -> Result<Self> {
        Self::since(folder, spec, line, tls, 0).await
    }

    /// The same, set up so many days ago: that is what the hub's clock shows.
    pub async fn since(folder: &Path, spec: &Spec, line: Line, tls: Option<(PathBuf, PathBuf)>, days: i64) -> Result<Self> {
        let mut community = make(spec);
        community.born_by(MORNING - days * 86_400);
        community.write(&folder.join("files"))?;
        let hub = TestHub::start_tls(&folder.join("hub"), 1, tls).await?;
        hub.clock.shift_wall(-days * 86_400);
        for file in ["households", "reports", "activities"] {
            let done = import(&hub.hub, &hub.tenant, &folder.join(format!("files/{file}.jsonl")), &Mapping::default(), |_, _| {}).await?;
            if done.rejected > 0 {
                return Err(format!("{file}: {} rows were rejected", done.rejected).into());
            }
        }
        let known = Known::of(&hub.hub, &hub.tenant).await?;
        let link = Link::start(hub.address, line)?;
        Ok(Self { hub, community, known, link, folder: folder.to_owned() })
    }

    /// The hub's address behind the line.
    pub fn url(&self) -> String {
        format!("http://{}", self.link.addr())
    }
}
