//! `kill -9` at random points, many times, of phones in the middle of writes and syncs and of the hub: nothing that was
//! acknowledged is lost, nothing is there twice or half.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use gridwalk_core::clock::SystemClock;
use gridwalk_core::identity::{HostRandom, SeededRandom, SystemRandom};
use gridwalk_core::ids::Actor;
use gridwalk_core::rules::Role;
use gridwalk_core::{Config, Id, Phone};
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::import::{import, mapping::Mapping};
use gridwalk_hub::{Hub, store};
use gridwalk_tests::harness::key_of;
use gridwalk_tests::roster::{AddHousehold, NewResident};
use gridwalk_tests::typed::AddPlace;
use gridwalk_tests::workload::{Scene, Spec, make};

const ROUNDS: usize = 24;
const PHONES: u64 = 2;

fn spawn(arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crash")).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_update_that_is_killed_in_the_middle_begins_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("phone-1");
    let lab = Phone::open(Config::new(&folder, key_of(1))).unwrap();
    let person = Id { actor: Actor([9; 12]), counter: 1 };
    let enrol = format!(
        "INSERT INTO tenants (tenant, hub, person, grants, audiences, key, spare, epoch, number)
        VALUES ('t', 'http://nowhere', '{person}', '[[\"cadre\",\"community\"]]', '[]', x'', x'', 1, 0)"
    );
    lab.store().write(|tx| Ok(tx.execute_batch(&enrol)?)).unwrap();
    let place = lab.run(AddPlace { level: "grid".into(), name: "一网格".into() }).unwrap().value;
    for n in 0..200 {
        let residents = vec![NewResident { name: format!("王{n}"), ..NewResident::default() }];
        let address = format!("五堰路{n}号");
        lab.run(AddHousehold { place, address, tenure: String::new(), lat: None, lon: None, visit_every_days: Some(30), residents }).unwrap();
    }
    let rows = |phone: &Phone| {
        let sql = "SELECT count(*) FROM households UNION ALL SELECT count(*) FROM residents UNION ALL SELECT count(*) FROM due
            UNION ALL SELECT count(*) FROM search WHERE search MATCH '五'";
        phone.store().read(|c| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?)).unwrap()
    };
    let before = rows(&lab);
    assert_eq!(before, [200; 4]);
    let older = "UPDATE read_model SET version = 'older'; ALTER TABLE households DROP COLUMN tenure; DROP TABLE mediations";
    lab.store().write(|tx| Ok(tx.execute_batch(older)?)).unwrap();
    drop(lab);
    // Killed ever later, until it is done before it is killed.
    let mut killed = 0;
    for milliseconds in (1..).map(|n| n * 4) {
        let (mut child, _out) = spawn(&["open", folder.to_str().unwrap(), "1"]);
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some_and(|status| status.success()) {
            break;
        }
        killed += 1;
        kill(child);
    }
    assert!(killed > 0, "nothing was killed");
    assert_eq!(rows(&Phone::open(Config::new(&folder, key_of(1))).unwrap()), before);
}

fn start_hub(folder: &Path, listen: &str) -> Child {
    let (child, mut out) = spawn(&["hub", folder.to_str().unwrap(), listen]);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("http://"), "the hub said {line:?}");
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_phones_and_hub_are_killed() {
    let dir = tempfile::tempdir().unwrap();
    let hub_folder = dir.path().join("hub");
    // A port of its own, so that phones find the hub again after it was killed.
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let hub = Hub::open(&hub_folder, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap();
    let tenant = admin::create_tenant(&hub, "wuyan", "示范社区").await.unwrap();
    make(&Spec { scene: Scene::Standard, households: 60, grids: Some(2), days: 1, seed: 3 }).write(dir.path()).unwrap();
    import(&hub, &tenant, &dir.path().join("households.jsonl"), &Mapping::default(), |_, _| {}).await.unwrap();
    let mut invites = Vec::new();
    for n in 0..=PHONES {
        let new = NewInvite {
            address: format!("http://{listen}"),
            role: Role::GridWorker,
            grid: Some("g00".into()),
            micro_grid: None,
            unit: None,
            name: Some(format!("网格员{n}")),
            person: None,
            valid_seconds: 3600,
        };
        invites.push(admin::invite(&hub, &tenant, &new).await.unwrap());
    }
    hub.store.close().await;

    let mut server = start_hub(&hub_folder, &listen);
    let folder = |n: u64| dir.path().join(format!("phone-{n}"));
    for n in 0..PHONES {
        let phone = Phone::open(Config::new(folder(n), key_of(n))).unwrap();
        phone.enrol(&invites[n as usize], None).await.unwrap();
        phone.sync(|_| {}).await.unwrap();
    }
    let random = SeededRandom::new(9);
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    for round in 0..ROUNDS {
        let n = round as u64 % PHONES;
        let mut byte = [0; 2];
        random.fill(&mut byte);
        let (child, out) = spawn(&["work", folder(n).to_str().unwrap(), &n.to_string()]);
        // Killed right after a random line: while the next visit is being written or a sync is under way.
        let mut lines = out.lines();
        for _ in 0..(2 + byte[0] % 14) {
            let line = lines.next().expect("the phone goes on until it is killed").unwrap();
            acknowledged.extend(line.strip_prefix("visit ").map(str::to_owned));
        }
        if byte[1] % 3 == 0 {
            kill(server);
            kill(child);
            server = start_hub(&hub_folder, &listen);
        } else {
            kill(child);
        }
        // What it said before it died was said after it was durable.
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|l| l.strip_prefix("visit ").map(str::to_owned)));
    }
    for n in 0..PHONES {
        let (mut child, out) = spawn(&["finish", folder(n).to_str().unwrap(), &n.to_string()]);
        let said: Vec<String> = out.lines().map_while(Result::ok).collect();
        assert!(child.wait().unwrap().success(), "{said:?}");
        assert_eq!(said, ["unsent 0 quarantined 0"]);
    }
    let fresh = Phone::open(Config::new(folder(PHONES), key_of(PHONES))).unwrap();
    fresh.enrol(&invites[PHONES as usize], None).await.unwrap();
    fresh.sync(|_| {}).await.unwrap();
    kill(server);

    let hub = Hub::open(&hub_folder, Arc::new(SystemClock), Arc::new(SystemRandom)).await.unwrap();
    let mut read = hub.store.read().await.unwrap();
    let rows = store::all(&mut read, "SELECT doc FROM visits ORDER BY doc", vec![]).await.unwrap();
    let there: Vec<String> = rows.iter().map(|r| r.get(0).unwrap()).collect();
    for id in &acknowledged {
        assert_eq!(there.iter().filter(|t| *t == id).count(), 1, "{id} was acknowledged");
    }
    // At most one visit a round was durable without having been said.
    assert!(there.len() <= acknowledged.len() + ROUNDS, "{} visits of {} acknowledged", there.len(), acknowledged.len());
    let visits: i64 = store::one(&mut read, "SELECT count(*) FROM documents WHERE kind = 'visit'", vec![]).await.unwrap().get(0).unwrap();
    assert_eq!(visits as usize, there.len(), "every document has its row");
    // The fresh phone, from the hub's documents alone, has what the hub has.
    let heads = fresh.heads().unwrap();
    for id in &there {
        assert!(heads.iter().any(|(h, _)| h.to_string() == *id), "{id} reached a new phone");
    }
    for n in 0..PHONES {
        let phone = Phone::open(Config::new(folder(n), key_of(n))).unwrap();
        let before = phone.today(None, 100).unwrap();
        phone.rebuild().unwrap();
        assert_eq!(before, phone.today(None, 100).unwrap(), "the read model is what the documents say");
    }
}
