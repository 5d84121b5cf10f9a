//! What a hub of an older release does not know yet. It would be held there, and whatever rests on it with it: a phone does not record it.

use crate::actions::ActionView;
use crate::dictionary::{Field, Type};
use crate::documents::{Kind, Map, Node, Value};
use crate::rules::matches;
use crate::versions::Dictionary;

/// Takes away from what is offered for a record of `kind` what `hub` does not know.
pub(super) fn leave_out(offered: &mut Vec<ActionView>, hub: &Dictionary, kind: &Kind) {
    let of = |action: &ActionView| kind.entries.iter().find(|e| e.key == action.what).map_or(kind.fields, |e| e.fields);
    for action in offered.iter_mut().filter(|action| !action.fields.is_empty()) {
        let fields = of(action);
        let is_known = |key: &String| fields.iter().find(|f| f.key == key).is_none_or(|f| f.since <= hub.number) && hub.knows(kind.name, key);
        action.fields.retain(is_known);
        if action.fields.is_empty() {
            action.command.clear();
        }
    }
    let steps = kind.process.map_or(&[][..], |process| process.steps);
    let is_step_known =
        |code: &str| steps.iter().find(|step| step.code.code == code).is_none_or(|step| step.code.since <= hub.number) && hub.knows("step", code);
    offered.retain(|action| hub.knows(kind.name, "") && !action.command.is_empty() && (action.command != "cases.step" || is_step_known(&action.what)));
}

/// Whether what was written to a document of `kind` between these states is younger than `hub`: the kind, a field, a choice of it, a step.
pub(super) fn is_younger(hub: &Dictionary, kind: &Kind, before: Option<&Map>, after: &Map) -> bool {
    let mut found = Vec::new();
    written(before, after, &mut Vec::new(), &mut found);
    !hub.knows(kind.name, "") || found.iter().any(|(path, value)| is_path_younger(hub, kind, path, value))
}

fn is_path_younger(hub: &Dictionary, kind: &Kind, path: &[&str], value: &Value) -> bool {
    let is_for = |row: &str| row.split('/').count() == path.len() && row.split('/').zip(path).all(|(part, key)| matches(part, key));
    let mut rows = kind.rows().iter().filter(|row| is_for(row.path)).peekable();
    // What no row names was found out about times.
    let no_row_is_old = rows.peek().is_some() && rows.all(|row| row.since > hub.number);
    no_row_is_old || !hub.knows(kind.name, path[0]) || is_code_younger(hub, kind, path, value)
}

/// Whether the value is a choice that is younger: a code of a list, a step.
fn is_code_younger(hub: &Dictionary, kind: &Kind, path: &[&str], value: &Value) -> bool {
    let Value::Text(code) = value else { return false };
    if kind.process.is_some() && matches!(path, ["steps", _, "kind"]) && !hub.knows("step", code) {
        return true;
    }
    let fields: &[Field] = match path {
        [_] => kind.fields,
        [container, ..] => kind.entries.iter().find(|e| e.key == *container).map_or(&[], |e| e.fields),
        [] => &[],
    };
    let field = fields.iter().find(|f| path.last() == Some(&f.key)).map(|f| f.ty);
    matches!(field, Some(Type::Choice(codes)) if codes.iter().any(|c| c.code == code && c.since > hub.number))
}

/// The keys from the root, with the values, that are not as they were.
fn written<'a>(before: Option<&Map>, after: &'a Map, path: &mut Vec<&'a str>, found: &mut Vec<(Vec<&'a str>, &'a Value)>) {
    for entry in after.iter().filter(|entry| before.and_then(|map| map.get(&entry.key)) != Some(*entry)) {
        path.push(&entry.key);
        match &entry.node {
            Node::Map(map) if map.get("value").is_none() => written(before.map(|before| before.map(&entry.key)), map, path, found),
            node => found.push((path.clone(), node.value())),
        }
        path.pop();
    }
}
