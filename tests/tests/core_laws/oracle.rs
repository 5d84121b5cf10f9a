//! The rules and the audiences, held against a table written by hand from the domain: `tests/oracle/rules.txt`. What it allows is taken,
//! all else is refused; every kind, role, field and step stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::{Change, ObjId, ROOT};
use gridwalk_core::cases::kinds_with_process;
use gridwalk_core::documents::{Audience, Doc, Documents, Kind, Value, Writer, audiences_of, change_from_body};
use gridwalk_core::kinds::{self, SHIPPED};
use gridwalk_core::rules::{Author, Grant, Role, RoleScope, judge};
use gridwalk_core::{Id, Result};
use gridwalk_tests::harness::MORNING;

use super::lab::{actor_of, id_of, stamp};

const ORACLE: &str = include_str!("../../oracle/rules.txt");

/// Someone with a role, over where the document is or elsewhere.
type Standing = (Role, bool);

/// One case of the oracle: what its lines allow, by verb and field.
struct Case {
    kind: &'static Kind,
    name: &'static str,
    allowed: BTreeMap<(&'static str, &'static str), BTreeSet<Standing>>,
}

impl Case {
    fn allows(&self, verb: &'static str, field: &'static str, standing: Standing) -> bool {
        self.allowed.get(&(verb, field)).is_some_and(|who| who.contains(&standing))
    }
}

/// Where a role is given over one of several, so that it may be over another.
fn has_elsewhere(role: Role) -> bool {
    matches!(role.over(), RoleScope::Place | RoleScope::MicroGrid | RoleScope::Unit | RoleScope::Circle)
}

fn who(words: &str, groups: &BTreeMap<&str, BTreeSet<Standing>>) -> BTreeSet<Standing> {
    let mut all = BTreeSet::new();
    for word in words.split_whitespace().filter(|word| *word != "nobody") {
        if let Some(group) = groups.get(word) {
            all.extend(group);
            continue;
        }
        let role = |code: &str| code.parse::<Role>().unwrap_or_else(|_| panic!("no role {word}"));
        let standings = match (word.strip_suffix('+'), word.strip_suffix("@elsewhere")) {
            (Some(code), _) => vec![(role(code), true), (role(code), false)],
            (_, Some(code)) => vec![(role(code), false)],
            _ => vec![(role(word), true)],
        };
        assert!(standings.iter().all(|(role, here)| *here || has_elsewhere(*role)), "{word} is everywhere");
        all.extend(standings);
    }
    all
}

fn oracle() -> Vec<Case> {
    let mut groups: BTreeMap<&str, BTreeSet<Standing>> = BTreeMap::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in ORACLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(case) = line.strip_prefix("== ") {
            let (kind, rest) = case.split_once(" / ").unwrap();
            let kind = kinds::by_name(kind).unwrap_or_else(|| panic!("no kind {kind}"));
            cases.push(Case { kind, name: rest.split_once(':').unwrap().0, allowed: BTreeMap::new() });
        } else if let Some(group) = line.strip_prefix("= ") {
            let (name, words) = group.split_once(':').unwrap();
            let members = who(words, &groups);
            groups.insert(name, members);
        } else {
            let case = cases.last_mut().unwrap();
            let (head, words) =
                line.split_once(':').filter(|_| !line.starts_with("reads ")).unwrap_or_else(|| ("reads -", line.strip_prefix("reads ").unwrap()));
            // A key may have a colon: the last one parts fields from roles.
            let (head, words) = if head == "reads -" { (head, words) } else { line.rsplit_once(':').unwrap() };
            let (verb, fields) = head.split_once(' ').unwrap();
            assert!(["reads", "begins", "changes", "completes", "adds", "amends", "steps"].contains(&verb), "{line}");
            for field in fields.split_whitespace() {
                let before = case.allowed.insert((verb, field), who(words, &groups));
                assert!(before.is_none(), "{} / {}: {verb} {field} stands there twice", case.kind.name, case.name);
            }
        }
    }
    cases
}

fn grid() -> Id {
    id_of(50, 1)
}

fn micro_grid() -> Id {
    id_of(50, 2)
}

fn unit() -> Id {
    id_of(50, 3)
}

fn circle() -> Id {
    id_of(50, 4)
}

fn household() -> Id {
    id_of(51, 1)
}

fn health() -> Id {
    id_of(51, 2)
}

/// Whose rights are looked at, with device 1; who made the documents, with device 2; and a third.
fn me() -> Id {
    id_of(60, 1)
}

fn other() -> Id {
    id_of(60, 2)
}

fn another() -> Id {
    id_of(60, 3)
}

fn author((role, here): Standing) -> Author {
    let of = |id: Id| if here { id } else { id_of(59, id.counter) };
    let scope = match role.over() {
        RoleScope::Community => Audience::Community,
        RoleScope::Place => Audience::Place(of(grid())),
        RoleScope::MicroGrid => Audience::MicroGrid(of(micro_grid())),
        RoleScope::Street => Audience::Street,
        RoleScope::Unit => Audience::Unit(of(unit())),
        RoleScope::Circle => Audience::Circle(of(circle())),
    };
    Author { device: actor_of(1).device(), devices: vec![actor_of(1).device()], person: me(), grants: vec![Grant { role, scope }] }
}

/// The role that a case's circle gives its members; those of other circles are elsewhere.
fn circle_role(case: &Case) -> Option<Role> {
    match (case.kind.name, case.name) {
        ("health", _) | (_, "health") => Some(Role::HealthMember),
        ("minor", _) | (_, "minors") => Some(Role::MinorsMember),
        ("mediation", _) => Some(Role::Mediator),
        _ => None,
    }
}

fn standings(case: &Case) -> Vec<Standing> {
    let mut all = Vec::new();
    for info in Role::ALL {
        if info.over != RoleScope::Circle || circle_role(case) == Some(info.role) {
            all.push((info.role, true));
        }
        if has_elsewhere(info.role) {
            all.push((info.role, false));
        }
    }
    all
}

/// The document of a case.
fn id(case: &Case) -> Id {
    match (case.kind.name, case.name) {
        ("place", "grid") => grid(),
        ("place", "micro_grid") => micro_grid(),
        ("unit", _) => unit(),
        ("circle", _) => circle(),
        ("person", "oneself") => me(),
        ("household", _) => household(),
        ("health", _) => health(),
        _ => id_of(2, 9),
    }
}

/// Whether the one whose rights are looked at made it.
fn is_mine(case: &Case) -> bool {
    ["own", "oneself"].contains(&case.name) && case.kind.name != "person"
}

/// What a document of a case cannot do without, and what puts it where the case says.
fn base(case: &Case, by: Id) -> Vec<(&'static str, Value)> {
    let keys: &[&'static str] = match (case.kind.name, case.name) {
        ("place", "grid") => &["by", "level", "name"],
        ("place", "micro_grid") => &["by", "level", "name", "place"],
        ("place", _) => &["by", "level", "name", "state", "successor"],
        ("household", _) => &["by", "address", "place", "micro_grid"],
        ("visit", _) => &["by", "household"],
        ("demand", "own") => &["by", "title"],
        ("demand", "led") => &["by", "title", "place", "micro_grid", "lead"],
        ("demand", _) => &["by", "title", "place", "micro_grid"],
        ("report", _) => &["by", "title", "place", "micro_grid"],
        ("person", "worker") => &["by", "kind", "name", "place", "micro_grid"],
        ("person", _) => &["by", "kind", "name"],
        ("activity", _) => &["by", "title"],
        ("attendance", _) => &["by", "activity", "person"],
        ("claim", _) => &["by", "thing", "person"],
        ("goods", _) => &["by", "name", "unit"],
        ("movement", "door") => &["by", "goods", "way", "amount", "household"],
        ("movement", _) => &["by", "goods", "way", "amount"],
        ("paper", _) => &["by", "sort", "household", "resident", "purpose"],
        ("settings" | "category_list", _) => &[],
        ("photo", _) => &["by", "about", "record", "hash", "bytes", "width", "height", "thumb_hash", "thumb_bytes"],
        ("unit", _) => &["by", "name"],
        ("circle", _) => &["by", "purpose", "name"],
        ("health" | "minor", _) => &["by", "circle", "household", "resident"],
        ("mediation", _) => &["by", "circle", "matter"],
        ("question", _) => &["by", "title"],
        ("errand", _) => &["by", "title", "place", "micro_grid"],
        ("appeal", _) => &["by", "title", "against"],
        ("complaint", _) => &["by", "title", "against"],
        (kind, _) => panic!("a document of kind {kind} begins with what?"),
    };
    keys.iter().map(|key| (*key, value(case, key, by, 1))).collect()
}

/// A value that fits a field; the second differs from the first where there are two.
fn value(case: &Case, key: &str, by: Id, which: i64) -> Value {
    match (case.kind.name, key) {
        (_, "by") => by.into(),
        ("place", "level") if case.name == "micro_grid" => "micro_grid".into(),
        ("place", "level") => "grid".into(),
        ("place", "state") => if case.name == "closed" { "closed" } else { "open" }.into(),
        ("person", "kind") if case.name == "official" => "cadre".into(),
        ("person", "kind") => case.name.replace("worker", "grid_worker").as_str().into(),
        (_, "kind") if case.kind.process.is_some() => "note".into(),
        (_, "against") => if case.name == "against" { me() } else { another() }.into(),
        ("circle", "purpose") => case.name.into(),
        ("movement", "way") => "given".into(),
        ("photo", "about") if case.name == "health" => health().into(),
        ("attendance" | "claim", "person") => if case.name == "oneself" { me() } else { another() }.into(),
        (_, "hash" | "thumb_hash") => "0f".repeat(32).as_str().into(),
        ("place", "origin") | (_, "place" | "successor") => grid().into(),
        (_, "micro_grid") => micro_grid().into(),
        (_, "household" | "about" | "record" | "resident" | "report" | "activity" | "origin" | "thing" | "organiser" | "goods") => household().into(),
        (_, "lead" | "assisting") => unit().into(),
        (_, "circle") => circle().into(),
        (_, "solved") => (which == 1).into(),
        (_, "own" | "removed" | "given_back" | "booked" | "void" | "day_only" | "kept" | "to_street" | "oneself" | "another") => (which == 1).into(),
        (_, tag) if tag.starts_with("tag:") => (which == 1).into(),
        (_, key) if key == "lat" || key == "at" || key.ends_with("_at") => which.into(),
        (
            _,
            "since_boot" | "lon" | "order" | "whistle" | "minutes" | "places" | "granted" | "waiting" | "rank" | "amount" | "counted" | "stock" | "year"
            | "number" | "bytes" | "width" | "height" | "thumb_bytes" | "visit_every_days",
        ) => which.into(),
        _ => ["", "一", "二"][which as usize].into(),
    }
}

/// Where a field stands: keys from the root.
fn path(field: &str, entry: Option<Id>) -> Vec<String> {
    let key = |key: &str| match key {
        "oneself" => me().to_string(),
        "another" => another().to_string(),
        key => key.to_owned(),
    };
    match (field.split_once('/'), entry) {
        (Some((container, field)), Some(entry)) => vec![container.to_owned(), entry.to_string(), key(field)],
        (None, Some(entry)) => vec![field.to_owned(), entry.to_string()],
        (Some((container, name)), None) => vec![container.to_owned(), key(name)],
        (None, None) => vec![field.to_owned()],
    }
}

/// The object at a path, its entries made where they are not there.
fn object(w: &mut Writer<'_>, path: &[String]) -> Result<ObjId> {
    let mut object = ROOT;
    for (n, key) in path.iter().enumerate() {
        object = if n == 0 { w.at_path(&[key])? } else { w.new_map(&object, key)? };
    }
    Ok(object)
}

/// How a value is written: plain, as of something new, or with who set it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Named,
}

fn set(w: &mut Writer<'_>, path: &[String], value: &Value, form: Form) -> Result<()> {
    let at = object(w, &path[..path.len() - 1])?;
    match form {
        Form::Plain => w.put(&at, &path[path.len() - 1], value.clone()),
        Form::Named => w.settle(&at, &path[path.len() - 1], value),
    }
}

fn wrote(doc: &mut Doc, device: u8, by: Id, f: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Option<Change> {
    let made = doc.write(actor_of(device), &by.to_string(), &stamp(MORNING), f).unwrap();
    made.1.map(|change| change_from_body(&change.body).unwrap())
}

/// The document of a case as its maker left it, without `except`, with what `beside` writes.
fn made(case: &Case, except: &str, beside: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Doc {
    let (device, by) = if is_mine(case) { (1, me()) } else { (2, other()) };
    let mut doc = Doc::new(case.kind, 0).unwrap();
    wrote(&mut doc, device, by, |w| {
        base(case, by).into_iter().filter(|(key, _)| *key != except).try_for_each(|(key, value)| w.put(&ROOT, key, value))?;
        // So that there is always something.
        w.put(&ROOT, "beside", Value::from(1))?;
        if case.kind.name == "circle" && !except.starts_with("members/") {
            let members = w.at_path(&["members"])?;
            w.settle(&members, &another().to_string(), &true.into())?;
        }
        if (case.kind.name, case.name) == ("complaint", "handler") && !except.starts_with("handlers/") {
            let handlers = w.at_path(&["handlers"])?;
            w.settle(&handlers, &me().to_string(), &true.into())?;
        }
        if (case.kind.name, case.name) == ("complaint", "street") && except != "to_street" {
            w.put(&ROOT, "to_street", Value::from(true))?;
        }
        beside(w)
    });
    if ["whistled", "dispatched"].contains(&case.name) {
        wrote(&mut doc, 2, other(), |w| step(w, case.kind, id_of(2, 70), "whistle", 1));
    }
    if case.name == "dispatched" {
        wrote(&mut doc, 2, other(), |w| step(w, case.kind, id_of(2, 71), "dispatch", 2));
    }
    if case.name == "handed_on" {
        wrote(&mut doc, 2, other(), |w| step(w, case.kind, id_of(2, 70), "hand_on", 1));
    }
    doc
}

fn step(w: &mut Writer<'_>, of: &Kind, id: Id, kind: &str, order: i64) -> Result<()> {
    let at = object(w, &["steps".to_owned(), id.to_string()])?;
    w.put(&at, "kind", Value::from(kind))?;
    w.put(&at, "note", Value::from("说明"))?;
    w.put(&at, "order", Value::from(order))?;
    let def = of.process.unwrap().step(kind);
    if def.is_some_and(|def| def.of_unit) {
        w.put(&at, "unit", Value::from(unit()))?;
    }
    for key in def.into_iter().flat_map(|step| step.must) {
        let value: Value = match *key {
            "whistle" => 1.into(),
            "lead" | "assisting" | "unit" => unit().into(),
            "other" => household().into(),
            "person" => me().into(),
            "amount" => "3 days".into(),
            "satisfied" => "satisfied".into(),
            _ => "一".into(),
        };
        w.put(&at, key, value)?;
    }
    Ok(())
}

/// What events are about.
struct Around(BTreeMap<Id, Arc<Doc>>);

impl Documents for Around {
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>> {
        Ok(self.0.get(&id).cloned())
    }
}

/// A household of this grid and micro-grid, and a document of this health circle.
fn around() -> Around {
    let of = |kind: &'static str, name: &'static str| Case { kind: kinds::by_name(kind).unwrap(), name, allowed: BTreeMap::new() };
    let docs = [of("household", "here"), of("health", "one")];
    Around(docs.iter().map(|case| (id(case), Arc::new(made(case, "", |_| Ok(()))))).collect())
}

fn audiences(around: &mut Around, id: Id, doc: &Doc) -> Vec<Audience> {
    audiences_of(around, id, doc.kind(), doc.tree()).unwrap()
}

/// A change that is tried: what was there, what is there with it, and the change itself. It is the same whatever its author's roles are.
struct Try {
    id: Id,
    before: Option<Doc>,
    after: Doc,
    change: Change,
    audiences: Vec<Audience>,
}

impl Try {
    fn is_taken(&self, standing: Standing) -> bool {
        judge(self.id, self.before.as_ref(), &self.after, &self.change, &self.audiences, &author(standing)).is_ok()
    }
}

/// Tries a change of the one looked at to `before`, written in each form.
fn to(around: &mut Around, case: &Case, before: &Doc, f: impl Fn(&mut Writer<'_>, Form) -> Result<()>) -> Vec<Try> {
    let audiences = audiences(around, id(case), before);
    let mut tries = Vec::new();
    for form in [Form::Plain, Form::Named] {
        let mut after = before.clone();
        if let Some(change) = wrote(&mut after, 1, me(), |w| f(w, form)) {
            tries.push(Try { id: id(case), before: Some(before.clone()), after, change, audiences: audiences.clone() });
        }
    }
    tries
}

/// All ways to do what a verb and a field of a case say; `fresh` is where nothing stands there yet.
fn tries(around: &mut Around, case: &Case, verb: &str, field: &str, fresh: bool) -> Vec<Try> {
    let key = field.rsplit('/').next().unwrap();
    let (old, new) = (value(case, key, other(), 2), value(case, key, me(), 1));
    let own_entry = id_of(1, 77);
    let others_entry = id_of(2, 77);
    match verb {
        "begins" => {
            let mut doc = Doc::new(case.kind, 0).unwrap();
            let change = wrote(&mut doc, 1, me(), |w| {
                base(case, me()).into_iter().filter(|(key, _)| *key != field).try_for_each(|(key, value)| w.put(&ROOT, key, value))?;
                // Under a name a value says who set it.
                let form = if field.contains('/') { Form::Named } else { Form::Plain };
                set(w, &path(field, None), &new, form)
            });
            let audiences = audiences(around, id_of(1, 9), &doc);
            vec![Try { id: id_of(1, 9), before: None, after: doc, change: change.unwrap(), audiences }]
        }
        "changes" => {
            let stands = |w: &mut Writer<'_>| if fresh { Ok(()) } else { set(w, &path(field, None), &old, Form::Plain) };
            let before = made(case, field, stands);
            to(around, case, &before, |w, form| set(w, &path(field, None), &new, form))
        }
        "adds" => {
            let before = made(case, "", |_| Ok(()));
            to(around, case, &before, |w, form| match field.contains('/') {
                // The step that everyone may add says something.
                true if field == "steps/kind" => {
                    set(w, &path("steps/note", Some(own_entry)), &new, form).and_then(|()| set(w, &path(field, Some(own_entry)), &new, form))
                }
                true => set(w, &path(field, Some(own_entry)), &new, form),
                false => object(w, &path(field, Some(own_entry))).map(drop),
            })
        }
        "amends" => {
            let before = made(case, "", |w| {
                let at = object(w, &path(field.split('/').next().unwrap(), Some(others_entry)))?;
                w.put(&at, "beside", Value::from(1))?;
                if fresh { Ok(()) } else { set(w, &path(field, Some(others_entry)), &old, Form::Plain) }
            });
            to(around, case, &before, |w, form| set(w, &path(field, Some(others_entry)), &new, form))
        }
        "steps" => {
            let before = made(case, "", |_| Ok(()));
            to(around, case, &before, |w, _| step(w, case.kind, own_entry, field, 9))
        }
        verb => panic!("{verb}"),
    }
}

/// The fields that the cases of a kind name: of the document, and of its entries.
fn fields(cases: &[Case], kind: &Kind, verbs: &[&str]) -> BTreeSet<&'static str> {
    cases
        .iter()
        .filter(|case| case.kind.name == kind.name)
        .flat_map(|case| case.allowed.keys())
        .filter(|(verb, _)| verbs.contains(verb))
        .map(|key| key.1)
        .collect()
}

#[test]
fn what_the_oracle_allows_is_taken_and_all_else_is_refused() {
    let cases = oracle();
    let around = &mut around();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for case in &cases {
        let roots = fields(&cases, case.kind, &["begins", "changes", "completes"]);
        let entries = fields(&cases, case.kind, &["adds", "amends"]);
        let steps: Vec<&'static str> = case.kind.process.iter().flat_map(|process| process.steps).map(|step| step.code.code).collect();
        let of = |verb: &'static str, fields: Vec<&'static str>| fields.into_iter().map(move |field| (verb, field));
        let all = of("begins", roots.iter().copied().chain(["nonsense"]).collect())
            .chain(of("changes", roots.iter().copied().chain(["nonsense"]).collect()))
            .chain(of("adds", entries.iter().copied().collect()))
            .chain(of("amends", entries.iter().copied().filter(|field| field.contains('/')).collect()))
            .chain(of("steps", steps));
        for (verb, field) in all {
            for fresh in [false, true].into_iter().filter(|fresh| !fresh || ["changes", "amends"].contains(&verb)) {
                let tries = tries(around, case, verb, field, fresh);
                assert!(!tries.is_empty(), "{} / {}: nothing is tried for {verb} {field}", case.kind.name, case.name);
                for standing in standings(case) {
                    // The hub completes whatever entry it likes: it writes what others did.
                    if verb == "amends" && fresh && standing.0 == Role::Hub {
                        continue;
                    }
                    let expected = case.allows(verb, field, standing) || verb == "changes" && fresh && case.allows("completes", field, standing);
                    let taken = tries.iter().any(|t| t.is_taken(standing));
                    asked += 1;
                    if taken != expected {
                        let place = if standing.1 { "" } else { "@elsewhere" };
                        let answer = if taken { "is taken, and the oracle refuses it" } else { "is refused, and the oracle allows it" };
                        let fresh = if fresh { " where nothing stands" } else { "" };
                        wrong.push(format!("{} / {}: {verb} {field}{fresh} by {}{place} {answer}", case.kind.name, case.name, standing.0));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 20_000, "{asked}");
}

#[test]
fn who_the_oracle_lets_read_reads_and_nobody_else() {
    let around = &mut around();
    let mut wrong = Vec::new();
    for case in oracle() {
        let audiences = audiences(around, id(&case), &made(&case, "", |_| Ok(())));
        // The hub holds everything.
        for standing in standings(&case).into_iter().filter(|(role, _)| *role != Role::Hub) {
            let reads = author(standing).audiences().iter().any(|audience| audiences.contains(audience));
            if reads != case.allows("reads", "-", standing) {
                wrong.push(format!("{} / {}: {}, here {}: reads {reads}", case.kind.name, case.name, standing.0, standing.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a part of a path in the table stands for this key.
fn stands_for(part: &str, key: &str) -> bool {
    part == "*" || part == "{name}" || part.split('|').any(|p| p.strip_suffix('*').map_or(p == key, |prefix| key.starts_with(prefix)))
}

#[test]
fn the_oracle_speaks_of_everything() {
    let cases = oracle();
    for kind in SHIPPED {
        assert!(cases.iter().any(|case| case.kind.name == kind.name), "the oracle does not know {}", kind.name);
        let roots = fields(&cases, kind, &["begins", "changes", "completes"]).into_iter().map(|field| path(field, None));
        let entries = fields(&cases, kind, &["adds", "amends"]).into_iter().map(|field| path(field, Some(id_of(1, 77))));
        let known: Vec<Vec<String>> = roots.chain(entries).collect();
        for row in kind.rows() {
            let parts: Vec<&str> = row.path.split('/').collect();
            for last in parts[parts.len() - 1].split('|') {
                let matches = |path: &&Vec<String>| {
                    let of = parts[..parts.len() - 1].iter().copied().chain([last]);
                    path.len() == parts.len() && path.iter().zip(of).all(|(key, part)| stands_for(part, key))
                };
                assert!(known.iter().any(|path| matches(&path)), "{}: the oracle does not speak of {}, {last}", kind.name, row.path);
            }
        }
    }
    for (kind, process) in kinds_with_process() {
        assert_eq!(fields(&cases, kind, &["steps"]), process.steps.iter().map(|step| step.code.code).collect(), "{}", kind.name);
    }
}
