//! The book of goods: what moved goes into the stock of its goods once, in the transaction that takes it, and both documents say so. A
//! phone that reads only its own movements shows the same balance as one that reads all.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::documents::Map;
use gridwalk_core::goods::document::{GOODS, MOVEMENT};
use gridwalk_core::goods::{BookMovement, BookStock, effect};
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;

use super::batch::Batch;
use super::fold::fold_long;
use crate::error::Result;
use crate::store::{Arg, Conn, all};

impl Batch<'_> {
    /// Books what moved and is not in the book yet. The community is locked: nobody else books meanwhile.
    pub(super) async fn book(&mut self, connection: &mut Conn) -> Result<()> {
        let of_kind = |batch: &Self, id: Id, kind: &str| batch.held.get(&id).is_some_and(|held| held.doc.kind().name == kind && !held.doc.is_erased());
        let mut moved: BTreeSet<Id> = self.new.iter().map(|change| change.doc).filter(|doc| of_kind(self, *doc, MOVEMENT.name)).collect();
        // What a restored hub lost may come after what moved of it.
        let new_goods: Vec<Id> =
            self.held.iter().filter(|(id, held)| held.dirty && !held.stored && of_kind(self, **id, GOODS.name)).map(|(id, _)| *id).collect();
        for goods in new_goods {
            let sql = "SELECT doc FROM movements WHERE tenant_id = $1 AND goods = $2 AND booked IS NULL ORDER BY doc";
            for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&goods.to_string())]).await? {
                moved.insert(row.get(0)?);
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        self.load(connection, moved.iter().copied()).await?;
        let tree_of = |batch: &Self, id: Id| batch.held.get(&id).map(|held| held.doc.tree().clone());
        let open = |tree: &Map| if tree.flag("booked") { None } else { tree.id("goods") };
        let open: Vec<(Id, Id, i64)> = moved.iter().filter_map(|id| tree_of(self, *id).and_then(|tree| Some((*id, open(&tree)?, effect(&tree))))).collect();
        self.load(connection, open.iter().map(|(_, goods, _)| *goods)).await?;
        let mut added: BTreeMap<Id, i64> = BTreeMap::new();
        for (movement, goods, effect) in open {
            if of_kind(self, goods, GOODS.name) {
                *added.entry(goods).or_default() += effect;
                self.run_or_leave(connection, Input::BookMovement(BookMovement { movement })).await?;
            }
        }
        for (goods, added) in added {
            let before = tree_of(self, goods).and_then(|tree| tree.int("stock")).unwrap_or(0);
            self.run_or_leave(connection, Input::BookStock(BookStock { goods, stock: before.saturating_add(added) })).await?;
            fold_long(connection, &self.tenant.id, goods, self.hub.now()).await?;
        }
        Ok(())
    }
}
