use serde::{Deserialize, Serialize};

use super::add::check_rhythm;
use crate::commands::{Action, Edit, check_name, check_position};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::places::spot;

/// Edits fields of a household; what is `None` stays. Answers with the household's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditHousehold {
    /// The household.
    pub household: Id,
    /// A new address.
    #[serde(default)]
    pub address: Option<String>,
    /// A new tenure.
    #[serde(default)]
    pub tenure: Option<String>,
    /// `lived_in`, `vacant` or `moved`: states, not deletions.
    #[serde(default)]
    pub state: Option<String>,
    /// A new visiting rhythm in days.
    #[serde(default)]
    pub visit_every_days: Option<u32>,
    /// A new position in degrees (WGS-84): latitude, longitude.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// The grid it now lies in, or the micro-grid of it.
    #[serde(default)]
    pub place: Option<Id>,
}

impl Action for EditHousehold {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut fields: Vec<(&str, Value)> = Vec::new();
        if let Some(address) = &self.address {
            fields.push(("address", check_name(address, "地址", "the address")?.as_str().into()));
        }
        if let Some(tenure) = &self.tenure {
            fields.push(("tenure", check_name(tenure, "住房性质", "the tenure")?.as_str().into()));
        }
        if let Some(state) = &self.state {
            if !["lived_in", "vacant", "moved"].contains(&state.as_str()) {
                return Err(Error::invalid("住户状态只能是在住、空置或搬离", "the state is lived_in, vacant or moved"));
            }
            fields.push(("state", state.as_str().into()));
        }
        if let Some(days) = self.visit_every_days {
            fields.push(("visit_every_days", check_rhythm(days)?.into()));
        }
        if let Some((lat, lon)) = self.position {
            let position = check_position(Some(lat), Some(lon))?;
            fields.extend(position.into_iter().flat_map(|(lat, lon)| [("lat", lat.into()), ("lon", lon.into())]));
        }
        if let Some(place) = self.place {
            let spot = spot(edit, place)?;
            fields.extend([("place", spot.grid.into()), ("micro_grid", spot.micro_grid.map_or(Value::Null, Value::from))]);
        }
        edit.state(self.household, "household", "这一户", "household")?;
        edit.write(self.household, |w| {
            let root = w.at_path(&[])?;
            fields.iter().try_for_each(|(key, value)| w.update(&root, key, value).map(drop))
        })?;
        Ok(self.household)
    }
}
