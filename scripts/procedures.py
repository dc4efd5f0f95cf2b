"""Print docs/generated/procedures.md: every kind of change with its desks, fields and reasons, drawn from the table."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from tables import NOTICE, cell, diagram, table

from xueji.organisations.rules import rule_packs
from xueji.status.rules.facts import ClassFacts, EnrolmentFacts, Facts, SchoolFacts
from xueji.status.rules.kind import Kind, Starter
from xueji.status.rules.kinds import KINDS, clashes
from xueji.status.rules.routes import PARTY_NAMES, Desk, Purpose
from xueji.status.rules.steps import ACT_NAMES, CLOSED, STATE_NAMES, STEPS, Act, State, Who

STARTERS = {
    Starter.SCHOOL: ("所在学校", "the pupil's school"),
    Starter.RECEIVING_SCHOOL: ("转入（接收）学校", "the receiving school"),
    Starter.AUTHORITY: ("学籍主管部门", "the authority"),
}
WHO = {
    Who.STARTER: "提交单位",
    Who.DESK: "经办单位",
    Who.ABOVE: "上级或受理备案的主管部门",
    Who.SYSTEM: "系统",
}
DAY = date(2026, 9, 10)


def school(province: int, serial: int) -> SchoolFacts:
    county = province * 10_000 + 102
    return SchoolFacts(
        serial,
        county * 10**6 + serial,
        f"34{province}00000{serial}",
        "示例",
        "345",
        "12",
        "831",
        True,
        county * 10**6,
    )


def class_of(at: SchoolFacts, grade: int) -> ClassFacts:
    stage = "primary" if grade < 7 else "junior" if grade < 10 else "senior"
    return ClassFacts(at.id, at.place, at.id, "2026101", "1班", at.id, grade, stage, 2026, True, 30)


def example(grade: int) -> Facts:
    """A pupil of this grade and a class in another province, to ask the table who decides."""
    here, there = school(33, 1), school(51, 2)
    own = class_of(here, grade)
    enrolment = EnrolmentFacts(
        UUID(int=1),
        here.place,
        here.id,
        own.id,
        own.stage,
        2026,
        "01",
        DAY,
        DAY,
        None,
        "",
        "11",
        "1",
        "1",
        "",
    )
    return Facts(
        student_id=UUID(int=2),
        place=here.place,
        name="示例",
        sex="1",
        birth_on=date(2015, 1, 1),
        document_type="1",
        nationality="CHN",
        details={},
        enrolment=enrolment,
        school=here,
        own_class=own,
        pack=rule_packs.default(),
        today=DAY,
        target_school=there,
        target_class=class_of(there, grade),
        new_ids=tuple(UUID(int=n) for n in (3, 4, 5)),
    )


def facts_for(kind: Kind) -> Facts:
    """Facts that suit the kind: compulsory where it may be, else senior secondary; inside one school unless it receives."""
    facts = example(5)
    if any(one.code == "compulsory" for one in kind.obstacles(facts, {})):
        facts = example(11)
    if kind.starter is not Starter.RECEIVING_SCHOOL:
        facts = replace(facts, target_school=facts.school, target_class=facts.own_class)
    return facts


def desks_of(kind: Kind) -> tuple[Desk, ...]:
    return kind.desks(facts_for(kind), {})


def arrows(kind: Kind) -> Iterable[tuple[str, str, str]]:
    names = [f"待{PARTY_NAMES[desk.party][0]}办理" for desk in desks_of(kind)]
    desks = desks_of(kind)
    yield "", names[0], f"{STARTERS[kind.starter][0]}提交"
    for at, desk in enumerate(desks):
        following = names[at + 1] if at + 1 < len(desks) else STATE_NAMES[State.COMPLETED][0]
        word = "备案" if desk.purpose is Purpose.FILE_FOR_RECORD else ACT_NAMES[Act.APPROVE][0]
        yield names[at], following, word + ("，生效" if desk.has_effect else "")
        if desk.purpose is Purpose.DECIDE and kind.refusals:
            yield names[at], STATE_NAMES[State.REFUSED][0], ACT_NAMES[Act.REFUSE][0]
    yield STATE_NAMES[State.COMPLETED][0], "", ""


def steps() -> str:
    rows = (
        (
            STATE_NAMES[step.source][0] if step.source else "（草稿）",
            WHO[step.who],
            ACT_NAMES[step.act][0],
            STATE_NAMES[step.target][0],
        )
        for step in STEPS
    )
    ends = "、".join(STATE_NAMES[state][0] for state in State if state in CLOSED)
    return table(("状态 State", "谁 Who", "做什么 Act", "变为 Becomes"), rows) + f"\n结束状态：{ends}。\n"


def section(kind: Kind) -> str:
    desks = desks_of(kind)
    fields = (
        (cell(field.zh), cell(field.en), field.input.value, "必填" if field.is_required else "选填")
        for field in kind.fields
    )
    asked = "、".join(f"{PARTY_NAMES[desk.party][0]}（{desk.days} 个工作日）" for desk in desks)
    others = "、".join(
        other.zh for other in KINDS if other is not kind and not clashes(kind.code, other.code)
    )
    lines = [
        f"## {kind.zh} · {kind.en}\n",
        f"`{kind.code}` · {kind.source}\n",
        f"由{STARTERS[kind.starter][0]}提交；依次：{asked}。\n",
        diagram(arrows(kind)),
    ]
    if kind.fields:
        lines.append(table(("填写", "Field", "方式 Input", ""), fields))
    if kind.refusals:
        reasons = ((cell(one.zh), cell(one.en), one.article) for one in kind.refusals)
        lines.append("\n" + table(("不同意的理由", "Reason to refuse", "依据"), reasons))
    lines.append(f"\n可与以下业务同时在办：{others or '无'}。\n")
    return "\n".join(lines)


def main() -> str:
    return "\n".join(
        [
            NOTICE,
            "# 学籍变动办理程序 · Procedures of status business\n",
            "每种变动的步骤都相同，不同的是经办单位；本页由程序中的表画出。\n",
            steps(),
            *(section(kind) for kind in KINDS),
        ]
    )


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(main())
