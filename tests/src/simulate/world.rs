//! Phones and a hub in one process, and what events do to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::Invite;
use gridwalk_core::ids::{DeviceId, ids_in};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::protocol::RefusalCode;
use gridwalk_core::sync::{Answer, MAX_BYTES_RANGE, Prepared, SyncReport, Transport as _};
use gridwalk_core::{ErrorKind, Id, Input, Phone};
use gridwalk_hub::sync::fold::fold;
use gridwalk_hub::{HubError, admin};

use super::act::choose;
use super::crash::CrashPoint;
use super::event::{Event, Fault, Plan, What};
use super::line::{ADDRESS, HubProcess, Line};
use super::model::{Act, Deed, Grant, Grid, Model, People};
use super::phone::SimPhone;
use super::template::{GRIDS, PEOPLE, Template, copy_folder, invite};
use super::{Done, Failure, defect};
use crate::harness::MORNING;

/// Of one history, copies of stores included.
const MOST_PHONES: usize = 6;

/// A history under way.
pub struct World<'t> {
    /// Where it began.
    pub template: &'t Template,
    /// The hub and the way to it.
    pub line: Line,
    /// The phones.
    pub phones: Vec<SimPhone>,
    /// What should be there.
    pub model: Model,
    /// What happened.
    pub trace: Vec<String>,
    folder: PathBuf,
    seed: u64,
    small_pages: bool,
    backup: Option<People>,
    pub(super) late: Vec<(usize, Prepared, Vec<u8>)>,
}

impl<'t> World<'t> {
    /// The world of `plan`, in `folder`, as the template left it.
    pub async fn begin(template: &'t Template, plan: &Plan, folder: &Path) -> Done<Self> {
        copy_folder(&template.folder.join("hub"), &folder.join("hub")).map_err(defect)?;
        let process = HubProcess::open(folder.join("hub"), Arc::new(ManualClock::new(MORNING + 3600)), plan.seed, 1).await.map_err(defect)?;
        let mut phones = Vec::new();
        for n in &plan.phones {
            let home = folder.join(format!("phone-{n}"));
            copy_folder(&template.folder.join(format!("phone-{n}")), &home).map_err(defect)?;
            let mut phone = SimPhone::new(home, *n, *n);
            phone.clock.advance(3600);
            phone.open(plan.seed)?;
            phones.push(phone);
        }
        let mut model = Model::default();
        for (person, grant) in PEOPLE.iter().enumerate() {
            model.people.grants.entry(person).or_default().insert(*grant);
        }
        model.people.grids = GRIDS.iter().zip(&template.grids).map(|(name, place)| Grid { name: (*name).to_owned(), place: *place, into: None }).collect();
        Ok(Self {
            template,
            line: Line::new(process),
            phones,
            model,
            trace: Vec::new(),
            folder: folder.to_owned(),
            seed: plan.seed,
            small_pages: plan.small_pages,
            backup: None,
            late: Vec::new(),
        })
    }

    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.trace.push(line.into());
    }

    /// Lets one event happen.
    pub async fn happen(&mut self, event: &Event) -> Done {
        self.pass(event.after).await;
        let i = event.phone % self.phones.len();
        self.note(format!("{} phone {i}: {:?} {} {} {:?}", event.number, event.what, event.which, event.value, event.fault));
        match event.what {
            What::Command => self.command(i, event)?,
            What::Sync => self.sync(i, event).await?,
            What::Post => self.post(i).await?,
            What::TakeLate => self.take_late(event)?,
            What::Deliver => {
                self.line.deliver_lost(event.which).await;
            }
            What::Pass => self.pass(event.value as i64 * 120).await,
            What::ShiftWall => self.phones[i].clock.shift_wall((event.value as i64 - 500) * if event.which.is_multiple_of(5) { 500_000 } else { 700 }),
            What::Reboot => {
                self.phones[i].clock.reboot();
                self.reopen(i)?;
            }
            What::Reopen => self.reopen(i)?,
            What::RestartHub => self.line.hub.lock().await.restart().await.map_err(defect)?,
            What::Backup => {
                self.line.hub.lock().await.backup(&self.folder.join("backup.db")).await.map_err(defect)?;
                self.backup = Some(self.model.people.clone());
            }
            What::Restore => self.restore().await?,
            What::Fold => {
                let process = self.line.hub.lock().await;
                let kept = [0, 30, 120, 600, 3_000][event.value % 5];
                let folded = fold(&process.hub, &process.tenant, process.hub.now() + 1 - kept).await.map_err(defect)?;
                drop(process);
                self.note(format!("  folded {folded}"));
            }
            What::EndRole => self.end_role(i, event).await?,
            What::Grant => {
                let open = self.model.people.open();
                let worker = (Role::GridWorker, Some(open[event.value % open.len()]));
                let others = [Role::Cadre, Role::Member, Role::StreetDispatcher, Role::DepartmentHandler].map(|role| (role, None));
                let role = [worker, others[0], others[1], worker, others[0], others[1], others[2], others[3]][event.which % 8];
                self.grant(self.phones[i].person, role).await?;
            }
            What::Revoke => self.revoke(i).await?,
            What::Enrol => {
                if self.phones[i].refused {
                    self.enrol(i, event.fault).await?;
                }
            }
            What::Copy => self.copy(i)?,
            What::Resubmit => self.resubmit(i, event)?,
            What::Carry | What::Receipts => self.carry(i, event)?,
            What::Grid => self.change_grids(event).await?,
            What::Erase => self.erase(event).await?,
        }
        let passed = self.line.passed();
        self.trace.extend(passed);
        self.line.defect().map_or(Ok(()), |defect| Err(Failure::new("error", format!("the hub fails: {defect}"))))
    }

    /// Lets time pass everywhere.
    pub(super) async fn pass(&mut self, seconds: i64) {
        let process = self.line.hub.lock().await;
        process.clock.advance(seconds);
        let now = process.hub.now();
        drop(process);
        self.phones.iter().for_each(|p| p.clock.advance(seconds));
        self.model.demoted.extend(self.model.people.expire(now));
    }

    /// Kills the app of phone `i` between two acts and opens it again.
    fn reopen(&mut self, i: usize) -> Done {
        self.late.retain(|(phone, ..)| *phone != i);
        self.phones[i].open(self.seed)?;
        self.remembers(i)
    }

    /// Runs `f` on phone `i`, whose process may die in it. `None` if it did: then the phone is open again.
    fn under<T>(&mut self, i: usize, fault: Fault, f: impl FnOnce(&Phone) -> T) -> Done<Option<T>> {
        let point = CrashPoint::arm(self.phones[i].phone().store(), fault).map_err(defect)?;
        let value = f(self.phones[i].phone());
        Ok(if self.died(i, point.as_deref())? { None } else { Some(value) })
    }

    /// Whether phone `i` died at `point`; then it is as its process left it, and open again.
    fn died(&mut self, i: usize, point: Option<&CrashPoint>) -> Done<bool> {
        let Some(point) = point else { return Ok(false) };
        if !point.over() {
            CrashPoint::disarm(self.phones[i].phone().store()).map_err(defect)?;
            return Ok(false);
        }
        self.note("  the phone's process dies");
        self.phones[i].phone = None;
        point.leave().map_err(defect)?;
        self.reopen(i)?;
        Ok(true)
    }

    /// Everything that a phone said is recorded is still there, whatever happened to its process.
    fn remembers(&self, i: usize) -> Done {
        let sql = "SELECT group_concat(body, ' ') FROM commands";
        let bodies: Option<String> = self.phones[i].phone().store().read(|c| Ok(c.query_row(sql, [], |r| r.get(0))?)).map_err(defect)?;
        let bodies = bodies.unwrap_or_default();
        for act in self.model.acts.iter().filter(|a| a.phone == i && a.acknowledged && !a.given_up) {
            // A phone keeps no commands on what was erased, or begun again.
            if self.model.may_be_erased(act, true) {
                continue;
            }
            let named = !matches!(act.deed, Deed::Mute | Deed::Places(..) | Deed::SignIn | Deed::SignOut(_));
            if named && !bodies.contains(&act.token) {
                return Err(Failure::new("acknowledged", format!("phone {i} forgot {} ({:?})", act.token, act.deed)));
            }
        }
        Ok(())
    }

    fn command(&mut self, i: usize, event: &Event) -> Done {
        let person = self.template.persons[self.phones[i].person];
        let phone = self.phones[i].phone();
        let now = phone.now().map_err(defect)?;
        let Some(choice) = choose(phone, event, person, self.template, now, self.small_pages).map_err(defect)? else { return Ok(()) };
        // A form that was opened has its id before it is saved; whatever happens, it is recorded once.
        let form = if event.value.is_multiple_of(3) { Some(phone.new_command_id().map_err(defect)?) } else { None };
        let moves = matches!(&choice.input, Input::EditRecord(edit) if edit.fields.contains_key("place"));
        let run = |phone: &Phone| match form {
            Some(id) => phone.run_as(id, choice.input.clone()),
            None => phone.run(choice.input.clone()),
        };
        let mut done = self.under(i, event.fault, run)?;
        if done.is_none() && form.is_some() {
            // Saved again after the crash.
            done = Some(run(self.phones[i].phone()));
        }
        let mut names = Vec::new();
        ids_in(&serde_json::to_value(&choice.input).map_err(defect)?, &mut names);
        // A mediation that came out of a report is about its parties: it stays when the report is erased.
        if let Input::AddRecord(new) = &choice.input
            && new.kind == "mediation"
        {
            let report = new.fields.get("report").and_then(|id| id.as_str());
            names.retain(|id| Some(&*id.to_string()) != report);
        }
        let mut act = Act { phone: i, names, token: choice.token, deed: choice.deed, value: None, acknowledged: false, given_up: false };
        match done {
            None => {}
            Some(Err(e)) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed) => {
                self.note(format!("  {}: {}", choice.input.name(), e.kind().code()));
                return Ok(());
            }
            Some(Err(e)) => return Err(Failure::new("error", format!("{} fails: {e:?}", choice.input.name()))),
            Some(Ok(outcome)) => {
                if form.is_some() && run(self.phones[i].phone()).map(|again| again.value).ok() != Some(outcome.value) {
                    return Err(Failure::new("twice", format!("a form saved twice answers differently: {}", choice.input.name())));
                }
                act.value = Some(outcome.value);
                act.acknowledged = true;
                self.note(format!("  {} {} → {}", choice.input.name(), act.token, outcome.value));
            }
        }
        if let Deed::Visit(_) = act.deed
            && act.acknowledged
            && count(self.phones[i].phone(), "SELECT count(*) FROM visits WHERE substr(note, 1, 6) = ?1", &act.token)? != 1
        {
            return Err(Failure::new("acknowledged", format!("phone {i} does not show {}", act.token)));
        }
        self.model.moved |= moves;
        if let Deed::Places(thing, places) = act.deed {
            let most = self.model.places.entry(thing).or_insert(2);
            *most = places.max(*most);
        }
        self.note_circles(&choice.input);
        self.model.settled |= matches!(choice.input, Input::SettleConflict(_));
        self.model.acts.push(act);
        Ok(())
    }

    /// Who entered a circle may lose it again with a restore; who is removed, or whose approval is withdrawn, has lost it at some phone's
    /// or the hub's next sync: what they wrote in it meanwhile may be refused.
    fn note_circles(&mut self, input: &Input) {
        let (entered, left): (Vec<Id>, Option<Id>) = match input {
            Input::AddRecord(add) => {
                let members = add.fields.get("members").and_then(|all| all.as_array()).into_iter().flatten();
                (members.filter_map(|id| id.as_str()?.parse().ok()).collect(), None)
            }
            Input::SetMember(set) => (vec![set.person], (!set.member).then_some(set.person)),
            Input::ApproveMember(approve) => (vec![approve.person], (!approve.approved).then_some(approve.person)),
            _ => (Vec::new(), None),
        };
        let person = |id: &Id| self.template.persons.iter().position(|p| p == id);
        self.model.entered.extend(entered.iter().filter_map(person));
        self.model.demoted.extend(left.as_ref().and_then(person));
    }

    /// On a line that has just been cut again and again little is asked for at a time.
    pub(super) fn narrow(&self, i: usize) -> Done {
        if !self.small_pages {
            return Ok(());
        }
        let narrow = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute("UPDATE state SET max_bytes = ?1", [MAX_BYTES_RANGE.start()]).map(drop)?);
        self.phones[i].phone().store().write(narrow).map_err(defect)
    }

    async fn sync(&mut self, i: usize, event: &Event) -> Done {
        self.narrow(i)?;
        let point = CrashPoint::arm(self.phones[i].phone().store(), event.fault).map_err(defect)?;
        self.line.trouble(event.fault, (event.value % 2) as u64, event.which as u32);
        let mut report = SyncReport::default();
        let result = self.phones[i].phone().sync_with(ADDRESS, &self.line, &mut report, &|_| {}).await;
        let refused = self.line.calm();
        let passed = self.line.passed();
        self.trace.extend(passed);
        if self.died(i, point.as_deref())? {
            return Ok(());
        }
        match result {
            Ok(()) => self.note(format!("  {report:?}")),
            Err(e) => {
                self.note(format!("  {}", e.kind().code()));
                let broken = matches!(event.fault, Fault::Cut | Fault::Garble) && e.kind() == ErrorKind::Malformed;
                if !broken && !matches!(e.kind(), ErrorKind::Offline | ErrorKind::HubRefused) {
                    return Err(Failure::new("error", format!("phone {i} cannot sync: {e:?}")));
                }
                self.phones[i].refused |= matches!(refused, Some(RefusalCode::Revoked | RefusalCode::UnknownDevice));
            }
        }
        Ok(())
    }

    async fn post(&mut self, i: usize) -> Done {
        let prepared = self.phones[i].phone().prepare_sync(ADDRESS, 0).map_err(defect)?;
        match self.line.post(&prepared.request).await.map_err(defect)? {
            Answer::Reply(bytes) => self.late.push((i, prepared, bytes)),
            Answer::Refused(_) => {}
        }
        self.line.calm();
        Ok(())
    }

    fn take_late(&mut self, event: &Event) -> Done {
        if self.late.is_empty() {
            return Ok(());
        }
        let (i, prepared, bytes) = self.late.remove(event.which % self.late.len());
        let mut report = SyncReport::default();
        match self.under(i, event.fault, |phone| phone.take_reply(&prepared, &bytes, &mut report))? {
            None => Ok(()),
            Some(Ok(taken)) => {
                self.note(format!("  phone {i}: {taken:?} {report:?}"));
                Ok(())
            }
            // Another sync has changed what it answers meanwhile.
            Some(Err(e)) if e.kind() == ErrorKind::Malformed => {
                self.note(format!("  phone {i}: malformed"));
                Ok(())
            }
            Some(Err(e)) => Err(Failure::new("error", format!("phone {i} cannot take a late reply: {e:?}"))),
        }
    }

    async fn restore(&mut self) -> Done {
        let Some(people) = self.backup.clone() else { return Ok(()) };
        self.line.hub.lock().await.restore(&self.folder.join("backup.db")).await.map_err(defect)?;
        let lost = |person: &usize| !self.model.people.roles(*person).is_subset(&people.roles(*person));
        self.model.demoted.extend((0..PEOPLE.len()).filter(lost).collect::<Vec<_>>());
        // Roles of circles follow from their documents, which come back when whoever changed them syncs.
        self.model.demoted.extend(&self.model.entered);
        self.model.people = people;
        self.model.restored = true;
        self.model.closed.clear();
        Ok(())
    }

    async fn end_role(&mut self, i: usize, event: &Event) -> Done {
        let person = self.phones[i].person;
        let held = self.model.people.roles(person);
        let Some((role, grid)) = held.iter().nth(event.which % held.len().max(1)).copied() else { return Ok(()) };
        self.model.people.end(person, (role, grid));
        self.model.demoted.insert(person);
        let grid = grid.map(|g| self.model.people.grids[g].name.as_str());
        let process = self.line.hub.lock().await;
        let unit = (role == Role::DepartmentHandler).then_some(self.template.unit);
        admin::end_role(&process.hub, &process.tenant, self.template.persons[person], role, grid, None, unit).await.map_err(defect)
    }

    async fn grant(&mut self, person: usize, grant: Grant) -> Done<Invite> {
        match grant {
            (Role::GridWorker, Some(grid)) => self.model.people.begin(person, grid, None),
            _ => drop(self.model.people.grants.entry(person).or_default().insert(grant)),
        }
        let grid = grant.1.map(|g| self.model.people.grids[g].name.as_str());
        invite(&self.line, Some(self.template.persons[person]), grant.0, grid, Some(self.template.unit), "").await
    }

    async fn revoke(&mut self, i: usize) -> Done {
        let device: DeviceId = self.phones[i].phone().status().map_err(defect)?.device.parse().map_err(defect)?;
        match admin::revoke(&self.line.hub.lock().await.hub, device).await {
            // Revoked before, or lost with a restore.
            Ok(()) | Err(HubError::Usage(_)) => Ok(()),
            Err(e) => Err(defect(e)),
        }
    }

    /// Lets a phone that was refused join again, with a role its owner holds or with one that they are given for it.
    pub(super) async fn enrol(&mut self, i: usize, fault: Fault) -> Done {
        let person = self.phones[i].person;
        let people = &self.model.people;
        let grant = people.roles(person).first().copied().unwrap_or((Role::GridWorker, people.open().first().copied()));
        let invite = self.grant(person, grant).await?;
        self.model.doubled.insert(i);
        let point = CrashPoint::arm(self.phones[i].phone().store(), fault).map_err(defect)?;
        let result = self.phones[i].phone().enrol_with(&invite, None, false, &self.line).await;
        self.line.calm();
        if self.died(i, point.as_deref())? {
            return Ok(());
        }
        match result {
            Ok(()) => {
                self.phones[i].refused = false;
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::HubRefused => {
                self.note(format!("  not enrolled: {e}"));
                Ok(())
            }
            Err(e) => Err(Failure::new("error", format!("phone {i} cannot enrol again: {e:?}"))),
        }
    }

    fn copy(&mut self, i: usize) -> Done {
        // Of three copies two may give the same unsent command a new id each, and it is recorded twice: docs/simulation.md.
        if self.phones.len() >= MOST_PHONES || self.model.copied.contains(&i) {
            return Ok(());
        }
        self.phones[i].phone = None;
        let new = self.phones.len();
        let folder = self.folder.join(format!("copy-{new}"));
        copy_folder(&self.phones[i].folder, &folder).map_err(defect)?;
        let mut copy = SimPhone::new(folder, self.phones[i].key, self.phones[i].person);
        let passed = self.phones[i].phone_time() - copy.phone_time();
        copy.clock.advance(passed);
        copy.refused = self.phones[i].refused;
        copy.open(self.seed)?;
        self.phones.push(copy);
        self.model.doubled.extend([i, new]);
        self.model.copied.extend([i, new]);
        self.reopen(i)
    }

    fn resubmit(&mut self, i: usize, event: &Event) -> Done {
        let quarantine = self.phones[i].phone().status().map_err(defect)?.quarantine;
        let Some(refused) = quarantine.get(event.which % quarantine.len().max(1)) else { return Ok(()) };
        if event.value.is_multiple_of(4) {
            let input = refused.input.to_string();
            if self.under(i, event.fault, |phone| phone.give_up(refused.id))?.is_none() {
                // Given up or not: what the next process finds says so.
                let left = self.phones[i].phone().status().map_err(defect)?.quarantine;
                if left.iter().any(|q| q.id == refused.id) {
                    return Ok(());
                }
            }
            self.model.acts.iter_mut().filter(|a| input.contains(&a.token)).for_each(|a| a.given_up = true);
            return Ok(());
        }
        match self.under(i, event.fault, |phone| phone.resubmit(refused.id))? {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(e)) if matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict | ErrorKind::NotAllowed) => {
                self.note(format!("  not resubmitted: {}", e.kind().code()));
                Ok(())
            }
            Some(Err(e)) => Err(Failure::new("error", format!("resubmitting fails: {e:?}"))),
        }
    }

    /// A file goes from phone `i` to another: work, or receipts for it.
    fn carry(&mut self, i: usize, event: &Event) -> Done {
        let to = (i + 1 + event.which % (self.phones.len() - 1)) % self.phones.len();
        let path = self.folder.join(format!("carry-{}", event.number));
        let phone = self.phones[i].phone();
        let written = if event.what == What::Carry { phone.export_bundles(&path) } else { phone.export_receipts(&path) };
        match written {
            Ok(exported) => self.note(format!("  {} to phone {to}", exported.count)),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Enrolment) => return Ok(()),
            Err(e) => return Err(Failure::new("error", format!("phone {i} cannot export: {e:?}"))),
        }
        let vouch = (event.value.is_multiple_of(2)).then_some("本人确认");
        match self.under(to, event.fault, |phone| phone.take_carried(&path, vouch))? {
            None => Ok(()),
            Some(Ok(imported)) => {
                self.note(format!("  {imported:?}"));
                Ok(())
            }
            Some(Err(e)) if e.kind() == ErrorKind::NotAllowed => Ok(()),
            Some(Err(e)) => Err(Failure::new("error", format!("phone {to} cannot take what was carried: {e:?}"))),
        }
    }

    /// Ends the hub's process.
    pub async fn end(&self) {
        self.line.hub.lock().await.hub.store.close().await;
    }
}

/// A number that a phone's read model answers with.
fn count(phone: &Phone, sql: &str, parameter: &str) -> Done<i64> {
    phone.store().read(|c| Ok(c.query_row(sql, [parameter], |r| r.get(0))?)).map_err(defect)
}
