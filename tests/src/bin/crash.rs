//! A phone or a hub that exists to be killed: the child processes of the `kill9` test.
#![expect(clippy::print_stdout, reason = "what was acknowledged is printed for the parent to hold against")]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use gridwalk_core::clock::SystemClock;
use gridwalk_core::identity::SystemRandom;
use gridwalk_core::records::JsonMap;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Config, ErrorKind, Phone};
use gridwalk_hub::{Hub, admin};
use gridwalk_tests::harness::key_of;
use gridwalk_tests::typed::RecordVisit;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hub", folder, listen] => hub(Path::new(folder), listen).await,
        ["work", folder, number] => work(Path::new(folder), number.parse()?).await,
        ["open", folder, number] => {
            Phone::open(Config::new(folder, key_of(number.parse()?)))?;
            say("open".into());
            Ok(())
        }
        ["finish", folder, number] => finish(Path::new(folder), number.parse()?).await,
        _ => Err("crash hub|work|open|finish …".into()),
    }
}

async fn hub(folder: &Path, listen: &str) -> Result<(), Failure> {
    let hub = Hub::open(folder, Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
    // As `gridwalk-hub serve` does.
    admin::repeat_journals(&hub).await?;
    gridwalk_hub::serve::serve(hub, listen.parse()?, None, say, std::future::pending()).await?;
    Ok(())
}

/// Records visits and syncs, for ever; says each visit after it was recorded and each sync after it was done.
async fn work(folder: &Path, number: u64) -> Result<(), Failure> {
    let phone = Phone::open(Config::new(folder, key_of(number)))?;
    let doors = phone.today(None, 40)?;
    for turn in 0.. {
        let door = &doors[turn % doors.len()];
        let visit = RecordVisit {
            household: door.household,
            result: VisitResult::NobodyHome,
            purpose: String::new(),
            note: format!("第{turn}次"),
            minutes: None,
            lat: None,
            lon: None,
            visited_at: None,
            fields: JsonMap::new(),
        };
        say(format!("visit {}", phone.run(visit)?.value));
        if turn % 4 == 3 {
            match phone.sync(|_| {}).await {
                Ok(_) => say("synced".into()),
                // The hub is being killed too.
                Err(e) if e.kind() == ErrorKind::Offline => say("offline".into()),
                Err(e) => return Err(e.into()),
            }
        }
    }
    Ok(())
}

async fn finish(folder: &Path, number: u64) -> Result<(), Failure> {
    let phone = Phone::open(Config::new(folder, key_of(number)))?;
    phone.sync(|_| {}).await?;
    phone.sync(|_| {}).await?;
    let status = phone.status()?;
    say(format!("unsent {} quarantined {}", status.unsent, status.quarantine.len()));
    Ok(())
}

fn say(line: String) {
    println!("{line}");
    // A parent that is gone needs no answer.
    std::io::stdout().flush().ok();
}
