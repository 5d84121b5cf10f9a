//! The calendar (工作日历) of a community: public holidays and make-up working days from a file, and when a clock ends by them.

use std::path::Path;

use gridwalk_core::calendar::{Calendar, read_version};
use gridwalk_core::settings::{AddCalendar, calendar_of};

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, all};
use crate::sync::Batch;

/// Adds the days of a file of day, kind and name (CSV, headings or not) as a new version. Returns how many days it has.
pub async fn add_calendar(hub: &Hub, tenant: &Tenant, file: &Path, source: &str) -> Result<usize> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_path(file).map_err(unreadable)?;
    let mut rows = Vec::new();
    for line in reader.records() {
        let line = line.map_err(unreadable)?;
        let cell = |at: usize| line.get(at).unwrap_or_default().trim_start_matches('\u{feff}').to_owned();
        rows.push([0, 1, 2].map(cell));
    }
    // The first row may say what the columns are.
    if rows.first().is_some_and(|[date, ..]| !date.starts_with(|c: char| c.is_ascii_digit())) {
        rows.remove(0);
    }
    let version = read_version(source, &rows)?;
    let count = version.days.len();
    let mut tx = hub.store.write(&tenant.id).await?;
    let mut batch = Batch::new(hub, tenant);
    batch.run(&mut tx, AddCalendar { settings: tenant.settings, version }.into()).await?;
    batch.flush(&mut tx).await?;
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "calendar", subject: &tenant.id, detail: &format!("days {count}") }).await?;
    tx.commit().await?;
    move_clocks(hub, tenant).await?;
    Ok(count)
}

/// Cases that one transaction looks at.
const AT_ONCE: i64 = 100;

/// Moves the clocks that run, a few cases at a time.
async fn move_clocks(hub: &Hub, tenant: &Tenant) -> Result<()> {
    let mut after = String::new();
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let sql = "SELECT DISTINCT doc FROM case_clocks WHERE tenant_id = $1 AND stopped_at IS NULL AND doc > $2 ORDER BY doc LIMIT $3";
        let rows = all(&mut tx, sql, vec![Arg::text(&tenant.id), Arg::text(&after), Arg::Int(Some(AT_ONCE))]).await?;
        let mut batch = Batch::new(hub, tenant);
        for row in &rows {
            after = row.get(0)?;
            batch.move_clocks(&mut tx, after.parse()?).await?;
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        if (rows.len() as i64) < AT_ONCE {
            return Ok(());
        }
    }
}

fn unreadable(e: csv::Error) -> HubError {
    HubError::usage("文件读不出来，请存为 UTF-8 的 CSV：日期,放假或上班,节日", format!("the file cannot be read as CSV of day, kind, name: {e}"))
}

/// The community's calendar by the last version of each year, and whether it has set office hours.
pub async fn calendar(hub: &Hub, tenant: &Tenant) -> Result<(Calendar, bool)> {
    let mut read = hub.store.read().await?;
    let key = vec![Arg::text(&tenant.id), Arg::text(&tenant.settings.to_string())];
    let rows = all(&mut read, "SELECT body FROM calendars WHERE tenant_id = $1 AND doc = $2 ORDER BY entry", key.clone()).await?;
    let versions = rows.iter().map(|row| Ok(row.get::<Option<String>>(0)?.unwrap_or_default())).collect::<Result<Vec<_>>>()?;
    let rows = all(&mut read, "SELECT office_hours FROM settings WHERE tenant_id = $1 AND doc = $2", key).await?;
    let hours = rows.first().map(|row| row.get::<Option<String>>(0)).transpose()?.flatten();
    Ok((calendar_of(&versions, hours.as_deref()), hours.is_some()))
}
