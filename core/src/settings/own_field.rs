use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_name};
use crate::dictionary::Field;
use crate::dictionary::own::{self, DEFINED, Definition, OWN, TYPES};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::records::room;

/// Defines a field of the community's own, or changes its label or choices, closes it or opens it again. Returns the settings document's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetOwnField {
    /// The community's settings document.
    pub settings: Id,
    /// What it is of: a kind (`household`, `report`), or the key of entries (`residents`).
    pub of: String,
    /// Its key: `x:dogs`.
    pub key: String,
    /// What it is.
    #[serde(flatten)]
    pub definition: Definition,
}

/// Words of numbers of identity papers: those are kept nowhere.
const IDENTITY: &[&str] = &["身份证", "身份号", "证件号", "公民身份", "护照", "idcard", "id_card", "id card", "id number", "identity", "passport", "shenfen"];

/// Words of health: what only the members of a health circle read.
const HEALTH: &[&str] = &[
    "健康",
    "病",
    "残疾",
    "残障",
    "用药",
    "服药",
    "药物",
    "精神障碍",
    "诊断",
    "体检",
    "血压",
    "血糖",
    "怀孕",
    "孕妇",
    "孕产",
    "失能",
    "失智",
    "health",
    "disease",
    "illness",
    "disab",
    "medicat",
    "medicine",
    "diagnos",
    "pregnan",
    "dementia",
];

impl Action for SetOwnField {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let (kind, entries) = room(&self.of)?;
        if !own::is_key(&self.key) {
            return Err(Error::invalid(
                "代号须以小写字母开头，由小写字母、数字和“_”组成，最多40个",
                "a key begins with a small letter and is made of at most 40 of a-z, 0-9 and '_'",
            )
            .in_field("key"));
        }
        let state = edit.state(self.settings, document::SETTINGS.name, "社区设置", "settings")?;
        let name = format!("{DEFINED}{}:{}", self.of, self.key);
        let before: Option<Definition> = serde_json::from_str(state.text(&name)).ok();
        let mut definition = self.checked()?;
        // What is said of a resident is personal, whatever it is.
        definition.personal |= entries.is_some_and(|entries| kind.residents().is_some_and(|(container, _)| container == entries.key));
        if before.as_ref().is_some_and(|before| before.ty != definition.ty || before.personal != definition.personal) {
            return Err(Error::invalid(
                "类型和是否属于个人信息定下后不能改；请停用这一项，另设一项",
                "type and whether it is personal stay as they were defined; close the field and define another",
            ));
        }
        let fields = entries.map_or(kind.fields, |entries| entries.fields);
        let others = || {
            let of = format!("{DEFINED}{}:{OWN}", self.of);
            state.iter().filter(move |e| e.key.starts_with(&of)).filter(|e| e.key != name)
        };
        if before.is_none() && others().count() >= own::MOST {
            return Err(Error::invalid(format!("最多{}项", own::MOST), format!("there are at most {}", own::MOST)));
        }
        let other = |label: &str| others().filter_map(|e| serde_json::from_str(state.text(&e.key)).ok()).any(|d: Definition| d.zh == label || d.en == label);
        if let Some(label) = [&definition.zh, &definition.en].into_iter().find(|label| is_declared(fields, label) || other(label)) {
            return Err(Error::invalid(format!("已有叫“{label}”的项目"), format!("there is a field called {label} already")).in_field("zh"));
        }
        let text = serde_json::to_string(&definition).map_err(|e| Error::internal("JSON").with_source(e))?;
        edit.write(self.settings, |w| {
            let root = w.at_path(&[])?;
            w.update(&root, &name, &Value::from(text.as_str())).map(drop)
        })?;
        Ok(self.settings)
    }
}

impl SetOwnField {
    /// The definition with everything in its one form.
    fn checked(&self) -> Result<Definition> {
        let given = &self.definition;
        let zh = check_name(&given.zh, "名称", "the label").map_err(|flaw| flaw.in_field("zh"))?;
        let en = if given.en.trim().is_empty() {
            zh.clone()
        } else {
            check_name(&given.en, "英文名称", "the English label").map_err(|flaw| flaw.in_field("en"))?
        };
        let ty = TYPES.iter().find(|ty| ty.code == given.ty || ty.label.zh == given.ty).ok_or_else(|| {
            let (zh, en): (Vec<&str>, Vec<&str>) = TYPES.iter().map(|ty| (ty.label.zh, ty.code)).unzip();
            Error::invalid(format!("类型只能是：{}", zh.join("、")), format!("the type is one of {}", en.join(", "))).in_field("type")
        })?;
        let mut choices: Vec<String> = Vec::new();
        for word in &given.choices {
            let word = check_name(word, "选项", "a choice").map_err(|flaw| flaw.in_field("choices"))?;
            if !choices.contains(&word) {
                choices.push(word);
            }
        }
        if (ty.code == "choice") == choices.is_empty() {
            return Err(Error::invalid("选项类型须列出选项，其他类型没有选项", "a choice lists its choices, other types have none").in_field("choices"));
        }
        let said = [&self.key, &zh, &en].into_iter().chain(&choices).map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
        if IDENTITY.iter().any(|word| said.contains(word)) {
            return Err(Error::invalid("证件号码不登记：网格行不保存身份证等证件的号码", "numbers of identity papers are kept nowhere in gridwalk"));
        }
        if HEALTH.iter().any(|word| said.contains(word)) {
            return Err(Error::invalid(
                "健康情况（疾病、残疾、用药等）请登记在健康圈的保密资料中，只有圈内成员看得到",
                "health (illness, disability, medication) is kept in the confidential documents of a health circle, read by its members alone",
            ));
        }
        Ok(Definition { zh, en, ty: ty.code.to_owned(), choices, personal: given.personal, closed: given.closed })
    }
}

fn is_declared(fields: &[Field], label: &str) -> bool {
    fields.iter().any(|field| field.key == label || field.label.zh == label || field.label.en == label || field.headings.contains(&label))
}
