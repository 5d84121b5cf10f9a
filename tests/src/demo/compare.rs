//! Whether replicas are equal: the same documents, each made of the same changes, and the same rows in the read model.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::documents::Doc;
use gridwalk_core::projection::Table;
use gridwalk_core::{Id, Phone, kinds};
use gridwalk_hub::store::{Arg, all};
use gridwalk_hub::{Hub, Tenant};

use super::Result;

/// How many differences of one phone are told; one is as bad as a thousand.
const TOLD: usize = 10;

/// What one replica holds of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The hashes that its state is made of.
    pub heads: BTreeSet<String>,
    /// Its rows in the read model, by table and entry.
    pub rows: BTreeMap<(&'static str, String), String>,
}

/// What one replica holds, by document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held(BTreeMap<Id, State>);

impl Held {
    /// What a phone holds.
    pub fn of_phone(phone: &Phone) -> Result<Self> {
        let mut held = Self::default();
        for (id, heads) in phone.heads()? {
            held.0.entry(id).or_default().heads = heads.into_iter().collect();
        }
        for table in kinds::tables() {
            let rows = phone.store().read(|c| {
                let mut statement = c.prepare(&rows_sql(table))?;
                let rows = statement.query_map([], |r| Ok((r.get::<_, Id>(0)?, r.get(1)?, r.get(2)?)))?;
                Ok(rows.collect::<std::result::Result<Vec<_>, _>>()?)
            })?;
            held.add_rows(table, rows);
        }
        Ok(held)
    }

    fn add_rows(&mut self, table: &'static Table, rows: Vec<(Id, String, String)>) {
        for (id, entry, row) in rows {
            self.0.entry(id).or_default().rows.insert((table.name, entry), row);
        }
    }

    /// How many documents.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// What the hub holds, and who may read it.
pub(super) struct HubState {
    held: Held,
    audiences: BTreeMap<Id, BTreeSet<String>>,
}

impl HubState {
    /// Reads the hub's database: documents from their changes, rows as they stand.
    pub async fn read(hub: &Hub, tenant: &Tenant) -> Result<Self> {
        let mut read = hub.store.read().await?;
        let of_tenant = || vec![Arg::text(&tenant.id)];
        let mut docs: BTreeMap<Id, Doc> = BTreeMap::new();
        for row in all(&mut read, "SELECT doc, schema, generation FROM documents WHERE tenant_id = $1", of_tenant()).await? {
            let (schema, generation) = (u16::try_from(row.get::<i64>(1)?)?, u32::try_from(row.get::<i64>(2)?)?);
            docs.insert(row.get(0)?, Doc::with_schema(schema, generation)?);
        }
        for row in all(&mut read, "SELECT doc, body FROM changes WHERE tenant_id = $1 ORDER BY number", of_tenant()).await? {
            let id: Id = row.get(0)?;
            let doc = docs.get_mut(&id).ok_or_else(|| format!("{id}：有改动而没有文档 / changes of no document"))?;
            doc.take_chunk(&row.get::<Vec<u8>>(1)?)?;
        }
        let states = docs.iter().map(|(id, doc)| (*id, State { heads: doc.heads().iter().map(ToString::to_string).collect(), ..State::default() }));
        let mut held = Held(states.collect());
        for table in kinds::tables() {
            let sql = format!("{} WHERE tenant_id = $1", rows_sql(table));
            let rows = all(&mut read, &sql, of_tenant()).await?;
            let rows = rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)));
            held.add_rows(table, rows.collect::<Result<_>>()?);
        }
        let mut audiences: BTreeMap<Id, BTreeSet<String>> = BTreeMap::new();
        for row in all(&mut read, "SELECT doc, audience FROM audiences WHERE tenant_id = $1 AND left_at IS NULL", of_tenant()).await? {
            audiences.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        Ok(Self { held, audiences })
    }

    /// The part that a reader of `audiences` must hold.
    pub fn visible_to(&self, audiences: &[String]) -> Held {
        let visible = self.held.0.iter().filter(|(id, _)| self.reaches(id, audiences));
        Held(visible.map(|(id, state)| (*id, state.clone())).collect())
    }

    /// Documents that a reader of `audiences` does not see.
    pub fn outside<'a>(&'a self, audiences: &'a [String]) -> impl Iterator<Item = &'a Id> {
        self.held.0.keys().filter(|id| !self.reaches(id, audiences))
    }

    /// How many documents.
    pub fn documents(&self) -> usize {
        self.held.len()
    }

    fn reaches(&self, id: &Id, audiences: &[String]) -> bool {
        self.audiences.get(id).is_some_and(|of| audiences.iter().any(|a| of.contains(a)))
    }
}

/// One query for phone and hub: document, entry, and all columns as one text that tells NULL from the empty text.
fn rows_sql(table: &Table) -> String {
    let columns: Vec<String> = table.all_columns().map(|(name, _)| format!("coalesce('=' || CAST(\"{name}\" AS TEXT), '-')")).collect();
    format!("SELECT doc, entry, {} FROM {}", columns.join(" || '│' || "), table.name)
}

/// Where `is` differs from what it should be, in words; the first few.
pub(super) fn differences(should: &Held, is: &Held) -> Vec<String> {
    let ids: BTreeSet<&Id> = should.0.keys().chain(is.0.keys()).collect();
    let mut all = ids.into_iter().filter_map(|id| match (should.0.get(id), is.0.get(id)) {
        (Some(_), None) => Some(format!("缺少 {id} / missing")),
        (None, Some(_)) => Some(format!("多出 {id} / not for this phone")),
        (Some(should), Some(is)) if should.heads != is.heads => Some(format!("{id} 的改动不同：{:?} ≠ {:?} / other changes", is.heads, should.heads)),
        (Some(should), Some(is)) if should.rows != is.rows => {
            let keys: BTreeSet<_> = should.rows.keys().chain(is.rows.keys()).collect();
            let key = keys.into_iter().find(|key| should.rows.get(key) != is.rows.get(key))?;
            Some(format!("{id} 的行不同：{key:?} {:?} ≠ {:?} / other rows", is.rows.get(key), should.rows.get(key)))
        }
        _ => None,
    });
    let mut told: Vec<String> = all.by_ref().take(TOLD).collect();
    let more = all.count();
    if more > 0 {
        told.push(format!("另有 {more} 处不同 / and {more} more"));
    }
    told
}

#[cfg(test)]
mod tests {
    use gridwalk_core::ids::Actor;

    use super::*;

    fn id(counter: u64) -> Id {
        Id { actor: Actor([7; 12]), counter }
    }

    fn held() -> Held {
        let state = |n: u64| State { heads: [format!("head {n}")].into(), rows: [(("visits", String::new()), format!("=met│={n}"))].into() };
        Held((1..=3).map(|n| (id(n), state(n))).collect())
    }

    #[test]
    fn equal_replicas_have_no_differences() {
        assert_eq!(differences(&held(), &held()), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_difference_is_found() {
        let altered = |alter: &dyn Fn(&mut BTreeMap<Id, State>)| {
            let mut other = held();
            alter(&mut other.0);
            let found = differences(&held(), &other);
            assert_eq!(found.len(), 1, "{found:?}");
            found[0].clone()
        };
        assert!(
            altered(&|all| {
                all.remove(&id(2));
            })
            .contains("missing")
        );
        assert!(
            altered(&|all| {
                all.insert(id(9), State::default());
            })
            .contains("not for this phone")
        );
        assert!(altered(&|all| all.entry(id(1)).or_default().heads = ["head 9".to_owned()].into()).contains("other changes"));
        assert!(
            altered(&|all| {
                all.entry(id(1)).or_default().heads.insert("head 9".into());
            })
            .contains("other changes")
        );
        assert!(altered(&|all| all.entry(id(3)).or_default().rows.clear()).contains("other rows"));
        assert!(
            altered(&|all| {
                all.entry(id(3)).or_default().rows.insert(("visits", String::new()), "=met│-".into());
            })
            .contains("other rows")
        );
        assert!(
            altered(&|all| {
                all.entry(id(3)).or_default().rows.insert(("conflicts", "phone#0".into()), "=1".into());
            })
            .contains("other rows")
        );
    }

    #[test]
    fn many_differences_are_told_as_few() {
        let many = Held((0..50).map(|n| (id(n), State::default())).collect());
        let found = differences(&many, &Held::default());
        assert_eq!(found.len(), TOLD + 1);
        assert!(found[TOLD].contains("40"));
    }

    #[test]
    fn a_reader_sees_what_one_of_their_audiences_reaches() {
        let audiences = [(id(1), ["desk".to_owned()].into()), (id(2), ["desk".to_owned(), "place:x".to_owned()].into())];
        let hub = HubState { held: held(), audiences: audiences.into() };
        assert_eq!(hub.visible_to(&["place:x".into()]).0.into_keys().collect::<Vec<_>>(), [id(2)]);
        assert_eq!(hub.outside(&["desk".into()]).copied().collect::<Vec<_>>(), [id(3)]);
    }
}
