//! Demands (诉求): raise, merge, take apart.

use clap::{Args, Subcommand};
use gridwalk_core::demands::document::DEMAND;
use gridwalk_core::demands::{MergeDemand, RaiseDemand, TakeApart};
use gridwalk_core::{Id, Phone};

use super::records::pairs;
use crate::failure::Result;
use crate::screen::Screen;
use crate::values::id;

/// 诉求：谁反映的、原话、电话；服务器据此立项 / Demands: who told it, in their words; the hub makes a case of each
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  gridwalk demand raise 标题=楼道煤气味 紧急程度=紧急
  gridwalk demand raise 标题=电梯停运 反映人=王先生 电话=13900001111 网格=g03
  gridwalk demand merge DEMAND CASE          与另一件是同一件事 / it is about the same as CASE
  gridwalk add evaluations DEMAND 是否解决=是 满意程度=满意
  gridwalk list demand                       gridwalk show DEMAND")]
pub struct Demand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 提出 / raise
    Raise {
        /// 项目=内容 / what was told
        #[arg(required = true, value_name = "FIELD=VALUE")]
        values: Vec<String>,
    },
    /// 并案：归到另一件事项下 / put it under another case
    Merge {
        /// 诉求编号 / the demand's id
        #[arg(value_parser = id)]
        demand: Id,
        /// 事项编号 / the case's id
        #[arg(value_parser = id)]
        into: Id,
    },
    /// 拆出：恢复为单独的事项 / give it its own case again
    TakeApart {
        /// 诉求编号 / the demand's id
        #[arg(value_parser = id)]
        demand: Id,
    },
}

impl Demand {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::Raise { values } => {
                let fields = pairs(phone, DEMAND.name, DEMAND.fields, &[], &values)?;
                screen.recorded(&phone.run(RaiseDemand { fields })?, "已提出", "demand raised")
            }
            What::Merge { demand, into } => screen.recorded(&phone.run(MergeDemand::of(demand, into))?, "已并案", "demand merged"),
            What::TakeApart { demand } => screen.recorded(&phone.run(TakeApart { demand })?, "已拆出", "demand taken apart"),
        }
    }
}
