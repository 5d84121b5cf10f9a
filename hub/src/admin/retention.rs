//! Retention (保存期限): what was kept long enough goes by the community's own rules, a few documents at a time, so that nobody
//! waits for it. Cut anywhere, the next run goes on.

use gridwalk_core::ids::Id;
use gridwalk_core::kinds;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::erase::{RETENTION, TOLD_SECONDS, attached, erase_all, scrub, sweep_photos};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all, exec, select_in};
use crate::sync::{Erase, Tell, WORDS_GONE, entries};

/// Documents that one transaction takes.
const BATCH: i64 = 100;
/// How often a serving hub applies the rules, in seconds.
const DAY: i64 = 86_400;

/// What is due to go, of one kind in one grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// `visit` or `report`.
    pub kind: &'static str,
    /// The grid's name; empty for what came to the desk.
    pub grid: String,
    /// How many.
    pub count: i64,
    /// The oldest, in seconds since the Unix epoch (UTC).
    pub oldest_at: i64,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Visits that went.
    pub visits: usize,
    /// Reports that lost their words.
    pub reports: usize,
}

/// A community's rules: up to when visits and closed reports are old enough to go; `None` keeps them.
struct Cutoffs {
    visits: Option<i64>,
    reports: Option<i64>,
    daily: bool,
}

impl Cutoffs {
    async fn read(connection: &mut Conn, tenant: &Tenant, now: i64) -> Result<Self> {
        let key = vec![Arg::text(&tenant.id), Arg::text(&tenant.settings.to_string())];
        let mut cutoffs = Self { visits: None, reports: None, daily: false };
        for row in all(connection, "SELECT entry, months FROM retention WHERE tenant_id = $1 AND doc = $2", key.clone()).await? {
            let cutoff = match row.get::<Option<i64>>(1)? {
                Some(months) if months > 0 => Some(months_before(now, months.clamp(12, 1200))?),
                _ => None,
            };
            match row.get::<String>(0)?.as_str() {
                "visit" => cutoffs.visits = cutoff,
                "report" => cutoffs.reports = cutoff,
                // A newer gridwalk's.
                _ => {}
            }
        }
        let rows = all(connection, "SELECT retention_daily FROM settings WHERE tenant_id = $1 AND doc = $2", key).await?;
        cutoffs.daily = rows.first().map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten() == Some(1);
        Ok(cutoffs)
    }
}

/// The moment so many calendar months before `now`, by China's time.
fn months_before(now: i64, months: i64) -> Result<i64> {
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let before = Timestamp::from_second(now).and_then(|t| t.to_zoned(zone).checked_sub(months.months()));
    Ok(before.map_err(|e| HubError::usage("保存期限过长", e))?.timestamp().as_second())
}

/// Visits whose date and whose coming in are both before `$2`: a phone's wrong clock makes nothing old.
const VISITS: &str = "FROM visits v JOIN documents d ON d.tenant_id = v.tenant_id AND d.doc = v.doc
    LEFT JOIN households h ON h.tenant_id = v.tenant_id AND h.doc = v.household
    LEFT JOIN places p ON p.tenant_id = v.tenant_id AND p.doc = h.place
    WHERE v.tenant_id = $1 AND v.at < $2 AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tenant_id = v.tenant_id AND c.doc = v.doc AND c.at >= $2)";
/// Reports at their end before `$2`, and untouched since, that still have words; `$3` stands where these were.
const REPORTS: &str = "FROM reports v JOIN documents d ON d.tenant_id = v.tenant_id AND d.doc = v.doc
    LEFT JOIN places p ON p.tenant_id = v.tenant_id AND p.doc = v.place
    WHERE v.tenant_id = $1 AND v.holder = '' AND v.status_since < $2 AND v.title <> $3
    AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tenant_id = v.tenant_id AND c.doc = v.doc AND c.at >= $2)";

/// Demands of such reports.
const DEMANDS: &str = "FROM demands v JOIN documents d ON d.tenant_id = v.tenant_id AND d.doc = v.doc
    JOIN reports r ON r.tenant_id = v.tenant_id AND r.doc = v.report
    WHERE v.tenant_id = $1 AND r.holder = '' AND r.status_since < $2 AND v.title <> $3
    AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.tenant_id = v.tenant_id AND c.doc = v.doc AND c.at >= $2)";

/// What [`apply`] would take, by kind and grid.
pub async fn preview(hub: &Hub, tenant: &Tenant) -> Result<Vec<Due>> {
    let mut read = hub.store.read().await?;
    let cutoffs = Cutoffs::read(&mut read, tenant, hub.confirmed_now()).await?;
    let mut due = Vec::new();
    for (kind, from, at, cutoff) in [("visit", VISITS, "v.at", cutoffs.visits), ("report", REPORTS, "v.status_since", cutoffs.reports)] {
        let Some(cutoff) = cutoff else { continue };
        let mut args = vec![Arg::text(&tenant.id), Arg::int(cutoff)];
        args.extend((kind == "report").then(|| Arg::text(WORDS_GONE)));
        let sql = format!("SELECT coalesce(p.name, ''), count(*), min({at}) {from} GROUP BY 1 ORDER BY 1");
        for row in all(&mut read, &sql, args).await? {
            due.push(Due { kind, grid: row.get(0)?, count: row.get(1)?, oldest_at: row.get(2)? });
        }
    }
    Ok(due)
}

/// Applies a community's rules: visits go, closed reports lose their words, with their photos. `by` is who asked: `admin` or `hub`.
pub async fn apply(hub: &Hub, tenant: &Tenant, by: &str) -> Result<Applied> {
    let applied = apply_to_documents(hub, tenant, by).await?;
    sweep_photos(hub, tenant).await?;
    Ok(applied)
}

async fn apply_to_documents(hub: &Hub, tenant: &Tenant, by: &str) -> Result<Applied> {
    hub.read_clock().await?;
    let now = hub.confirmed_now();
    let cutoffs = Cutoffs::read(&mut *hub.store.read().await?, tenant, now).await?;
    let mut applied = Applied::default();
    if let Some(cutoff) = cutoffs.visits {
        applied.visits = take(hub, tenant, VISITS, vec![Arg::int(cutoff)], &Erase::Document).await?;
    }
    if let Some(cutoff) = cutoffs.reports {
        applied.reports = take(hub, tenant, REPORTS, vec![Arg::int(cutoff), Arg::text(WORDS_GONE)], &Erase::Words).await?;
        take(hub, tenant, DEMANDS, vec![Arg::int(cutoff), Arg::text(WORDS_GONE)], &Erase::Words).await?;
    }
    stop_telling(hub, tenant, now).await?;
    if applied != Applied::default() {
        let mut tx = hub.store.write(&tenant.id).await?;
        let detail = format!("visits {}, reports {}", applied.visits, applied.reports);
        record(&mut tx, &tenant.id, hub.now(), Act { by, verb: "retention", subject: &tenant.settings.to_string(), detail: &detail }).await?;
        tx.commit().await?;
        scrub(hub).await?;
    }
    Ok(applied)
}

/// Takes what these documents lose, in pieces. Returns how many.
async fn take(hub: &Hub, tenant: &Tenant, from: &str, limits: Vec<Arg>, erase: &Erase) -> Result<usize> {
    let now = hub.confirmed_now();
    let (mut taken, mut after) = (0, String::new());
    let next = limits.len() + 2;
    let sql = format!("SELECT v.doc, d.kind, d.kept_until {from} AND v.doc > ${next} ORDER BY v.doc LIMIT ${}", next + 1);
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let args = [vec![Arg::text(&tenant.id)], limits.clone(), vec![Arg::text(&after), Arg::Int(Some(BATCH))]].concat();
        let rows = all(&mut tx, &sql, args).await?;
        let mut documents = Vec::new();
        for row in &rows {
            after = row.get(0)?;
            let id: Id = after.parse()?;
            let Some(kind) = kinds::by_name(&row.get::<String>(1)?) else { continue };
            let tell = |kept_until| match kept_until {
                None => Tell::Forever,
                Some(until) if until + TOLD_SECONDS > now => Tell::Until(now + TOLD_SECONDS),
                Some(_) => Tell::Nobody,
            };
            // Its photos go with its words.
            for about in attached(&mut tx, tenant, id).await? {
                documents.push((about.id, about.kind, Erase::Document, tell(about.kept_until)));
            }
            documents.push((id, kind, erase.clone(), tell(row.get(2)?)));
        }
        erase_all(hub, tenant, &mut tx, &documents, RETENTION).await?.commit(tx).await?;
        taken += rows.len();
        if (rows.len() as i64) < BATCH {
            return Ok(taken);
        }
    }
}

/// Entries that told phones of visits gone are read by new phones too; after a while nobody needs them.
async fn stop_telling(hub: &Hub, tenant: &Tenant, now: i64) -> Result<()> {
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let sql = "SELECT doc FROM documents WHERE tenant_id = $1 AND erased_at IS NOT NULL AND kept_until < $2 ORDER BY doc LIMIT $3";
        let rows = all(&mut tx, sql, vec![Arg::text(&tenant.id), Arg::int(now), Arg::Int(Some(BATCH))]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let docs: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<std::result::Result<_, _>>()?;
        entries::stop_telling(&mut tx, &tenant.id, &docs).await?;
        select_in(&mut tx, "DELETE FROM audiences WHERE tenant_id = $1 AND doc IN ({in})", &tenant.id, &docs).await?;
        select_in(&mut tx, "UPDATE documents SET kept_until = NULL WHERE tenant_id = $1 AND doc IN ({in})", &tenant.id, &docs).await?;
        tx.commit().await?;
    }
}

/// Applies the rules where the community has switched that on and a day has passed.
pub async fn apply_daily(hub: &Hub, tenant: &Tenant) -> Result<()> {
    let (now, name) = (hub.confirmed_now(), format!("retention {}", tenant.id));
    let mut read = hub.store.read().await?;
    if !Cutoffs::read(&mut read, tenant, now).await?.daily {
        return Ok(());
    }
    let last = all(&mut read, "SELECT value FROM meta WHERE name = $1", vec![Arg::text(&name)]).await?;
    drop(read);
    let last = last.first().map(|row| row.get::<String>(0)).transpose()?.and_then(|at| at.parse::<i64>().ok());
    if last.is_some_and(|at| (now - at).abs() < DAY) {
        return Ok(());
    }
    // The serving hub sweeps the files of photos by itself.
    apply_to_documents(hub, tenant, "hub").await?;
    let mut tx = hub.store.write(&tenant.id).await?;
    let sql = "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    exec(&mut tx, sql, vec![Arg::text(&name), Arg::text(&now.to_string())]).await?;
    Ok(tx.commit().await?)
}
