//! A phone with the whole community: pulling it, opening, searching, recording, memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::{Invite, SeededRandom};
use gridwalk_core::records::{JsonMap, ListQuery};
use gridwalk_core::rules::Role;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Config, Input, Phone, kinds};
use rusqlite::Connection;

use super::stage::Stage;
use super::{Line, Result, child, gzip, median, peak_mib, percentile};
use crate::harness::{Device, MORNING, key_of};
use crate::typed::RecordVisit;

const VISITS: usize = 300;
const OPENINGS: usize = 21;

/// All rows of a phone with 13,322 households.
pub async fn rows(stage: &Stage) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let invite = stage.hub.invite_at(&stage.url(), Role::Cadre, None, "王书记").await?;
    let desk = Device::open(&stage.folder, 500)?;
    stage.link.reset_counts();
    let started = Instant::now();
    desk.phone.enrol(&invite, None).await?;
    let pulled = desk.sync().await?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = stage.link.counts();
    let content: String = stage.community.households.iter().map(serde_json::to_string).collect::<std::result::Result<_, _>>()?;
    let started = Instant::now();
    bare_insert_all(&stage.folder, &stage.community.households)?;
    let bare = started.elapsed().as_secs_f64();
    lines.push(Line {
        name: "community_pull_s",
        value: seconds,
        unit: "s",
        target: 1.2,
        yardstick: format!("the same households as JSON rows into bare SQLCipher: {bare:.2} s; {} requests; PouchDB 4.3 s", pulled.requests),
    });
    lines.push(Line {
        name: "community_pull_bytes",
        value: counts.down_bytes as f64,
        unit: "B",
        target: 1_600_000.0,
        yardstick: format!("gzip of the households' JSON: {} B", gzip(&content)?),
    });
    lines.extend(record(stage, &desk)?);
    lines.push(search(stage, &desk)?);
    lines.push(actions(stage, &desk)?);
    lines.push(list_pages(&desk)?);
    let folder = desk.folder.clone();
    drop(desk);
    let folder = folder.to_str().ok_or("path")?;
    let mut samples = (0..OPENINGS).map(|_| child(&["child-open", folder])).collect::<Result<Vec<_>>>()?;
    let mut bare = (0..OPENINGS).map(|_| child(&["child-open-bare", folder])).collect::<Result<Vec<_>>>()?;
    let yardstick = format!("bare SQLCipher open and 50 rows: {:.1} ms; median of {OPENINGS} processes", median(&mut bare));
    lines.push(Line { name: "cold_open_ms", value: median(&mut samples), unit: "ms", target: 10.0, yardstick });
    let invite = stage.hub.invite_at(&stage.url(), Role::Cadre, None, "李书记").await?.to_string();
    let peak_folder = stage.folder.join("peak");
    let peak = tokio::task::spawn_blocking(move || child(&["child-peak", peak_folder.to_str().unwrap_or_default(), &invite])).await??;
    lines.push(Line {
        name: "phone_peak_mib",
        value: peak,
        unit: "MiB",
        target: 32.0,
        yardstick: "enrol, pull of the community, its whole day recorded and synced in one process; PouchDB 152 MB".into(),
    });
    Ok(lines)
}

fn record(stage: &Stage, desk: &Device) -> Result<Vec<Line>> {
    let bare = bare(&stage.folder.join("bare.db"))?;
    bare.execute_batch("CREATE TABLE visit (n INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let wal = desk.folder.join("gridwalk.db-wal");
    desk.phone.store().with_connections(|c| drop(c.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")))?;
    let (mut log, mut pages) = (std::fs::metadata(&wal)?.len(), Vec::new());
    let homes = &stage.community.households;
    for n in 0..VISITS {
        let home = &homes[n * 37 % homes.len()];
        let visit = RecordVisit {
            household: stage.known.household(&home.id)?,
            result: VisitResult::Met,
            purpose: "日常走访".into(),
            note: "老人身体状况良好，提醒按时服药，家中燃气阀门已关好。".into(),
            minutes: Some(5),
            lat: Some(home.lat),
            lon: Some(home.lon),
            visited_at: None,
            fields: JsonMap::new(),
        };
        desk.clock.advance(60);
        let body = serde_json::to_vec(&Input::from(visit.clone()))?;
        let started = Instant::now();
        desk.phone.run(visit)?;
        ours.push(started.elapsed().as_secs_f64() * 1e3);
        let now = std::fs::metadata(&wal)?.len();
        if now > log {
            pages.push((now - log) as f64 / 4120.0);
        }
        log = now;
        let started = Instant::now();
        let tx = bare.unchecked_transaction()?;
        tx.prepare_cached("INSERT INTO visit (body) VALUES (?1)")?.execute([&body])?;
        tx.commit()?;
        theirs.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let written = median(&mut pages);
    let row = |name, share, target, ours: &mut [f64], theirs: &mut [f64]| {
        let (a, b) = (percentile(ours, share), percentile(theirs, share));
        Line {
            name,
            value: a / b,
            unit: "×",
            target,
            yardstick: format!("ours {a:.2} ms, bare SQLCipher transaction {b:.2} ms; {written:.0} pages written for a visit"),
        }
    };
    Ok(vec![row("record_visit_p50_ratio", 0.5, 2.5, &mut ours, &mut theirs), row("record_visit_p95_ratio", 0.95, 1.5, &mut ours, &mut theirs)])
}

fn search(stage: &Stage, desk: &Device) -> Result<Line> {
    let mut queries: Vec<String> = Vec::new();
    for home in stage.community.households.iter().step_by(131) {
        let name: Vec<char> = home.residents[0].name.chars().collect();
        queries.push(name[..1].iter().collect());
        queries.push(name[1..].iter().collect());
        queries.push(name.iter().collect());
        queries.push(initials(&home.residents[0].name));
    }
    let mut samples = Vec::new();
    for query in &queries {
        let started = Instant::now();
        let found = desk.phone.find(query, 50)?;
        samples.push(started.elapsed().as_secs_f64() * 1e3);
        if found.is_empty() {
            return Err("a search for a resident who is there found nobody".into());
        }
    }
    let mut scans = Vec::new();
    for query in queries.iter().step_by(16) {
        let started = Instant::now();
        desk.phone.store().read(|c| {
            let mut statement = c.prepare_cached("SELECT doc FROM residents WHERE name LIKE '%' || ?1 || '%' LIMIT 50")?;
            let rows = statement.query_map([query], |r| r.get::<_, String>(0))?;
            drop(rows.collect::<std::result::Result<Vec<_>, _>>()?);
            Ok(())
        })?;
        scans.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let yardstick = format!(
        "p50 {:.2} ms; LIKE over all residents p95 {:.2} ms; {} searches; PouchDB 773 ms",
        median(&mut samples),
        percentile(&mut scans, 0.95),
        queries.len()
    );
    Ok(Line { name: "search_p95_ms", value: percentile(&mut samples, 0.95), unit: "ms", target: 3.0, yardstick })
}

/// What may be done to a household, asked of 300 of them.
fn actions(stage: &Stage, desk: &Device) -> Result<Line> {
    let homes = &stage.community.households;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for n in 0..VISITS {
        let id = stage.known.household(&homes[n * 41 % homes.len()].id)?;
        let started = Instant::now();
        let offered = desk.phone.actions(id)?;
        ours.push(started.elapsed().as_secs_f64() * 1e3);
        if offered.is_empty() {
            return Err("a cadre may do nothing to a household".into());
        }
        let started = Instant::now();
        desk.phone.store().read(|c| Ok(c.prepare_cached("SELECT * FROM households WHERE doc = ?1")?.exists([id])?))?;
        bare.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let yardstick = format!("its row alone {:.3} ms; p95 {:.3} ms", median(&mut bare), percentile(&mut ours.clone(), 0.95));
    Ok(Line { name: "actions_ms", value: median(&mut ours), unit: "ms", target: 0.2, yardstick })
}

/// The slowest of the first, middle and last page of each order of the list of households, 50 rows each.
fn list_pages(desk: &Device) -> Result<Line> {
    let mut told = Vec::new();
    let mut slowest = 0.0_f64;
    for order in kinds::by_name("household").ok_or("no households")?.orders {
        let mut query = ListQuery { order: order.key.into(), limit: 50, ..ListQuery::default() };
        let mut places = vec![None];
        while let Some(next) = desk.phone.list("household", &query)?.next {
            places.push(Some(next.clone()));
            query.after = Some(next);
        }
        for (page, at) in [("first", 0), ("middle", places.len() / 2), ("last", places.len() - 1)] {
            query.after.clone_from(&places[at]);
            let mut samples = Vec::new();
            for _ in 0..21 {
                let started = Instant::now();
                desk.phone.list("household", &query)?;
                samples.push(started.elapsed().as_secs_f64() * 1e3);
            }
            let ms = median(&mut samples);
            slowest = slowest.max(ms);
            told.push(format!("{} {page} {ms:.2}", order.key));
        }
    }
    let bare = desk.phone.store().read(|c| {
        let started = Instant::now();
        let rows = c.prepare("SELECT address FROM households ORDER BY address LIMIT 50")?.query_map([], |r| r.get::<_, String>(0))?.count();
        Ok((rows, started.elapsed().as_secs_f64() * 1e3))
    })?;
    let yardstick = format!("{}; 50 bare rows in order {:.2} ms", told.join(", "), bare.1);
    Ok(Line { name: "list_page_ms", value: slowest, unit: "ms", target: 5.0, yardstick })
}

/// The initials of a name by its common reading.
fn initials(name: &str) -> String {
    use pinyin::ToPinyin;
    name.to_pinyin().flatten().filter_map(|p| p.plain().chars().next()).collect()
}

/// A bare SQLCipher database as durable as a phone's.
pub(super) fn bare(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "key", format!("x'{}'", "07".repeat(32)))?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    Ok(connection)
}

fn bare_insert_all(folder: &Path, households: &[crate::workload::Household]) -> Result<()> {
    let connection = bare(&folder.join("bare-pull.db"))?;
    connection
        .execute_batch("CREATE TABLE households (id TEXT PRIMARY KEY, body TEXT); CREATE TABLE residents (id TEXT PRIMARY KEY, name TEXT, body TEXT); BEGIN")?;
    for home in households {
        connection.prepare_cached("INSERT INTO households VALUES (?1, ?2)")?.execute((&home.id, serde_json::to_string(home)?))?;
        for r in &home.residents {
            connection.prepare_cached("INSERT INTO residents VALUES (?1, ?2, ?3)")?.execute((&r.id, &r.name, serde_json::to_string(r)?))?;
        }
    }
    Ok(connection.execute_batch("COMMIT")?)
}

fn config(folder: &str) -> Config {
    Config { folder: folder.into(), key: key_of(500), clock: Arc::new(ManualClock::new(MORNING + 10 * 3600)), random: Arc::new(SeededRandom::new(500)) }
}

/// A new process: open the store and read the first 50 doors.
pub fn child_open(folder: &str) -> Result<Vec<String>> {
    let started = Instant::now();
    let phone = Phone::open(config(folder))?;
    let doors = phone.today(None, 50)?;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    if doors.len() == 50 { Ok(vec![ms.to_string()]) } else { Err("fewer than 50 doors".into()) }
}

/// The same with nothing but SQLCipher.
pub fn child_open_bare(folder: &str) -> Result<Vec<String>> {
    let started = Instant::now();
    let connection = Connection::open(Path::new(folder).join("gridwalk.db"))?;
    let key: String = key_of(500).iter().map(|b| format!("{b:02x}")).collect();
    connection.pragma_update(None, "key", format!("x'{key}'"))?;
    connection.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA256")?;
    let rows: Vec<String> =
        connection.prepare("SELECT address FROM households LIMIT 50")?.query_map([], |r| r.get(0))?.collect::<std::result::Result<_, _>>()?;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    if rows.len() == 50 { Ok(vec![ms.to_string()]) } else { Err("fewer than 50 rows".into()) }
}

/// A new process: enrol, pull the community, record its whole day, sync. Returns the peak resident memory in MiB.
pub fn child_peak(folder: &str, invite: &str) -> Result<Vec<String>> {
    let invite: Invite = invite.parse()?;
    let clock = Arc::new(ManualClock::new(MORNING + 10 * 3600));
    let phone = Phone::open(Config { folder: folder.into(), key: key_of(501), clock: clock.clone(), random: Arc::new(SeededRandom::new(501)) })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(phone.enrol(&invite, None))?;
    runtime.block_on(phone.sync(|_| {}))?;
    // 33 workers' rounds of 80 doors, on one phone.
    for _ in 0..33 {
        for door in phone.today(None, 80)? {
            clock.advance(10);
            phone.run(RecordVisit {
                household: door.household,
                result: VisitResult::Met,
                purpose: "日常走访".into(),
                note: "核对人口信息，新增租客一名，身份证信息已登记。".into(),
                minutes: Some(5),
                lat: None,
                lon: None,
                visited_at: None,
                fields: JsonMap::new(),
            })?;
        }
    }
    runtime.block_on(phone.sync(|_| {}))?;
    Ok(vec![peak_mib()?.to_string()])
}
