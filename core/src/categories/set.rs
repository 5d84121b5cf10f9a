use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_text};
use crate::documents::Value;
use crate::error::Result;
use crate::ids::Id;

/// One category of three levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its code; stays when names change.
    pub code: String,
    /// First, second and third level.
    pub levels: [String; 3],
}

/// Sets categories of the community's list; those not named stay. Returns the list's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetCategories {
    /// The list; `None` makes it.
    #[serde(default)]
    pub list: Option<Id>,
    /// The categories.
    pub categories: Vec<Category>,
}

impl Action for SetCategories {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut fields = Vec::new();
        for category in &self.categories {
            let code = check_text(&category.code, "类别编码", "the category code")?;
            for level in &category.levels {
                check_text(level, "类别名称", "the category name")?;
            }
            fields.push((code, Value::from(category.levels.join("/").as_str())));
        }
        let Some(list) = self.list else {
            let id = edit.new_id();
            edit.create(id, document::CATEGORY_LIST.name, |w| {
                let container = w.at_path(&["categories"])?;
                fields.iter().try_for_each(|(code, path)| w.put(&container, code, path.clone()))
            })?;
            return Ok(id);
        };
        edit.state(list, "category_list", "类别表", "category list")?;
        edit.write(list, |w| {
            let container = w.at_path(&["categories"])?;
            fields.iter().try_for_each(|(code, path)| w.update(&container, code, path).map(drop))
        })?;
        Ok(list)
    }
}
