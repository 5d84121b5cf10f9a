//! Who may write what: every kind, role and path, and every reason to refuse.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{ActorId, Change, ObjType, ROOT, ReadDoc, ScalarValue};
use gridwalk_core::Id;
use gridwalk_core::documents::{Audience, Doc, Kind, Value, Writer, change_from_body};
use gridwalk_core::kinds::{self, SHIPPED};
use gridwalk_core::rules::{Allow, Author, Grant, Refusal, Role, RoleScope, judge, table};
use gridwalk_tests::harness::MORNING;

use super::lab::{actor_of, id_of, stamp};

/// A cell is tried in a document that its author makes; where someone else made the document and the path is empty; over what
/// stands there; where they made the document and the path is empty.
const MODES: [&str; 4] = ["make", "first", "later", "own"];
const STAMP: [&str; 4] = ["by", "at", "boot", "since_boot"];

/// The paths of a row: `entry` is an entry's id, `name` a name.
fn paths(row: &Allow) -> Vec<String> {
    let (parents, keys) = row.path.rsplit_once('/').map_or((String::new(), row.path), |(p, k)| (format!("{}/", p.replace('*', "entry")), k));
    let key = |k: &str| match k {
        "*" => "entry".to_owned(),
        "{name}" => "name".to_owned(),
        k => k.replace('*', "name"),
    };
    keys.split('|').map(|k| format!("{parents}{}", key(k))).collect()
}

/// What the table says of a cell: whether this role may write this path, and whether only once.
fn cell(kind: &Kind, path: &str, role: Role) -> Option<&'static Allow> {
    kind.rows().iter().find(|row| paths(row).iter().any(|p| p == path) && row.roles.contains(&role))
}

/// Whether the table and what [`Refusal`] says of names and ids let a role write a path in a mode.
fn expected(kind: &Kind, path: &str, role: Role, mode: &str) -> bool {
    let Some(row) = cell(kind, path, role) else { return false };
    let is_entry = path.ends_with("/entry");
    let by_table = match mode {
        // Who makes a document writes what it cannot do without.
        "make" => base_keys(kind).iter().all(|key| cell(kind, key, role).is_some()),
        "first" => !row.once || is_entry || role == Role::Hub,
        "later" => !row.once,
        // Without a name nobody can tell whose document it is.
        _ => !row.once || path != "by" || role == Role::Hub,
    };
    // What the kind itself asks beside the table.
    let desk = [Role::Cadre, Role::Hub].contains(&role);
    let by_check = match (kind.name, path) {
        ("person", "phone" | "unit" | "skills" | "confirmed:name") => desk,
        // Someone else's photo is taken back by the desk alone.
        ("photo", "removed") => desk || mode != "first",
        // Who told it says what they think of the result, or the desk for them.
        ("demand", path) if path.starts_with("evaluations/") => desk || mode != "first",
        _ => true,
    };
    by_table && by_check
}

fn place() -> Id {
    id_of(50, 1)
}

fn unit() -> Id {
    id_of(50, 2)
}

fn circle() -> Id {
    id_of(50, 3)
}

/// The person under test and someone else, with a device each.
fn me() -> Id {
    id_of(60, 1)
}

fn other() -> Id {
    id_of(60, 2)
}

fn author(role: Role) -> Author {
    let scope = match role.over() {
        RoleScope::Community => Audience::Community,
        RoleScope::Place => Audience::Place(place()),
        RoleScope::MicroGrid => Audience::MicroGrid(place()),
        RoleScope::Street => Audience::Street,
        RoleScope::Unit => Audience::Unit(unit()),
        RoleScope::Circle => Audience::Circle(circle()),
    };
    Author { device: actor_of(1).device(), devices: vec![actor_of(1).device()], person: me(), grants: vec![Grant { role, scope }] }
}

fn audiences(kind: &Kind) -> Vec<Audience> {
    match kind.name {
        "activity" | "settings" | "category_list" => vec![Audience::Community, Audience::Desk],
        "attendance" | "claim" => vec![Audience::Desk, Audience::Person(me())],
        _ => vec![Audience::Place(place()), Audience::Desk],
    }
}

/// What a document of this kind cannot do without.
fn needed(kind: &Kind) -> Vec<(&'static str, Value)> {
    match kind.name {
        "household" => vec![("address", "五堰路1号".into()), ("place", place().into())],
        "visit" => vec![("household", id_of(51, 1).into())],
        "report" | "demand" => vec![("title", "路灯不亮".into())],
        "attendance" | "claim" => vec![("person", me().into())],
        "movement" => vec![("goods", id_of(51, 1).into()), ("way", "given".into()), ("amount", 1.into())],
        "paper" => vec![("sort", "residence".into()), ("household", id_of(51, 1).into()), ("resident", id_of(51, 2).into())],
        "photo" => PHOTO_FACTS.iter().map(|key| (*key, value(key, me()))).collect(),
        "unit" => vec![("name", "城管中队".into())],
        "circle" => vec![("purpose", "health".into()), ("name", "一号圈".into())],
        "health" | "minor" => vec![("circle", circle().into()), ("household", id_of(51, 1).into()), ("resident", id_of(51, 2).into())],
        "mediation" => vec![("circle", circle().into()), ("matter", "噪声".into())],
        _ => vec![],
    }
}

const PHOTO_FACTS: [&str; 8] = ["about", "record", "hash", "bytes", "width", "height", "thumb_hash", "thumb_bytes"];

fn value(key: &str, by: Id) -> Value {
    match key {
        "by" => by.into(),
        "hash" | "thumb_hash" => "0f".repeat(32).as_str().into(),
        "about" | "record" => id_of(51, 1).into(),
        "bytes" | "width" | "height" | "thumb_bytes" => 1.into(),
        "place" => place().into(),
        "household" | "resident" | "report" | "origin" | "lead" | "goods" => id_of(51, 1).into(),
        "circle" => circle().into(),
        "purpose" => "minors".into(),
        "way" => "given".into(),
        "sort" => "residence".into(),
        "amount" => 1.into(),
        "person" => me().into(),
        "removed" | "day_only" | "own" | "kept" => true.into(),
        "tag:name" => true.into(),
        "at" | "since_boot" | "earlier_by" | "order" | "lat" | "lon" | "whistle" | "held_at" => 1.into(),
        "kind" => "note".into(),
        _ => "内容".into(),
    }
}

/// What every document of this kind begins with: the needed fields, and who made it where the kind says so.
fn base_keys(kind: &Kind) -> Vec<&'static str> {
    let by = cell(kind, "by", Role::Hub).map(|_| "by");
    by.into_iter().chain(needed(kind).into_iter().map(|(key, _)| key)).collect()
}

/// Writes those fields but `except`.
fn base(w: &mut Writer<'_>, kind: &Kind, by: Id, except: &str) {
    for key in base_keys(kind).into_iter().filter(|key| *key != except) {
        let needed = needed(kind).into_iter().find(|(k, _)| *k == key).map(|(_, value)| value);
        w.put(&ROOT, key, needed.unwrap_or_else(|| by.into())).unwrap();
    }
}

fn wrote(doc: &mut Doc, device: u8, by: Id, f: impl FnOnce(&mut Writer<'_>)) -> Change {
    let made = doc.write(actor_of(device), &by.to_string(), &stamp(MORNING), |w| {
        f(w);
        Ok(())
    });
    change_from_body(&made.unwrap().1.unwrap().body).unwrap()
}

fn put(w: &mut Writer<'_>, path: &[&str], entry: &str, by: Id, over: bool) {
    let keys: Vec<&str> = path.iter().map(|k| if *k == "entry" { entry } else { *k }).collect();
    let mut object = ROOT;
    for (n, key) in keys[..keys.len() - 1].iter().enumerate() {
        object = if n == 0 { w.at_path(&[key]).unwrap() } else { w.new_map(&object, key).unwrap() };
    }
    let key = keys[keys.len() - 1];
    if path[path.len() - 1] == "entry" {
        if over {
            w.settle(&object, key, &"x".into()).unwrap();
        } else {
            w.new_map(&object, key).unwrap();
        }
    } else if over && STAMP.contains(&key) {
        w.put(&object, key, if key == "by" { Value::from(by) } else { Value::from("anders") }).unwrap();
    } else if over {
        w.settle(&object, key, &value(key, by)).unwrap();
    } else {
        w.put(&object, key, value(key, by)).unwrap();
    }
    // The step that everyone may add says something.
    if path == ["steps", "entry", "kind"] {
        w.put(&object, "note", value("note", by)).unwrap();
    }
}

fn attempt(kind: &'static Kind, role: Role, path: &str, mode: &str) -> Result<(), Refusal> {
    let keys: Vec<&str> = path.split('/').collect();
    let author = author(role);
    // Every role's scope: who reaches what has tests of its own.
    let audiences = [
        Audience::Place(place()),
        Audience::MicroGrid(place()),
        Audience::Desk,
        Audience::Street,
        Audience::Unit(unit()),
        Audience::Circle(circle()),
        Audience::Community,
    ];
    let (device, by) = if mode == "own" { (1, me()) } else { (2, other()) };
    let id = id_of(if mode == "make" { 1 } else { device }, 9);
    let mut doc = Doc::new(kind, 0).unwrap();
    let is_entry = keys.last() == Some(&"entry");
    let mine = mode == "make" || mode == "own" || is_entry && mode == "first";
    let entry = id_of(if mine { 1 } else { 2 }, 77).to_string();
    if mode == "make" {
        let change = wrote(&mut doc, 1, me(), |w| {
            base(w, kind, me(), path);
            put(w, &keys, &entry, me(), false);
        });
        return judge(id, None, &doc, &change, &audiences, &author);
    }
    wrote(&mut doc, device, by, |w| {
        base(w, kind, by, path);
        // Something beside, so that there is always a change.
        w.put(&ROOT, "other", Value::from(1)).unwrap();
        if keys.contains(&"entry") && !is_entry {
            put(w, &keys[..2], &entry, by, false);
        }
        if mode == "later" {
            put(w, &keys, &entry, by, false);
        }
    });
    let mut after = doc.clone();
    // What is not written once is set with a name, except in what one recorded oneself; settings are nobody's.
    let named =
        cell(kind, path, role).is_some_and(|row| !row.once) && (mode == "first" || kind.name == "settings" || path.ends_with("/name") && keys.len() == 2);
    let change = wrote(&mut after, 1, me(), |w| put(w, &keys, &entry, me(), mode == "later" || named));
    judge(id, Some(&doc), &after, &change, &audiences, &author)
}

#[test]
fn every_role_writes_what_it_may_and_nothing_else() {
    let mut wrong = Vec::new();
    let mut cells = 0;
    for kind in SHIPPED {
        let paths: BTreeSet<String> = kind.rows().iter().flat_map(paths).collect();
        for (path, role) in paths.iter().flat_map(|path| Role::ALL.iter().map(move |info| (path, info.role))) {
            for mode in MODES {
                let answer = attempt(kind, role, path, mode);
                if answer.is_ok() != expected(kind, path, role, mode) {
                    wrong.push(format!("{} {path} {role} {mode}: {answer:?}", kind.name));
                }
                cells += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cells > 6_000, "{cells}");
}

#[test]
fn the_table_and_the_kinds_cover_each_other() {
    let kinds: Vec<&str> = SHIPPED.iter().map(|k| k.name).collect();
    let mut ruled: Vec<&str> = table::TABLE.iter().map(|r| r.kind).collect();
    ruled.sort_by_key(|name| kinds.iter().position(|k| k == name));
    assert_eq!(ruled, kinds, "one row group a kind");
    for kind in SHIPPED {
        assert!(std::ptr::eq(kind.rules, *table::TABLE.iter().find(|r| r.kind == kind.name).unwrap()), "{} has another kind's rules", kind.name);
        let containers: BTreeSet<&str> = kind.versions.iter().flat_map(|v| v.containers.iter().copied()).collect();
        let written: BTreeSet<&str> = kind.rows().iter().filter_map(|row| Some(row.path.split_once('/')?.0)).collect();
        assert_eq!(written, containers, "{}: rows below containers that there are, and for each of them", kind.name);
        for row in kind.rows() {
            assert!(!row.roles.is_empty(), "{} {}", kind.name, row.path);
            assert!(row.roles.iter().all(|r| row.roles.iter().filter(|o| *o == r).count() == 1), "{} {}", kind.name, row.path);
        }
        // A later row for the same path adds roles, or it would never hold.
        for (n, row) in kind.rows().iter().enumerate() {
            for path in paths(row) {
                let earlier: BTreeSet<Role> = kind.rows()[..n].iter().filter(|r| paths(r).contains(&path)).flat_map(|r| r.roles.iter().copied()).collect();
                assert!(row.roles.iter().any(|r| !earlier.contains(r)), "{} {path}: a row that never holds", kind.name);
            }
        }
    }
    for (place, info) in Role::ALL.iter().enumerate() {
        assert_eq!((info.role as usize, info.code.parse::<Role>().unwrap()), (place, info.role));
        assert!(!info.zh.is_ascii() && info.code.is_ascii());
    }
}

fn household() -> Doc {
    doc_of(1, me())
}

/// A household with a resident, recorded by this device and person.
fn doc_of(device: u8, by: Id) -> Doc {
    let mut doc = Doc::new(kinds::by_name("household").unwrap(), 0).unwrap();
    wrote(&mut doc, device, by, |w| {
        base(w, kinds::by_name("household").unwrap(), by, "");
        put(w, &["residents", "entry", "name"], &id_of(device, 77).to_string(), by, false);
    });
    doc
}

/// Judges what a transaction of Automerge's own makes of `before`.
fn raw(before: &Doc, role: Role, f: impl FnOnce(&mut automerge::transaction::Transaction<'_>)) -> Result<(), Refusal> {
    let mut am = before.automerge().clone().with_actor(ActorId::from(&actor_of(1).0[..]));
    let mut tx = am.transaction();
    f(&mut tx);
    tx.commit();
    let change = am.get_last_local_change().unwrap();
    let mut after = before.clone();
    after.take_change(change.clone()).unwrap();
    judge(id_of(1, 9), Some(before), &after, &change, &audiences(before.kind()), &author(role))
}

#[test]
fn nothing_is_deleted_and_nothing_strange_is_written() {
    let doc = household();
    let (_, residents) = doc.automerge().get(ROOT, "residents").unwrap().unwrap();
    let entry = id_of(1, 77).to_string();
    let (_, resident) = doc.automerge().get(&residents, &entry).unwrap().unwrap();
    let role = Role::GridWorker;
    assert_eq!(raw(&doc, role, |tx| tx.put(ROOT, "address", "五堰路2号").unwrap()), Ok(()));
    assert_eq!(raw(&doc, role, |tx| tx.delete(ROOT, "address").unwrap()), Err(Refusal::Delete));
    assert_eq!(raw(&doc, role, |tx| tx.delete(&residents, &*entry).unwrap()), Err(Refusal::Delete));
    assert_eq!(raw(&doc, role, |tx| tx.delete(&resident, "name").unwrap()), Err(Refusal::Delete));
    assert_eq!(raw(&doc, Role::Hub, |tx| tx.delete(&resident, "name").unwrap()), Err(Refusal::Delete));
    for strange in [ScalarValue::F64(1.5), ScalarValue::Bytes(vec![1]), ScalarValue::counter(1), ScalarValue::Timestamp(1), ScalarValue::Uint(1)] {
        assert_eq!(raw(&doc, role, |tx| tx.put(ROOT, "tenure", strange.clone()).unwrap()), Err(Refusal::Operation), "{strange:?}");
    }
    assert_eq!(raw(&doc, role, |tx| drop(tx.put_object(ROOT, "tenure", ObjType::List).unwrap())), Err(Refusal::Operation));
    assert_eq!(raw(&doc, role, |tx| drop(tx.put_object(ROOT, "tenure", ObjType::Text).unwrap())), Err(Refusal::Operation));
    assert_eq!(raw(&doc, role, |tx| tx.put(ROOT, "tenure", "长".repeat(40_000)).unwrap()), Err(Refusal::Operation));
    assert_eq!(raw(&doc, role, |tx| tx.put(ROOT, "nonsense", 1).unwrap()), Err(Refusal::Path));
    assert_eq!(raw(&doc, role, |tx| tx.put(ROOT, "residents", 1).unwrap()), Err(Refusal::Path));
    assert_eq!(raw(&doc, role, |tx| drop(tx.put_object(ROOT, "residents", ObjType::Map).unwrap())), Err(Refusal::Path));
    assert_eq!(raw(&doc, role, |tx| tx.put(&resident, "tag:", true).unwrap()), Err(Refusal::Path));
    // An edited field has its value and its stamp, nothing more and nothing deeper.
    let deeper = |key: &'static str| {
        raw(&doc, role, move |tx| {
            let field = tx.put_object(ROOT, "tenure", ObjType::Map).unwrap();
            let inner = tx.put_object(&field, key, ObjType::Map).unwrap();
            tx.put(&inner, "value", "x").unwrap();
        })
    };
    assert_eq!(deeper("value"), Err(Refusal::Operation));
    assert_eq!(deeper("by"), Err(Refusal::Operation));
    assert_eq!(deeper("nonsense"), Err(Refusal::Path));
    // A write that is undone in the same change is still seen.
    let undone = raw(&doc, role, |tx| {
        tx.put(ROOT, "nonsense", 1).unwrap();
        tx.delete(ROOT, "nonsense").unwrap();
    });
    assert!(undone.is_err());
}

#[test]
fn nobody_writes_in_anothers_name() {
    let doc = household();
    let named = |role: Role, by: Id| {
        raw(&doc, role, move |tx| {
            let field = tx.put_object(ROOT, "tenure", ObjType::Map).unwrap();
            tx.put(&field, "value", "租住").unwrap();
            tx.put(&field, "by", by.to_string()).unwrap();
            tx.put(&field, "at", MORNING).unwrap();
        })
    };
    assert_eq!(named(Role::GridWorker, me()), Ok(()));
    assert_eq!(named(Role::GridWorker, other()), Err(Refusal::By));
    assert_eq!(named(Role::Cadre, other()), Err(Refusal::By));
    assert_eq!(named(Role::Hub, other()), Ok(()), "the hub writes what others did");
    // Nor does anyone change what stands under another's name: neither the value alone, nor what the entry's author says.
    let theirs = doc_of(2, other());
    assert_eq!(raw(&theirs, Role::GridWorker, |tx| tx.put(ROOT, "address", "五堰路9号").unwrap()), Err(Refusal::By));
    assert_eq!(raw(&theirs, Role::Cadre, |tx| tx.put(ROOT, "tenure", "租住").unwrap()), Err(Refusal::By));
    let resident = |tx: &automerge::transaction::Transaction<'_>| {
        let residents = tx.get(ROOT, "residents").unwrap().unwrap().1;
        tx.get(&residents, id_of(2, 77).to_string()).unwrap().unwrap().1
    };
    assert_eq!(raw(&theirs, Role::GridWorker, |tx| tx.put(resident(tx), "sex", "女").unwrap()), Err(Refusal::By));
    let mut edited = theirs.clone();
    wrote(&mut edited, 2, other(), |w| w.settle(&ROOT, "tenure", &"自有".into()).unwrap());
    for key in ["value", "at", "boot"] {
        let inside = |tx: &mut automerge::transaction::Transaction<'_>| {
            let field = tx.get(ROOT, "tenure").unwrap().unwrap().1;
            tx.put(&field, key, "租住").unwrap();
        };
        assert_eq!(raw(&edited, Role::GridWorker, inside), Err(Refusal::By), "{key}");
        assert_eq!(raw(&edited, Role::Cadre, inside), Err(Refusal::By), "{key}");
    }
    // Nor by a detour: `by` as a map whose value is someone else.
    let new = |f: &dyn Fn(&mut automerge::transaction::Transaction<'_>)| {
        let empty = Doc::new(kinds::by_name("visit").unwrap(), 0).unwrap();
        let mut am = empty.automerge().clone().with_actor(ActorId::from(&actor_of(1).0[..]));
        let mut tx = am.transaction();
        tx.put(ROOT, "household", id_of(51, 1).to_string()).unwrap();
        f(&mut tx);
        tx.commit();
        let change = am.get_last_local_change().unwrap();
        let mut after = empty.clone();
        after.take_change(change.clone()).unwrap();
        judge(id_of(1, 9), None, &after, &change, &audiences(after.kind()), &author(Role::GridWorker))
    };
    assert_eq!(new(&|tx| tx.put(ROOT, "by", me().to_string()).unwrap()), Ok(()));
    assert_eq!(new(&|tx| tx.put(ROOT, "by", other().to_string()).unwrap()), Err(Refusal::By));
    let detour = new(&|tx| {
        let by = tx.put_object(ROOT, "by", ObjType::Map).unwrap();
        tx.put(&by, "value", other().to_string()).unwrap();
    });
    assert_eq!(detour, Err(Refusal::Operation));
    assert_eq!(new(&|_| {}), Err(Refusal::Check), "a visit says whose it is");
}

#[test]
fn ids_and_changes_are_of_the_devices_own() {
    let kind = kinds::by_name("household").unwrap();
    let mut doc = Doc::new(kind, 0).unwrap();
    let change = wrote(&mut doc, 1, me(), |w| base(w, kind, me(), ""));
    let audiences = audiences(kind);
    let mine = author(Role::GridWorker);
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &audiences, &mine), Ok(()));
    assert_eq!(judge(id_of(2, 9), None, &doc, &change, &audiences, &mine), Err(Refusal::Actor), "an id of another device's");
    let earlier = Author { devices: vec![actor_of(1).device(), actor_of(2).device()], ..mine.clone() };
    assert_eq!(judge(id_of(2, 9), None, &doc, &change, &audiences, &earlier), Ok(()), "an id of an earlier device of the same person");
    let elsewhere = Author { device: actor_of(2).device(), ..mine.clone() };
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &audiences, &elsewhere), Err(Refusal::Actor), "a change of another device's");
    let away = [Audience::Place(id_of(50, 2)), Audience::Desk];
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &away, &mine), Err(Refusal::OutsideScope));
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &audiences, &author(Role::Member)), Err(Refusal::OutsideScope));
    let nobody = Author { grants: vec![], ..mine };
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &audiences, &nobody), Err(Refusal::OutsideScope));
    // An entry under someone else's id.
    let mut after = doc.clone();
    let change = wrote(&mut after, 1, me(), |w| put(w, &["residents", "entry", "name"], &id_of(2, 5).to_string(), me(), false));
    assert_eq!(judge(id_of(1, 9), Some(&doc), &after, &change, &audiences, &author(Role::GridWorker)), Err(Refusal::Actor));
    let mut after = doc.clone();
    let change = wrote(&mut after, 1, me(), |w| put(w, &["residents", "entry", "name"], "no id", me(), false));
    assert_eq!(judge(id_of(1, 9), Some(&doc), &after, &change, &audiences, &author(Role::GridWorker)), Err(Refusal::Actor));
}

#[test]
fn what_a_kind_itself_demands() {
    let grid = kinds::by_name("place").unwrap();
    let mut doc = Doc::new(grid, 0).unwrap();
    let change = wrote(&mut doc, 1, me(), |w| w.put(&ROOT, "level", Value::from("micro_grid")).unwrap());
    assert_eq!(judge(id_of(1, 9), None, &doc, &change, &audiences(grid), &author(Role::Cadre)), Err(Refusal::Check), "a micro-grid lies in a grid");
    let doc = household();
    assert_eq!(raw(&doc, Role::GridWorker, |tx| tx.put(ROOT, "address", "").unwrap()), Err(Refusal::Check), "a household has an address");
    assert_eq!(raw(&doc, Role::Cadre, |tx| tx.put(ROOT, "place", "nowhere").unwrap()), Err(Refusal::Check), "and a grid");
    // Only the hub settles, in one step or in two.
    let report = kinds::by_name("report").unwrap();
    let settled = |role: Role, steps: &[&[(&str, &str)]]| {
        let mut doc = Doc::new(report, 0).unwrap();
        wrote(&mut doc, 1, me(), |w| base(w, report, me(), ""));
        let mut last = Ok(());
        for fields in steps {
            let before = doc.clone();
            let change = wrote(&mut doc, 1, me(), |w| {
                let steps = w.at_path(&["steps"]).unwrap();
                let step = w.new_map(&steps, &id_of(1, 78).to_string()).unwrap();
                fields.iter().for_each(|(key, value)| w.put(&step, key, Value::from(*value)).unwrap());
            });
            last = judge(id_of(1, 9), Some(&before), &doc, &change, &audiences(report), &author(role));
        }
        last
    };
    assert_eq!(settled(Role::Hub, &[&[("kind", "settled"), ("covers", "a b")]]), Ok(()));
    assert_eq!(settled(Role::Cadre, &[&[("kind", "settled")]]), Err(Refusal::Check));
    assert_eq!(settled(Role::GridWorker, &[&[("note", "x")], &[("kind", "settled")]]), Err(Refusal::Check));
    // One's own person.
    let own = |kind: &str, id: Id, audience: Audience, role: Role, f: &dyn Fn(&mut Writer<'_>)| {
        let kind = kinds::by_name(kind).unwrap();
        let mut before = Doc::new(kind, 0).unwrap();
        wrote(&mut before, 2, other(), |w| {
            w.put(&ROOT, "name", Value::from("某人")).unwrap();
        });
        let mut after = before.clone();
        let change = wrote(&mut after, 1, me(), f);
        judge(id, Some(&before), &after, &change, &[audience, Audience::Place(place()), Audience::Desk], &author(role))
    };
    for role in [Role::GridWorker, Role::Member, Role::Cadre] {
        let phone = |w: &mut Writer<'_>| w.settle(&ROOT, "phone", &"13800138000".into()).unwrap();
        assert_eq!(own("person", me(), Audience::Person(me()), role, &phone), Ok(()), "{role}");
    }
    let phone = |w: &mut Writer<'_>| w.settle(&ROOT, "phone", &"13800138000".into()).unwrap();
    assert_eq!(own("person", other(), Audience::Person(other()), Role::GridWorker, &phone), Err(Refusal::Check), "a colleague's");
    assert_eq!(own("person", other(), Audience::Person(other()), Role::Member, &phone), Err(Refusal::OutsideScope));
}

#[test]
fn every_refusal_has_its_words() {
    let mut seen = BTreeSet::new();
    for refusal in Refusal::ALL {
        let (zh, en) = Refusal::message(refusal.code());
        assert!(!zh.is_ascii() && en.is_ascii() && !en.is_empty());
        assert!(seen.insert((refusal.code(), zh, en)));
        assert_ne!((zh, en), Refusal::message("some newer code"));
    }
}
