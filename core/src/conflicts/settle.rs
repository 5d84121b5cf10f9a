use serde::{Deserialize, Serialize};

use crate::commands::{Action, Edit};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;

/// Chooses one of the values that people set at the same time. Returns the document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleConflict {
    /// The document.
    pub document: Id,
    /// The field, keys from the root joined by `/`.
    pub path: String,
    /// Which value, counted from 0 as listed.
    pub choose: usize,
    /// The values that were on the screen, as JSON: if others have come meanwhile, nothing is settled unseen.
    pub seen: Vec<String>,
}

impl Action for SettleConflict {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let state = edit.state_of_any(self.document, &[], "这份资料", "document")?;
        let gone = || Error::not_found("这个冲突已经解决", "this conflict is settled already");
        let conflict = state.conflicts().into_iter().find(|c| c.path == self.path).ok_or_else(gone)?;
        let values: Vec<(String, Value)> = conflict.values.into_iter().map(|v| (v.value.to_json().to_string(), v.value)).collect();
        let chosen = self.seen.get(self.choose).ok_or_else(|| Error::invalid("请选择列出的内容之一", "choose one of the values listed"))?;
        if values.iter().any(|(json, _)| !self.seen.contains(json)) {
            return Err(Error::invalid("又有新的内容，请重新查看后再选", "another value has come in; look again before choosing"));
        }
        let (_, value) = values.into_iter().find(|(json, _)| json == chosen).ok_or_else(gone)?;
        edit.write(self.document, |w| {
            let path: Vec<String> = self.path.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
            let (key, parents) = path.split_last().ok_or_else(|| Error::internal("empty path"))?;
            let obj = w.at_path(&parents.iter().map(String::as_str).collect::<Vec<_>>())?;
            w.settle(&obj, key, &value)
        })?;
        Ok(self.document)
    }
}
