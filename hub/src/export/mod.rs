//! Lists as workbooks: any kind by the dictionary, typed and labelled; an office's ledgers (台账). A workbook that comes in again
//! makes edits (`returned`).

mod content;
mod digests;
mod ledger;
mod list;
mod returned;
mod rows;
mod workbook;

use content::{Content, words};
use digests::Digests;
pub use ledger::{Ledger, add_ledger, export_ledger, ledgers};
pub use list::Only;
use list::{Column, List, Source};
pub use returned::{Returned, take_returned};
use rows::{Listed, Rows, entry_of};

use std::io::Write;
use std::path::Path;

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};

/// Writes the list of this name (a kind's, or of a kind's entries: `residents`) into a new workbook. Returns how many rows it has.
pub async fn export(hub: &Hub, tenant: &Tenant, list: &str, only: &[Only], to: &Path) -> Result<usize> {
    let list = List::open(hub, tenant, list).await?;
    let columns: Vec<Column> = list.columns().into_iter().filter(|column| column.usual).collect();
    let digests = Digests::open(hub, tenant).await?;
    let rows = Rows::read(hub, tenant, &list, &columns, only, Some(&digests)).await?;
    let headings: Vec<&str> = columns.iter().map(|column| column.heading).collect();
    let bytes = workbook::written(&list, &columns, &headings, &rows, Some(&digests))?;
    let detail = format!("rows {}, columns {}", rows.len(), columns.len());
    save(hub, tenant, to, &bytes, Act { by: "admin", verb: "export", subject: list.name, detail: &detail }).await?;
    Ok(rows.len())
}

/// Saves a workbook that is not there yet, for its owner alone, and logs the act first: nothing leaves without its entry.
async fn save(hub: &Hub, tenant: &Tenant, to: &Path, bytes: &[u8], act: Act<'_>) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => HubError::usage("文件已存在，没有覆盖，请换一个文件名", "the file exists and was not overwritten; name another"),
        _ => e.into(),
    })?;
    let mut tx = hub.store.write(&tenant.id).await?;
    record(&mut tx, &tenant.id, hub.now(), act).await?;
    tx.commit().await?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}
