//! Lists as workbooks: any kind by the dictionary, typed and labelled; an office's ledgers (台账). A workbook that comes in again
//! makes edits (`returned`).

mod ledger;
mod returned;
mod rows;

use std::io::Write;
use std::path::Path;

use gridwalk_core::Error;
use gridwalk_core::documents::hash_text;
use gridwalk_core::rules::Role;
pub use gridwalk_sheets::Only;
use gridwalk_sheets::{Asked, Column, Digests, List, workbook};

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::own_fields::own_fields;
use crate::store::{Arg, Conn, all, exec};

pub use ledger::{Ledger, add_ledger, export_ledger, ledgers};
pub use returned::{Returned, take_returned};

/// The list of this name as the hub edits it, with the own fields of a community.
async fn open_list(hub: &Hub, tenant: &Tenant, name: &str) -> Result<List> {
    let own = own_fields(hub, tenant).await?;
    List::open(name, &[Role::Hub], &own).map_err(usage)
}

/// What is wrong with a list or a workbook, to who administers the hub.
fn usage(error: Error) -> HubError {
    HubError::usage(error.message_zh(), error.message_en())
}

/// Digests with this hub's key, made when it is first needed.
async fn open_digests(hub: &Hub, tenant: &Tenant) -> Result<Digests> {
    async fn kept(connection: &mut Conn) -> Result<Option<String>> {
        let rows = all(connection, "SELECT value FROM meta WHERE name = 'export_key'", vec![]).await?;
        Ok(rows.first().map(|row| row.get(0)).transpose()?)
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    let key = match kept(&mut tx).await? {
        Some(key) => key,
        None => {
            let mut bytes = [0; 32];
            hub.fill(&mut bytes);
            exec(&mut tx, "INSERT INTO meta VALUES ('export_key', $1) ON CONFLICT DO NOTHING", vec![Arg::text(&hash_text(&bytes))]).await?;
            // In another community another process may have been first.
            kept(&mut tx).await?.unwrap_or_default()
        }
    };
    tx.commit().await?;
    Ok(Digests::new(&key, &tenant.id))
}

/// Writes the list of this name (a kind's, or of a kind's entries: `residents`) into a new workbook. Returns how many rows it has.
pub async fn export(hub: &Hub, tenant: &Tenant, list: &str, only: &[Only], to: &Path) -> Result<usize> {
    let list = open_list(hub, tenant, list).await?;
    let columns: Vec<Column> = list.columns().into_iter().filter(|column| column.usual).collect();
    let digests = open_digests(hub, tenant).await?;
    let rows = rows::read(hub, tenant, &Asked { list: &list, columns: &columns, only, digests: Some(&digests) }).await?;
    let headings: Vec<&str> = columns.iter().map(|column| column.heading).collect();
    let bytes = workbook::written(&list, &columns, &headings, &rows, Some(&digests)).map_err(usage)?;
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
