//! Backup while the hub works, and restore, which begins a new epoch: phones then send again what the backup lacks.

use std::fs::{self, File};
use std::path::Path;

use gridwalk_core::identity::HostRandom;

use super::photos::{CopiedPhotos, check_free, copy_photos};
use crate::error::{HubError, Result};
use crate::hub::{Hub, tenants};
use crate::registry::act_log::{self, Act, record};
use crate::registry::community_keys;
use crate::store::{Alone, Conn, DB_FILE, Store, is_sqlite_backup, set_new_epoch, sqlite_aside, sqlite_files};

/// Held while a hub serves from a data folder, or something replaces the database there.
pub struct HubLock {
    _file: File,
}

impl HubLock {
    /// For serving and for commands beside it.
    pub fn shared(folder: &Path) -> Result<Self> {
        let file = Self::file(folder)?;
        file.try_lock_shared().map_err(|_| HubError::usage("数据正在恢复，请稍后再试", "the data is being restored; try again later"))?;
        Ok(Self { _file: file })
    }

    /// For replacing the database.
    pub fn exclusive(folder: &Path) -> Result<Self> {
        let file = Self::file(folder)?;
        file.try_lock().map_err(|_| HubError::usage("服务器正在运行，请先停止再恢复", "the hub is running on this folder; stop it before restoring"))?;
        Ok(Self { _file: file })
    }

    fn file(folder: &Path) -> Result<File> {
        fs::create_dir_all(folder)?;
        Ok(File::options().create(true).truncate(false).write(true).open(folder.join("hub.lock"))?)
    }
}

/// Copies the database, whole and consistent, to a new file, and the files of photos to a folder beside it.
pub async fn backup(hub: &Hub, to: &Path) -> Result<CopiedPhotos> {
    if to.exists() {
        return Err(HubError::usage("目标文件已存在，请换一个名字", "the target file exists already; choose another name"));
    }
    check_free(to)?;
    hub.store.backup(to).await?;
    let photos = copy_photos(hub, to).await?;
    let mut tx = hub.store.write_any().await?;
    record_everywhere(&mut tx, hub.now(), "backup").await?;
    tx.commit().await?;
    Ok(photos)
}

async fn record_everywhere(connection: &mut Conn, at: i64, verb: &str) -> Result<()> {
    for tenant in tenants(connection).await? {
        record(connection, &tenant, at, Act { by: "admin", verb, subject: "", detail: "" }).await?;
    }
    Ok(())
}

/// Puts a backup in the place of the database (of PostgreSQL's at the address `database`, else SQLite's in `folder`), under a
/// new epoch. What was there is kept beside it, and the log and the keys that it has
/// since the backup are carried over.
pub async fn restore(folder: &Path, database: Option<&str>, from: &Path, now: i64, random: &dyn HostRandom) -> Result<()> {
    let _lock = HubLock::exclusive(folder)?;
    match database {
        Some(database) => restore_postgres(database, from, now, random).await,
        None => restore_sqlite(folder, from, now, random).await,
    }
}

async fn restore_postgres(database: &str, from: &Path, now: i64, random: &dyn HostRandom) -> Result<()> {
    let mut alone = Alone::at(database).await?;
    alone.replace(from, now).await?;
    let old = alone.replaced().await?;
    let mut tx = alone.write(random).await?;
    set_new_epoch(&mut tx, random).await?;
    if let Some(mut old) = old {
        for tenant in tenants(&mut tx).await? {
            act_log::carry_over(&mut old, &mut tx, &tenant).await?;
            community_keys::carry_over(&mut old, &mut tx, &tenant).await?;
        }
        old.close().await?;
    }
    record_everywhere(&mut tx, now, "restore").await?;
    Alone::finish(&mut tx).await?;
    tx.commit().await?;
    alone.close().await
}

/// Names of what restores replaced and kept, by which it holds what was erased since.
pub async fn replaced(hub: &Hub) -> Result<Vec<String>> {
    hub.store.replaced(&hub.folder).await
}

/// Removes what restores replaced and kept. Returns how many there were.
pub async fn drop_replaced(hub: &Hub) -> Result<usize> {
    let names = replaced(hub).await?;
    for name in &names {
        hub.store.drop_replaced(name).await?;
    }
    if !names.is_empty() {
        let mut tx = hub.store.write_any().await?;
        record_everywhere(&mut tx, hub.now(), "drop_replaced").await?;
        tx.commit().await?;
    }
    Ok(names.len())
}

/// Begins a new epoch on a database that was put back by other means than [`restore`].
pub async fn new_epoch(folder: &Path, database: Option<&str>, now: i64, random: &dyn HostRandom) -> Result<()> {
    let _lock = HubLock::exclusive(folder)?;
    match database {
        Some(database) => {
            let mut alone = Alone::at(database).await?;
            let mut tx = alone.write(random).await?;
            set_new_epoch(&mut tx, random).await?;
            record_everywhere(&mut tx, now, "new_epoch").await?;
            tx.commit().await?;
            alone.close().await
        }
        None => {
            let store = Store::open(folder, None, random).await?;
            let mut tx = store.write_any().await?;
            set_new_epoch(&mut tx, random).await?;
            record_everywhere(&mut tx, now, "new_epoch").await?;
            tx.commit().await?;
            store.close().await;
            Ok(())
        }
    }
}

async fn restore_sqlite(folder: &Path, from: &Path, now: i64, random: &dyn HostRandom) -> Result<()> {
    if !is_sqlite_backup(from).await {
        return Err(HubError::usage("这不是完好的备份文件，没有改动", "this is not a sound backup; nothing was changed"));
    }
    let part = folder.join("restore");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    fs::copy(from, part.join(DB_FILE))?;
    // Opened under its new epoch before anything is replaced.
    let store = Store::open(&part, None, random).await?;
    let mut tx = store.write_any().await?;
    set_new_epoch(&mut tx, random).await?;
    if is_sqlite_backup(&folder.join(DB_FILE)).await {
        let old = Store::open(folder, None, random).await?;
        let mut read = old.read().await?;
        for tenant in tenants(&mut tx).await? {
            act_log::carry_over(&mut read, &mut tx, &tenant).await?;
            community_keys::carry_over(&mut read, &mut tx, &tenant).await?;
        }
        read.commit().await?;
        old.close().await;
    }
    record_everywhere(&mut tx, now, "restore").await?;
    tx.commit().await?;
    store.close().await;
    let aside = sqlite_aside(folder, now);
    for (old, suffix) in sqlite_files(folder) {
        if old.exists() {
            fs::rename(&old, format!("{}{suffix}", aside.display()))?;
        }
    }
    fs::rename(part.join(DB_FILE), folder.join(DB_FILE))?;
    fs::remove_dir_all(&part)?;
    Ok(())
}
