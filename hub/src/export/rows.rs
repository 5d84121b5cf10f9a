//! The rows of a list, from the documents.

use std::collections::HashMap;

use gridwalk_core::documents::{Kind, Value};
use gridwalk_core::ids::Id;
use gridwalk_core::projection;
use gridwalk_sheets::names::{beside, namings};
use gridwalk_sheets::{Asked, Column, Listed, Names};

use super::usage;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all};
use crate::sync::Batch;

/// Documents that are in memory at a time.
const AT_ONCE: usize = 400;

/// What these columns' ids are called.
pub(super) async fn names(connection: &mut Conn, tenant: &str, columns: &[Column]) -> Result<Names> {
    let mut found = Vec::new();
    for naming in namings(columns) {
        let sql = format!("SELECT {}, \"{}\" FROM {} WHERE tenant_id = $1", naming.id, naming.name, naming.table);
        for row in all(connection, &sql, vec![Arg::text(tenant)]).await? {
            found.push((row.get(0)?, row.get::<Option<String>>(1)?.unwrap_or_default()));
        }
    }
    Ok(found.into_iter().collect())
}

/// The rows of a list, in the kind's usual order.
pub(super) async fn read(hub: &Hub, tenant: &Tenant, asked: &Asked<'_>) -> Result<Vec<Listed>> {
    let mut looked_at = asked.columns.to_vec();
    for only in asked.only {
        looked_at.push(asked.list.column(&only.column).map_err(usage)?);
    }
    let mut read = hub.store.read().await?;
    let names = names(&mut read, &tenant.id, &looked_at).await?;
    let found = records(&mut read, &tenant.id, asked.list.kind).await?;
    let mut rows = Vec::new();
    for chunk in found.chunks(AT_ONCE) {
        let mut batch = Batch::new(hub, tenant);
        batch.load(&mut read, chunk.iter().map(|(id, _)| *id)).await?;
        for (id, beside) in chunk {
            if let Some(doc) = batch.loaded(*id).filter(|doc| !doc.is_erased()) {
                rows.extend(names.rows(asked, *id, doc, beside)?);
            }
        }
    }
    Ok(rows)
}

/// The ids of a kind's records in its usual order, with what their rows hold beside fields.
async fn records(connection: &mut Conn, tenant: &str, kind: &'static Kind) -> Result<Vec<(Id, HashMap<&'static str, Value>)>> {
    let (Some((table, columns, order)), Some(declared)) = (beside(kind), kind.tables.first()) else { return Ok(Vec::new()) };
    let sql = format!("SELECT doc{columns} FROM {table} WHERE tenant_id = $1 ORDER BY {order}");
    let value = |row: &Row, at: usize, ty: projection::Type| -> Result<Value> {
        Ok(match ty {
            projection::Type::Int => row.get::<Option<i64>>(at)?.map_or(Value::Null, Value::Int),
            _ => row.get::<Option<String>>(at)?.map_or(Value::Null, Value::Text),
        })
    };
    let rows = all(connection, &sql, vec![Arg::text(tenant)]).await?;
    let read = |row: &Row| {
        let beside = (1..).zip(declared.columns).map(|(at, (name, ty))| Ok((*name, value(row, at, *ty)?))).collect::<Result<_>>()?;
        Ok((row.get(0)?, beside))
    };
    rows.iter().map(read).collect()
}
