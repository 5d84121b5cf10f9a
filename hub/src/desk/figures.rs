//! The figures of the first page, from the read model.

use std::collections::HashMap;

use gridwalk_core::places::document::{CLOSED, MICRO_GRID};

use crate::error::Result;
use crate::hub::{Hub, Tenant, tenants};
use crate::store::{Arg, Conn, all, one};

/// China's offset from UTC, in seconds: the days of the page are the community's.
const CHINA: i64 = 8 * 3600;

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Each community.
    pub communities: Vec<Community>,
    /// The hub's time, in seconds since the Unix epoch (UTC).
    pub now: i64,
}

/// One community's figures.
#[derive(Debug, Clone, Default)]
pub struct Community {
    /// Its name.
    pub name: String,
    /// Households, residents, reports, open reports, visits, activities, attendances, devices.
    pub counts: Vec<(&'static str, i64)>,
    /// Open reports by age: label, count.
    pub open_by_age: Vec<(&'static str, i64)>,
    /// The day that the visits below are of, `2026-03-02`.
    pub day: String,
    /// Each grid in use, by name. Everything counts once, where it lies now.
    pub grids: Vec<Grid>,
    /// Closed grids in which something still lies: an act on grids was cut off and is to be run again.
    pub defects: Vec<Grid>,
}

/// One grid's figures.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Its name; `—` for what lies in no grid.
    pub name: String,
    /// Households that lie in it.
    pub households: i64,
    /// Reports that lie in it.
    pub reports: i64,
    /// Visits of the day to households that lie in it now, whoever made them.
    pub visits: i64,
    /// How many of them met someone.
    pub met: i64,
}

/// Reads the figures of all communities.
pub async fn figures(hub: &Hub) -> Result<Figures> {
    let mut read = hub.store.read().await?;
    let now = hub.now();
    let mut communities = Vec::new();
    for id in tenants(&mut read).await? {
        if let Some(tenant) = Tenant::find(&mut read, &id).await? {
            communities.push(community(&mut read, tenant, now).await?);
        }
    }
    Ok(Figures { communities, now })
}

async fn community(connection: &mut Conn, tenant: Tenant, now: i64) -> Result<Community> {
    let mut counts = Vec::new();
    for (label, from) in [
        ("户", "households WHERE"),
        ("居民", "residents WHERE"),
        ("上报", "reports WHERE status <> 'merged' AND"),
        ("待反馈", "reports WHERE holder <> '' AND status NOT IN ('answered', 'verified') AND"),
        ("结案后有新情况", "reports WHERE notes_since > 0 AND"),
        ("走访", "visits WHERE"),
        ("活动", "activities WHERE"),
        ("签到", "attendances WHERE"),
        ("设备", "devices WHERE revoked_at IS NULL AND"),
    ] {
        let row = one(connection, &format!("SELECT count(*) FROM {from} tenant_id = $1"), vec![Arg::text(&tenant.id)]).await?;
        counts.push((label, row.get(0)?));
    }
    let mut open_by_age = Vec::new();
    for (label, from_days, to_days) in [("1天内", 0, 1), ("1–3天", 1, 3), ("3–7天", 3, 7), ("7–15天", 7, 15), ("15天以上", 15, 100_000)] {
        let sql = "SELECT count(*) FROM reports WHERE tenant_id = $1 AND holder <> '' AND status NOT IN ('answered', 'verified') AND at <= $2 AND at > $3";
        // What is newer than the hub's clock is new.
        let upper = if from_days == 0 { i64::MAX } else { now - from_days * 86_400 };
        let row = one(connection, sql, vec![Arg::text(&tenant.id), Arg::Int(Some(upper)), Arg::Int(Some(now - to_days * 86_400))]).await?;
        open_by_age.push((label, row.get(0)?));
    }
    // The newest day with visits: the page of a quiet morning still shows the last working day.
    let newest = all(connection, "SELECT max(at) FROM visits WHERE tenant_id = $1", vec![Arg::text(&tenant.id)]).await?;
    let newest: Option<i64> = newest.first().map(|r| r.get(0)).transpose()?.flatten();
    let day_start = (newest.unwrap_or(now) + CHINA).div_euclid(86_400) * 86_400 - CHINA;
    let (grids, defects) = grids(connection, &tenant.id, day_start).await?;
    let day = jiff::Timestamp::from_second(day_start + CHINA).map(|t| t.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    Ok(Community { name: tenant.name, counts, open_by_age, day, grids, defects })
}

/// The grids in use, and the closed ones that are not empty; visits of the day from `day_start` on.
async fn grids(connection: &mut Conn, tenant: &str, day_start: i64) -> Result<(Vec<Grid>, Vec<Grid>)> {
    let mut by_place: HashMap<Option<String>, Grid> = HashMap::new();
    for row in all(connection, "SELECT place, count(*) FROM households WHERE tenant_id = $1 GROUP BY place", vec![Arg::text(tenant)]).await? {
        by_place.entry(row.get(0)?).or_default().households = row.get(1)?;
    }
    for row in all(connection, "SELECT place, count(*) FROM reports WHERE tenant_id = $1 GROUP BY place", vec![Arg::text(tenant)]).await? {
        by_place.entry(row.get(0)?).or_default().reports = row.get(1)?;
    }
    let sql = "SELECT h.place, count(*), CAST(sum(CASE WHEN v.result = 'met' THEN 1 ELSE 0 END) AS BIGINT)
        FROM visits v LEFT JOIN households h ON h.tenant_id = v.tenant_id AND h.doc = v.household
        WHERE v.tenant_id = $1 AND v.at >= $2 AND v.at < $3 GROUP BY h.place";
    for row in all(connection, sql, vec![Arg::text(tenant), Arg::int(day_start), Arg::int(day_start + 86_400)]).await? {
        let grid = by_place.entry(row.get(0)?).or_default();
        (grid.visits, grid.met) = (row.get(1)?, row.get(2)?);
    }
    let (mut grids, mut defects) = (Vec::new(), Vec::new());
    let sql = "SELECT doc, name, state FROM places WHERE tenant_id = $1 AND level <> $2 ORDER BY name, doc";
    for row in all(connection, sql, vec![Arg::text(tenant), Arg::text(MICRO_GRID)]).await? {
        let found = by_place.remove(&row.get::<Option<String>>(0)?);
        let name: String = row.get(1)?;
        match row.get::<String>(2)?.as_str() {
            CLOSED => defects.extend(found.map(|g| Grid { name, ..g })),
            _ => grids.push(Grid { name, ..found.unwrap_or_default() }),
        }
    }
    // What lies in no grid, or in one that is not known here.
    let rest = by_place.into_values().reduce(|a, b| Grid {
        households: a.households + b.households,
        reports: a.reports + b.reports,
        visits: a.visits + b.visits,
        met: a.met + b.met,
        ..a
    });
    grids.extend(rest.map(|g| Grid { name: "—".to_owned(), ..g }));
    Ok((grids, defects))
}
