//! Who reads a document, in plain words: written a second time, beside `tests/oracle/rules.txt`, so that stories and simulation do not
//! ask the hub's own tables who may read what they hold.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::Id;
use gridwalk_core::cases::fold;
use gridwalk_core::documents::{Audience, Doc, Entry, Map, Node, Value};
use gridwalk_core::reports::PROCESS;
use gridwalk_core::rules::Role;
use gridwalk_hub::{Hub, HubError, Result, store};

/// A person and their roles, each with the place, unit or circle that it is given over.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The person.
    pub person: Id,
    /// Their roles, those of circles left out: what a circle holds is read by whom its document names.
    pub roles: BTreeSet<(Role, Option<Id>)>,
}

impl Reader {
    /// The person with the roles that a hub gave them in a community and has not ended.
    pub async fn at(hub: &Hub, tenant: &str, person: Id) -> Result<Self> {
        let mut read = hub.store.read().await?;
        let sql = "SELECT role, scope FROM grants WHERE tenant_id = $1 AND person = $2 AND until_number IS NULL";
        let rows = store::all(&mut read, sql, vec![store::Arg::text(tenant), store::Arg::text(&person.to_string())]).await?;
        let mut roles = BTreeSet::new();
        for row in rows {
            let role = row.get(0)?;
            let over = match row.get(1)? {
                Audience::Place(id) | Audience::MicroGrid(id) | Audience::Unit(id) => Some(id),
                Audience::Circle(_) => continue,
                Audience::Community | Audience::Desk | Audience::Street | Audience::Person(_) => None,
            };
            roles.insert((role, over));
        }
        Ok(Self { person, roles })
    }

    fn holds(&self, roles: &[Role], over: Option<Id>) -> bool {
        roles.iter().any(|role| self.roles.contains(&(*role, over)))
    }

    /// Whether they read document `id`, of all that the hub holds.
    pub fn reads(&self, docs: &BTreeMap<Id, Doc>, id: Id) -> bool {
        let Some(doc) = docs.get(&id).filter(|doc| !doc.is_erased()) else { return false };
        let tree = doc.tree();
        let desk = self.holds(&[Role::CommunityWorker, Role::Cadre], None);
        let is_here = !self.roles.is_empty();
        let in_grid = |grid: Option<Id>| grid.is_some() && self.holds(&[Role::GridWorker, Role::GridGuide], grid);
        let leads = |micro_grid: Option<Id>| micro_grid.is_some() && self.holds(&[Role::MicroGridLead], micro_grid);
        let of_unit = |unit: Id| self.holds(&[Role::DepartmentHandler, Role::AreaUnit, Role::EmployerUnit, Role::Property], Some(unit));
        // A circle is for people of the community: with their last other role they leave it.
        let in_circle = |circle: Option<Id>| is_here && circle.and_then(|c| docs.get(&c)).is_some_and(|c| circle_readers(c.tree()).contains(&self.person));
        let lies_with_them = || desk || in_grid(tree.id("place")) || leads(tree.id("micro_grid"));
        // A visit is read by whoever reads the household, a photo by whoever reads what it is about.
        let reads_what = |key: &str, kinds: &[&str]| {
            tree.id(key).is_some_and(|about| docs.get(&about).is_some_and(|doc| kinds.contains(&doc.kind().name)) && self.reads(docs, about))
        };
        match doc.kind().name {
            "place" if tree.text("level") == "micro_grid" => desk || leads(Some(id)) || in_grid(tree.id("place")),
            // Of a closed grid its successor's people may still hear.
            "place" => desk || in_grid(Some(id)) || tree.text("state") == "closed" && in_grid(tree.id("successor")),
            "household" => lies_with_them(),
            "visit" => reads_what("household", &["household"]),
            "photo" => reads_what("about", &["household", "report", "demand", "health", "minor", "mediation"]),
            "demand" => lies_with_them() || tree.id("by") == Some(self.person) || tree.id("lead").is_some_and(of_unit),
            "report" => {
                let folded = fold(&PROCESS, tree);
                let street = folded.whistled.is_some() && self.holds(&[Role::StreetDispatcher], None);
                lies_with_them() || street || folded.having().any(|part| of_unit(part.unit))
            }
            "person" => {
                let posted = ["cadre", "street_dispatcher", "department_handler"].contains(&tree.text("kind"));
                lies_with_them() || id == self.person || posted && is_here
            }
            "activity" | "settings" | "category_list" | "unit" | "goods" => is_here,
            "movement" if tree.id("household").is_some() => reads_what("household", &["household"]),
            "movement" => desk || tree.id("by") == Some(self.person),
            "paper" => desk,
            "attendance" => desk || tree.id("person") == Some(self.person),
            "claim" => desk || [tree.id("person"), tree.id("organiser")].contains(&Some(self.person)),
            // Who is in it, its members and the desk; what it holds, its readers alone.
            "circle" => desk || in_circle(Some(id)),
            "health" | "minor" | "mediation" => in_circle(tree.id("circle")),
            kind => unreachable!("who reads a document of kind {kind}?"),
        }
    }
}

/// Who reads what a circle holds, by what its document says: whom everyone who set their entry entered; of minors, besides, whom
/// everyone who set their approval approved, none of whom is the member or entered them.
pub fn circle_readers(tree: &Map) -> BTreeSet<Id> {
    let said = |key: &str, person: &str| -> Vec<(bool, String)> {
        let nodes = |entry: &Entry| std::iter::once(entry.node.clone()).chain(entry.rivals.iter().cloned()).collect::<Vec<Node>>();
        let of = |node: &Node| (*node.value() == Value::Bool(true), node.as_map().map_or("", |field| field.text("by")).to_owned());
        tree.map(key).get(person).map(|entry| nodes(entry).iter().map(of).collect()).unwrap_or_default()
    };
    let mut readers = BTreeSet::new();
    for person in tree.map("members").iter().map(|entry| &entry.key) {
        let (entered, approved) = (said("members", person), said("approvals", person));
        let stands_apart = |(yes, by): &(bool, String)| *yes && !by.is_empty() && by != person && entered.iter().all(|(_, enterer)| enterer != by);
        let is_open = tree.text("purpose") != "minors" || !approved.is_empty() && approved.iter().all(stands_apart);
        if entered.iter().all(|(yes, _)| *yes) && is_open {
            readers.extend(person.parse::<Id>().ok());
        }
    }
    readers
}

/// Every document that a hub holds, made of its changes.
pub async fn documents(hub: &Hub) -> Result<BTreeMap<Id, Doc>> {
    let mut read = hub.store.read().await?;
    let mut docs = BTreeMap::new();
    for row in store::all(&mut read, "SELECT doc, schema, generation FROM documents", vec![]).await? {
        let number = |n: usize| row.get::<i64>(n);
        let (schema, generation) = (u16::try_from(number(1)?), u32::try_from(number(2)?));
        let bad = |_| HubError::usage("文档的版本不正确", "a document's schema is no number of one");
        docs.insert(row.get::<String>(0)?.parse::<Id>()?, Doc::with_schema(schema.map_err(bad)?, generation.map_err(bad)?)?);
    }
    for row in store::all(&mut read, "SELECT doc, body FROM changes ORDER BY doc, number", vec![]).await? {
        let id: Id = row.get(0)?;
        let known = docs.get_mut(&id).ok_or_else(|| HubError::usage("有改动而没有文档", "a change of a document that is not there"))?;
        known.take_chunk(&row.get::<Vec<u8>>(1)?)?;
    }
    Ok(docs)
}
