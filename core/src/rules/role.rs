//! What people are to a community, what each role is given over, and what it reads.

use std::fmt;
use std::str::FromStr;

use crate::dictionary::Code;
use crate::error::{Error, Result};

/// What a person is to a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 社区工作者: employed for the whole community, at its window.
    CommunityWorker,
    /// 网格员: serves the households of a grid.
    GridWorker,
    /// 微网格长、楼道长: the same for one building or stairway.
    MicroGridLead,
    /// 网格指导员: a cadre who helps a grid and reads it.
    GridGuide,
    /// 社区干部: at the community's desk.
    Cadre,
    /// 街道: takes whistles, names departments, supervises.
    StreetDispatcher,
    /// 接哨部门: arrives, handles, answers.
    DepartmentHandler,
    /// 在职党员: reports in, claims, serves, keeps their own record.
    Member,
    /// 下沉干部: sent by a unit, stationed here so many days a month.
    SecondedCadre,
    /// 驻区单位: reports in, offers resources.
    AreaUnit,
    /// 所在单位党组织: receives what a member consented to.
    EmployerUnit,
    /// 新就业群体（快递员、外卖员、网约车司机）: serves, and sends what they see.
    Rider,
    /// 注册志愿者
    Volunteer,
    /// 社工
    SocialWorker,
    /// 物业、业委会
    Property,
    /// 居民: asks, follows, evaluates.
    Resident,
    /// 健康圈成员: reads and writes what a health circle holds. Given by the circle's document alone, as the next two are.
    HealthMember,
    /// 未成年人保护圈成员
    MinorsMember,
    /// 调解员
    Mediator,
    /// The hub itself: import, `settled` steps, generations.
    Hub,
}

/// What a role is given over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleScope {
    /// The whole community.
    Community,
    /// A grid.
    Place,
    /// A micro-grid: a building or stairway of a grid.
    MicroGrid,
    /// The street over the community.
    Street,
    /// A department or unit.
    Unit,
    /// A confidential circle.
    Circle,
}

impl RoleScope {
    /// What people call it.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Community => "社区",
            Self::Place => "网格",
            Self::MicroGrid => "微网格、楼道",
            Self::Street => "街道",
            Self::Unit => "单位",
            Self::Circle => "圈",
        }
    }
}

/// What there is to know of a role.
#[derive(Debug)]
pub struct RoleInfo {
    /// The role.
    pub role: Role,
    /// Its stable code.
    pub code: &'static str,
    /// What people call it.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What it is given over.
    pub over: RoleScope,
    /// Whether it reads what lies at the desk.
    pub desk: bool,
}

const fn info(role: Role, code: &'static str, zh: &'static str, en: &'static str, over: RoleScope, desk: bool) -> RoleInfo {
    RoleInfo { role, code, zh, en, over, desk }
}

impl Role {
    /// Every role, in the order of the enum.
    pub const ALL: &'static [RoleInfo] = &[
        info(Self::CommunityWorker, "community_worker", "社区工作者", "community worker", RoleScope::Community, true),
        info(Self::GridWorker, "grid_worker", "网格员", "grid worker", RoleScope::Place, false),
        info(Self::MicroGridLead, "micro_grid_lead", "微网格长", "micro grid lead", RoleScope::MicroGrid, false),
        info(Self::GridGuide, "grid_guide", "网格指导员", "grid guide", RoleScope::Place, false),
        info(Self::Cadre, "cadre", "社区干部", "cadre", RoleScope::Community, true),
        info(Self::StreetDispatcher, "street_dispatcher", "街道调度员", "street dispatcher", RoleScope::Street, false),
        info(Self::DepartmentHandler, "department_handler", "接哨部门", "department handler", RoleScope::Unit, false),
        info(Self::Member, "member", "在职党员", "member", RoleScope::Community, false),
        info(Self::SecondedCadre, "seconded_cadre", "下沉干部", "seconded cadre", RoleScope::Community, false),
        info(Self::AreaUnit, "area_unit", "驻区单位", "area unit", RoleScope::Unit, false),
        info(Self::EmployerUnit, "employer_unit", "所在单位党组织", "employer unit", RoleScope::Unit, false),
        info(Self::Rider, "rider", "新就业群体", "rider", RoleScope::Community, false),
        info(Self::Volunteer, "volunteer", "注册志愿者", "volunteer", RoleScope::Community, false),
        info(Self::SocialWorker, "social_worker", "社工", "social worker", RoleScope::Community, false),
        info(Self::Property, "property", "物业", "property", RoleScope::Unit, false),
        info(Self::Resident, "resident", "居民", "resident", RoleScope::Community, false),
        info(Self::HealthMember, "health_member", "健康圈成员", "health member", RoleScope::Circle, false),
        info(Self::MinorsMember, "minors_member", "未成年人保护圈成员", "minors member", RoleScope::Circle, false),
        info(Self::Mediator, "mediator", "调解员", "mediator", RoleScope::Circle, false),
        info(Self::Hub, "hub", "服务器", "hub", RoleScope::Community, false),
    ];

    /// Every role as a choice of the dictionary.
    pub const CODES: [Code; Self::ALL.len()] = {
        let mut codes = [Code::new("", "", ""); Self::ALL.len()];
        let mut n = 0;
        while n < codes.len() {
            codes[n] = Code::new(Self::ALL[n].code, Self::ALL[n].zh, Self::ALL[n].en);
            n += 1;
        }
        codes
    };

    /// What there is to know of it.
    pub fn info(self) -> &'static RoleInfo {
        &Self::ALL[self as usize]
    }

    /// What people call it.
    pub fn zh(self) -> &'static str {
        self.info().zh
    }

    /// What it is given over.
    pub fn over(self) -> RoleScope {
        self.info().over
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().code)
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.iter().find(|info| info.code == s).map(|info| info.role).ok_or_else(|| {
            let codes = Self::ALL.iter().filter(|i| i.over != RoleScope::Circle && i.role != Self::Hub).map(|i| i.code).collect::<Vec<_>>();
            Error::invalid("未知的角色", format!("unknown role; one of {}", codes.join(", ")))
        })
    }
}
