//! Papers: issued, numbered by the hub, void.

use clap::{Args, Subcommand};
use gridwalk_core::papers::{IssuePaper, SORTS, VoidPaper};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 证明：开具、作废；编号由服务器给 / Papers: issue, void; the hub numbers them
#[derive(Debug, Args)]
pub struct Paper {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Issue(Issue),
    Void(Void),
}

/// 本机上的证明，最新的在前 / the papers on this phone, newest first
#[derive(Debug, Args)]
struct List {
    /// 最多显示多少份 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
}

/// 给一位居民开具证明 / issue a paper for a resident
#[derive(Debug, Args)]
struct Issue {
    /// 种类：居住证明、困难证明、志愿服务证明 / residence, hardship, service
    sort: String,
    /// 住户编号 / the household's id
    #[arg(value_parser = id)]
    household: Id,
    /// 居民编号 / the resident's id
    #[arg(value_parser = id)]
    resident: Id,
    /// 用途 / what it is for
    #[arg(long)]
    purpose: String,
}

/// 作废，编号保留 / make a paper void; its number stays
#[derive(Debug, Args)]
struct Void {
    /// 证明编号 / the paper's id
    #[arg(value_parser = id)]
    paper: Id,
    /// 原因 / why
    #[arg(long)]
    reason: String,
}

impl Paper {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => {
                let papers = phone.papers(c.limit)?;
                screen.answer(&json!(papers), |s| {
                    if papers.is_empty() {
                        return s.text("没有证明 / no papers", Tone::Dim);
                    }
                    let mut table = s.table(&["时间 When", "证明 Paper", "用途 Purpose", "编号 Id"]);
                    for p in &papers {
                        let label = if p.void { toned(format!("{}\n已作废", p.label), Tone::Warn) } else { cell(&p.label) };
                        table.add_row([cell(words::time(p.at)), label, cell(&p.purpose), toned(p.id, Tone::Dim)]);
                    }
                    table.to_string()
                })
            }
            What::Issue(c) => {
                let sort = SORTS.iter().find(|code| code.label.zh == c.sort).map_or(c.sort.as_str(), |code| code.code).to_owned();
                let Issue { household, resident, purpose, .. } = c;
                screen.recorded(&phone.run(IssuePaper { sort, household, resident, purpose })?, "已开具，待编号", "issued; the hub numbers it")
            }
            What::Void(c) => screen.recorded(&phone.run(VoidPaper { paper: c.paper, reason: c.reason })?, "已作废", "void"),
        }
    }
}
