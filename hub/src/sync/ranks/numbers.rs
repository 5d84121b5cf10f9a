//! Numbers of papers: a series for each sort and year, without a gap. One that is void, was erased or never came back keeps its number.

use gridwalk_core::claims::Outcome;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::papers::document::PAPER;
use gridwalk_core::papers::{NumberPaper, parse_series, series};
use gridwalk_core::text::day::china_day;

use super::super::batch::Batch;
use super::{Rank, Turned};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, all};

impl Batch<'_> {
    /// Numbers the papers that this batch took.
    pub(super) async fn rank_papers(&mut self, connection: &mut Conn, turned: &mut Turned) -> Result<()> {
        let papers = self.taken(PAPER.name);
        if papers.is_empty() {
            return Ok(());
        }
        let void: Vec<Id> = papers.iter().copied().filter(|paper| self.tree(*paper).is_some_and(|tree| tree.flag("void"))).collect();
        let known = self.release(connection, &papers, |paper| void.contains(&paper), turned).await?;
        let year = i64::from(china_day(self.hub.now()).year());
        for paper in papers {
            let Some(tree) = self.tree(paper) else { continue };
            match known.get(&paper) {
                None => {
                    let series = series(tree.text("sort"), year);
                    let outcome = if void.contains(&paper) { Outcome::Released } else { Outcome::Granted };
                    self.give(connection, series, paper, outcome, turned).await?;
                }
                // It was numbered before the hub was restored.
                Some(rank) if tree.int("number").is_none() => drop(turned.ranks.entry(paper).or_insert_with(|| rank.clone())),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Says in each paper which number it has.
    pub(super) async fn say_numbers(&mut self, connection: &mut Conn, turned: &Turned) -> Result<()> {
        for Rank { thing, rank, claim, .. } in turned.ranks.values() {
            let Some((_, year)) = parse_series(thing) else { continue };
            if self.tree(*claim).is_some_and(|tree| tree.int("number").is_none()) {
                self.run_or_leave(connection, Input::NumberPaper(NumberPaper { paper: *claim, year, number: *rank })).await?;
            }
        }
        Ok(())
    }
}

/// A number of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The series: sort of paper and year.
    pub sort: String,
    /// The year.
    pub year: i64,
    /// The number.
    pub number: i64,
    /// The paper.
    pub paper: String,
    /// Whether it is void.
    pub void: bool,
    /// Since when it is numbered or void, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether the paper is here: an erased one is not, nor one that has not come back after a restore.
    pub here: bool,
}

/// The numbers that were given, by series.
pub async fn numbers(hub: &Hub, tenant: &Tenant) -> Result<Vec<Numbered>> {
    let sql = "SELECT r.thing, r.rank, r.claim, r.outcome, r.at, d.doc FROM ranks r
        LEFT JOIN documents d ON d.tenant_id = r.tenant_id AND d.doc = r.claim AND d.erased_at IS NULL
        WHERE r.tenant_id = $1 AND r.thing LIKE 'paper/%' ORDER BY r.thing, r.rank";
    let mut numbers = Vec::new();
    for row in all(&mut *hub.store.read().await?, sql, vec![Arg::text(&tenant.id)]).await? {
        let thing: String = row.get(0)?;
        let Some((sort, year)) = parse_series(&thing) else { continue };
        let (void, here) = (row.get::<String>(3)? != Outcome::Granted.code(), row.get::<Option<String>>(5)?.is_some());
        numbers.push(Numbered { sort: sort.into(), year, number: row.get(1)?, paper: row.get(2)?, void, at: row.get(4)?, here });
    }
    Ok(numbers)
}
