"""How changes are spoken of on the screens: kinds, states, desks, days, and what a plan does, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import segno
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xueji.access.queries import STAND_IN
from xueji.changes.rules.roster_columns import FIELDS
from xueji.lib import masks
from xueji.organisations.queries import calendar
from xueji.status.queries.cases import SENDING, CaseView, ClassLine, TurnLine
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, Reason
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.papers import BY_KIND
from xueji.status.rules.plans import DISCREET, Plan, Table, Write, seats
from xueji.status.rules.routes import PARTY_NAMES, Desk, Party, Purpose
from xueji.status.rules.steps import ACT_NAMES, CLOSED, STATE_NAMES, Act, State
from xueji.students.rules.schemes import NUMBER_SCHEME
from xueji.web.pages import part
from xueji.web.pupils import words as pupil_words
from xueji.web.rosters.words import row_key
from xueji.web.templatetags.xueji import in_chinese, spoken

TONES = {
    State.WAITING: "waiting",
    State.WITH_DESK: "now",
    State.RETURNED: "late",
    State.COMPLETED: "good",
    State.REFUSED: "late",
    State.WITHDRAWN: "past",
    State.UNDONE: "past",
}
LABELS = {field.column.key: (field.column.header_zh, field.column.header_en) for field in FIELDS}
CODES = {field.column.key: field.code_list for field in FIELDS if field.code_list is not None}
# Columns that are made from others, and sealed ones: a sentence has nothing to say of them.
OVER = frozenset(CLOSED)
UNSPOKEN = frozenset({"pinyin", "initials", "place", "private", "version"})


def kind_word(kind: Kind) -> str:
    return spoken((kind.zh, kind.en))


def state_word(state: State) -> str:
    return spoken(STATE_NAMES[state])


def state_mark(state: State) -> SafeString:
    return part("state", tone=TONES[state], word=state_word(state))


def party_word(party: Party) -> str:
    return spoken(PARTY_NAMES[party])


def act_word(act: str) -> str:
    return spoken(ACT_NAMES[Act(act)])


def paper_word(kind: str) -> str:
    paper = BY_KIND.get(kind)
    return spoken((paper.zh, paper.en)) if paper else kind


def reason_word(reason: Reason) -> str:
    """Return a reason for refusing with its article."""
    return f"{spoken((reason.zh, reason.en))}（{reason.article}）" if in_chinese() else reason.en


def said_reason(kind: Kind, code: str) -> str:
    """Return the reason that a desk chose, in words; empty for none."""
    found = next((one for one in kind.refusals if one.code == code), None)
    return reason_word(found) if found else code


def obstacle_word(one: Obstacle) -> str:
    """Return an obstacle as a sentence, in Chinese with its article."""
    return spoken((one.zh, one.en)) + (f"（{one.article}）" if one.article and in_chinese() else "")


def days_left(due_on: date, today: date) -> int:
    """Return the working days left, below 0 as soon as the day has passed."""
    left = calendar().days_left(today, due_on)
    return left if today <= due_on else min(left, -1)


def due_mark(due_on: date | None, today: date) -> SafeString | str:
    """Return until when a desk has a case, in working days."""
    return "" if due_on is None else part("due", on=due_on, days_left=days_left(due_on, today))


def used_of(turn: TurnLine, today: date) -> int:
    """Return the working days a desk has used, without its pauses."""
    if turn.days_used is not None:
        return turn.days_used
    return max(0, calendar().days_used(turn.received_on, turn.paused_on or today) - turn.paused_days)


def office_of(case: CaseView, desk: Desk) -> str:
    """Return the name of a desk's office; only its part where it may not be named yet."""
    if case.hides_origin and desk.party in SENDING and desk.place != case.starter_place:
        return ""
    return (case.offices or {}).get(desk.place, "")


def desk_word(case: CaseView, desk: Desk) -> str:
    """Return a desk as its part and, where it may be said, its office."""
    office = office_of(case, desk)
    party = party_word(desk.party)
    return f"{party} · {office}" if office else party


def code_in_groups(code: str) -> str:
    """Return a tracking code in groups of five, as it is read aloud."""
    return " ".join(code[at : at + 5] for at in range(0, len(code), 5))


def picture_of(address: str) -> SafeString:
    """Return an address as a QR code, a picture inside the page."""
    made = segno.make(address, error="m", micro=False)
    # Without a namespace and a style it stands in the page like any other element.
    drawn = made.svg_inline(scale=4, border=2, svgclass="qr", lineclass=None, omitsize=False)
    return SafeString(drawn)


def purpose_word(desk: Desk) -> str:
    return _("待备案") if desk.purpose is Purpose.FILE_FOR_RECORD else _("待核办")


def value_word(field: Field, value: Any, classes: Mapping[int, ClassLine]) -> str:
    """Return what was stated for a field, in words; a private value masked."""
    if value in (None, ""):
        return "–"
    if field.is_private:
        return masks.document(str(value))
    match field.input:
        case Input.CODE:
            return pupil_words.label(field.codes, str(value)) if field.codes else str(value)
        case Input.YES:
            return _("是") if value else _("否")
        case Input.CLASS:
            line = classes.get(int(value))
            return class_word(line) if line else str(value)
        case _:
            return str(value)


def stated_of(
    kind: Kind, payload: Mapping[str, Any], classes: Mapping[int, ClassLine]
) -> list[tuple[str, str]]:
    """Return what was stated, field by field under its label; empty fields are left out."""
    return [
        (spoken((field.zh, field.en)), value_word(field, payload[field.key], classes))
        for field in kind.fields
        if payload.get(field.key) not in (None, "")
    ]


# A plan in sentences --------------------------------------------------------------------------


def class_word(line: ClassLine) -> str:
    """Return a class with its grade: 三年级2班."""
    return pupil_words.class_name(line.grade, line.name)


class Speaker:
    """Says what a plan does. `hidden` are places whose names may not be told yet."""

    def __init__(self, classes: Mapping[int, ClassLine], *, hides: int | None = None) -> None:
        self.classes = classes
        self.hides = hides

    def at(self, class_id: int) -> str:
        line = self.classes.get(class_id)
        if line is None:
            return ""
        if self.hides is not None and line.place == self.hides:
            return _("原学校")
        return f"{line.school} {class_word(line)}"

    def sentences(self, plan: Plan) -> list[str]:
        """Return what happens, in the order of the plan, then the classes' numbers."""
        # What is discreet is told of a change that is discreet itself, and of no other.
        told = [one for one in plan.writes if one.table not in DISCREET] or plan.writes
        said = [sentence for write in told for sentence in self._write(write)]
        return [*dict.fromkeys(one for one in said if one), *self._counts(plan)]

    def _write(self, write: Write) -> Iterator[str]:
        match write.table:
            case Table.ENROLMENT:
                yield from self._enrolment(write)
            case Table.STUDENT:
                yield from self._student(write)
            case Table.MARK:
                yield self._mark(write)
            case Table.IDENTIFIER:
                yield self._identifier(write)
            case Table.FAMILY if "private" in (write.after or {}):
                yield _("家庭成员的信息随之更新。")
            case Table.PAPER | Table.FAMILY:
                return
            case _:
                yield _("相关登记随之更新。")

    def _enrolment(self, write: Write) -> Iterator[str]:
        before, after = write.before, write.after
        if after is None:
            yield _("新学籍取消：%(at)s。") % {"at": self.at((before or {})["class_of_id"])}
            return
        if before is None:
            yield _("新学籍：%(at)s，%(on)s 开始。") % {
                "at": self.at(after["class_of_id"]),
                "on": after["started_on"],
            }
            return
        if before["ended_on"] is None and after["ended_on"] is not None:
            yield _("原学籍：%(at)s，%(on)s 结束（%(state)s）。") % {
                "at": self.at(before["class_of_id"]),
                "on": after["ended_on"],
                "state": pupil_words.state_name(after["state"]),
            }
            return
        if before["ended_on"] is not None and after["ended_on"] is None:
            yield _("学籍恢复：%(at)s。") % {"at": self.at(after["class_of_id"])}
        elif before["class_of_id"] != after["class_of_id"]:
            yield _("班级：%(from)s → %(to)s。") % {
                "from": self.at(before["class_of_id"]),
                "to": self.at(after["class_of_id"]),
            }
        if before["state"] != after["state"]:
            yield _("学籍状态：%(from)s → %(to)s。") % {
                "from": pupil_words.state_name(before["state"]),
                "to": pupil_words.state_name(after["state"]),
            }

    def _student(self, write: Write) -> Iterator[str]:
        before, after = write.before or {}, write.after or {}
        if before.get("place") != after.get("place"):
            yield _("电子档案随学生转到新的学校。")
        pairs = [(key, before.get(key), value) for key, value in after.items() if key != "details"]
        old, new = before.get("details") or {}, after.get("details") or {}
        pairs += [(key, old.get(key), value) for key, value in new.items()]
        for key, was, becomes in pairs:
            if key in UNSPOKEN or was == becomes or key not in LABELS:
                continue
            yield _("%(what)s：%(from)s → %(to)s。") % {
                "what": spoken(LABELS[key]),
                "from": self._value(key, was),
                "to": self._value(key, becomes),
            }

    def _value(self, key: str, value: Any) -> str:
        if value in (None, ""):
            return _("（空）")
        codes = CODES.get(key)
        return pupil_words.label(codes, str(value)) if codes else str(value)

    def _mark(self, write: Write) -> str:
        image = write.after or write.before or {}
        kind = BY_CODE.get(str(image.get("kind", "")))
        what = kind_word(kind) if kind else _("有关登记")
        if write.before is None:
            until = (image.get("details") or {}).get("until")
            if until:
                return _("登记%(what)s：%(since)s 至 %(until)s。") % {
                    "what": what, "since": image["since"], "until": until,
                }  # fmt: skip
            return _("登记%(what)s，自 %(since)s。") % {"what": what, "since": image["since"]}
        if write.after is None:
            return _("登记取消。")
        if write.after.get("until") is not None:
            return _("登记结束：%(until)s。") % {"until": write.after["until"]}
        return _("登记的内容随之更新。") if set(write.after) != {"place"} else ""

    def _identifier(self, write: Write) -> str:
        if write.before is None:
            is_number = (write.after or {}).get("scheme") == NUMBER_SCHEME
            return _("取得新的学籍号。") if is_number else _("登记新的证件号码。")
        if write.after is None:
            return _("新登记的号码取消。")
        ends = write.before.get("until") is None and write.after.get("until") is not None
        return _("原号码保留为曾用号码。") if ends else ""

    def _counts(self, plan: Plan) -> Iterator[str]:
        by_class: Counter[int] = Counter()
        for (class_id, _state, _place), change in seats(plan).items():
            by_class[class_id] += change
        for class_id, change in sorted(by_class.items()):
            line = self.classes.get(class_id)
            if not change or line is None or line.place == self.hides:
                continue
            yield _("%(class)s人数：%(from)s → %(to)s。") % {
                "class": class_word(line),
                "from": line.count,
                "to": line.count + change,
            }


# The way of a case ----------------------------------------------------------------------------


def timeline(case: CaseView, *, today: date) -> list[dict[str, Any]]:
    """Return the way of a case, oldest first: what every office did, how many days it took, and who is still to come."""
    entries: list[dict[str, Any]] = []
    turns = {turn.ordinal: turn for turn in case.turns}
    for one in case.said:
        desk = case.route[min(one.ordinal, len(case.route) - 1)]
        is_desk = one.act in (Act.APPROVE, Act.RETURN, Act.REFUSE)
        office = office_of(case, desk) if is_desk else (case.offices or {}).get(one.office, "")
        notes = [said_reason(case.kind, one.reason_code) if one.reason_code else "", one.reason]
        turn = turns.get(one.ordinal)
        if turn is not None and one.act in (Act.APPROVE, Act.REFUSE):
            notes.insert(0, days_sentence(turn, today))
        entries.append(
            {
                "what": _("备案") if one.act == Act.APPROVE and desk.purpose is Purpose.FILE_FOR_RECORD else act_word(one.act),
                "who": (f"{party_word(desk.party)} {office}".strip() if is_desk else office)
                + (spoken(STAND_IN) if one.is_stand_in else ""),
                "on": one.on,
                "note": " · ".join(note for note in notes if note),
                "state": "refused" if one.act in (Act.RETURN, Act.REFUSE, Act.UNDO) else "done",
            }
        )  # fmt: skip
    if not case.is_open:
        return entries
    if case.state is State.WAITING:
        entries.append({"what": state_word(State.WAITING), "who": "", "on": None, "state": "now"})
    for ordinal, desk in enumerate(case.route):
        turn = turns.get(ordinal)
        who = f"{party_word(desk.party)} {office_of(case, desk)}".strip()
        if turn is not None and turn.ended_on is None:
            word = _("等待补正") if case.state is State.RETURNED else purpose_word(desk)
            entries.append(
                {
                    "what": word,
                    "who": who,
                    "on": turn.received_on,
                    "note": days_sentence(turn, today),
                    "state": "now",
                }
            )
        elif turn is None and (case.state is State.WAITING or ordinal > case.at):
            entries.append(
                {
                    "what": purpose_word(desk),
                    "who": who,
                    "on": None,
                    "note": ngettext("%(days)s 个工作日", "%(days)s 个工作日", desk.days)
                    % {"days": desk.days},
                    "state": "waiting",
                }
            )
    return entries


def days_sentence(turn: TurnLine, today: date) -> str:
    """Return days used of days allowed, pauses and a provisional due day beside it."""
    said = [_("用 %(used)s/%(days)s 个工作日") % {"used": used_of(turn, today), "days": turn.days}]
    if turn.paused_days:
        said.append(_("补正期间暂停 %(days)s 个工作日") % {"days": turn.paused_days})
    if turn.ended_on is None:
        if turn.paused_on is not None:
            said.append(_("%(on)s 起暂停计时") % {"on": turn.paused_on})
        else:
            said.append(_("%(on)s 到期") % {"on": turn.due_on})
        if turn.is_provisional:
            said.append(_("放假安排未公布，期限为暂定"))
    return " · ".join(said)


def version_in(text: str) -> int | None:
    """Return the version of a case that a form was made for; None for none. Raises Http404."""
    return row_key(text)
