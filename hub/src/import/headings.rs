//! The fields of each kind of table and the headings they are known by.

use serde::Deserialize;

use super::field::Field;
use super::roster_headings::{ROSTER, ROW_NUMBERS};

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Residents' messages with the authorities' answers.
    Messages,
    /// The three-level list of matters.
    Categories,
    /// Households with their residents, one row a resident or one row a household.
    Roster,
}

impl Kind {
    /// All kinds. Messages come first: they may have columns for the levels of their category.
    pub const ALL: [Self; 3] = [Self::Messages, Self::Categories, Self::Roster];

    /// The fields of the kind, in the order in which columns are given to them.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Messages => &MESSAGE,
            Self::Categories => &CATEGORY,
            Self::Roster => &ROSTER,
        }
    }
}

/// Whether a heading, in the form of `heading_key`, is that of a column that only counts the rows of its file. Such a number says
/// nothing about which record it is: the next file begins again at 1.
pub fn counts_rows(heading: &str) -> bool {
    ROW_NUMBERS.contains(&heading)
}

/// Whether a heading, in the form of `heading_key`, is known for any field.
pub fn is_heading(heading: &str) -> bool {
    Kind::ALL.iter().flat_map(|kind| kind.fields()).any(|field| field.headings().any(|known| known == heading))
}

const ASK: &[&str] = &["留言", "来信", "信件", "诉求", "投诉", "咨询", "反映", "工单", "事件", "问题", "案件", "事项", "建议", "求助"];
const ANSWER: &[&str] = &["答复", "官方答复", "回复", "官方回复", "回应", "反馈", "办理", "办结", "处理"];
const NONE: &[&str] = &[];

static MESSAGE: [Field; 10] = [
    Field {
        key: "number",
        zh: "编号",
        required: true,
        before: ASK,
        after: &["编号", "号", "号码", "id", "序号"],
        others: &[
            "编号",
            "流水号",
            "受理编号",
            "受理号",
            "单号",
            "number",
            "no",
            "id",
            "messageid",
            "messageno",
            "messagenumber",
            "ticketid",
            "ticketno",
            "caseid",
            "caseno",
            "序号",
        ],
    },
    Field {
        key: "reporter",
        zh: "留言人",
        required: false,
        before: ASK,
        after: &["用户", "人", "者", "人姓名", "用户名", "网友", "群众", "市民"],
        others: &[
            "用户",
            "网友",
            "用户名",
            "昵称",
            "姓名",
            "市民",
            "居民",
            "居民姓名",
            "reporter",
            "user",
            "username",
            "userid",
            "author",
            "resident",
            "residentname",
            "name",
            "askedby",
        ],
    },
    Field {
        key: "title",
        zh: "标题",
        required: true,
        before: ASK,
        after: &["主题", "标题", "题目"],
        others: &["主题", "标题", "题目", "title", "subject", "topic", "messagetitle"],
    },
    Field {
        key: "raised_at",
        zh: "留言时间",
        required: true,
        before: ASK,
        after: &["时间", "日期"],
        others: &[
            "提交时间",
            "提交日期",
            "发布时间",
            "发布日期",
            "创建时间",
            "登记时间",
            "上报时间",
            "时间",
            "日期",
            "raisedat",
            "createdat",
            "submittedat",
            "postedat",
            "askedat",
            "messagetime",
            "messagedate",
            "createtime",
            "submittime",
            "datetime",
            "time",
            "date",
        ],
    },
    Field {
        key: "detail",
        zh: "详情",
        required: true,
        before: ASK,
        after: &["详情", "内容", "正文", "描述", "详细内容", "具体内容"],
        others: &[
            "详情",
            "内容",
            "正文",
            "描述",
            "详细内容",
            "具体内容",
            "detail",
            "details",
            "content",
            "message",
            "body",
            "text",
            "description",
            "messagecontent",
            "messagedetail",
        ],
    },
    Field {
        key: "answer",
        zh: "答复",
        required: false,
        before: ANSWER,
        after: &["意见", "内容", "详情", "正文", "结果", "情况", ""],
        others: &["answer", "answertext", "reply", "replytext", "replycontent", "response"],
    },
    Field {
        key: "answered_at",
        zh: "答复时间",
        required: false,
        before: ANSWER,
        after: &["时间", "日期"],
        others: &["answeredat", "answertime", "answerdate", "repliedat", "replytime", "replydate", "responsetime", "responsedate", "respondedat"],
    },
    Field {
        key: "answered_by",
        zh: "答复单位",
        required: false,
        before: ANSWER,
        after: &["单位", "部门", "机构", "人", "者"],
        others: &["承办单位", "主办单位", "责任单位", "answeredby", "repliedby", "department", "office"],
    },
    Field {
        key: "category",
        zh: "分类",
        required: false,
        before: ASK,
        after: &["分类", "类别"],
        // The lowest level says the most.
        others: &["三级分类", "三级标签", "二级分类", "二级标签", "一级分类", "一级标签", "分类", "类别", "category"],
    },
    Field {
        key: "place",
        zh: "地点",
        required: false,
        before: ASK,
        after: &["地点", "地址", "位置", "区域"],
        others: &["地点", "地址", "位置", "所在地", "所属区域", "发生地点", "place", "location", "address", "area"],
    },
];

static CATEGORY: [Field; 4] = [
    // The third level first: 小类 is the third beside 中类, but the second beside 细类.
    Field {
        key: "level3",
        zh: "三级分类",
        required: true,
        before: &["三级", "第三级"],
        after: &["分类", "类别", "标签", "目录", "名称", "事项", ""],
        others: &["细类", "小类", "level3", "category3", "categorylevel3", "l3"],
    },
    Field {
        key: "level2",
        zh: "二级分类",
        required: true,
        before: &["二级", "第二级"],
        after: &["分类", "类别", "标签", "目录", "名称", "事项", ""],
        others: &["中类", "小类", "level2", "category2", "categorylevel2", "l2"],
    },
    Field {
        key: "level1",
        zh: "一级分类",
        required: true,
        before: &["一级", "第一级"],
        after: &["分类", "类别", "标签", "目录", "名称", "事项", ""],
        others: &["大类", "level1", "category1", "categorylevel1", "l1"],
    },
    Field {
        key: "code",
        zh: "编码",
        required: false,
        before: NONE,
        after: NONE,
        others: &["分类编码", "分类代码", "类别编码", "类别代码", "事项编码", "编码", "代码", "编号", "code", "id"],
    },
];

#[cfg(test)]
mod tests {
    use super::super::fields::heading_key;
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_heading_means_one_field_and_is_in_the_compared_form() {
        for kind in Kind::ALL {
            let mut seen = HashMap::new();
            for field in kind.fields() {
                for heading in field.headings() {
                    assert_eq!(heading_key(&heading), heading);
                    if let Some(other) = seen.insert(heading.clone(), field.key) {
                        assert!(other == field.key || heading == "小类", "{heading} means {other} and {}", field.key);
                    }
                }
            }
        }
    }
}
