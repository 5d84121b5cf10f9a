use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::clocks::Clockmaker;
use super::fold::fold;
use super::moments::{CLOCK_KEY, Taken};
use super::process::{CALENDAR, Hands, NOTE, Process, SETTLED, Step};
use super::rows::STEP_COLUMNS;
use super::state::{Folded, Without};
use crate::calendar::Amount;
use crate::clock::{Hybrid, beijing};
use crate::commands::{Action, Edit, Meant};
use crate::dictionary::{Field, Label};
use crate::documents::{Audience, Map, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Id;
use crate::records::{Json, JsonMap, read_new_fields};
use crate::rules::{Attempt, Role};
use crate::store::load;

/// Adds a step to a case of any kind. Returns the step's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddStep {
    /// The case.
    pub case: Id,
    /// The step's code, as the case's process has it: `accept`, `return`, `note`.
    pub step: String,
    /// What it carries, by the keys of steps' fields: `note`, `lead`, `amount`.
    #[serde(default)]
    pub fields: JsonMap,
}

impl AddStep {
    /// A step that carries nothing.
    pub fn new(case: Id, step: &str) -> Self {
        Self { case, step: step.to_owned(), fields: JsonMap::new() }
    }

    /// The same with what was done or said.
    #[must_use]
    pub fn note(self, note: &str) -> Self {
        if note.is_empty() { self } else { self.with("note", note) }
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }
}

impl Action for AddStep {
    /// Whoever is of one unit that has the case speaks for that one.
    fn meant(&self, store: &Connection, person: Id, _now: i64) -> Result<Meant> {
        let Some(doc) = load(store, self.case)? else { return Ok(Meant::AsGiven) };
        let Some(process) = doc.kind().process else { return Ok(Meant::AsGiven) };
        if self.fields.contains_key("unit") || !process.step(&self.step).is_some_and(|def| def.of_unit) {
            return Ok(Meant::AsGiven);
        }
        let units = own_units(store, person)?;
        let folded = fold(process, doc.tree());
        let own = folded.having().find(|part| units.contains(&part.unit));
        Ok(own.map_or(Meant::AsGiven, |part| Meant::Instead(Box::new(self.clone().with("unit", part.unit.to_string()).into()))))
    }

    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let kind = edit.kind_of(self.case)?;
        let process = kind.process.ok_or_else(|| Error::invalid(format!("{}没有办理流程", kind.rules.zh), format!("a {} is no case", kind.name)))?;
        let def = process.step(&self.step).filter(|def| ![SETTLED, CALENDAR].contains(&def.code.code)).ok_or_else(|| unknown_step(process))?;
        let written = self.carried(kind.entries[0].fields, def, edit)?;
        let state = edit.state(self.case, kind.name, kind.rules.zh, kind.name)?;
        let id = edit.new_id();
        if state.present("steps", &id.to_string()) {
            return Ok(id);
        }
        if def.is_barred(&state, edit.by()) {
            return Err(Error::new(
                ErrorKind::NotAllowed,
                "这件事由本人提出或涉及本人，须由另一人办理",
                "you raised it or it is about you; somebody else does this",
            ));
        }
        let folded = fold(process, &state);
        let text =
            |key: &str| written.iter().find(|(k, _)| k == key).and_then(|(_, value)| if let Value::Text(text) = value { Some(text.as_str()) } else { None });
        let whistle = written.iter().find(|(k, _)| k == "whistle").and_then(|(_, value)| if let Value::Int(kind) = value { Some(*kind) } else { None });
        let unit = text("unit").and_then(|unit| unit.parse().ok());
        let taken = Taken { at: edit.stamp().at, amount: text("amount").unwrap_or_default(), whistle, unit, ..Taken::default() };
        // What a unit does too late is kept to be seen, without effect; whoever else is late is told at once.
        match folded.refuses(def, &taken) {
            Some(Without::Limit(_)) if def.of_unit => {}
            Some(without) => return Err(why_not(process, &folded, def, without)),
            None => {}
        }
        if folded.repeats(process, def) {
            return Err(why_not(process, &folded, def, Without::State(folded.status)));
        }
        let maker = edit.settings()?.map(|settings| Clockmaker::of(&settings));
        let moments = maker.map(|maker| maker.expect(process, &state, &folded, def, &taken).moments).unwrap_or_default();
        // Two that name units without having heard of each other are seen to: both name the one before.
        let replaces = folded.steps.iter().rev().find(|s| s.without.is_none() && process.step(&s.code).is_some_and(|d| d.hands == Hands::Name));
        let replaces = replaces.filter(|_| def.hands == Hands::Name && text("replaces").is_none()).map(|s| s.id.clone());
        let order = edit.hybrid(state.entries("steps").filter_map(|(_, s)| s.int("order").map(Hybrid)));
        edit.write(self.case, |w| {
            let container = w.at_path(&["steps"])?;
            let map = w.new_map(&container, &id.to_string())?;
            w.stamp(&map)?;
            written.iter().try_for_each(|(key, value)| w.put(&map, key, value.clone()))?;
            w.put(&map, "replaces", replaces.as_deref().map(Value::from))?;
            moments.iter().try_for_each(|(key, moment)| w.put(&map, &format!("{CLOCK_KEY}{key}"), Value::from(moment.to_string().as_str())))?;
            w.put(&map, "order", Value::from(order.0))
        })?;
        Ok(id)
    }
}

impl AddStep {
    /// What it carries, checked.
    fn carried(&self, fields: &[Field], def: &Step, edit: &mut Edit<'_>) -> Result<Vec<(String, Value)>> {
        let mut given = self.fields.clone();
        // A list of units is kept as their ids with blanks between them.
        if let Some(Json::Array(units)) = given.get("assisting") {
            let ids: Vec<&str> = units.iter().filter_map(Json::as_str).collect();
            given.insert("assisting".into(), ids.join(" ").into());
        }
        if let Some(key) = given.keys().find(|key| !def.carries(key)) {
            return Err(
                Error::invalid(format!("“{}”没有“{key}”这一项", def.code.label.zh), format!("the step {} has no {key}", def.code.code)).in_field(key.as_str())
            );
        }
        given.insert("kind".into(), def.code.code.into());
        let written: Vec<(String, Value)> =
            read_new_fields(fields, &given, edit)?.into_iter().filter(|(_, value)| *value != Value::Null && *value != "".into()).collect();
        if let Some(key) = def.must.iter().find(|key| written.iter().all(|(k, _)| k != *key)) {
            let label = fields.iter().find(|field| field.key == *key).map_or(Label { zh: key, en: key }, |field| field.label);
            return Err(Error::invalid(format!("请填写{}", label.zh), format!("this step needs: {}", label.en)).in_field(*key));
        }
        for (key, value) in &written {
            let Value::Text(text) = value else { continue };
            match key.as_str() {
                "assisting" => {
                    let ids: Vec<Option<Id>> = text.split(' ').map(|id| id.parse().ok()).collect();
                    if ids.len() > 20 {
                        return Err(Error::invalid("协办单位最多20个", "at most 20 units assist").in_field("assisting"));
                    }
                    for id in ids {
                        let id = id.ok_or_else(|| Error::invalid("协办单位须是编号", "assisting units are named by their ids").in_field("assisting"))?;
                        edit.state(id, "unit", "这个单位", "unit")?;
                    }
                }
                "amount" => drop(text.parse::<Amount>().map_err(|flaw| flaw.in_field("amount"))?),
                _ => {}
            }
        }
        Ok(written)
    }
}

fn unknown_step(process: &Process) -> Error {
    let steps = || process.steps.iter().filter(|step| ![SETTLED, CALENDAR].contains(&step.code.code));
    let zh: Vec<&str> = steps().map(|step| step.code.label.zh).collect();
    let en: Vec<&str> = steps().map(|step| step.code.code).collect();
    Error::invalid(format!("步骤只能是：{}", zh.join("、")), format!("the step is one of {}", en.join(", "))).in_field("step")
}

/// Why a step does not apply, and what to do instead.
fn why_not(process: &Process, folded: &Folded, def: &Step, without: Without) -> Error {
    let status = process.state(folded.status).map_or(folded.status, |state| state.code.label.zh);
    match without {
        Without::Limit(at) => {
            Error::invalid(format!("“{}”的时限已于{}截止", def.code.label.zh, beijing(at)), format!("the time to {} ended {}", def.code.label.en, beijing(at)))
        }
        Without::Unit => Error::invalid("这个单位现在没有这件事", "this unit does not have the case now"),
        Without::State(_)
            if process.is_done(folded.status) && def.code.code != NOTE && process.step("reopen").is_some_and(|s| s.leads_from(folded.status).is_some()) =>
        {
            Error::invalid(
                format!("这件{}“{status}”了；如要接着办，请先“重新办理”并写明原因", process.zh()),
                format!("the {} is {}; to go on with it, reopen it first and say why", process.name, folded.status),
            )
        }
        Without::State(_) => Error::invalid(
            format!("这件{}现在是“{status}”，不能做这一步", process.zh()),
            format!("the {} is {} now; this step does not apply", process.name, folded.status),
        ),
    }
}

/// Whether every new step of a change is one that its author may add, and whole.
pub(crate) fn steps_fit(process: &'static Process, attempt: &Attempt<'_>) -> bool {
    let stood = |id: &str, step: &Map| attempt.before.is_some_and(|b| b.map("steps").map(id).text("kind") == step.text("kind"));
    attempt.after.entries("steps").all(|(id, step)| stood(id, step) || fits(process, attempt, step))
}

fn fits(process: &'static Process, attempt: &Attempt<'_>, step: &Map) -> bool {
    if step.text("kind").is_empty() {
        return true;
    }
    // Of a newer gridwalk's step nobody here can say who may add it.
    let Some(def) = process.step(step.text("kind")) else { return false };
    let author = attempt.author;
    let is_hub = author.is(Role::Hub);
    let of = attempt.before.unwrap_or(attempt.after);
    let may = is_hub || def.is_open_to(of, author.person, &author.roles_for(attempt.audiences), &author.roles_over(attempt.audiences));
    // Nobody speaks for another unit, nor for one that they do not name.
    let speaks = !def.of_unit || is_hub || step.id("unit").is_some_and(|unit| author.grants.iter().any(|grant| grant.scope == Audience::Unit(unit)));
    let whole =
        def.must.iter().all(|key| !matches!(step.value(key), Value::Null) && (!step.text(key).is_empty() || !matches!(step.value(key), Value::Text(_))));
    let whistles = step.get("whistle").is_none() || matches!(step.int("whistle"), Some(1..=3));
    // Of all other keys the rows of the rules say who writes them.
    let fits = |field: &Field| ["kind", "replaces"].contains(&field.key) || def.carries(field.key) || step.get(field.key).is_none();
    may && speaks && whole && whistles && (is_hub || STEP_COLUMNS.iter().all(fits))
}

impl Process {
    /// What people call a case of it.
    pub fn zh(&self) -> &'static str {
        crate::kinds::by_name(self.name).map_or("", |kind| kind.rules.zh)
    }
}

/// The units that the person has a role of.
fn own_units(store: &Connection, person: Id) -> Result<Vec<Id>> {
    let mut statement = store.prepare_cached("SELECT grants FROM tenants WHERE person = ?1")?;
    let all = statement.query_map([person], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let scopes = all.iter().filter_map(|grants| serde_json::from_str::<Vec<(String, String)>>(grants).ok()).flatten().map(|(_, scope)| scope);
    Ok(scopes.filter_map(|scope| if let Ok(Audience::Unit(unit)) = scope.parse() { Some(unit) } else { None }).collect())
}
