//! What screens ask. Every answer is a plain value from the read model.

use serde::Serialize;

use super::younger::leave_out;
use super::{Phone, membership};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::store::{StoredDoc, kind_of, kind_of_schema};
use crate::versions::Dictionary;
use crate::{
    actions, activities, attendance, care, cases, categories, circles, claims, conflicts, goods, households, mediations, papers, persons, places, records,
    reports, search, settings, units, visits,
};

/// A mark on a record of an older app, which was not asked for what is asked for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkView {
    /// The field.
    pub path: String,
    /// `missing` or `too_long`.
    pub mark: String,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Phone {
    /// The time to show and to compare with: trusted where this boot is anchored; seconds since the Unix epoch (UTC).
    pub fn now(&self) -> Result<i64> {
        let reading = self.read_clock()?;
        self.store.read(|c| Ok(crate::clock::Stamp::new(reading.clone(), super::anchor(c, &reading)?.as_ref(), super::state(c)?.hub_time).at))
    }

    /// What the community has set; see [`settings::settings`].
    pub fn settings(&self) -> Result<settings::SettingsView> {
        self.store.read(settings::settings)
    }

    /// The doors that are due, most pressing first; see [`visits::today`].
    pub fn today(&self, from: Option<(f64, f64)>, limit: u32) -> Result<Vec<visits::DueView>> {
        let now = self.now()?;
        self.store.read(|c| visits::today(c, now, from, limit))
    }

    /// The doors that are due, by stairway; see [`visits::today_groups`].
    pub fn today_groups(&self, near: Option<(f64, f64)>, order: visits::DoorOrder) -> Result<Vec<visits::DoorGroup>> {
        let now = self.now()?;
        self.store.read(|c| visits::today_groups(c, now, near, order, membership(c, None)?.person))
    }

    /// The door to go to after this one; see [`visits::next_door`].
    pub fn next_door(&self, after: Id) -> Result<Option<visits::DueView>> {
        let now = self.now()?;
        self.store.read(|c| visits::next_door(c, now, after, membership(c, None)?.person))
    }

    /// How many doors are due.
    pub fn today_counts(&self) -> Result<visits::TodayCounts> {
        let now = self.now()?;
        self.store.read(|c| visits::today_counts(c, now))
    }

    /// The reports about a household or its spot; see [`reports::reports_of`].
    pub fn reports_of(&self, household: Id, limit: u32) -> Result<Vec<reports::ReportView>> {
        self.store.read(|c| reports::reports_of(c, household, limit))
    }

    /// Households and residents by what a person types; see [`search::find`].
    pub fn find(&self, typed: &str, limit: u32) -> Result<Vec<search::FoundView>> {
        self.store.read(|c| search::find(c, typed, limit))
    }

    /// Records of every kind by what a person types; see [`search::hits`].
    pub fn search(&self, typed: &str, limit: u32) -> Result<Vec<search::HitView>> {
        self.store.read(|c| search::hits(c, typed, limit, |schema| kind_of_schema(c, schema)))
    }

    /// Households near a position; see [`search::near`].
    pub fn near(&self, lat: f64, lon: f64, metres: u32, limit: u32) -> Result<Vec<search::NearView>> {
        self.store.read(|c| search::near(c, lat, lon, metres, limit))
    }

    /// The dictionary as far as the hub of the community knows it: what is younger is not offered before the hub was updated.
    pub fn dictionary(&self) -> Result<Vec<records::KindView>> {
        self.store.read(|c| Ok(records::known_to(&membership(c, None)?.older_hub().unwrap_or(Dictionary::OURS))))
    }

    /// A record of any kind with its fields.
    pub fn record(&self, id: Id) -> Result<records::RecordView> {
        self.store.read(|c| records::record(c, id))?.ok_or_else(|| missing("这份资料", "record"))
    }

    /// What the person signed in may do to a record now, as far as the community's hub knows it; see [`actions::actions`].
    pub fn actions(&self, id: Id) -> Result<Vec<actions::ActionView>> {
        let now = self.now()?;
        self.store.read(|c| {
            let stored = StoredDoc::find(c, id)?.ok_or_else(|| missing("这份资料", "record"))?;
            let member = membership(c, Some(&stored.tenant))?;
            let mut offered = actions::actions(c, id, member.person, &member.grants, now)?;
            if let (Some(hub), Some(kind)) = (member.older_hub(), kind_of(c, &stored)?) {
                leave_out(&mut offered, &hub, kind);
            }
            Ok(offered)
        })
    }

    /// A page of the records of a kind; see [`records::list`].
    pub fn list(&self, kind: &str, query: &records::ListQuery) -> Result<records::ListPage> {
        self.store.read(|c| records::list(c, kind, query))
    }

    /// The own fields of the communities on this phone, closed ones too.
    pub fn own_fields(&self) -> Result<Vec<records::OwnFieldView>> {
        self.store.read(|c| Ok(records::own_fields(c, None)?.into_iter().map(Into::into).collect()))
    }

    /// The records of a kind on this phone that are called so; see [`records::named`].
    pub fn named(&self, kind: &str, title: &str, limit: u32) -> Result<Vec<Id>> {
        self.store.read(|c| records::named(c, kind, title, limit))
    }

    /// A household with its residents.
    pub fn household(&self, id: Id) -> Result<households::HouseholdView> {
        self.store.read(|c| households::household(c, id))?.ok_or_else(|| missing("这一户", "household"))
    }

    /// The households of a grid or micro-grid, or all, in pages; see [`households::households`].
    pub fn households(&self, place: Option<Id>, after: Option<&str>, limit: u32) -> Result<Vec<households::HouseholdRow>> {
        self.store.read(|c| households::households(c, place, after, limit))
    }

    /// The person signed in, with their roles and what of theirs is here.
    pub fn me(&self) -> Result<persons::MeView> {
        self.store.read(|c| {
            let member = membership(c, None)?;
            persons::me(c, &member.tenant, member.person, &member.grants)
        })
    }

    /// The persons that this phone may read, by name.
    pub fn persons(&self) -> Result<Vec<persons::PersonView>> {
        self.store.read(persons::persons)
    }

    /// A person that this phone may read.
    pub fn person(&self, id: Id) -> Result<persons::PersonView> {
        self.store.read(|c| persons::person(c, id))?.ok_or_else(|| missing("这个人", "person"))
    }

    /// The categories that match what was typed; see [`categories::categories`].
    pub fn categories(&self, typed: &str, limit: u32) -> Result<Vec<categories::CategoryView>> {
        self.store.read(|c| categories::categories(c, typed, limit))
    }

    /// The categories that the person signed in used last.
    pub fn recent_categories(&self, limit: u32) -> Result<Vec<categories::CategoryView>> {
        self.store.read(|c| categories::recent_categories(c, membership(c, None)?.person, limit))
    }

    /// The visits to a household, newest first.
    pub fn visits_of(&self, household: Id, limit: u32) -> Result<Vec<visits::VisitView>> {
        self.store.read(|c| visits::visits_of(c, household, limit))
    }

    /// Reports, also closed ones, in pages; see [`reports::reports`].
    pub fn reports(&self, filter: &reports::ReportFilter, after: Option<&str>, limit: u32) -> Result<Vec<reports::ReportView>> {
        self.store.read(|c| reports::reports(c, filter, after, limit))
    }

    /// A report with its steps in order.
    pub fn report(&self, id: Id) -> Result<(reports::ReportView, cases::Story)> {
        let now = self.now()?;
        self.store.read(|c| reports::report(c, id, now))?.ok_or_else(|| missing("这件上报", "report"))
    }

    /// How a case of any kind went; see [`cases::story`].
    pub fn story(&self, id: Id) -> Result<cases::Story> {
        let now = self.now()?;
        self.store.read(|c| {
            let process = match StoredDoc::find(c, id)? {
                Some(stored) => kind_of(c, &stored)?.and_then(|kind| kind.process),
                None => None,
            };
            cases::story(c, process.ok_or_else(|| missing("这件事", "case"))?, id, now)
        })
    }

    /// How long clocks run in the community.
    pub fn amounts(&self) -> Result<Vec<cases::AmountView>> {
        self.store.read(cases::amounts)
    }

    /// Activities that have not ended, soonest first.
    pub fn activities(&self, limit: u32) -> Result<Vec<activities::ActivityView>> {
        let now = self.now()?;
        self.store.read(|c| activities::activities(c, now, limit))
    }

    /// The claims on a thing that this phone may read; see [`claims::claims_on`].
    pub fn claims_on(&self, thing: Id) -> Result<Vec<claims::ClaimView>> {
        self.store.read(|c| claims::claims_on(c, thing))
    }

    /// The goods that this phone knows, by name.
    pub fn goods(&self) -> Result<Vec<goods::GoodsView>> {
        self.store.read(goods::goods)
    }

    /// The movements of goods that this phone may read, newest first.
    pub fn movements(&self, goods: Id, limit: u32) -> Result<Vec<goods::MovementView>> {
        self.store.read(|c| goods::movements(c, goods, limit))
    }

    /// The papers on this phone, newest first.
    pub fn papers(&self, limit: u32) -> Result<Vec<papers::PaperView>> {
        self.store.read(|c| papers::papers(c, limit))
    }

    /// The service record of the person signed in, before verification.
    pub fn service_record(&self) -> Result<attendance::ServiceRecord> {
        self.store.read(|c| Ok(attendance::service_record(attendance::attendances_of(c, membership(c, None)?.person)?)))
    }

    /// Where the person signed in is at an activity now; see [`attendance::open_attendances`].
    pub fn open_attendances(&self) -> Result<Vec<attendance::OpenAttendance>> {
        let now = self.now()?;
        self.store.read(|c| attendance::open_attendances(c, membership(c, None)?.person, now))
    }

    /// The places on this phone; see [`places::places`].
    pub fn places(&self) -> Result<Vec<places::PlaceView>> {
        self.store.read(places::places)
    }

    /// What this phone holds of a household's residents beyond the roster: nothing but for members of a confidential circle.
    pub fn care(&self, household: Id) -> Result<Vec<care::CareView>> {
        self.store.read(|c| care::care(c, household))
    }

    /// The confidential circles that this phone knows of.
    pub fn circles(&self) -> Result<Vec<circles::CircleView>> {
        self.store.read(circles::circles)
    }

    /// The mediations on this phone, newest first.
    pub fn mediations(&self, limit: u32) -> Result<Vec<mediations::MediationView>> {
        self.store.read(|c| mediations::mediations(c, limit))
    }

    /// A mediation with its sessions and return visits.
    pub fn mediation(&self, id: Id) -> Result<(mediations::MediationView, Vec<mediations::SessionView>)> {
        self.store.read(|c| mediations::mediation(c, id))?.ok_or_else(|| missing("这件调解", "mediation"))
    }

    /// Departments and units, by name.
    pub fn units(&self) -> Result<Vec<units::UnitView>> {
        self.store.read(units::units)
    }

    /// What a document lacks, or has too much of, by demands that are younger than it: `path` and `mark` (`missing`, `too_long`).
    pub fn marks(&self, id: Id) -> Result<Vec<MarkView>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT path, mark FROM marks WHERE doc = ?1 ORDER BY path")?;
            let marks = statement.query_map([id], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
            let Some(doc) = crate::store::load(c, id)? else { return Ok(Vec::new()) };
            let view = |(path, mark): (String, String)| {
                let (zh, en) = doc.kind().words_at(&path);
                MarkView { path, mark, zh, en }
            };
            Ok(marks.into_iter().map(view).collect())
        })
    }

    /// Fields that people set differently at the same time.
    pub fn conflicts(&self) -> Result<Vec<conflicts::ConflictView>> {
        self.store.read(conflicts::conflicts)
    }
}

fn missing(zh: &str, en: &str) -> Error {
    Error::not_found(format!("没有找到{zh}，可能尚未同步"), format!("no such {en} on this device; it may not have been synced yet"))
}
