//! What a document says of its own times, and who may say it.

use automerge::{ROOT, ReadDoc};
use gridwalk_core::Id;
use gridwalk_core::clock::{Hybrid, Reading, Stamp};
use gridwalk_core::documents::{Audience, Doc, Proof, Value, Writer, change_from_body, late_key, start_key};
use gridwalk_core::kinds::KINDS;
use gridwalk_core::rules::{Author, Grant, Refusal, Role, judge};
use gridwalk_tests::harness::MORNING;

use super::lab::{actor_of, id_of, stamp};

const DAY: i64 = 86_400;

fn me() -> Id {
    id_of(60, 1)
}

fn other() -> Id {
    id_of(60, 2)
}

/// A stamp of a boot without an anchor, `since` seconds after it began.
fn unproven(boot: &str, at: i64, since: i64) -> Stamp {
    Stamp { reading: Reading { wall: at, boot: boot.into(), since_boot: since }, at, anchored: false }
}

fn write(doc: &mut Doc, device: u8, by: Id, stamp: &Stamp, f: impl FnOnce(&mut Writer<'_>)) -> automerge::Change {
    let made = doc.write(actor_of(device), &by.to_string(), stamp, |w| {
        f(w);
        Ok(())
    });
    change_from_body(&made.unwrap().1.unwrap().body).unwrap()
}

fn put(doc: &mut Doc, key: &str, value: impl Into<Value>) {
    let value = value.into();
    write(doc, 1, me(), &stamp(MORNING), |w| w.put(&ROOT, key, value).unwrap());
}

/// A document of each kind with a stamp of mine at its root, in an entry of each container and in an edited field, and one of someone else's.
fn stamped(kind: &'static gridwalk_core::documents::Kind, at: i64) -> Doc {
    let mut doc = Doc::new(kind, 0).unwrap();
    write(&mut doc, 1, me(), &unproven("mine", at, 100), |w| {
        w.stamp(&ROOT).unwrap();
        w.settle(&ROOT, "edited", &"x".into()).unwrap();
        for container in kind.versions.iter().flat_map(|v| v.containers) {
            let container = w.at_path(&[container]).unwrap();
            let entry = w.new_map(&container, &id_of(1, 5).to_string()).unwrap();
            w.stamp(&entry).unwrap();
            w.put(&entry, "held_at", Value::from(at)).unwrap();
            w.put(&entry, "order", Value::from(Hybrid::after(at, None, []).0)).unwrap();
        }
    });
    write(&mut doc, 2, other(), &unproven("theirs", at, 100), |w| w.settle(&ROOT, "theirs", &"y".into()).unwrap());
    doc
}

/// Time and proof of each of my stamps.
fn mine(doc: &Doc) -> Vec<(Option<i64>, Proof)> {
    let tree = doc.tree();
    let entries = doc.kind().versions.iter().flat_map(|v| v.containers).flat_map(|c| tree.entries(c)).map(|(_, entry)| entry);
    [&**tree, tree.map("edited")].into_iter().chain(entries).map(|map| (map.int("at"), Proof::of(map))).collect()
}

#[test]
fn one_found_start_serves_every_stamp_of_its_boot_in_every_kind() {
    for kind in KINDS {
        let mut doc = stamped(kind, MORNING + 400 * DAY);
        assert!(mine(&doc).iter().all(|m| *m == (Some(MORNING + 400 * DAY), Proof::Waiting)), "{}", kind.name);
        put(&mut doc, &start_key("mine"), MORNING);
        assert!(mine(&doc).iter().all(|m| *m == (Some(MORNING + 100), Proof::Proven)), "{}: {:?}", kind.name, mine(&doc));
        let theirs = doc.tree().map("theirs");
        assert_eq!((theirs.int("at"), Proof::of(theirs)), (Some(MORNING + 400 * DAY), Proof::Waiting), "{}", kind.name);
        for (_, entry) in kind.versions.iter().flat_map(|v| v.containers).flat_map(|c| doc.tree().entries(c)) {
            assert_eq!(entry.int("held_at"), Some(MORNING + 100));
            assert_eq!(entry.int("order"), Some((MORNING + 400 * DAY) << 16), "it never moves the order");
        }
        // What was written stays as it was.
        assert!(doc.automerge().get(ROOT, "boot").unwrap().is_some());
    }
}

#[test]
fn a_claimed_time_is_bounded_in_every_kind_and_a_boot_without_an_anchor_is_said_to_have_none() {
    for kind in KINDS {
        let mut doc = stamped(kind, MORNING + 400 * DAY);
        let claimed = doc.tree().later_than(MORNING);
        assert!(claimed.contains(&(MORNING + 400 * DAY)) && doc.tree().later_than(MORNING + 401 * DAY).is_empty());
        for time in claimed {
            put(&mut doc, &late_key(time), MORNING);
        }
        assert!(doc.tree().later_than(MORNING).is_empty(), "{}", kind.name);
        assert!(mine(&doc).iter().all(|m| *m == (Some(MORNING), Proof::Waiting)), "{}", kind.name);
        let orders = kind.versions.iter().flat_map(|v| v.containers).flat_map(|c| doc.tree().entries(c)).map(|(_, entry)| entry.int("order"));
        assert!(orders.eq(kind.versions.iter().flat_map(|v| v.containers).map(|_| Some(Hybrid::last_of(MORNING).0))));
        put(&mut doc, &start_key("mine"), false);
        assert!(mine(&doc).iter().all(|m| *m == (Some(MORNING), Proof::Unknowable)), "{}", kind.name);
    }
}

#[test]
fn a_proven_time_that_is_later_than_it_came_in_is_bounded_too() {
    let mut doc = Doc::new(KINDS[2], 0).unwrap();
    write(&mut doc, 1, me(), &stamp(MORNING + DAY), |w| w.stamp(&ROOT).unwrap());
    put(&mut doc, &late_key(MORNING + DAY), MORNING);
    assert_eq!((doc.tree().int("at"), Proof::of(doc.tree())), (Some(MORNING), Proof::Unknowable));
}

#[test]
fn who_recorded_in_a_boot_says_once_when_it_began_and_only_the_hub_bounds() {
    for kind in KINDS {
        let before = stamped(kind, MORNING);
        let audiences = [Audience::Community, Audience::Desk, Audience::Circle(id_of(50, 3)), Audience::Place(id_of(50, 1))];
        let try_it = |before: &Doc, role: Role, person: Id, device: u8, key: &str, value: Value| {
            let grants = vec![Grant { role, scope: if role == Role::HealthMember { Audience::Circle(id_of(50, 3)) } else { Audience::Community } }];
            let author = if role == Role::Hub {
                Author::of_hub(actor_of(device).device(), person)
            } else {
                Author { device: actor_of(device).device(), devices: vec![actor_of(device).device()], person, grants }
            };
            let mut after = before.clone();
            let change = write(&mut after, device, person, &stamp(MORNING), |w| w.put(&ROOT, key, value).unwrap());
            // The kind's own check has its own tests, and is not about these keys.
            match judge(id_of(1, 9), Some(before), &after, &change, &audiences, &author) {
                Err(Refusal::Check) | Ok(()) => Ok(()),
                Err(refusal) => Err(refusal),
            }
        };
        let (mine, late) = (start_key("mine"), late_key(MORNING + 1));
        assert_eq!(try_it(&before, Role::Cadre, me(), 1, &mine, MORNING.into()), Ok(()), "{}", kind.name);
        assert_eq!(try_it(&before, Role::Cadre, me(), 1, &mine, false.into()), Ok(()));
        assert_eq!(try_it(&before, Role::Hub, id_of(70, 1), 7, &late, MORNING.into()), Ok(()));
        for (role, person, device, key, value) in [
            (Role::Cadre, other(), 2, &*mine, Value::from(MORNING)),
            (Role::Cadre, me(), 1, &*start_key("theirs"), MORNING.into()),
            (Role::Cadre, me(), 1, &*start_key("unknown"), MORNING.into()),
            (Role::Cadre, me(), 1, &*mine, true.into()),
            (Role::Cadre, me(), 1, &*mine, "早上".into()),
            (Role::Cadre, me(), 1, &*late, MORNING.into()),
            (Role::Hub, id_of(70, 1), 7, &*late, "x".into()),
            (Role::Cadre, me(), 1, "late:x", MORNING.into()),
            (Role::Cadre, me(), 1, "proof", 0.into()),
        ] {
            assert_eq!(try_it(&before, role, person, device, key, value.clone()), Err(Refusal::Path), "{} {role:?} {key} {value:?}", kind.name);
        }
        let mut found = before.clone();
        put(&mut found, &mine, MORNING);
        assert_eq!(try_it(&found, Role::Cadre, me(), 1, &mine, (MORNING + 5).into()), Err(Refusal::Path), "once");
    }
}
