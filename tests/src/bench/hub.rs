//! The hub under the reference day of 32 communities: requests prepared beforehand, all checks on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use gridwalk_core::rules::Role;
use gridwalk_core::sync::SignedRequest;
use gridwalk_hub::store::{Arg, all, exec};

use super::stage::Stage;
use super::{Line, Result};
use crate::harness::Device;
use crate::postgres;
use crate::replay::Walker;

const TENANTS: usize = 32;
const CLIENTS: usize = 8;

/// How many changes a second the embedded store takes, measured in a process with the hub's allocator.
pub fn line(folder: &Path) -> Result<Line> {
    let (value, yardstick) = measured(folder, None)?;
    Ok(Line { name: "hub_changes_per_s", value, unit: "/s", target: 8_000.0, yardstick })
}

/// The same on PostgreSQL, whose server `cargo xtask bench` names; held against the embedded store of the same run.
pub fn line_postgres(folder: &Path, server: &str, embedded: f64) -> Result<Line> {
    let (value, yardstick) = measured(folder, Some(server))?;
    let yardstick = format!("{yardstick}; the embedded store in the same run: {embedded:.0} /s");
    Ok(Line { name: "hub_changes_per_s_postgres", value, unit: "/s", target: 4_000.0, yardstick })
}

fn measured(folder: &Path, server: Option<&str>) -> Result<(f64, String)> {
    let program = std::env::current_exe()?.with_file_name("bench_hub");
    let mut command = std::process::Command::new(program);
    command.arg(folder).env_remove(postgres::VARIABLE).envs(server.map(|server| (postgres::VARIABLE, server)));
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    let (value, yardstick) = text.trim().split_once('\n').ok_or_else(|| format!("bench_hub said: {text} {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((value.parse()?, yardstick.to_owned()))
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
    let taken: i64 = gridwalk_hub::store::one(&mut read, "SELECT count(*) FROM visits WHERE tenant_id = 't00'", vec![]).await?.get(0)?;
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
fn prepare(device: &Device, tenant: &str) -> Result<SignedRequest> {
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
    Ok(device.phone.prepare_sync(&hub, 0)?.request)
}

/// Copies the community under other names, devices included.
async fn clone_tenants(stage: &Stage, names: &[String]) -> Result<()> {
    let mut tx = stage.hub.hub.store.write_any().await?;
    let own = ["tenants", "devices", "grants", "documents", "changes", "audiences", "entries", "statements"];
    for table in own.into_iter().chain(gridwalk_core::kinds::tables().map(|table| table.name)) {
        let Some(row) = all(&mut tx, &format!("SELECT * FROM {table} LIMIT 1"), vec![]).await?.pop() else { continue };
        let columns: Vec<String> = row.names().into_iter().filter(|name| *name != "tenant_id").map(|name| format!("\"{name}\"")).collect();
        let columns = columns.join(", ");
        for name in names {
            let sql = format!("INSERT INTO {table} (tenant_id, {columns}) SELECT CAST($1 AS TEXT), {columns} FROM {table} WHERE tenant_id = $2");
            exec(&mut tx, &sql, vec![Arg::text(name), Arg::text(&stage.hub.tenant.id)]).await?;
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
