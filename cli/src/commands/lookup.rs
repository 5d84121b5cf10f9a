//! Finding what people mean: a household by a search, a name by an id, the grid one serves.

use gridwalk_core::documents::Audience;
use gridwalk_core::search::FoundView;
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use super::roster::found_table;
use crate::failure::{Failure, Result};
use crate::screen::Style;
use crate::values::id;

/// How many candidates are worth reading.
const CANDIDATES: u32 = 10;

/// The household of an id, or the only one that a search finds.
pub fn household(phone: &Phone, typed: &str) -> Result<Id> {
    if let Ok(id) = id(typed) {
        return Ok(id);
    }
    let mut found: Vec<FoundView> = phone.find(typed, CANDIDATES + 1)?;
    match found.as_slice() {
        [] => Err(Error::not_found("没有找到这一户，请换个词再找", "no household found; try other words").into()),
        [only] => Ok(only.household),
        several => {
            let more = several.len() > CANDIDATES as usize;
            found.truncate(CANDIDATES as usize);
            let mut text = found_table(Style::PLAIN, &found);
            if more {
                text.push_str("\n…");
            }
            Err(Failure::ambiguous("找到多户，请说得更具体，或用编号指定", "several households found; say more, or name one by its id", json!(found), text))
        }
    }
}

/// The name of a person or place; its id where the document is not on this phone.
pub fn name_of(phone: &Phone, id: &str) -> String {
    let name = || Some(phone.export_json(id.parse().ok()?).ok()?["state"]["name"].as_str()?.to_owned());
    name().filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_owned())
}

/// The grid or micro-grid that the person signed in serves, if there is one.
pub fn own_grid(phone: &Phone) -> Result<Option<Id>> {
    let status = phone.status()?;
    let roles = status.tenants.iter().find(|t| t.chosen).map(|t| t.roles.as_slice()).unwrap_or_default();
    Ok(roles.iter().find_map(|(role, scope)| match scope.parse() {
        Ok(Audience::MicroGrid(place)) => Some(place),
        Ok(Audience::Place(place)) if ["grid_worker", "grid_guide"].contains(&role.as_str()) => Some(place),
        _ => None,
    }))
}
