//! The hub under the reference day of 32 communities: requests prepared beforehand, all checks on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gridwalk_core::rules::Role;
use gridwalk_core::sync::Prepared;
use sqlx::Row;

use super::stage::Stage;
use super::{Line, Result};
use crate::harness::Device;
use crate::replay::Walker;

const TENANTS: usize = 32;
const CLIENTS: usize = 8;

/// How many changes a second the embedded store takes, measured in a process with the hub's allocator.
pub fn line(folder: &Path) -> Result<Line> {
    let program = std::env::current_exe()?.with_file_name("bench_hub");
    let output = std::process::Command::new(program).arg(folder).output()?;
    let text = String::from_utf8(output.stdout)?;
    let (value, yardstick) = text.trim().split_once('\n').ok_or_else(|| format!("bench_hub said: {text} {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(Line { name: "hub_changes_per_s", value: value.parse()?, unit: "/s", target: 8_000.0, yardstick: yardstick.to_owned() })
}

/// The measurement itself: changes a second, and the yardstick.
pub async fn measure(folder: &Path) -> Result<(f64, String)> {
    let stage = Stage::community(folder).await?;
    let mut devices = Vec::new();
    for grid in 0..33_u64 {
        let name = format!("g{grid:02}");
        let invite = stage.hub.invite(Role::GridWorker, Some(&name), &format!("网格员{grid}")).await?;
        devices.push(Device::enrolled(folder, grid, &invite).await?);
    }
    stage.hub.clock.advance_to(crate::harness::MORNING + 12 * 3600);
    let mut changes = 0;
    for (device, grid) in devices.iter().zip(0..) {
        let mut walker = Walker::default();
        let by = format!("w{grid:02}");
        for operation in stage.community.day.iter().filter(|o| o.by() == by) {
            device.clock.advance_to(operation.at());
            walker.perform(&device.phone, &stage.known, operation)?;
        }
        device.clock.advance_to(crate::harness::MORNING + 12 * 3600);
        changes += device.phone.status()?.unsent;
    }
    let names: Vec<String> = (0..TENANTS).map(|n| format!("t{n:02}")).collect();
    clone_tenants(&stage, &names).await?;
    let mut requests = Vec::new();
    // As phones come: from all communities at the same time.
    for device in &devices {
        for name in &names {
            requests.push(prepare(device, name)?);
        }
    }
    let total = changes * TENANTS as u64;
    let bytes: usize = requests.iter().map(|r| r.body.len()).sum();
    let phones = requests.len();
    let url = Arc::new(stage.hub.url());
    let (next, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(requests));
    let started = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (next, requests, url) = (next.clone(), requests.clone(), url.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::builder().tls_certs_only([]).build()?;
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut builder = client.post(format!("{url}{}", request.path));
                    for (name, value) in request.head.fields() {
                        builder = builder.header(name, value);
                    }
                    let answer = builder.body(request.body.clone()).send().await?;
                    if !answer.status().is_success() {
                        return Err(format!("the hub answered {}", answer.status()).into());
                    }
                    answer.bytes().await?;
                }
                Ok::<_, super::Failure>(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut read = stage.hub.hub.store.read().await?;
    let taken: i64 = gridwalk_hub::store::one(&mut read, "SELECT count(*) FROM visits WHERE tenant_id = 't00'", vec![]).await?.try_get(0)?;
    if taken < 80 * 33 {
        return Err(format!("only {taken} visits arrived").into());
    }
    drop(read);
    let bare = bare(&folder.join("bare.db"), total, phones as u64)?;
    stage.hub.stop().await;
    let yardstick =
        format!("{total} changes of {phones} phones, {bytes} B in {seconds:.1} s; the same number of bare rows, a transaction a phone: {bare:.0} /s");
    Ok((total as f64 / seconds, yardstick))
}

/// A request of `device` for the copy of its community called `tenant`; the phone is as before afterwards.
fn prepare(device: &Device, tenant: &str) -> Result<Prepared> {
    let rename = |tenant: &str| {
        device.phone.store().write(|tx| {
            tx.execute("UPDATE tenants SET tenant = ?1", [tenant])?;
            tx.execute("UPDATE documents SET tenant = ?1", [tenant])?;
            tx.execute("UPDATE commands SET body = json_set(body, '$.tenant', ?1)", [tenant])?;
            tx.execute("UPDATE changes SET bundle = NULL WHERE taken = 0", [])?;
            tx.execute("DELETE FROM bundles", [])?;
            Ok(())
        })
    };
    rename(tenant)?;
    let hub = device.phone.hubs()?.pop().ok_or("no hub")?;
    Ok(device.phone.prepare_sync(&hub, 0)?)
}

/// Copies the community under other names, devices included.
async fn clone_tenants(stage: &Stage, names: &[String]) -> Result<()> {
    let mut tx = stage.hub.hub.store.write_any().await?;
    let tables = sqlx::query("SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'tenant_id') ORDER BY m.name")
        .fetch_all(&mut *tx)
        .await?;
    for table in tables {
        let table: String = table.try_get(0)?;
        if table == "import_keys" {
            continue;
        }
        let columns = sqlx::query("SELECT '\"' || name || '\"' FROM pragma_table_info($1) WHERE name <> 'tenant_id' ORDER BY cid")
            .bind(table.clone())
            .fetch_all(&mut *tx)
            .await?;
        let columns = columns.iter().map(|r| r.try_get::<String, _>(0)).collect::<std::result::Result<Vec<_>, _>>()?.join(", ");
        for name in names {
            let sql = format!("INSERT INTO {table} (tenant_id, {columns}) SELECT $1, {columns} FROM {table} WHERE tenant_id = $2");
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name.clone()).bind(stage.hub.tenant.id.clone()).execute(&mut *tx).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Bare rows of a change's size into SQLite with the same durability.
fn bare(path: &Path, rows: u64, transactions: u64) -> Result<f64> {
    let connection = rusqlite::Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE changes (number INTEGER PRIMARY KEY, body BLOB)")?;
    let body = vec![7_u8; 300];
    let started = Instant::now();
    for _ in 0..transactions {
        connection.execute_batch("BEGIN")?;
        for _ in 0..rows / transactions {
            connection.prepare_cached("INSERT INTO changes (body) VALUES (?1)")?.execute([&body])?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}
