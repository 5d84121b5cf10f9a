//! Files and names that the demo makes up.

use std::fs;
use std::path::{Path, PathBuf};

use super::Result;
use crate::workload::Community;

const MESSAGES: &str = "messages-with-replies.xlsx";
const CATEGORIES: &str = "categories.xlsx";

/// The files of messages and categories to be imported.
pub(super) struct Files {
    pub messages: PathBuf,
    pub categories: PathBuf,
    /// Whether they are the real ones.
    pub real: bool,
}

/// Copies the real files into `dir`, since the list of rejected rows is written beside a file, or makes samples there.
pub(super) fn prepare(dir: &Path, real: Option<&Path>) -> Result<Files> {
    if let Some(real) = real.filter(|r| r.join(MESSAGES).is_file() && r.join(CATEGORIES).is_file()) {
        let (messages, categories) = (dir.join(MESSAGES), dir.join(CATEGORIES));
        fs::write(&messages, fs::read(real.join(MESSAGES))?)?;
        fs::write(&categories, fs::read(real.join(CATEGORIES))?)?;
        return Ok(Files { messages, categories, real: true });
    }
    let (messages, categories) = (dir.join("messages-sample.csv"), dir.join("categories-sample.csv"));
    fs::write(&messages, sample_messages())?;
    fs::write(&categories, sample_categories())?;
    Ok(Files { messages, categories, real: false })
}

/// Rows of a sample that cannot be taken: a text missing, a day that no calendar has, an answer before its question, a time to
/// come, a number used twice.
const FLAWED: [&str; 5] = [
    "20260031,居民31,,2026-02-10 09:00:00,楼下垃圾桶满了两天没人清。,,",
    "20260032,居民32,路灯不亮,2026-02-30 09:00:00,三栋北侧路灯不亮。,,",
    "20260033,居民33,井盖松动,2026-02-12 15:20:00,东门井盖松动，车过有响声。,已派人加固。,2026-02-11 10:00:00",
    "20260034,居民34,停车占道,2027-01-01 08:00:00,消防通道长期停车。,,",
    "20260001,居民35,编号用了两次,2026-02-13 08:00:00,这一行的编号和第一行相同。,,",
];

fn sample_messages() -> String {
    const MATTERS: [(&str, &str, &str); 6] = [
        ("路灯不亮", "小区北侧有两盏路灯不亮，晚上老人走路不便。", "已更换灯泡，请继续监督。"),
        ("下水道堵塞", "一楼下水道返水，气味很大。", "已安排疏通，物业将定期检查。"),
        ("电梯故障", "电梯一周停了三次，楼上有行动不便的老人。", "维保单位已更换控制板。"),
        ("夜间噪声", "楼下烧烤摊到凌晨还在营业。", "已与经营者约定营业到晚上十点。"),
        ("飞线充电", "有人从窗户拉线给电动车充电。", "已劝导，并新增十个充电位。"),
        ("低保申请", "想了解低保申请需要哪些材料。", "请带户口簿和收入证明到社区窗口办理。"),
    ];
    let mut csv = String::from("留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间\n");
    for n in 1..=30_usize {
        let (title, detail, answer) = MATTERS[n % MATTERS.len()];
        let (day, hour) = (n % 20 + 1, n % 9 + 8);
        // Every third waits for its answer; one has an answer whose time was not kept.
        let (answer, answered) = match n {
            _ if n % 3 == 0 => ("", String::new()),
            10 => (answer, String::new()),
            _ => (answer, format!("2026-02-{:02} 16:30:00", day + 3)),
        };
        csv.push_str(&format!("202600{n:02},居民{n},{title},2026-02-{day:02} {hour:02}:15:00,{detail},{answer},{answered}\n"));
    }
    csv.push_str(&FLAWED.join("\n"));
    csv.push('\n');
    csv
}

fn sample_categories() -> &'static str {
    "一级分类,二级分类,三级分类\n\
     城乡建设,市政设施,路灯\n\
     城乡建设,市政设施,下水道\n\
     城乡建设,住宅管理,电梯\n\
     城乡建设,住宅管理,物业服务\n\
     环境保护,噪声,夜间经营\n\
     公共安全,消防,飞线充电\n\
     公共安全,消防,占用通道\n\
     民政,社会救助,低保\n"
}

/// The name of a worker or cadre, made up from a number.
pub(super) fn person_name(number: u64) -> String {
    const SURNAMES: [char; 12] = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '徐', '孙'];
    const GIVEN: [char; 12] = ['敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '娟', '涛'];
    let at = |n: u64| usize::try_from(n % 12).unwrap_or_default();
    [SURNAMES[at(number)], GIVEN[at(number / 12)], GIVEN[at(number / 5 + 3)]].iter().collect()
}

/// What people type to find a resident: parts of names, initials, ends of telephone numbers.
pub(super) fn searches(community: &Community, count: usize) -> Vec<String> {
    const INITIALS: [&str; 8] = ["zw", "lj", "wxm", "chm", "zhangwei", "li", "wf", "lx"];
    let residents: Vec<_> = community.households.iter().flat_map(|h| &h.residents).collect();
    // Not evenly spaced: every grid, every kind of name.
    let step = (residents.len() / count).max(1) | 1;
    let kinds = residents.iter().step_by(step).cycle().take(if residents.is_empty() { 0 } else { count }).enumerate();
    kinds
        .map(|(n, r)| match n % 5 {
            0 => r.name.clone(),
            1 => r.name.chars().take(1).collect(),
            2 => r.name.chars().skip(1).collect(),
            3 if r.phone.len() >= 4 => r.phone[r.phone.len() - 4..].to_owned(),
            _ => INITIALS[n % INITIALS.len()].to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_thirty_messages_and_its_flaws() {
        let csv = sample_messages();
        assert_eq!(csv.lines().count(), 1 + 30 + FLAWED.len());
        assert!(csv.lines().all(|line| line.matches(',').count() == 6));
    }
}
