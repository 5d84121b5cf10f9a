//! A phone's process: works and syncs until it is killed. What the core said is recorded is written to a journal beside the store,
//! durably, after it was said: that is what must be at the hub in the end.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::roster::{AddResident, NewResident};
use crate::typed::RecordVisit;
use gridwalk_core::identity::{HostRandom, SystemRandom};
use gridwalk_core::records::JsonMap;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Config, ErrorKind, Phone};

use super::{Result, Sort};
use crate::harness::{key_of, report};

/// The journal within a phone's folder.
pub const JOURNAL: &str = "journal";

/// Joins with the link in `invite`, if it has not yet, and works for ever, an act every `pause` or so.
pub async fn work(folder: &Path, number: u64, invite: &Path, pause: Duration) -> Result<()> {
    let phone = Phone::open(Config::new(folder, key_of(number)))?;
    let mut journal = OpenOptions::new().create(true).append(true).open(folder.join(JOURNAL))?;
    while phone.hubs()?.is_empty() {
        let link = std::fs::read_to_string(invite)?;
        match phone.enrol(&link.parse()?, None).await {
            Ok(()) => {}
            // The hub is being killed too.
            Err(e) if e.kind() == ErrorKind::Offline => tokio::time::sleep(pause).await,
            Err(e) => return Err(e.into()),
        }
    }
    let mut random = [0; 4];
    loop {
        SystemRandom.fill(&mut random);
        let doors = phone.today(None, 40)?;
        if !doors.is_empty() {
            act(&phone, number, random, &doors[usize::from(random[0]) % doors.len()], &mut journal)?;
        }
        if doors.is_empty() || random[1] % 4 == 0 {
            match phone.sync(|_| {}).await {
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::Offline => {}
                Err(e) => return Err(e.into()),
            }
        }
        tokio::time::sleep(pause.mul_f64(0.5 + f64::from(random[2]) / 255.0)).await;
    }
}

/// One act, in the journal once it is recorded.
fn act(phone: &Phone, number: u64, random: [u8; 4], door: &gridwalk_core::visits::DueView, journal: &mut File) -> Result<()> {
    // The id that the command will have names it: nothing else has this text.
    let form = phone.new_command_id()?;
    let token = format!("s{number}-{form}");
    let (sort, value) = match random[3] % 8 {
        0 => {
            let resident = NewResident { name: token.clone(), ..NewResident::default() };
            (Sort::Resident, phone.run_as(form, AddResident { household: door.household, resident })?.value)
        }
        1 => {
            let place = phone.household(door.household)?.place.parse()?;
            (Sort::Report, phone.run_as(form, report(place, &token))?.value)
        }
        _ => {
            let (household, note) = (door.household, token.clone());
            let visit = RecordVisit {
                household,
                result: VisitResult::NobodyHome,
                purpose: String::new(),
                note,
                minutes: None,
                lat: None,
                lon: None,
                visited_at: None,
                fields: JsonMap::new(),
            };
            (Sort::Visit, phone.run_as(form, visit)?.value)
        }
    };
    writeln!(journal, "{} {value} {token}", sort.code())?;
    Ok(journal.sync_data()?)
}

/// Syncs until nothing is unsent. Returns what is left: unsent, in quarantine.
pub async fn finish(folder: &Path, number: u64) -> Result<(u64, usize)> {
    let phone = Phone::open(Config::new(folder, key_of(number)))?;
    phone.sync(|_| {}).await?;
    let status = phone.status()?;
    Ok((status.unsent, status.quarantine.len()))
}
