"""The closed lists that rule packs choose from."""

from __future__ import annotations

from typing import Final

from xueji.access.rules.permissions import LEVEL_NAMES, Level
from xueji.lib.codes import Code, CodeList
from xueji.organisations.rules.school_kinds import Stage

# Source: the five situations of Fujian's rules, which cover those of the other provinces.
REASONS: Final = CodeList(
    "转学原因",
    "福建省学籍管理实施细则",
    (
        Code("household", "户籍和住址变动", "Household and home moved"),
        Code("work", "父母工作调动", "Parents' work moved"),
        Code("migrant", "随迁居住地变动", "Residence of a migrant family moved"),
        Code("guardians_away", "父母出国、援边、服役等", "Parents abroad, on frontier or military service"),
        Code("other", "其他正当理由", "Other good reason"),
    ),
)

# Why a desk may refuse a transfer; the reasons the nation forbids are listed so that a pack naming one is told why.
REFUSALS: Final = CodeList(
    "不同意转学的理由",
    "《中小学生学籍管理办法》第十五条；各省细则",
    (
        Code("data_mismatch", "信息与证明不符", "The data do not match the proof"),
        Code("no_reason", "不符合规定的转学情形", "None of the situations for a transfer"),
        Code("no_seat", "没有空余学位", "No seat is free"),
        Code("closed", "年级或时间不在办理范围", "The grade or the time is closed"),
        Code("open_case", "有在办业务或问题学籍", "Another case or a problem record is open"),
        Code("not_attending", "学生未到校或已撤回申请", "The pupil did not come, or the family withdrew"),
        Code("fees", "欠缴费用", "Unpaid fees"),
        Code("quota", "本地转出名额限制", "A quota on pupils leaving"),
        Code("marks", "成绩不达标", "Marks"),
    ),
)
FORBIDDEN_REFUSALS: Final = frozenset({"fees", "quota", "marks"})

DOCUMENTS: Final = CodeList(
    "证明材料",
    "各省细则；2016 年教育部答问：转学只需证明转学事由",
    (
        Code("household_register", "户口簿", "Household register"),
        Code("housing", "住房证明", "Proof of home"),
        Code("residence_permit", "居住证", "Residence permit"),
        Code("work_proof", "工作调动或就业证明", "Proof of work or its move"),
        Code(
            "guardian_away_proof", "父母出国、援边、服役证明", "Proof that parents are abroad or in service"
        ),
        Code("application", "书面申请", "Written application"),
        Code("attendance_proof", "在读证明", "Proof of attendance"),
        Code("entrance_result", "中考成绩证明", "Entrance examination result"),
        Code("medical", "医院证明", "Hospital's proof"),
        Code("medical_county", "县级以上医院证明", "Proof of a hospital at county level or above"),
        Code("medical_second", "二级以上医院病历", "Records of a second-class hospital or above"),
    ),
)
# Across provinces only proof of the reason may be asked for besides the status data.
CROSS_PROVINCE_DOCUMENTS: Final = frozenset(
    {"household_register", "housing", "residence_permit", "work_proof", "guardian_away_proof"}
)

CANCELLATIONS: Final = CodeList(
    "学籍注销情形",
    "《中小学生学籍管理办法》（2025）：注销由省级规定；第二十一条：死亡",
    (
        Code("death", "死亡", "Death"),
        Code("withdrawal", "退学（高中）", "Withdrawal (senior secondary)"),
        Code("expulsion", "开除（高中）", "Expulsion (senior secondary)"),
        Code("settled_abroad", "出境定居", "Settled abroad"),
        Code("false_record", "虚假或重复学籍", "False or repeated record"),
    ),
)

KEY_FIELDS: Final = CodeList(
    "关键数据",
    "学籍系统操作手册：关键数据变更；省级可增加",
    (
        Code("name", "姓名", "Name"),
        Code("document", "证件类型和号码", "Document type and number"),
        Code("sex", "性别", "Sex"),
        Code("birth_on", "出生日期", "Date of birth"),
        Code("grade", "年级", "Grade"),
        Code("class", "班级", "Class"),
        Code("ethnicity", "民族", "Ethnicity"),
        Code("household_division", "户口所在地", "Place of household"),
        Code("household_kind", "户口性质", "Kind of household"),
        Code("nationality", "国籍/地区", "Nationality"),
        Code("overseas", "港澳台侨外", "Hong Kong, Macao, Taiwan, overseas Chinese, foreign"),
    ),
)
NATIONAL_KEY_FIELDS: Final = frozenset({"name", "document", "sex", "birth_on"})

PROGRAMMES: Final = CodeList(
    "普职融通",
    "《中小学生学籍管理办法》第二十八条：按省级规定管理",
    (
        Code("mutual_transfer", "普通高中与中职互转", "Moves between general and vocational schools"),
        Code("comprehensive", "综合高中班", "Comprehensive senior secondary classes"),
        Code("joint_credit", "课程互选、学分互认", "Shared courses and credits"),
    ),
)

STAGES: Final = CodeList(
    "学段",
    "义务教育法；学籍系统",
    (
        Code(Stage.PRIMARY.value, "小学", "Primary school"),
        Code(Stage.JUNIOR.value, "初中", "Junior secondary school"),
        Code(Stage.SENIOR.value, "普通高中", "Senior secondary school"),
    ),
)

# Lowest first, as a case climbs.
LEVELS: Final = CodeList(
    "主管部门层级",
    "《中小学生学籍管理办法》第五条",
    tuple(
        Code(level.value, *LEVEL_NAMES[level]) for level in (Level.COUNTY, Level.PREFECTURE, Level.PROVINCE)
    ),
)

DEMOTABLE: Final = CodeList(
    "可降级就读的学生",
    "《中小学生学籍管理办法》第十四条",
    (
        Code("special_education", "特殊教育学生", "Pupils of special education"),
        Code("all", "所有学生", "All pupils"),
    ),
)
GRADES_ON_RETURN: Final = CodeList(
    "复学年级",
    "各省细则",
    (
        Code("same", "休学时的年级", "The grade that was left"),
        Code("choice", "原年级或下一年级，由学生选择", "The same or the next grade, by choice"),
    ),
)
OVERDUE: Final = CodeList(
    "休学期满未复学",
    "各省细则",
    (
        Code("report", "列入清单并催办", "Listed and followed up"),
        Code("withdrawal", "按退学处理（仅高中）", "Taken as a withdrawal (senior secondary only)"),
    ),
)
SIGNERS: Final = CodeList(
    "在读证明签字人",
    "各省细则",
    (
        Code("registrar", "学籍管理员", "Registrar"),
        Code("principal", "校长", "Principal"),
    ),
)
