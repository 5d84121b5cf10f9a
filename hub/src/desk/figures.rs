//! The figures of the first page, from the read model.

use sqlx::{AnyConnection, Row};

use crate::admin::tenants;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, one};

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
    /// Visits of that day by grid: name, visits, people met.
    pub visits_by_grid: Vec<(String, i64, i64)>,
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

async fn community(connection: &mut AnyConnection, tenant: Tenant, now: i64) -> Result<Community> {
    let mut counts = Vec::new();
    for (label, from) in [
        ("户", "households WHERE"),
        ("居民", "residents WHERE"),
        ("上报", "reports WHERE"),
        ("待反馈", "reports WHERE status NOT IN ('closed', 'declined', 'answered') AND"),
        ("走访", "visits WHERE"),
        ("活动", "activities WHERE"),
        ("签到", "attendances WHERE"),
        ("设备", "devices WHERE revoked_at IS NULL AND"),
    ] {
        let row = one(connection, &format!("SELECT count(*) FROM {from} tenant_id = $1"), vec![Arg::text(&tenant.id)]).await?;
        counts.push((label, row.try_get(0)?));
    }
    let mut open_by_age = Vec::new();
    for (label, from_days, to_days) in [("1天内", 0, 1), ("1–3天", 1, 3), ("3–7天", 3, 7), ("7–15天", 7, 15), ("15天以上", 15, 100_000)] {
        let sql = "SELECT count(*) FROM reports WHERE tenant_id = $1 AND status NOT IN ('closed', 'declined', 'answered') AND at <= $2 AND at > $3";
        // What is newer than the hub's clock is new.
        let upper = if from_days == 0 { i64::MAX } else { now - from_days * 86_400 };
        let row = one(connection, sql, vec![Arg::text(&tenant.id), Arg::Int(Some(upper)), Arg::Int(Some(now - to_days * 86_400))]).await?;
        open_by_age.push((label, row.try_get(0)?));
    }
    // The newest day with visits: the page of a quiet morning still shows the last working day.
    let newest = all(connection, "SELECT max(at) FROM visits WHERE tenant_id = $1", vec![Arg::text(&tenant.id)]).await?;
    let newest: Option<i64> = newest.first().map(|r| r.try_get(0)).transpose()?.flatten();
    let day_start = (newest.unwrap_or(now) + CHINA).div_euclid(86_400) * 86_400 - CHINA;
    let sql = "SELECT coalesce(p.name, '—'), count(*), sum(CASE WHEN v.result = 'met' THEN 1 ELSE 0 END)
        FROM visits v JOIN households h ON h.tenant_id = v.tenant_id AND h.doc = v.household
        LEFT JOIN places p ON p.tenant_id = v.tenant_id AND p.doc = h.place
        WHERE v.tenant_id = $1 AND v.at >= $2 AND v.at < $3 GROUP BY p.name ORDER BY p.name";
    let rows = all(connection, sql, vec![Arg::text(&tenant.id), Arg::int(day_start), Arg::int(day_start + 86_400)]).await?;
    let visits_by_grid = rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?, r.try_get(2)?))).collect::<Result<_>>()?;
    let day = jiff::Timestamp::from_second(day_start + CHINA).map(|t| t.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    Ok(Community { name: tenant.name, counts, open_by_age, day, visits_by_grid })
}
