//! What hub and core log, kept in memory, so that the end of each story can look for people in it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};

use gridwalk_hub::{Hub, store};
use tracing_subscriber::EnvFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on everything that this process logs is kept, of our own crates all of it.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = EnvFilter::new("info,gridwalk_core=trace,gridwalk_hub=trace");
        tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Sink).init();
    });
}

/// The lines of a log that name one of these people, by name, telephone or address.
pub fn naming<'a>(log: &'a str, people: &BTreeSet<String>) -> Vec<&'a str> {
    // Ids, numbers and English are most of it, and quickly passed over.
    let may = |line: &&str| !line.is_ascii() || has_telephone(line);
    log.lines().filter(may).filter(|line| people.iter().any(|p| line.contains(p.as_str()))).collect()
}

/// Everyone whom a hub knows: names, telephones and addresses.
pub async fn people(hub: &Hub) -> gridwalk_hub::Result<BTreeSet<String>> {
    let mut read = hub.store.read().await?;
    let sql = "SELECT name FROM persons UNION SELECT name FROM residents UNION SELECT phone FROM residents UNION SELECT address FROM households";
    let rows = store::all(&mut read, sql, vec![]).await?;
    let texts: Vec<Option<String>> = rows.iter().map(|r| Ok(r.get(0)?)).collect::<gridwalk_hub::Result<_>>()?;
    // One character is a word of many sentences.
    Ok(texts.into_iter().flatten().filter(|t| t.chars().count() > 1).collect())
}

/// The lines logged so far in this process that name one of these people.
pub fn captured(people: &BTreeSet<String>) -> Vec<String> {
    let log = String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    naming(&log, people).into_iter().map(str::to_owned).collect()
}

/// Whether any of these texts stands in what was logged so far in this process, and which.
pub fn holding<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    let log = String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    texts.iter().copied().filter(|text| log.contains(text)).collect()
}

/// Whether eleven digits of a mobile telephone stand in the line.
fn has_telephone(line: &str) -> bool {
    line.as_bytes().windows(11).any(|w| w[0] == b'1' && (b'3'..=b'9').contains(&w[1]) && w.iter().all(u8::is_ascii_digit))
}
