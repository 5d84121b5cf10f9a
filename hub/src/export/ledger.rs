//! An office's ledgers (台账): saved sets of columns under the office's own headings, exported for a purpose that is logged.

use std::path::Path;

use gridwalk_sheets::{Asked, Column, Only, workbook};

use super::{open_list, rows, save, usage};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Row, all, exec};

/// A ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Its name.
    pub name: String,
    /// The list that its rows are: a kind, or a kind's entries.
    pub list: String,
    /// Its columns in order: the key in the list, and the office's heading.
    pub columns: Vec<(String, String)>,
}

/// The longest name or heading, in characters.
const LONGEST: usize = 100;

/// Saves a ledger; columns are named by key or label. One of the same name is replaced.
pub async fn add_ledger(hub: &Hub, tenant: &Tenant, ledger: &Ledger) -> Result<()> {
    let list = open_list(hub, tenant, &ledger.list).await?;
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for (column, heading) in &ledger.columns {
        let (key, heading) = (list.column(column.trim()).map_err(usage)?.key, heading.trim());
        check(heading)?;
        if columns.iter().any(|(_, other)| *other == heading) {
            return Err(HubError::usage(format!("表头“{heading}”用了两次"), format!("the heading {heading} is given twice")));
        }
        columns.push((key, heading));
    }
    if columns.is_empty() {
        return Err(HubError::usage("台账至少要有一列", "a ledger has a column at least"));
    }
    let name = ledger.name.trim();
    check(name)?;
    let mut tx = hub.store.write(&tenant.id).await?;
    let json = serde_json::to_string(&columns).map_err(|e| HubError::Usage(e.to_string()))?;
    let sql = "INSERT INTO ledgers VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, name) DO UPDATE SET list = excluded.list, columns = excluded.columns";
    exec(&mut tx, sql, [&tenant.id, name, list.name, &json].map(Arg::text).to_vec()).await?;
    let keys = columns.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(" ");
    let detail = format!("list {}, columns {keys}", list.name);
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "ledger_add", subject: name, detail: &detail }).await?;
    Ok(tx.commit().await?)
}

fn check(text: &str) -> Result<()> {
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(HubError::usage(format!("台账名称和表头须是1到{LONGEST}个字"), format!("a ledger's name and its headings have 1 to {LONGEST} characters")));
    }
    Ok(())
}

/// The community's ledgers, by name.
pub async fn ledgers(hub: &Hub, tenant: &Tenant) -> Result<Vec<Ledger>> {
    let mut read = hub.store.read().await?;
    let rows = all(&mut read, "SELECT name, list, columns FROM ledgers WHERE tenant_id = $1 ORDER BY name", vec![Arg::text(&tenant.id)]).await?;
    let ledger = |row: &Row| {
        let columns = serde_json::from_str(&row.get::<String>(2)?).map_err(|e| HubError::Usage(e.to_string()))?;
        Ok(Ledger { name: row.get(0)?, list: row.get(1)?, columns })
    };
    rows.iter().map(ledger).collect()
}

/// Exports a ledger into a new workbook, without ids and digests; `purpose` goes into the log. Returns how many rows it has.
pub async fn export_ledger(hub: &Hub, tenant: &Tenant, name: &str, purpose: &str, only: &[Only], to: &Path) -> Result<usize> {
    if purpose.trim().is_empty() {
        return Err(HubError::usage("请写明用途（--purpose）", "say what it is for (--purpose)"));
    }
    let all = ledgers(hub, tenant).await?;
    let ledger = all.iter().find(|ledger| ledger.name == name.trim()).ok_or_else(|| {
        let names = all.iter().map(|ledger| ledger.name.as_str()).collect::<Vec<_>>().join("、");
        HubError::usage(format!("没有“{name}”这本台账，现有：{names}"), format!("there is no ledger {name}"))
    })?;
    let list = open_list(hub, tenant, &ledger.list).await?;
    let columns: Vec<Column> = ledger.columns.iter().map(|(key, _)| list.column(key).map_err(usage)).collect::<Result<_>>()?;
    let headings: Vec<&str> = ledger.columns.iter().map(|(_, heading)| heading.as_str()).collect();
    let rows = rows::read(hub, tenant, &Asked { list: &list, columns: &columns, only, digests: None }).await?;
    let bytes = workbook::written(&list, &columns, &headings, &rows, None).map_err(usage)?;
    let detail = format!("rows {}, columns {}, purpose: {}", rows.len(), columns.len(), purpose.trim());
    save(hub, tenant, to, &bytes, Act { by: "admin", verb: "ledger_export", subject: name.trim(), detail: &detail }).await?;
    Ok(rows.len())
}
