//! What was erased is in no byte of any store once every phone has synced, and nothing brings it back.

use gridwalk_core::attendance::SignIn;
use gridwalk_core::cases::AddStep;
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::rules::Role;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::admin::{self, Target};
use gridwalk_hub::import::{import, mapping::Mapping};
use gridwalk_tests::harness::{Device, report};
use gridwalk_tests::logs;
use gridwalk_tests::roster::{AddResident, EditHousehold, EditResident, NewResident, ResidentField};
use gridwalk_tests::typed::{AddActivity, AddCircle, AddHealth, Fact};
use sqlx::{Connection, PgConnection};

use crate::raw::{holds, hub_bytes, log_bytes, phone_bytes};
use crate::world::{World, device_id, first_resident, household, notes, person, resident, tell, text, visit};

const NAME: &str = "欧阳鑫淼";
const PINYIN: &str = "ouyangxinmiao";
const PHONE: &str = "13987654321";
const OLD_PHONE: &str = "13812349876";
const RIVAL_PHONE: &str = "13700071234";
const NOTE: &str = "欧阳鑫淼近日住院，家属不在身边";
const UNSENT_NOTE: &str = "听邻居说欧阳家已搬走";
/// Everything about the person that must go.
const SECRETS: [&str; 8] = [NAME, PINYIN, PHONE, OLD_PHONE, RIVAL_PHONE, NOTE, UNSENT_NOTE, "1931-07-29"];

fn set(household: Id, resident: Id, field: ResidentField, value: &str) -> EditResident {
    EditResident { household, resident, set: vec![(field, value.into())], add_tags: vec![], remove_tags: vec![] }
}

fn secret_resident() -> NewResident {
    NewResident { name: NAME.into(), phone: OLD_PHONE.into(), birth: "1931-07-29".into(), tags: vec!["独居老人".into()], ..NewResident::default() }
}

fn tenure(household: Id, text: &str) -> EditHousehold {
    EditHousehold { household, address: None, tenure: Some(text.into()), state: None, visit_every_days: None, position: None, place: None }
}

/// Nothing secret is left with anyone, nor was it ever logged by hub or phones.
async fn assert_gone(w: &World, phones: &[&Device], secrets: &[&str]) {
    let hub = hub_bytes(w).await;
    for secret in secrets {
        assert!(!holds(&hub, secret), "the hub still has {secret}");
    }
    assert!(!logs::holding(&["\"erase"]).is_empty(), "what was logged is read");
    assert!(logs::holding(secrets).is_empty(), "logged: {:?}", logs::holding(secrets));
    for device in phones.iter().chain([&&w.desk]) {
        assert!(!device.phone.status().unwrap().erasing);
        let bytes = phone_bytes(device);
        for secret in secrets {
            assert!(!holds(&bytes, secret), "phone {} still has {secret}", device.number);
        }
    }
}

fn commands(phone: &Phone) -> Vec<String> {
    text(phone, "SELECT state || ' ' || coalesce(reason, '') FROM commands WHERE state <> 'taken' ORDER BY n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_resident_is_in_no_byte_of_any_store() {
    let w = World::start(200, 12).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let late = w.worker(3, "g00").await;
    let moved = w.worker(4, "g00").await;
    let home = w.households[0];
    let head = first_resident(&a.phone, home);
    let secret = a.phone.run(AddResident { household: home, resident: secret_resident() }).unwrap().value;
    w.settle(&[&a, &b, &late, &moved]).await;
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&b)).await.unwrap();
    w.settle(&[&b]).await;
    // A history, a conflict about the person and one about a neighbour, a note, something refused.
    moved.phone.run(set(home, secret, ResidentField::Relation, "祖父")).unwrap();
    w.settle(&[&moved, &a, &b, &late]).await;
    a.phone.run(set(home, secret, ResidentField::Phone, PHONE)).unwrap();
    b.phone.run(set(home, secret, ResidentField::Phone, RIVAL_PHONE)).unwrap();
    a.phone.run(set(home, head, ResidentField::Phone, "13500000001")).unwrap();
    b.phone.run(set(home, head, ResidentField::Phone, "13500000002")).unwrap();
    let visited = a.phone.run(visit(home, NOTE)).unwrap().value;
    tell(&b.phone, "UPDATE tenants SET grants = replace(grants, ']]', '],[\"cadre\",\"community\"]]')");
    let away = EditHousehold { address: Some(format!("{NAME}家")), place: Some(w.grids[1]), tenure: None, ..tenure(home, "") };
    b.phone.run(away).unwrap();
    w.settle(&[&a, &b, &late]).await;
    assert_eq!(commands(&b.phone), ["quarantined path"]);
    assert_eq!(a.phone.conflicts().unwrap().len(), 2);
    let shown = text(&a.phone, &format!("SELECT phone FROM residents WHERE doc = '{home}' AND entry = '{head}'"));
    // Offline with unsent work on the person, on the household, and a visit; one worker has gone to another grid.
    late.phone.run(set(home, secret, ResidentField::Name, &format!("{NAME}甲"))).unwrap();
    late.phone.run(tenure(home, "租住")).unwrap();
    late.phone.run(visit(home, "照常走访")).unwrap();
    w.hub.invite_again(Role::GridWorker, Some("g01"), person(&moved)).await.unwrap();
    admin::end_role(&w.hub.hub, &w.hub.tenant, person(&moved), Role::GridWorker, Some("g00"), None, None).await.unwrap();
    w.settle(&[&a, &b, &moved]).await;
    assert!(moved.phone.household(home).is_err());

    // What is looked for can be found.
    let hub = hub_bytes(&w).await;
    for shown in [NAME, PHONE, OLD_PHONE, RIVAL_PHONE, NOTE, "1931-07-29"] {
        assert!(holds(&hub, shown), "{shown}");
        assert!(holds(&phone_bytes(&a), shown), "{shown}");
    }
    assert!(holds(&phone_bytes(&a), PINYIN) && holds(&phone_bytes(&late), &format!("{NAME}甲")) && holds(&phone_bytes(&moved), "祖父"));

    // What else holds the name is found by its text; nothing goes by looking.
    let target = Target::Resident { household: home, resident: secret, keep_photos: false };
    let plan = admin::plan(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    assert_eq!((plan.documents.len(), plan.elsewhere.len()), (1, 1), "{:?}", plan.elsewhere);
    assert_eq!((plan.elsewhere[0].table, plan.elsewhere[0].document.clone()), ("visits", visited.to_string()));
    assert_eq!(admin::containing(&w.hub.hub, &w.hub.tenant, "鑫淼").await.unwrap().len(), 2);
    admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(visited)).await.unwrap();
    assert!(admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.is_err(), "it is gone already");

    w.settle(&[&a, &b, &late, &moved]).await;
    assert_gone(&w, &[&a, &b, &late, &moved], &SECRETS).await;
    assert!(!holds(&phone_bytes(&moved), "祖父"));
    // The rest stands: the household, who wrote what when, the other conflict with the value that was shown, late work.
    assert_eq!(text(&a.phone, &format!("SELECT name FROM residents WHERE doc = '{home}'")), ["居民00"]);
    let conflicts = a.phone.conflicts().unwrap();
    assert_eq!((conflicts.len(), conflicts[0].values.len()), (1, 2), "{conflicts:?}");
    assert_eq!(text(&a.phone, &format!("SELECT phone FROM residents WHERE doc = '{home}'")), shown);
    assert!(conflicts[0].values.iter().all(|v| [person(&a).to_string(), person(&b).to_string()].contains(&v.by)), "{conflicts:?}");
    assert_eq!(text(&b.phone, &format!("SELECT tenure FROM households WHERE doc = '{home}'")), ["租住"]);
    assert_eq!(notes(&a.phone), ["照常走访"]);
    assert!(a.phone.find("欧阳", 9).unwrap().is_empty());
    // Of what was refused only kind, time and reason are left.
    for phone in [&b.phone, &late.phone] {
        assert_eq!(commands(phone), ["quarantined generation"]);
        let refused = &phone.status().unwrap().quarantine[0];
        assert!(refused.at > 0 && refused.input.is_null() && refused.command == "records.edit", "{refused:?}");
        assert!(phone.resubmit(refused.id).is_err());
        phone.give_up(refused.id).unwrap();
    }
    w.assert_agreement(&[&a, &b, &late, &moved]).await;
    // Work goes on, also on the phones of those who come new.
    a.phone.run(tenure(home, "自有")).unwrap();
    let fresh = w.worker(5, "g00").await;
    w.settle(&[&a, &b, &late, &fresh]).await;
    w.assert_agreement(&[&a, &b, &late, &fresh]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_goes_with_all_that_is_about_it() {
    let w = World::start(201, 3).await;
    let a = w.worker(1, "g00").await;
    let late = w.worker(2, "g00").await;
    let home = a.phone.run(household(w.grids[0], "鑫淼街九号", NAME)).unwrap().value;
    for n in 0..5 {
        a.phone.run(visit(home, &format!("{NOTE}{n}"))).unwrap();
    }
    w.settle(&[&a, &late]).await;
    late.phone.run(visit(home, UNSENT_NOTE)).unwrap();
    late.phone.run(AddResident { household: home, resident: resident("欧阳之子") }).unwrap();
    let case = late.phone.run(report(w.grids[0], "与此无关")).unwrap().value;
    late.phone.run(AddStep::new(case, "accept")).unwrap();
    assert_eq!(admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(home)).await.unwrap(), 6);
    let done = late.sync().await.unwrap();
    assert_eq!(done.refused, 2, "{done:?}");
    w.settle(&[&a, &late]).await;
    assert_gone(&w, &[&a, &late], &[NAME, PINYIN, NOTE, UNSENT_NOTE, "鑫淼街九号", "欧阳之子"]).await;
    assert!(a.phone.household(home).is_err() && late.phone.household(home).is_err());
    assert_eq!(commands(&late.phone), ["quarantined generation"; 2]);
    assert_eq!(text(&a.phone, "SELECT title || status FROM reports"), ["与此无关accepted"]);
    assert_eq!(w.ask("SELECT count(*) || '' FROM documents WHERE erased_at IS NOT NULL").await, ["6"]);
    // The generation that is left is the hub's, signed, and says so.
    assert_eq!(w.ask(&format!("SELECT count(*) || '' FROM changes WHERE doc = '{home}'")).await, ["1"]);
    w.assert_agreement(&[&a, &late]).await;
    w.hub.stop().await;
}

/// Found by simulation: seed 2097 of the fourth generation. What is known of a resident's health is a document of its own, which was
/// written offline and came when the resident had been erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_circle_knows_of_an_erased_resident_is_not_taken_any_more() {
    let w = World::start(219, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let add = AddCircle { purpose: "health".into(), name: "一号圈".into(), members: vec![person(&a)] };
    w.settle(&[&a]).await;
    let circle = w.desk.phone.run(add).unwrap().value;
    let [secret, other] = [NAME, "李四"].map(|name| a.phone.run(AddResident { household: home, resident: resident(name) }).unwrap().value);
    w.settle(&[&a]).await;
    let health =
        |resident: Id, text: &str| AddHealth { circle, household: home, resident, facts: vec![Fact { field: "conditions".into(), text: text.into() }] };
    let known = a.phone.run(health(secret, NOTE)).unwrap().value;
    a.sync().await.unwrap();
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household: home, resident: secret, keep_photos: false }).await.unwrap();
    a.phone.run(health(secret, UNSENT_NOTE)).unwrap();
    a.phone.run(health(other, "高血压")).unwrap();
    assert_eq!(a.sync().await.unwrap().refused, 1);
    w.settle(&[&a]).await;
    assert_gone(&w, &[&a, &w.desk], &[NAME, NOTE, UNSENT_NOTE]).await;
    assert_eq!(text(&a.phone, "SELECT conditions FROM health"), ["高血压"]);
    assert!(a.phone.heads().unwrap().iter().all(|(id, _)| *id != known));
    assert_eq!(commands(&a.phone), ["quarantined generation"]);
    w.assert_agreement(&[&a]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_hub_erases_again_whoever_has_heard_of_it() {
    let w = World::start(202, 3).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g00").await;
    let home = w.households[0];
    let secret = a.phone.run(AddResident { household: home, resident: secret_resident() }).unwrap().value;
    w.settle(&[&a, &b]).await;
    let backup = w.dir.path().join("backup.db");
    admin::backup(&w.hub.hub, &backup).await.unwrap();
    // After the backup: an edit, another resident, and a whole household that the backup does not know.
    a.phone.run(set(home, secret, ResidentField::Phone, PHONE)).unwrap();
    let second = b.phone.run(AddResident { household: home, resident: NewResident { name: format!("{NAME}乙"), ..secret_resident() } }).unwrap().value;
    let house = a.phone.run(household(w.grids[0], "鑫淼街九号", NAME)).unwrap().value;
    a.phone.run(visit(house, NOTE)).unwrap();
    a.phone.run(visit(home, "留下的走访")).unwrap();
    w.settle(&[&a, &b]).await;
    for resident in [secret, second] {
        admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household: home, resident, keep_photos: false }).await.unwrap();
    }
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(house)).await.unwrap();
    // One phone hears of it before the restore, the other does not, and has more to send.
    b.sync().await.unwrap();
    a.phone.run(set(home, secret, ResidentField::Name, &format!("{NAME}丙"))).unwrap();
    a.phone.run(visit(house, UNSENT_NOTE)).unwrap();
    a.phone.run(tenure(home, "租住")).unwrap();
    w.pass(3600, &[&a, &b]);
    let w = w.restart(1202, Some(&backup), &[&a, &b]).await;
    std::fs::remove_file(&backup).unwrap();
    // What the restore replaced is named, and goes when told.
    assert_eq!(admin::replaced(&w.hub.hub).await.unwrap().len(), 1);
    assert_eq!(admin::drop_replaced(&w.hub.hub).await.unwrap(), 1);
    assert!(admin::replaced(&w.hub.hub).await.unwrap().is_empty());
    for _ in 0..3 {
        w.settle(&[&a, &b]).await;
    }
    assert_gone(&w, &[&a, &b], &SECRETS).await;
    for device in [&a, &b] {
        assert_eq!(text(&device.phone, &format!("SELECT name FROM residents WHERE doc = '{home}'")), ["居民00"]);
        assert!(device.phone.household(house).is_err());
        assert_eq!(notes(&device.phone), ["留下的走访"]);
        assert_eq!(text(&device.phone, &format!("SELECT tenure FROM households WHERE doc = '{home}'")), ["租住"]);
    }
    for refused in a.phone.status().unwrap().quarantine {
        assert!(refused.reason == "generation" && refused.input.is_null(), "{refused:?}");
    }
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hinders_the_overwriting_is_waited_for() {
    let w = World::start(203, 2).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let secret = a.phone.run(AddResident { household: home, resident: secret_resident() }).unwrap().value;
    w.settle(&[&a]).await;
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household: home, resident: secret, keep_photos: false }).await.unwrap();
    // Another process reads an older state all the while, as an app's widget might.
    let other = Device::open_with(a.folder.clone(), 1, a.clock.clone(), 999).unwrap();
    other
        .phone
        .store()
        .read(|c| {
            assert_eq!(c.query_row("SELECT count(*) FROM residents WHERE phone IS NOT NULL", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(a.sync())).unwrap();
            assert!(a.phone.status().unwrap().erasing);
            Ok(())
        })
        .unwrap();
    assert!(holds(&phone_bytes(&a), OLD_PHONE), "the reader still has it");
    drop(other);
    let Device { phone, folder, clock, .. } = a;
    drop(phone);
    let a = Device::open_with(folder, 1, clock, 1000).unwrap();
    assert!(!a.phone.status().unwrap().erasing);
    assert!(!holds(&phone_bytes(&a), OLD_PHONE) && !holds(&phone_bytes(&a), NAME));
    w.hub.stop().await;
}

/// PostgreSQL keeps, in a table written anew, what any older snapshot still sees: a dump's, or that of its own sampling.
/// On PostgreSQL, where a server has several databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "没有 PostgreSQL，跳过：cargo xtask test 另有一轮 / skipped without a PostgreSQL server: cargo xtask test has a run with one"]
async fn who_is_at_work_in_another_database_of_the_server_is_waited_for_too() {
    let server = gridwalk_tests::postgres::server().expect("this story needs the server that its run promises");
    let w = World::start(218, 1).await;
    let visited = w.desk.phone.run(visit(w.households[0], NOTE)).unwrap().value;
    w.settle(&[]).await;
    let mut other = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT pg_current_xact_id()::text").execute(&mut other).await.unwrap();
    // It ends once the erasure is written and waits for its bytes to be overwritten.
    let ends = async {
        while w.ask("SELECT value FROM meta WHERE name = 'scrub'").await.is_empty() {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    };
    let target = Target::Document(visited);
    let (erased, ()) = tokio::join!(admin::erase(&w.hub.hub, &w.hub.tenant, &target), ends);
    erased.unwrap();
    assert!(!holds(&hub_bytes(&w).await, NOTE));
    w.hub.stop().await;
}

/// Words of its own: on PostgreSQL all stories share one log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_databases_own_log_lets_go_of_what_is_erased() {
    const NOTE: &str = "上官彤彤只在这一条记录里";
    let w = World::start(216, 1).await;
    let visited = w.desk.phone.run(visit(w.households[0], NOTE)).unwrap().value;
    w.settle(&[]).await;
    // Another story's erasure may have had the log let go already; then it stands in the tables only.
    let both = async || [log_bytes(&w).await, hub_bytes(&w).await].concat();
    assert!(holds(&both().await, NOTE), "what is looked for can be found");
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(visited)).await.unwrap();
    assert!(!holds(&both().await, NOTE));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_still_sees_what_is_erased_at_the_hub_is_waited_for() {
    let w = World::start(208, 1).await;
    let resident = w.desk.phone.run(AddResident { household: w.households[0], resident: secret_resident() }).unwrap().value;
    w.settle(&[]).await;
    let mut reader = w.hub.hub.store.read().await.unwrap();
    gridwalk_hub::store::all(&mut reader, "SELECT value FROM meta", vec![]).await.unwrap();
    // The reader goes once the erasure is written and waits for its bytes to be overwritten.
    let goes = async {
        while w.ask("SELECT value FROM meta WHERE name = 'scrub'").await.is_empty() {
            tokio::task::yield_now().await;
        }
        drop(reader);
    };
    let target = Target::Resident { household: w.households[0], resident, keep_photos: false };
    let (erased, ()) = tokio::join!(admin::erase(&w.hub.hub, &w.hub.tenant, &target), goes);
    erased.unwrap();
    let hub = hub_bytes(&w).await;
    assert!(!holds(&hub, NAME) && !holds(&hub, OLD_PHONE));
    w.hub.stop().await;
}

fn file(w: &World, name: &str, lines: &[String]) -> std::path::PathBuf {
    let path = w.dir.path().join(name);
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

async fn import_counts(w: &World, path: &std::path::Path) -> (u64, u64, u64, usize, String) {
    let done = import(&w.hub.hub, &w.hub.tenant, path, &Mapping::default(), |_, _| {}).await.unwrap();
    let rejects = done.rejects_file.map(|file| std::fs::read_to_string(file).unwrap()).unwrap_or_default();
    (done.added, done.known, done.changed, done.rejected, rejects)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_does_not_bring_back_what_was_erased_nor_after_a_restore_from_before_it() {
    let w = World::start(204, 1).await;
    let a = w.worker(1, "g00").await;
    let before = w.dir.path().join("before.db");
    admin::backup(&w.hub.hub, &before).await.unwrap();
    let person = |id: &str, name: &str| format!(r#"{{"id": "{id}", "name": "{name}", "phone": "{PHONE}"}}"#);
    let home = |id: &str, people: &[String]| format!(r#"{{"id": "{id}", "grid": "g00", "address": "鑫淼街{id}号", "residents": [{}]}}"#, people.join(","));
    let secret = person("证件4403-1", NAME);
    let both = [home("h1", &[secret.clone(), person("r2", "房东")]), home("h2", &[person("r3", "租客")])];
    let roster = file(&w, "roster.jsonl", &both);
    assert_eq!(import_counts(&w, &roster).await, (2, 0, 0, 0, String::new()));
    w.settle(&[&a]).await;
    let id = |source: &'static str, record: &'static str| {
        let hub = w.hub.hub.clone();
        async move { gridwalk_hub::import::apply::imported(&hub, "wuyan", source).await.unwrap()[record] }
    };
    let (household, resident, other) = (id("household", "h1").await, id("resident", "证件4403-1").await, id("household", "h2").await);
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Resident { household, resident, keep_photos: false }).await.unwrap();
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(other)).await.unwrap();

    // The same file again: what is left of the first household is left, the second is refused, and told without its content.
    let (added, known, changed, rejected, rejects) = import_counts(&w, &roster).await;
    assert_eq!((added, known, changed, rejected), (0, 0, 1, 1));
    assert!(rejects.contains("这条记录已按要求删除，不再导入") && !rejects.contains("租客"), "{rejects}");
    // The person in another household, and a household with nobody of them.
    let moved = file(&w, "moved.jsonl", &[home("h3", &[secret]), home("h4", &[person("r5", "新邻居")])]);
    let (added, .., rejected, rejects) = import_counts(&w, &moved).await;
    assert_eq!((added, rejected), (1, 1));
    assert!(rejects.contains("其中一位居民已按要求删除") && !rejects.contains(NAME), "{rejects}");
    w.settle(&[&a]).await;
    assert_gone(&w, &[&a], &[NAME, "租客", "证件4403-1", "鑫淼街h2号"]).await;

    // A backup from before the import knows neither: the journal does, by salted hashes.
    let w = w.restart(1204, Some(&before), &[&a]).await;
    let (added, _, changed, rejected, rejects) = import_counts(&w, &roster).await;
    assert_eq!((added, changed, rejected), (0, 0, 2), "{rejects}");
    w.settle(&[&a]).await;
    for device in [&a, &w.desk] {
        assert!(!holds(&phone_bytes(device), NAME), "phone {}", device.number);
    }
    assert!(w.ask("SELECT name FROM residents").await.iter().all(|name| ![NAME, "租客"].contains(&name.as_str())));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_cannot_be_written_changes_nothing_and_says_so() {
    let w = World::start(205, 1).await;
    let a = w.worker(1, "g00").await;
    let home = w.households[0];
    let resident = a.phone.run(AddResident { household: home, resident: secret_resident() }).unwrap().value;
    w.settle(&[&a]).await;
    let target = Target::Resident { household: home, resident, keep_photos: false };
    // The journal's disk is full.
    let journal = w.hub.folder.join("erasures.jsonl");
    std::os::unix::fs::symlink("/dev/full", &journal).unwrap();
    let stands = || async { w.ask("SELECT number || ' ' || (SELECT count(*) FROM changes) || ' ' || (SELECT count(*) FROM audit_log) FROM tenants").await };
    let before = stands().await;
    let e = admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap_err();
    assert!(e.to_string().contains("磁盘") && e.to_string().contains("nothing was erased"), "{e}");
    assert_eq!(stands().await, before);
    a.sync().await.unwrap();
    assert!(a.phone.household(home).unwrap().residents.iter().any(|r| r.id == resident));
    // With room it goes.
    std::fs::remove_file(&journal).unwrap();
    admin::erase(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
    w.settle(&[&a]).await;
    assert_gone(&w, &[&a], &[NAME, PINYIN, OLD_PHONE]).await;
    w.hub.stop().await;
}

/// Found by simulation: seed 189 of the second generation. What the phone had sent itself stayed with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_enrolled_again_keeps_nothing_of_what_was_erased_meanwhile() {
    let w = World::start(206, 2).await;
    let author = w.worker(1, "g00").await;
    let reader = w.worker(2, "g00").await;
    let visited = author.phone.run(visit(w.households[0], NOTE)).unwrap().value;
    w.settle(&[&author, &reader]).await;
    for device in [&author, &reader] {
        assert!(holds(&phone_bytes(device), NOTE));
        admin::revoke(&w.hub.hub, device_id(device)).await.unwrap();
    }
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(visited)).await.unwrap();
    for device in [&author, &reader] {
        device.phone.enrol(&w.hub.invite_again(Role::GridWorker, Some("g00"), person(device)).await.unwrap(), None).await.unwrap();
    }
    w.settle(&[&author, &reader]).await;
    assert_gone(&w, &[&author, &reader], &[NOTE]).await;
    w.assert_agreement(&[&author, &reader]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_takes_what_the_kinds_declare_and_nothing_else() {
    let w = World::start(208, 2).await;
    let a = w.worker(1, "g00").await;
    let invite = w.hub.invite(Role::Member, None, "周党员").await.unwrap();
    let member = Device::enrolled(w.dir.path(), 2, &invite).await.unwrap();
    let (home, other) = (w.households[0], w.households[1]);
    w.settle(&[&a, &member]).await;
    let circle = w.desk.phone.run(AddCircle { purpose: "health".into(), name: "关爱圈".into(), members: vec![person(&a)] }).unwrap().value;
    let (starts_at, ends_at) = (w.hub.hub.now(), w.hub.hub.now() + 7200);
    let clean = AddActivity { title: "大扫除".into(), task: "环境".into(), place: None, starts_at, ends_at, places: Some(9) };
    let clean = w.desk.phone.run(clean).unwrap().value;
    w.settle(&[&a, &member]).await;
    let head = first_resident(&a.phone, home);
    let of_health = |household, resident| AddHealth { circle, household, resident, facts: vec![Fact { field: "conditions".into(), text: "高血压".into() }] };
    let health = a.phone.run(of_health(home, head)).unwrap().value;
    let others = a.phone.run(of_health(other, first_resident(&a.phone, other))).unwrap().value;
    let seen = a.phone.run(visit(home, "照常")).unwrap().value;
    let signed = member.phone.run(SignIn { activity: clean }).unwrap().value;
    let told = member.phone.run(RaiseReport { place: None, ..report(w.grids[0], "路灯") }).unwrap().value;
    w.settle(&[&a, &member]).await;

    let planned = |target: Target| {
        let w = &w;
        async move {
            let plan = admin::plan(&w.hub.hub, &w.hub.tenant, &target).await.unwrap();
            plan.documents.iter().map(|(id, kind, _)| (kind.name, *id)).collect::<Vec<_>>()
        }
    };
    let resident = || Target::Resident { household: home, resident: head, keep_photos: false };
    assert_eq!(planned(resident()).await, [("household", home), ("health", health)]);
    assert_eq!(planned(Target::Document(person(&member))).await, [("person", person(&member)), ("attendance", signed)]);
    assert_eq!(planned(Target::Document(other)).await, [("household", other), ("health", others)]);
    admin::erase(&w.hub.hub, &w.hub.tenant, &resident()).await.unwrap();
    admin::erase(&w.hub.hub, &w.hub.tenant, &Target::Document(person(&member))).await.unwrap();
    w.settle(&[&a]).await;
    for (id, stays) in [(home, true), (health, false), (others, true), (seen, true), (signed, false), (told, true), (person(&member), false)] {
        let left = w.ask(&format!("SELECT doc FROM documents WHERE doc = '{id}' AND erased_at IS NULL")).await;
        assert_eq!(left.len(), usize::from(stays), "{id}");
    }
    assert_eq!(text(&a.phone, "SELECT doc FROM health"), [others.to_string()]);
    assert!(text(&a.phone, &format!("SELECT entry FROM residents WHERE doc = '{home}'")).is_empty());
    w.hub.stop().await;
}
