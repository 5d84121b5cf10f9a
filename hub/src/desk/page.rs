//! The first page as HTML: plain, readable, no script, works on an old phone.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{Community, Figures};

const STYLE: &str = include_str!("page.css");

pub(super) fn page(figures: &Figures) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "网格行 gridwalk" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { "网格行" } p { "社区总览 · Community at a glance" } }
                main {
                    @if figures.communities.is_empty() {
                        p.empty { "还没有社区。请运行 gridwalk-hub init。 / No community yet." }
                    }
                    @for community in &figures.communities { (section(community)) }
                }
                footer { "截至 " (time(figures.now)) "（北京时间）· 只显示数量，不含个人信息" }
            }
        }
    }
}

fn section(c: &Community) -> Markup {
    let oldest = c.open_by_age.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let most = c.grids.iter().map(|g| g.visits).max().unwrap_or(0).max(1);
    html! {
        section {
            h2 { (c.name) }
            dl.counts { @for (label, count) in &c.counts { div { dt { (label) } dd { (count) } } } }
            div.columns {
                article {
                    h3 { "待反馈上报（按时长）" }
                    table { @for (label, count) in &c.open_by_age { (bar(label, *count, oldest, None)) } }
                }
                article {
                    h3 { (c.day) " 走访（按网格）" }
                    @if c.grids.iter().all(|g| g.visits == 0) { p.empty { "这一天还没有走访。" } }
                    table { @for g in c.grids.iter().filter(|g| g.visits > 0) { (bar(&g.name, g.visits, most, Some(g.met))) } }
                }
                article {
                    h3 { "网格（按现在所在）" }
                    table {
                        @for g in &c.grids { tr { th scope="row" { (g.name) } td.number { (g.households) " 户" } td.number { (g.reports) " 件上报" } } }
                    }
                    @for g in &c.defects {
                        p.empty { "已撤并的“" (g.name) "”中仍有 " (g.households) " 户、" (g.reports) " 件上报：请重新执行合并。" }
                    }
                }
            }
        }
    }
}

fn bar(label: &str, count: i64, most: i64, met: Option<i64>) -> Markup {
    html! {
        tr {
            th scope="row" { (label) }
            td.bar { span style={ "width:" (count * 100 / most) "%" } {} }
            td.number { (count) @if let Some(met) = met { small { " 见面" (met) } } }
        }
    }
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_second(at + 8 * 3600).map(|t| t.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}
