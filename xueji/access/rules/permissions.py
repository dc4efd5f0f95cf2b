"""Who may do what: roles by level, and one row per act.

Source: 《中小学生学籍管理办法》 art. 5 (five levels), art. 24 (security), art. 26
(registrars); the two-person rule is the practice of the field at every level.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    SCHOOL = "school"


class Role(StrEnum):
    REGISTRAR = "registrar"  # 学籍管理员, at a school
    LEADER = "leader"  # 主管领导, at a school or an authority
    OFFICER = "officer"  # 学籍主管部门经办人
    ADMINISTRATOR = (
        "administrator"  # 账号管理员 (系统管理员), one per level, creates the accounts one level below
    )
    SECURITY = "security"  # 安全管理员, decides what the account administrator asks for
    AUDITOR = "auditor"  # 审计管理员, looks at what both have done


# The three administrators (三员分立): no account is ever more than one of them.
# Source: GB/T 22239-2019 8.1.5 (system, audit and security management).
SEPARATED = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR})


ROLE_NAMES = {
    Role.REGISTRAR: ("学籍管理员", "Registrar"),
    Role.LEADER: ("主管领导", "Leader in charge"),
    Role.OFFICER: ("学籍经办", "Officer"),
    Role.ADMINISTRATOR: ("账号管理员", "Account administrator"),
    Role.SECURITY: ("安全管理员", "Security administrator"),
    Role.AUDITOR: ("审计管理员", "Audit administrator"),
}

LEVEL_NAMES = {
    Level.MINISTRY: ("部级", "Ministry"),
    Level.PROVINCE: ("省级", "Province"),
    Level.PREFECTURE: ("市级", "Prefecture"),
    Level.COUNTY: ("县级", "County"),
    Level.SCHOOL: ("学校", "School"),
}

AUTHORITIES = frozenset({Level.MINISTRY, Level.PROVINCE, Level.PREFECTURE, Level.COUNTY})

# Roles that exist at each level.
ROLES_AT: dict[Level, frozenset[Role]] = {
    Level.SCHOOL: frozenset({Role.REGISTRAR, Role.LEADER, Role.ADMINISTRATOR}),
    **{
        level: frozenset({Role.OFFICER, Role.LEADER, Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR})
        for level in AUTHORITIES
    },
}


@dataclass(frozen=True)
class Permission:
    """One act, and the roles that may do it, each at its levels."""

    act: str
    zh: str
    en: str
    holders: frozenset[tuple[Role, Level]]


def _at(levels: frozenset[Level] | set[Level], *roles: Role) -> frozenset[tuple[Role, Level]]:
    return frozenset((role, level) for role in roles for level in levels)


SCHOOL = {Level.SCHOOL}
BELOW_MINISTRY = AUTHORITIES - {Level.MINISTRY}

PERMISSIONS: tuple[Permission, ...] = (
    Permission("roster.upload", "上传新生名册", "Upload a roster", _at(SCHOOL, Role.REGISTRAR)),
    Permission("roster.submit", "提交新生名册", "Submit a roster", _at(SCHOOL, Role.REGISTRAR)),
    Permission("roster.undo", "撤回新生名册", "Take a roster back", _at(SCHOOL, Role.REGISTRAR)),
    Permission(
        "roster.decide_at_school",
        "学校审核新生名册",
        "Approve a roster for the school",
        _at(SCHOOL, Role.LEADER),
    ),
    Permission(
        "roster.decide_at_authority",
        "主管部门核准新生名册",
        "Verify a roster for the authority",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "roster.view",
        "查看新生名册",
        "See rosters",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(BELOW_MINISTRY, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "admission.give_in",
        "导入录取名单",
        "Give in a list of admitted pupils",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "admission.issue",
        "下达录取名单",
        "Issue a list of admitted pupils",
        _at(BELOW_MINISTRY, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "admission.report",
        "办理录取新生报到",
        "Confirm who has come",
        _at(SCHOOL, Role.REGISTRAR),
    ),
    Permission(
        "admission.view",
        "查看录取名单",
        "See lists of admitted pupils",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "preschool.import",
        "导入学前教育记录",
        "Import kindergarten records",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "preschool.find",
        "调取学前教育记录",
        "Pick up a kindergarten record",
        _at(SCHOOL, Role.REGISTRAR),
    ),
    Permission(
        "students.view",
        "查看学生",
        "See pupils",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(BELOW_MINISTRY, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "students.unmask",
        "查看完整的号码和地址",
        "See a number or address in full",
        _at(SCHOOL, Role.REGISTRAR),
    ),
    Permission(
        "classes.move", "提出调班、分班与并班", "Propose who changes class", _at(SCHOOL, Role.REGISTRAR)
    ),
    Permission("classes.manage", "管理班级", "Open and close classes", _at(SCHOOL, Role.REGISTRAR)),
    Permission(
        "problems.state",
        "说明问题学籍",
        "State a problem record",
        _at(SCHOOL, Role.REGISTRAR),
    ),
    Permission(
        "problems.decide",
        "处理问题学籍",
        "Decide a problem record",
        _at(SCHOOL, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER),
    ),
    Permission(
        "problems.undo",
        "撤销重复招生的结论",
        "Undo a decision about a duplicate admission",
        _at(AUTHORITIES, Role.OFFICER),
    ),
    Permission("problems.open", "登记问题学籍", "Open a problem record", _at(AUTHORITIES, Role.OFFICER)),
    Permission(
        "problems.view",
        "查看问题学籍",
        "See problem records",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "numbers.upgrade",
        "学籍号转为正式号",
        "Move a number to the formal kind",
        _at(SCHOOL, Role.REGISTRAR) | _at({Level.COUNTY}, Role.OFFICER),
    ),
    Permission("status.file", "提交学籍变动", "File a change", _at(SCHOOL, Role.REGISTRAR)),
    Permission(
        "status.file_at_authority",
        "主管部门提交学籍变动",
        "File a change for the authority",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "status.decide_at_school",
        "学校核办学籍变动",
        "Decide a change for the school",
        _at(SCHOOL, Role.LEADER),
    ),
    Permission(
        "status.decide_at_authority",
        "主管部门核办学籍变动",
        "Decide a change for the authority",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "promotion.plan",
        "制定升级计划",
        "Plan a promotion",
        _at({Level.MINISTRY, Level.PROVINCE}, Role.OFFICER),
    ),
    Permission(
        "promotion.sign", "确认学校升级", "Sign schools for promotion", _at(BELOW_MINISTRY, Role.OFFICER)
    ),
    Permission(
        "promotion.start",
        "启动升级",
        "Start a promotion",
        _at({Level.MINISTRY, Level.PROVINCE}, Role.LEADER),
    ),
    Permission(
        "promotion.undo", "撤销升级", "Undo a promotion", _at({Level.MINISTRY, Level.PROVINCE}, Role.OFFICER)
    ),
    Permission(
        "promotion.view",
        "查看升级",
        "See promotions",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission("status.undo", "撤销学籍变动的结果", "Undo a change", _at(AUTHORITIES, Role.OFFICER)),
    Permission(
        "status.view",
        "查看学籍变动",
        "See changes",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "feed.read",
        "订阅学籍变动",
        "Follow what becomes otherwise of pupils",
        _at(SCHOOL, Role.REGISTRAR) | _at(AUTHORITIES, Role.OFFICER),
    ),
    Permission(
        "classes.decide", "审核调班、分班与并班", "Decide who changes class", _at(SCHOOL, Role.LEADER)
    ),
    Permission(
        "status.discreet",
        "查看并办理须保密的学籍变动",
        "See and decide changes that only those who must know see",
        _at(SCHOOL, Role.LEADER) | _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "status.copies",
        "查看离校学生存档",
        "Read the copies of pupils who left",
        # An authority reads those that a closed school left with it.
        _at(SCHOOL, Role.REGISTRAR) | _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "organisations.view",
        "查看机构",
        "See organisations",
        _at(SCHOOL, *ROLES_AT[Level.SCHOOL]) | _at(AUTHORITIES, *ROLES_AT[Level.COUNTY]),
    ),
    Permission(
        "organisations.manage",
        "管理学校",
        "Open, rename, merge, close schools",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "reorganisation.prepare",
        "准备学校撤并",
        "Prepare the merger, split or closure of schools",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission(
        "reorganisation.decide",
        "决定学校撤并",
        "Decide the merger, split or closure of schools",
        _at(BELOW_MINISTRY, Role.LEADER),
    ),
    Permission(
        "reorganisation.view",
        "查看学校撤并",
        "See mergers, splits and closures of schools",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "packs.view",
        "查看省级规则",
        "See the rules of provinces",
        _at(SCHOOL, *ROLES_AT[Level.SCHOOL]) | _at(AUTHORITIES, *ROLES_AT[Level.COUNTY]),
    ),
    Permission(
        "packs.draft",
        "起草省级规则",
        "Draft the rules of a province",
        _at({Level.PROVINCE}, Role.ADMINISTRATOR),
    ),
    Permission(
        "packs.put_in_force",
        "公布省级规则",
        "Put the rules of a province in force",
        _at({Level.PROVINCE}, Role.LEADER),
    ),
    Permission(
        "packs.receive",
        "登记省级规则备案",
        "Note that the rules of a province were filed",
        _at({Level.MINISTRY}, Role.OFFICER),
    ),
    Permission(
        "stand_in.name",
        "指定代理",
        "Name a colleague as stand-in",
        _at(SCHOOL, Role.REGISTRAR, Role.LEADER) | _at(AUTHORITIES, Role.OFFICER, Role.LEADER),
    ),
    Permission(
        "accounts.manage",
        "管理账号",
        "Create accounts one level below",
        _at(SCHOOL, Role.ADMINISTRATOR) | _at(AUTHORITIES, Role.ADMINISTRATOR),
    ),
    Permission(
        "accounts.sealed",
        "查看封存的账号",
        "See accounts that are sealed",
        _at(AUTHORITIES, Role.ADMINISTRATOR, Role.LEADER, Role.SECURITY, Role.AUDITOR),
    ),
    Permission(
        "accounts.unseal_ask",
        "申请启封账号",
        "Ask to unseal an account",
        _at(AUTHORITIES, Role.ADMINISTRATOR),
    ),
    Permission(
        "accounts.unseal_decide",
        "审核启封账号",
        "Decide whether an account is unsealed",
        _at(AUTHORITIES, Role.LEADER, Role.SECURITY),
    ),
    Permission(
        "misses.view",
        "查看查找限额使用情况",
        "See which look-ups found nothing",
        _at(AUTHORITIES, Role.SECURITY, Role.AUDITOR),
    ),
    Permission("misses.lift", "放宽查找限额", "Allow more look-ups today", _at(AUTHORITIES, Role.SECURITY)),
    Permission(
        "alarms.view",
        "查看安全提醒",
        "See alarms",
        _at(AUTHORITIES, Role.SECURITY, Role.AUDITOR),
    ),
    Permission("alarms.settle", "处理安全提醒", "Settle alarms", _at(AUTHORITIES, Role.SECURITY)),
    Permission("canaries.manage", "管理诱饵号码", "Keep canary numbers", _at(AUTHORITIES, Role.SECURITY)),
    Permission(
        "emergency.ask",
        "申请紧急查阅范围外的学生",
        "Ask for emergency access to a pupil outside the area",
        _at(BELOW_MINISTRY, Role.OFFICER),
    ),
    Permission("emergency.grant", "同意紧急查阅", "Grant emergency access", _at(BELOW_MINISTRY, Role.LEADER)),
    Permission("emergency.review", "复核紧急查阅", "Review emergency access", _at(AUTHORITIES, Role.AUDITOR)),
    Permission(
        "emergency.view",
        "查看紧急查阅",
        "See emergency access",
        _at(BELOW_MINISTRY, Role.OFFICER, Role.LEADER) | _at(AUTHORITIES, Role.AUDITOR),
    ),
    Permission(
        "permissions.view",
        "查看权限表",
        "See who may do what",
        _at(SCHOOL, Role.ADMINISTRATOR) | _at(AUTHORITIES, *SEPARATED),
    ),
    Permission(
        "approvals.record",
        "登记对外提供的批准",
        "Record an approval for data to leave",
        _at(AUTHORITIES, Role.OFFICER),
    ),
    Permission(
        "approvals.review",
        "复核对外提供的批准",
        "Review an approval for data to leave",
        _at(AUTHORITIES, Role.OFFICER, Role.LEADER, Role.SECURITY),
    ),
    Permission("exports.request", "申请导出", "Ask for an export", _at(AUTHORITIES, Role.OFFICER)),
    Permission(
        "exports.release", "放行导出", "Release an export", _at(AUTHORITIES, Role.LEADER, Role.SECURITY)
    ),
    Permission(
        "exports.view",
        "查看对外提供",
        "See what leaves",
        _at(AUTHORITIES, Role.OFFICER, Role.LEADER, Role.SECURITY, Role.AUDITOR),
    ),
    Permission(
        "exports.trace",
        "追查泄露的文件",
        "Trace a leaked file",
        _at(AUTHORITIES, Role.SECURITY, Role.AUDITOR),
    ),
    Permission("classes.take_list", "领取班级名单", "Take a class list", _at(SCHOOL, Role.REGISTRAR)),
    Permission(
        "training.record",
        "登记学籍管理员培训证书",
        "Record the training of registrars",
        _at(BELOW_MINISTRY, Role.ADMINISTRATOR),
    ),
)

BY_ACT: dict[str, Permission] = {permission.act: permission for permission in PERMISSIONS}


def may(role: Role, level: Level, act: str) -> bool:
    """Return whether `role` at `level` may do `act`; an unknown act is a KeyError, not a no."""
    return (role, level) in BY_ACT[act].holders


def may_appoint(by_level: Level, to_level: Level) -> bool:
    """Return whether an administrator at `by_level` creates accounts at `to_level`.

    An administrator creates the accounts of the own organisation's colleagues and of
    the level below; counties, prefectures and provinces all run schools.
    """
    order = list(Level)
    if to_level is Level.SCHOOL:
        return by_level in BELOW_MINISTRY or by_level is Level.SCHOOL
    return by_level is not Level.SCHOOL and 0 <= order.index(to_level) - order.index(by_level) <= 2
