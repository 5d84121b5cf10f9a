//! The one list of document kinds and of commands: the only file a new domain must be added to.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::cases::rows::TABLES;
use crate::commands::Action;
use crate::dictionary::{self, Code, assert_fields, has_personal};
use crate::documents::Kind;
use crate::projection::{CONFLICTS, MARKS, OWN_VALUES, Table};
use crate::rules::Allow;
use crate::versions;
use crate::{
    activities, appeals, attendance, care, cases, categories, circles, claims, complaints, conflicts, demands, errands, goods, households, mediations, papers,
    persons, photos, places, questions, records, reports, settings, times, units, visits,
};

macro_rules! kinds {
    ($($kind:expr,)*) => {
        /// Every kind of document that is shipped.
        pub static SHIPPED: &[&Kind] = &[$($kind,)*];

        /// Every kind of document.
        #[cfg(not(feature = "sample"))]
        pub static KINDS: &[&Kind] = &[$($kind,)*];

        /// Every kind of document, and one of the tests' own.
        #[cfg(feature = "sample")]
        pub static KINDS: &[&Kind] = &[$($kind,)* &crate::sample::SAMPLE];
    };
}

kinds! {
    &places::document::PLACE,
    &households::document::HOUSEHOLD,
    &visits::document::VISIT,
    &reports::document::REPORT,
    &demands::document::DEMAND,
    &persons::document::PERSON,
    &activities::document::ACTIVITY,
    &attendance::document::ATTENDANCE,
    &claims::document::CLAIM,
    &goods::document::GOODS,
    &goods::document::MOVEMENT,
    &papers::document::PAPER,
    &settings::document::SETTINGS,
    &categories::document::CATEGORY_LIST,
    &photos::document::PHOTO,
    &circles::document::CIRCLE,
    &care::document::HEALTH,
    &care::document::MINOR,
    &mediations::document::MEDIATION,
    &units::document::UNIT,
    &questions::document::QUESTION,
    &errands::document::ERRAND,
    &appeals::document::APPEAL,
    &complaints::document::COMPLAINT,
}

/// The kinds that the gridwalk that runs here knows.
pub fn known() -> impl Iterator<Item = &'static Kind> {
    let dictionary = versions::dictionary();
    KINDS.iter().copied().filter(move |kind| dictionary.knows(kind.name, ""))
}

/// The kind of this name; `None` if a newer gridwalk knows it.
pub fn by_name(name: &str) -> Option<&'static Kind> {
    known().find(|k| k.name == name)
}

const _: () = {
    let mut k = 0;
    while k < KINDS.len() {
        assert_fields(KINDS[k].fields);
        assert!(!has_personal(KINDS[k].fields) || !KINDS[k].subjects.is_empty(), "a personal field that no erasure reaches");
        let mut e = 0;
        while e < KINDS[k].entries.len() {
            assert_fields(KINDS[k].entries[e].fields);
            assert!(!has_personal(KINDS[k].entries[e].fields) || !KINDS[k].subjects.is_empty(), "a personal field that no erasure reaches");
            e += 1;
        }
        k += 1;
    }
};

/// The rows of the rules of the kind of this name, put together once.
pub fn rows_of(name: &str) -> &'static [Allow] {
    static ROWS: LazyLock<HashMap<&str, Vec<Allow>>> = LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, dictionary::rows(kind))).collect());
    ROWS.get(name).map_or(&[], Vec::as_slice)
}

/// Every read-model table.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    KINDS.iter().flat_map(|k| k.tables.iter().copied()).chain([&CONFLICTS, &MARKS, &OWN_VALUES]).chain(TABLES.iter().copied())
}

macro_rules! inputs {
    ($($(#[$doc:meta])* $name:ident($path:path) = $tag:literal ($zh:literal, $en:literal),)*) => {
        /// What a command does, by its stable name.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "command", content = "input")]
        pub enum Input {
            $($(#[$doc])* #[serde(rename = $tag)] $name($path),)*
        }

        /// Every command by its stable name, with what people call it.
        pub const COMMANDS: &[Code] = &[$(Code::new($tag, $zh, $en),)*];

        impl Input {
            /// The stable name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)* }
            }

            pub(crate) fn action(&self) -> &dyn Action {
                match self { $(Self::$name(action) => action,)* }
            }
        }

        $(impl From<$path> for Input {
            fn from(input: $path) -> Self { Self::$name(input) }
        })*
    };
}

inputs! {
    /// Adds a record of a kind that the dictionary makes.
    AddRecord(records::AddRecord) = "records.add" ("新增资料", "add a record"),
    /// Adds an entry to a record.
    AddEntry(records::AddEntry) = "records.add_entry" ("新增条目", "add an entry"),
    /// Edits fields of a record or of an entry within one.
    EditRecord(records::EditRecord) = "records.edit" ("修改资料", "edit a record"),
    /// Says that what stands in a record is still so.
    Confirm(records::Confirm) = "records.confirm" ("核对", "confirm"),
    /// Makes a place out of a part of another; written by the hub.
    SplitPlace(places::SplitPlace) = "places.split" ("拆分网格", "split a grid"),
    /// Closes a place that is merged into another; written by the hub.
    ClosePlace(places::ClosePlace) = "places.close" ("撤并网格", "merge a grid into another"),
    /// Opens a closed place again; written by the hub.
    ReopenPlace(places::ReopenPlace) = "places.reopen" ("恢复网格", "reopen a grid"),
    /// Moves what lies in a place to another; written by the hub.
    MoveTo(places::MoveTo) = "places.move_to" ("调整网格", "move to another grid"),
    /// Records a visit.
    RecordVisit(visits::RecordVisit) = "visits.record" ("走访", "visit"),
    /// Raises a report.
    RaiseReport(reports::RaiseReport) = "reports.raise" ("上报", "report"),
    /// Raises a demand.
    RaiseDemand(demands::RaiseDemand) = "demands.raise" ("提出诉求", "raise a demand"),
    /// Makes a case of a demand; written by the hub.
    OpenCase(demands::OpenCase) = "demands.open" ("立项", "make a case of a demand"),
    /// Tells in a demand what became of its case; written by the hub.
    TellDemand(demands::TellDemand) = "demands.tell" ("告知进展", "tell what became of it"),
    /// Puts a demand under another case.
    MergeDemand(demands::MergeDemand) = "demands.merge" ("并案", "merge a demand"),
    /// Takes a merged demand apart.
    TakeApart(demands::TakeApart) = "demands.take_apart" ("拆出", "take a demand apart"),
    /// Adds a step to a case.
    AddStep(cases::AddStep) = "cases.step" ("办理", "step of a case"),
    /// Names the steps that a case's end rests on; written by the hub.
    SettleCase(cases::SettleCase) = "cases.settle" ("归档", "settle a case"),
    /// Writes ends of clocks into a case; written by the hub.
    SetMoments(cases::SetMoments) = "cases.moments" ("核定时限", "set ends of clocks"),
    /// Moves clocks because a calendar was replaced; written by the hub.
    MoveClocks(cases::MoveClocks) = "cases.move_clocks" ("放假安排调整", "move clocks"),
    /// Says who handles a complaint; written by the hub.
    ChooseHandlers(complaints::ChooseHandlers) = "complaints.choose" ("确定处理人", "choose who handles"),
    /// Sets how long a clock runs.
    SetAmount(cases::SetAmount) = "cases.amount" ("时限", "how long a clock runs"),
    /// Claims a place of something.
    ClaimPlace(claims::ClaimPlace) = "claims.claim" ("认领", "claim a place"),
    /// Gives a claimed place back.
    GiveBack(claims::GiveBack) = "claims.give_back" ("退回", "give a place back"),
    /// Says which rank a claim has and what came of it; written by the hub.
    RankClaim(claims::RankClaim) = "claims.rank" ("确认认领", "rank a claim"),
    /// Says how many places of a thing are granted and which ranks wait; written by the hub.
    TallyClaims(claims::TallyClaims) = "claims.tally" ("登记名额", "tally places"),
    /// Records that goods moved.
    MoveGoods(goods::MoveGoods) = "goods.move" ("物资出入", "move goods"),
    /// Says that goods arrived at a door.
    ArriveGoods(goods::ArriveGoods) = "goods.arrive" ("送达", "goods arrived"),
    /// Counts the stock and settles the book.
    SettleStock(goods::SettleStock) = "goods.settle" ("盘点", "settle stock"),
    /// Says that a movement is in the book; written by the hub.
    BookMovement(goods::BookMovement) = "goods.book" ("入账", "book a movement"),
    /// Says what the book has of goods; written by the hub.
    BookStock(goods::BookStock) = "goods.stock" ("登记账面数量", "book stock"),
    /// Issues a paper.
    IssuePaper(papers::IssuePaper) = "papers.issue" ("开具证明", "issue a paper"),
    /// Makes a paper void.
    VoidPaper(papers::VoidPaper) = "papers.void" ("作废证明", "void a paper"),
    /// Numbers a paper; written by the hub.
    NumberPaper(papers::NumberPaper) = "papers.number" ("证明编号", "number a paper"),
    /// Signs in to an activity.
    SignIn(attendance::SignIn) = "attendance.sign_in" ("签到", "sign in"),
    /// Signs out of an activity.
    SignOut(attendance::SignOut) = "attendance.sign_out" ("签退", "sign out"),
    /// Gives a record the trusted time that was found after it was made.
    AnchorTimes(times::AnchorTimes) = "times.anchor" ("校准时间", "verify times"),
    /// Notes that a record claims to be later than when it came in; written by the hub.
    BoundTimes(times::BoundTimes) = "times.bound" ("注明收到时间", "note when received"),
    /// Adds a photo to a record.
    TakePhoto(photos::TakePhoto) = "photos.take" ("照片", "photo"),
    /// Takes a photo back.
    RemovePhoto(photos::RemovePhoto) = "photos.remove" ("撤回照片", "take a photo back"),
    /// Sets how long visits and closed reports are kept.
    SetRetention(settings::SetRetention) = "settings.retention" ("保存期限", "retention"),
    /// Adds a version of public holidays and make-up working days.
    AddCalendar(settings::AddCalendar) = "settings.calendar" ("放假安排", "public holidays"),
    /// Defines a field of the community's own, or closes it.
    SetOwnField(settings::SetOwnField) = "settings.field" ("自设项目", "own field"),
    /// Enters a person into a circle, or removes them.
    SetMember(circles::SetMember) = "circles.member" ("圈的成员", "member of a circle"),
    /// Approves that a member of a circle for minors reads it, or withdraws that.
    ApproveMember(circles::ApproveMember) = "circles.approve" ("批准圈的成员", "approve a member of a circle"),
    /// Chooses one of the values that people set at the same time.
    SettleConflict(conflicts::SettleConflict) = "conflicts.settle" ("解决冲突", "settle a conflict"),
}
