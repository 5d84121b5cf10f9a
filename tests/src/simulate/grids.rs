//! Grids that change at the hub, and what the model says of who serves them then.

use gridwalk_core::rules::Role;
use gridwalk_hub::admin;
use gridwalk_hub::admin::grid::{Choice, Split, StandIn, hand_over, merge, split, stand_in};
use gridwalk_hub::store::all;

use super::event::Event;
use super::model::{Grid, Origin, Term};
use super::template::PEOPLE;
use super::world::World;
use super::{Done, defect};

/// Of one history.
const MOST_GRIDS: usize = 6;

impl World<'_> {
    /// One of the hub's acts on grids.
    pub(super) async fn change_grids(&mut self, event: &Event) -> Done {
        let open = self.model.people.open();
        let grid = open[event.value / 7 % open.len()];
        let other = open[event.value / 7 / open.len() % open.len()];
        match event.which % 7 {
            0 | 1 => self.split(grid, event).await,
            2 | 3 if grid != other => self.merge(grid, other).await,
            4 => self.undo_merge(event).await,
            5 => self.hand_over(grid, event).await,
            _ => self.stand_in(grid, event).await,
        }
    }

    async fn split(&mut self, from: usize, event: &Event) -> Done {
        if self.model.people.grids.len() >= MOST_GRIDS {
            return Ok(());
        }
        let old = self.model.people.grids[from].clone();
        let process = self.line.hub.lock().await;
        let mut read = process.hub.store.read().await.map_err(defect)?;
        let sql = format!("SELECT doc FROM households WHERE place = '{}' ORDER BY doc", old.place);
        let homes: Vec<String> = all(&mut read, &sql, vec![]).await.map_err(defect)?.iter().map(|r| r.get(0)).collect::<Result<_, _>>().map_err(defect)?;
        drop(read);
        if homes.is_empty() {
            return Ok(());
        }
        let chosen = homes[..1 + event.value % homes.len()].to_vec();
        let worker = event.value / 3 % PEOPLE.len();
        let name = format!("g{:02}", self.model.people.grids.len());
        let new = Split { from: old.name, new: name.clone(), choice: Choice::Households(chosen), workers: vec![self.template.persons[worker]] };
        split(&process.hub, &process.tenant, &new, &|_, _| {}).await.map_err(defect)?;
        let mut read = process.hub.store.read().await.map_err(defect)?;
        let place = admin::scope::place_named(&mut read, &process.tenant.id, &name).await.map_err(defect)?;
        drop((read, process));
        self.trace.push(format!("  {name} is split from {}", new.from));
        self.model.moved = true;
        let people = &mut self.model.people;
        people.grids.push(Grid { name, place, into: None });
        people.begin(worker, people.grids.len() - 1, None);
        Ok(())
    }

    async fn merge(&mut self, from: usize, into: usize) -> Done {
        let names = [from, into].map(|g| self.model.people.grids[g].name.clone());
        let process = self.line.hub.lock().await;
        merge(&process.hub, &process.tenant, &names[0], &names[1], &|_, _| {}).await.map_err(defect)?;
        drop(process);
        self.trace.push(format!("  {} is merged into {}", names[0], names[1]));
        self.model.moved = true;
        let people = &mut self.model.people;
        people.grids[from].into = Some(into);
        for person in people.workers(from) {
            let term = people.end(person, (Role::GridWorker, Some(from)));
            people.begin(person, into, Some(term.unwrap_or(Term { until: None, origin: Origin::Merge(from) })));
        }
        Ok(())
    }

    /// A merge is undone: what came with it and who came with it leave again.
    async fn undo_merge(&mut self, event: &Event) -> Done {
        let people = &self.model.people;
        let merged: Vec<(usize, usize)> = people.grids.iter().enumerate().filter_map(|(g, grid)| Some((g, grid.into?))).collect();
        let Some((closed, from)) = merged.get(event.value % merged.len().max(1)).copied().filter(|(_, from)| people.grids[*from].into.is_none()) else {
            return Ok(());
        };
        let back = Split { from: people.grids[from].name.clone(), new: people.grids[closed].name.clone(), choice: Choice::Back, workers: vec![] };
        let process = self.line.hub.lock().await;
        split(&process.hub, &process.tenant, &back, &|_, _| {}).await.map_err(defect)?;
        drop(process);
        self.trace.push(format!("  {} is split from {} again", back.new, back.from));
        self.model.moved = true;
        let people = &mut self.model.people;
        people.grids[closed].into = None;
        let came = |(person, grid): &(usize, usize), term: &Term| (*grid == from && term.origin == Origin::Merge(closed)).then_some(*person);
        let came: Vec<usize> = people.terms.iter().filter_map(|(key, term)| came(key, term)).collect();
        for person in came {
            people.begin(person, closed, None);
            people.end(person, (Role::GridWorker, Some(from)));
        }
        Ok(())
    }

    async fn hand_over(&mut self, grid: usize, event: &Event) -> Done {
        let people = &self.model.people;
        let (workers, to) = (people.workers(grid), event.value / 3 % PEOPLE.len());
        let Some(from) = workers.get(event.value % workers.len().max(1)).copied().filter(|from| *from != to) else { return Ok(()) };
        let name = people.grids[grid].name.clone();
        let process = self.line.hub.lock().await;
        hand_over(&process.hub, &process.tenant, &name, self.template.persons[from], self.template.persons[to]).await.map_err(defect)?;
        drop(process);
        self.trace.push(format!("  {name} goes from person {from} to person {to}"));
        self.model.demoted.insert(from);
        let term = self.model.people.end(from, (Role::GridWorker, Some(grid)));
        self.model.people.begin(to, grid, term);
        Ok(())
    }

    async fn stand_in(&mut self, grid: usize, event: &Event) -> Done {
        let people = &self.model.people;
        let (workers, by) = (people.workers(grid), event.value / 3 % PEOPLE.len());
        let absent = workers.get(event.value % workers.len().max(1)).copied();
        let as_such = people.grants.get(&by).is_some_and(|held| held.contains(&(Role::GridWorker, Some(grid))));
        let Some(absent) = absent.filter(|absent| *absent != by && !as_such) else { return Ok(()) };
        let process = self.line.hub.lock().await;
        let until = process.hub.now() + 3600 + event.value as i64 * 400;
        let [absent, person] = [absent, by].map(|p| self.template.persons[p]);
        let new = StandIn { grid: people.grids[grid].name.clone(), absent, by: person, until };
        stand_in(&process.hub, &process.tenant, &new).await.map_err(defect)?;
        drop(process);
        self.trace.push(format!("  person {by} serves {} until {until}", new.grid));
        self.model.people.begin(by, grid, Some(Term { until: Some(until), origin: Origin::StandIn }));
        Ok(())
    }
}
