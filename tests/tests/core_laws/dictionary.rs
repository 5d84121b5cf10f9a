//! Records by the dictionary: add, edit, show and list, the same for every kind that declares its fields.

use gridwalk_core::dictionary::Type;
use gridwalk_core::kinds::KINDS;
use gridwalk_core::records::{AddEntry, AddRecord, EditRecord, Filter, ListQuery, known_to};
use gridwalk_core::versions::{DICTIONARY_VERSION, Dictionary};
use gridwalk_core::{ErrorKind, Id};
use serde_json::{Value, json};

use super::lab::Lab;

fn add(lab: &Lab, fields: Value) -> Id {
    let mut fields = fields;
    fields["place"] = json!(lab.place.to_string());
    lab.phone.run(AddRecord::new("household", fields)).unwrap().value
}

#[test]
fn a_record_is_added_edited_and_shown_by_its_fields() {
    let lab = Lab::new(&[]);
    let home = add(
        &lab,
        json!({"address": "五堰路1号", "position": "32.65,110.79", "visit_every_days": "30", "state": "空置",
               "residents": [{"name": "王秀英", "birth": "1944-05-01", "tags": "独居老人、高龄"}]}),
    );
    let view = lab.phone.record(home).unwrap();
    let text = |key: &str| view.fields.iter().find(|f| f.key == key).map(|f| (f.text.clone(), f.text_en.clone()));
    assert_eq!(view.title, "五堰路1号");
    assert_eq!(text("state"), Some(("空置".into(), "vacant".into())));
    assert_eq!(text("visit_every_days"), Some(("30天".into(), "30 days".into())));
    assert_eq!(view.fields.iter().find(|f| f.key == "position").unwrap().value, json!({"lat": 32.65, "lon": 110.79}));
    assert!(view.unsent && !view.conflict);
    let resident = &view.entries[0];
    assert_eq!(resident.fields.iter().find(|f| f.key == "tags").unwrap().text, "独居老人、高龄");
    // A place is called by its name.
    assert_ne!(text("place").unwrap().0, lab.place.to_string());

    lab.phone.run(EditRecord::of(home, json!({"tenure": "租住", "state": "lived_in", "visit_every_days": null}))).unwrap();
    lab.phone.run(EditRecord::of_entry(home, resident.id, json!({"tags": ["-高龄", "+低保"], "phone": ""}))).unwrap();
    let other = lab.phone.run(AddEntry::to(home, "residents", json!({"name": "𠮷野𰻝"}))).unwrap().value;
    let view = lab.phone.record(home).unwrap();
    assert!(view.fields.iter().all(|f| f.key != "visit_every_days"));
    assert_eq!(view.fields.iter().find(|f| f.key == "tenure").unwrap().text, "租住");
    assert_eq!(view.entries[0].fields.iter().find(|f| f.key == "tags").unwrap().value, json!(["低保", "独居老人"]));
    assert_eq!((view.entries[1].id, view.entries[1].fields[0].text.as_str()), (other, "𠮷野𰻝"));
}

#[test]
fn what_is_wrong_names_its_field_and_records_nothing() {
    let lab = Lab::new(&[]);
    let home = add(&lab, json!({"address": "五堰路1号"}));
    let wrong = |fields: Value| lab.phone.run(EditRecord::of(home, fields)).unwrap_err();
    for (fields, field) in [
        (json!({"address": "  "}), "address"),
        (json!({"address": null}), "address"),
        (json!({"address": "长".repeat(101)}), "address"),
        (json!({"state": "睡觉"}), "state"),
        (json!({"visit_every_days": 0}), "visit_every_days"),
        (json!({"visit_every_days": 1.5}), "visit_every_days"),
        (json!({"position": "91,0"}), "position"),
        (json!({"position": {"lat": 1.0}}), "position"),
        (json!({"place": "没有"}), "place"),
        (json!({"micro_grid": lab.place.to_string()}), "micro_grid"),
        (json!({"colour": "红"}), "colour"),
        (json!({"residents": []}), "residents"),
        (json!({"tenure": ["租"]}), "tenure"),
    ] {
        let error = wrong(fields.clone());
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{fields}");
    }
    let new = |fields: Value| lab.phone.run(AddRecord::new("household", fields)).unwrap_err();
    assert_eq!(new(json!({"place": lab.place.to_string()})).field(), Some("address"));
    assert_eq!(new(json!({"address": "1号"})).field(), Some("place"));
    let resident = json!({"address": "1号", "place": lab.place.to_string(), "residents": [{"sex": "女"}]});
    assert_eq!(new(resident).field(), Some("residents[0].name"));
    assert!(lab.phone.run(AddRecord::new("report", json!({}))).is_err() && lab.phone.run(AddRecord::new("nonsense", json!({}))).is_err());
    assert!(lab.phone.run(EditRecord::of(home, json!({}))).is_err());
    assert_eq!(lab.phone.list("household", &ListQuery { limit: 10, ..ListQuery::default() }).unwrap().rows.len(), 1);
    assert_eq!(lab.phone.record(home).unwrap().fields.len(), 2, "grid and address");
}

#[test]
fn lists_go_on_from_their_last_row_in_every_order() {
    let lab = Lab::new(&[]);
    let homes: Vec<Id> =
        (0..25).map(|n| add(&lab, json!({"address": format!("五堰路{:02}号", n / 2), "state": if n % 5 == 0 { "vacant" } else { "lived_in" }}))).collect();
    let kind = KINDS.iter().find(|k| k.name == "household").unwrap();
    // With every value there, and where some records have none: these are the least.
    for none in [0, 9] {
        let columns = ["address", "at"].map(|column| format!("{column} = NULL")).join(", ");
        let sql = format!("UPDATE households SET {columns} WHERE doc IN (SELECT doc FROM households ORDER BY doc LIMIT {none})");
        lab.phone.store().write(|tx| Ok(tx.execute(&sql, []).map(drop)?)).unwrap();
        for order in kind.orders {
            let mut query = ListQuery { order: order.key.into(), limit: 4, ..ListQuery::default() };
            let mut seen = Vec::new();
            loop {
                let page = lab.phone.list("household", &query).unwrap();
                seen.extend(page.rows.iter().map(|r| (r.title.clone(), r.id)));
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), homes.len(), "{}", order.key);
            let mut ids: Vec<Id> = seen.iter().map(|(_, id)| *id).collect();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), homes.len(), "{}: each once", order.key);
            if order.key == "address" {
                assert!(seen.is_sorted_by_key(|(title, _)| title.clone()));
            }
        }
    }
    let vacant = ListQuery { filters: vec![Filter { field: "state".into(), value: "vacant".into() }], limit: 10, ..ListQuery::default() };
    assert_eq!(lab.phone.list("household", &vacant).unwrap().rows.len(), 5);
    let refused = |query: ListQuery| lab.phone.list("household", &query).unwrap_err().kind();
    assert_eq!(refused(ListQuery { order: "tenure".into(), limit: 1, ..ListQuery::default() }), ErrorKind::Invalid);
    assert_eq!(
        refused(ListQuery { filters: vec![Filter { field: "tenure".into(), value: "租".into() }], limit: 1, ..ListQuery::default() }),
        ErrorKind::Invalid
    );
    for after in ["", "x", "[1]", "[{},\"\"]; DROP TABLE households"] {
        assert_eq!(refused(ListQuery { after: Some(after.into()), limit: 1, ..ListQuery::default() }), ErrorKind::Malformed, "{after}");
    }
}

/// An order or filter without an index would read the whole table on a phone.
#[test]
fn every_order_and_filter_has_its_index() {
    for kind in KINDS {
        let table = kind.tables[0];
        let leads = |column: &str| table.indexes.iter().any(|index| index.split(", ").next() == Some(column));
        for order in kind.orders {
            assert!(leads(order.column), "{} {}", kind.name, order.key);
        }
        for filter in kind.filters {
            assert!(leads(filter), "{} {filter}", kind.name);
        }
        for field in kind.fields.iter().chain(kind.entries.iter().flat_map(|e| e.fields)) {
            if let Type::Reference(kinds) = field.ty {
                assert!(kinds.iter().all(|name| KINDS.iter().any(|k| k.name == *name)), "{} {}", kind.name, field.key);
            }
            assert!(!field.label.zh.is_ascii() && field.label.en.is_ascii(), "{} {}", kind.name, field.key);
        }
        assert!(kind.title.is_empty() || kind.fields.iter().any(|f| f.key == kind.title), "{}", kind.name);
    }
}

#[test]
fn a_hub_that_does_not_know_named_values_is_sent_none() {
    let older = Dictionary { number: DICTIONARY_VERSION, without: &[("settings", "visit_rules")] };
    let offered = |hub: &Dictionary| {
        let kinds = known_to(hub);
        kinds.iter().find(|kind| kind.kind == "settings").unwrap().named.iter().any(|named| named.value.key == "visit_rules")
    };
    assert!(offered(&Dictionary::OURS) && !offered(&older));
    for kind in KINDS {
        for named in kind.named {
            let path = format!("{}/{{name}}", named.key);
            assert!(kind.rows().iter().any(|row| row.path == path && row.since == named.since), "{} {path}", kind.name);
        }
    }
}
