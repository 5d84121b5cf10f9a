//! The headings of rosters (花名册), one list: which heading means which field of a household or a resident.

use super::field::Field;

/// Fields of a household first, then of a resident, then what is known and not read.
pub static ROSTER: [Field; 22] = [
    field(
        "household_number",
        "户号",
        &["户号", "户编号", "户序号", "家庭编号", "住户编号", "户籍编号", "户口编号", "户口簿号", "householdnumber", "householdid", "householdno"],
    ),
    field("grid", "网格", &["网格", "所属网格", "所在网格", "网格名称", "网格名", "网格号", "网格编号", "grid", "gridname"]),
    field("micro_grid", "微网格", &["微网格", "所属微网格", "所在微网格", "微网格名称", "微网格名", "微网格号", "子网格", "microgrid", "microgridname"]),
    field(
        "address",
        "地址",
        &[
            "现住址",
            "现居住地址",
            "现住地址",
            "居住地址",
            "家庭住址",
            "家庭地址",
            "常住地址",
            "详细住址",
            "详细地址",
            "实际居住地址",
            "住址",
            "住房地址",
            "房屋地址",
            "居住地",
            "居住地点",
            "地址",
            "门牌地址",
            "address",
            "homeaddress",
        ],
    ),
    field("estate", "小区", &["小区", "小区名称", "所在小区", "居住小区", "estate"]),
    field("building", "楼栋", &["楼栋", "楼栋号", "楼号", "栋号", "栋", "幢", "幢号", "楼幢", "楼宇", "building"]),
    field("unit", "单元", &["单元", "单元号", "unit"]),
    field("room", "房号", &["房号", "房间号", "室号", "室", "门牌号", "门牌", "门牌号码", "户室", "房屋号", "room"]),
    field("tenure", "住房性质", &["住房性质", "房屋性质", "居住性质", "住房类型", "房屋类型", "产权性质", "住房情况", "tenure"]),
    field("visit_every_days", "走访周期", &["走访周期", "走访周期天", "走访间隔", "visiteverydays"]),
    field("head", "户主", &["户主", "户主姓名", "户主名", "户主名字", "head", "householder", "headofhousehold"]),
    field("members", "家庭成员", &["家庭成员", "成员", "家庭成员姓名", "同住人", "同住人员", "其他成员", "members"]),
    field("name", "姓名", &["姓名", "居民姓名", "成员姓名", "人员姓名", "住户姓名", "本人姓名", "名字", "name", "fullname", "residentname"]),
    field("sex", "性别", &["性别", "sex", "gender"]),
    field("birth", "出生日期", &["出生日期", "出生年月日", "出生年月", "出生时间", "生日", "birth", "birthday", "birthdate", "dateofbirth"]),
    field(
        "relation",
        "与户主关系",
        &["与户主关系", "与户主的关系", "和户主关系", "户主关系", "同户主关系", "与户主之关系", "家庭关系", "关系", "relation", "relationship"],
    ),
    field(
        "phone",
        "联系电话",
        &[
            "联系电话",
            "联系方式",
            "联系号码",
            "电话",
            "电话号码",
            "手机",
            "手机号",
            "手机号码",
            "移动电话",
            "本人电话",
            "户主电话",
            "户主联系电话",
            "家庭电话",
            "phone",
            "telephone",
            "mobile",
            "tel",
        ],
    ),
    field(
        "tags",
        "标签",
        &[
            "标签",
            "人员标签",
            "居民标签",
            "人群标签",
            "人员类别",
            "人员类型",
            "人群类别",
            "人群类型",
            "重点人群",
            "特殊人群",
            "人口类型",
            "人口类别",
            "tags",
            "tag",
        ],
    ),
    field(
        IDENTITY,
        "身份证号",
        &[
            "身份证",
            "身份证号",
            "身份证号码",
            "身份号码",
            "居民身份证号",
            "居民身份证号码",
            "居民身份证",
            "公民身份号码",
            "公民身份证号码",
            "证件号",
            "证件号码",
            "idnumber",
            "idcard",
            "idcardnumber",
        ],
    ),
    field("lat", "纬度", &["纬度", "lat", "latitude"]),
    field("lon", "经度", &["经度", "lon", "lng", "longitude"]),
    field("sequence", "序号", ROW_NUMBERS),
];

/// Numbers of identity papers: never read, and said so.
pub const IDENTITY: &str = "identity";

/// Headings of a column that only counts the rows of its file.
pub const ROW_NUMBERS: &[&str] = &["序号", "行号", "项次", "序", "顺序号", "排序", "no", "rowno", "row", "index"];

/// What only a roster has: without one of these a list of names and addresses may be anything.
pub const SIGNS: [&str; 6] = ["household_number", "head", "relation", "birth", IDENTITY, "members"];

const fn field(key: &'static str, zh: &'static str, others: &'static [&'static str]) -> Field {
    Field { key, zh, required: false, before: &[], after: &[], others }
}
