//! The table of the rules, as data: for each kind who may write which path, whether once, and who reads. `docs/rules.md` is
//! drawn from it.

use super::Role::{
    self, AreaUnit, Cadre, CommunityWorker, DepartmentHandler, EmployerUnit, GridGuide, GridWorker, HealthMember, Hub, Mediator, Member, MicroGridLead,
    MinorsMember, Property, Resident, Rider, SecondedCadre, SocialWorker, StreetDispatcher, Volunteer,
};

/// One row of a kind's rules: these roles may write these paths.
#[derive(Debug)]
pub struct Allow {
    /// Keys from the root joined by `/`: `a|b` is either key, `x:*` any key that begins so, `*` an entry's own id, `{name}`
    /// an entry named by what it stands for (a tag, a person). Below its last key the parts of an edited value are allowed.
    pub path: &'static str,
    /// Who may.
    pub roles: &'static [Role],
    /// Whether the value stays as it was first written.
    pub once: bool,
    /// The dictionary's number that brought it; 0 for what was there in the first release.
    pub since: u32,
}

/// The rules of one kind. Of the rows that name a path, the first that names one of the author's roles holds.
#[derive(Debug)]
pub struct KindRules {
    /// The kind's stable name.
    pub kind: &'static str,
    /// What people call it.
    pub zh: &'static str,
    /// Who reads it, in words: what the kind's `audiences` decides.
    pub read_by: &'static str,
    /// Who writes which path.
    pub rows: &'static [Allow],
    /// What no path can say, in words: what the kind's `check` judges.
    pub checks: &'static str,
}

/// May write again what stands there.
const fn write(path: &'static str, roles: &'static [Role]) -> Allow {
    Allow { path, roles, once: false, since: 0 }
}

/// What stays as it was first written.
const fn once(path: &'static str, roles: &'static [Role]) -> Allow {
    Allow { path, roles, once: true, since: 0 }
}

/// The ends of clocks that begin with a case, as its author's phone reckoned them.
const BEGUN_CLOCKS: &str = "clock:*";
/// The same as the hub did.
const SET_CLOCKS: &str = "set:*";
/// A step of a case.
const STEP: &str = "steps/*";
/// Who and when, and its place among the others.
const STEP_STAMP: &str = "steps/*/by|at|boot|since_boot|order";
/// The ends of clocks that it starts or moves, as its author's phone reckoned them.
const STEP_CLOCKS: &str = "steps/*/clock:*";
/// The steps that a settlement names.
const STEP_COVERS: &str = "steps/*/covers";
/// The ends of clocks as the hub reckoned them, and whether the step came in time.
const STEP_MARKS: &str = "steps/*/set:*|within";

/// Who and when.
const STAMP: &str = "by|at|boot|since_boot";
/// The hub alone.
pub(crate) const HUB: &[Role] = &[Hub];
/// The community's desk.
pub(crate) const DESK: &[Role] = &[Cadre, Hub];
/// The desk and the street.
pub(crate) const STREET: &[Role] = &[Cadre, StreetDispatcher, Hub];
/// The street over the community.
pub(crate) const DISPATCHERS: &[Role] = &[StreetDispatcher, Hub];
/// Who reads and writes what a health circle holds.
pub(crate) const HEALTH_MEMBERS: &[Role] = &[HealthMember, Hub];
/// Who reads and writes what a circle for minors holds.
pub(crate) const MINORS_MEMBERS: &[Role] = &[MinorsMember, Hub];
/// Who mediates.
pub(crate) const MEDIATORS: &[Role] = &[Mediator, Hub];
/// Who keeps the roster.
pub(crate) const ROSTER: &[Role] = &[CommunityWorker, GridWorker, MicroGridLead, Cadre, Hub];
/// Who keeps the roster of whole grids.
pub(crate) const GRIDS: &[Role] = &[CommunityWorker, GridWorker, Cadre, Hub];
/// Who sits at the community's window.
pub(crate) const WINDOW: &[Role] = &[CommunityWorker, Cadre, Hub];
/// Who lives, works or serves here.
pub(crate) const PEOPLE: &[Role] =
    &[CommunityWorker, GridWorker, MicroGridLead, GridGuide, Cadre, Member, SecondedCadre, AreaUnit, Rider, Volunteer, SocialWorker, Property, Resident, Hub];
/// Who keeps the roster, and the units that a report was dispatched to.
pub(crate) const HANDLERS: &[Role] = &[CommunityWorker, GridWorker, MicroGridLead, Cadre, DepartmentHandler, AreaUnit, Property, Hub];
/// The units that a case was dispatched to.
pub(crate) const UNITS: &[Role] = &[DepartmentHandler, AreaUnit, Property, Hub];
/// The street, and those units.
pub(crate) const STREET_AND_UNITS: &[Role] = &[StreetDispatcher, DepartmentHandler, AreaUnit, Property, Hub];
/// The street, and who keeps the roster.
pub(crate) const STREET_AND_ROSTER: &[Role] = &[CommunityWorker, GridWorker, MicroGridLead, Cadre, StreetDispatcher, Hub];
/// Who sits in a joint meeting: community, street, units.
pub(crate) const MEETING: &[Role] = &[CommunityWorker, GridWorker, MicroGridLead, Cadre, StreetDispatcher, DepartmentHandler, AreaUnit, Property, Hub];
/// Everyone with a role that is given by invitation, and the hub.
pub(crate) const ALL: &[Role] = &[
    CommunityWorker,
    GridWorker,
    MicroGridLead,
    GridGuide,
    Cadre,
    StreetDispatcher,
    DepartmentHandler,
    Member,
    SecondedCadre,
    AreaUnit,
    EmployerUnit,
    Rider,
    Volunteer,
    SocialWorker,
    Property,
    Resident,
    Hub,
];
/// Who adds a step to a report they reach; which step, its process says.
pub(crate) const STEPPERS: &[Role] = &[
    CommunityWorker,
    GridWorker,
    MicroGridLead,
    GridGuide,
    Cadre,
    StreetDispatcher,
    DepartmentHandler,
    Member,
    SecondedCadre,
    AreaUnit,
    Rider,
    Volunteer,
    SocialWorker,
    Property,
    Resident,
    Hub,
];

/// Who adds photos to what they reach: the same, and the members of a circle to what it holds.
pub(crate) const PHOTOGRAPHERS: &[Role] = &[
    CommunityWorker,
    GridWorker,
    MicroGridLead,
    GridGuide,
    Cadre,
    StreetDispatcher,
    DepartmentHandler,
    Member,
    SecondedCadre,
    AreaUnit,
    Rider,
    Volunteer,
    SocialWorker,
    Property,
    Resident,
    HealthMember,
    MinorsMember,
    Mediator,
    Hub,
];

/// Places.
pub static PLACE: KindRules = KindRules {
    kind: "place",
    zh: "网格、微网格",
    read_by: "whoever has a role over the place, and the desk; a micro-grid also by its grid, a closed grid also on its successor's phones",
    // Closing leaves nothing behind: the hub moves what lies there, and nobody else closes.
    rows: &[once(STAMP, DESK)],
    checks: "a closed one names its successor; a micro-grid names the grid it lies in",
};

/// Households.
pub static HOUSEHOLD: KindRules = KindRules {
    kind: "household",
    zh: "住户",
    read_by: "its grid, its micro-grid's leads and the desk",
    rows: &[
        once(STAMP, GRIDS),
        write("x:*", ROSTER),
        once("residents/*", ROSTER),
        once("residents/*/by|at|boot|since_boot", ROSTER),
        write("residents/*/removed", ROSTER),
        write("residents/*/x:*", ROSTER),
    ],
    checks: "it has an address and a grid; the community's own fields (`x:…`) are of the right shape, size and number",
};

/// Visits.
pub static VISIT: KindRules = KindRules {
    kind: "visit",
    zh: "走访",
    read_by: "whoever reads the household",
    rows: &[once(STAMP, ROSTER), once("earlier_by", ROSTER)],
    checks: "it names its household and who made it; it was at most 7 days before its record",
};

/// Persons.
pub static PERSON: KindRules = KindRules {
    kind: "person",
    zh: "人员",
    read_by: "the person, their grid, their micro-grid's leads and the desk; cadres, the street's and the departments' people by everyone with a role",
    rows: &[once(STAMP, DESK)],
    checks: "others than the desk edit their own alone",
};

/// Reports.
pub static REPORT: KindRules = KindRules {
    kind: "report",
    zh: "上报",
    read_by: "its grid, its micro-grid's leads and the desk; once it was whistled the street, and the units that it is dispatched to",
    rows: &[
        once(STAMP, PEOPLE),
        write("x:*", ROSTER),
        once(BEGUN_CLOCKS, PEOPLE),
        write(SET_CLOCKS, HUB),
        once(STEP, STEPPERS),
        once(STEP_STAMP, STEPPERS),
        once(STEP_CLOCKS, STEPPERS),
        once(STEP_COVERS, HUB),
        write(STEP_MARKS, HUB),
    ],
    checks: "it has a title; each step is one that the author may add (below), and carries what it must; the community's own fields (`x:…`) are of the right shape, size and number",
};

/// Demands.
pub static DEMAND: KindRules = KindRules {
    kind: "demand",
    zh: "诉求",
    read_by: "whoever raised it, the desk, its grid and its micro-grid's leads; once its case was dispatched the unit that leads it",
    rows: &[once(STAMP, PEOPLE), once("public/*", HUB), once("evaluations/*", PEOPLE), once("evaluations/*/by|at|boot|since_boot", PEOPLE)],
    checks: "it has a title; whoever raised it evaluates the result, or the desk for them",
};

/// Activities.
pub static ACTIVITY: KindRules =
    KindRules { kind: "activity", zh: "活动", read_by: "everyone with a role", rows: &[once(STAMP, DESK), write("line", HUB)], checks: "" };

/// Claims.
pub static CLAIM: KindRules = KindRules {
    kind: "claim",
    zh: "认领",
    read_by: "the person, the desk and who runs the thing",
    rows: &[once(STAMP, PEOPLE)],
    checks: "others than the desk claim and give back for themselves alone; what was given back stays so; whoever gives back another's says why",
};

/// Attendances.
pub static ATTENDANCE: KindRules = KindRules {
    kind: "attendance",
    zh: "签到",
    read_by: "the person and the desk",
    rows: &[once(STAMP, PEOPLE)],
    checks: "others than the desk sign in themselves alone",
};

/// Goods.
pub static GOODS: KindRules = KindRules { kind: "goods", zh: "物资", read_by: "everyone with a role", rows: &[once(STAMP, DESK)], checks: "" };

/// Movements of goods.
pub static MOVEMENT: KindRules = KindRules {
    kind: "movement",
    zh: "物资出入",
    read_by: "whoever reads the household that they go to; without one, who recorded it and the desk",
    rows: &[once(STAMP, ROSTER)],
    checks: "it names its goods and an amount above zero; the desk alone counts, and says why the book was wrong",
};

/// Papers.
pub static PAPER: KindRules = KindRules {
    kind: "paper",
    zh: "证明",
    read_by: "the desk",
    rows: &[once(STAMP, WINDOW)],
    checks: "it says of what sort it is and whom it is about; void stays void and says why",
};

/// Settings.
pub static SETTINGS: KindRules =
    KindRules { kind: "settings", zh: "设置", read_by: "everyone with a role", rows: &[write("retention:*|calendar:*|amount:*|field:*", DESK)], checks: "" };

/// Category lists.
pub static CATEGORY_LIST: KindRules = KindRules { kind: "category_list", zh: "上报类别", read_by: "everyone with a role", rows: &[], checks: "" };

/// Photos.
pub static PHOTO: KindRules = KindRules {
    kind: "photo",
    zh: "照片",
    read_by: "whoever reads the household, report or confidential document it is about",
    rows: &[once(STAMP, PHOTOGRAPHERS), write("removed", PHOTOGRAPHERS)],
    checks: "it names its record, who took it, and two files within the bounds of size; only who took it, or the desk, takes it back",
};

/// Units.
pub static UNIT: KindRules =
    KindRules { kind: "unit", zh: "部门、单位", read_by: "everyone with a role", rows: &[once(STAMP, STREET)], checks: "it has a name" };

/// Circles.
pub static CIRCLE: KindRules = KindRules {
    kind: "circle",
    zh: "保密圈",
    read_by: "its members and the desk: who is in it, not what it holds",
    rows: &[once(STAMP, DESK)],
    checks: "it has a purpose and a name; nobody enters or approves themselves, nor approves whom they entered",
};

/// Health.
pub static HEALTH: KindRules = KindRules {
    kind: "health",
    zh: "健康",
    read_by: "the members of its circle alone",
    rows: &[once(STAMP, HEALTH_MEMBERS)],
    checks: "it names its circle, the household and the resident",
};

/// Minors.
pub static MINOR: KindRules = KindRules {
    kind: "minor",
    zh: "未成年人",
    read_by: "the approved members of its circle alone",
    rows: &[once(STAMP, MINORS_MEMBERS)],
    checks: "it names its circle, the household and the resident",
};

/// Mediations.
pub static MEDIATION: KindRules = KindRules {
    kind: "mediation",
    zh: "矛盾调解",
    read_by: "the members of its circle alone",
    rows: &[
        once(STAMP, MEDIATORS),
        once("sessions/*", MEDIATORS),
        once("sessions/*/by|at|boot|since_boot", MEDIATORS),
        once("return_visits/*", MEDIATORS),
        once("return_visits/*/by|at|boot|since_boot", MEDIATORS),
    ],
    checks: "it names its circle and says what it is about",
};

/// The rules of every kind.
pub static TABLE: &[&KindRules] = &[
    &PLACE,
    &HOUSEHOLD,
    &VISIT,
    &REPORT,
    &DEMAND,
    &PERSON,
    &ACTIVITY,
    &ATTENDANCE,
    &CLAIM,
    &GOODS,
    &MOVEMENT,
    &PAPER,
    &SETTINGS,
    &CATEGORY_LIST,
    &PHOTO,
    &UNIT,
    &CIRCLE,
    &HEALTH,
    &MINOR,
    &MEDIATION,
];
