"""What a province decides, from draft to filing: the administrator writes, the leader puts in force, the ministry notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.organisations import queries_packs
from xueji.organisations.models import RulePackVersion
from xueji.organisations.rules import divisions
from xueji.organisations.rules.rule_packs import (
    NATIONAL,
    Difference,
    RulePack,
    default,
    difference,
    parse,
    shipped,
)


class DraftExists(Refused):
    code = "draft-exists"


class NoDraft(Refused):
    code = "no-draft"


class OtherProvince(Refused):
    code = "other-province"


class VersionTaken(Refused):
    code = "version-taken"


class DayTaken(Refused):
    code = "day-taken"


class OwnDraft(Refused):
    code = "own-draft"


class AlreadyReceived(Refused):
    code = "already-received"


FIRST_TEXT = """\
# {name}中小学生学籍管理规则包。只写与国家默认规则不同的参数，没有写的按国家默认规则。
# 可用的参数列在草稿页。每个参数前用 # 写明依据。

province = "{province}"
name = "{name}"
version = "{version}"
source = "{name}中小学生学籍管理实施细则"
valid_from = {valid_from}
"""


@dataclass(frozen=True)
class Foreseen:
    """What putting a draft in force would do: the pack, what it changes, and the version that it ends."""

    pack: RulePack
    differences: tuple[Difference, ...]
    follows: RulePackVersion | None


def seed_packs(using: str = "owner") -> int:
    """Write the packs that come with the program; return how many.

    A newer national default follows the older one. A province that has any version keeps
    its own: from then on its rules are its own business.
    """
    written = 0
    national: RulePackVersion | None = None
    for province, text in shipped().items():
        pack = default() if province == NATIONAL else parse(text, file=f"{province}.toml")
        known = RulePackVersion.objects.using(using).filter(province=province)
        if province == NATIONAL:
            national = known.filter(version=pack.version).first()
            if national is not None:
                continue
            _end(known, before=pack.valid_from)
        elif known.exists():
            continue
        row = RulePackVersion.objects.using(using).create(
            place=queries_packs.place_of_province(province),
            province=province,
            version=pack.version,
            state=RulePackVersion.IN_FORCE,
            valid_from=pack.valid_from,
            valid_until=pack.valid_until,
            text=text,
            base=national,
        )
        national = row if province == NATIONAL else national
        written += 1
    if written:
        transaction.on_commit(queries_packs.forget_packs, using=using)
    return written


def draft_pack(*, by: Actor, today: date) -> RulePackVersion:
    """Begin a draft of the own province: the latest version with a new number and a later day, or an empty one.

    Raises NotAllowed, DraftExists.
    """
    by.require("packs.draft")
    province = queries_packs.province_of(by.place)
    known = queries_packs.versions_of(province)
    if any(one.state == RulePackVersion.DRAFT for one in known):
        raise DraftExists(
            "本省已有一份草稿，请继续修改它。",
            "Your province has a draft already; go on with that one.",
        )
    number = 1
    while any(one.version == f"{today.year}.{number}" for one in known):
        number += 1
    begins = max([today, *(one.valid_from for one in known)]) + timedelta(days=1)
    head = {
        "province": province,
        "name": divisions.name_of(f"{province}0000"),
        "version": f"{today.year}.{number}",
        "valid_from": begins,
    }
    text = _renewed(known[0].text, head) if known else FIRST_TEXT.format(**head)
    base = queries_packs.national_on(begins)
    pack = parse(text, file=f"{province}.toml", base=queries_packs.read(base))
    with transaction.atomic():
        draft = RulePackVersion.objects.create(
            place=by.place,
            province=province,
            version=pack.version,
            valid_from=pack.valid_from,
            valid_until=pack.valid_until,
            text=text,
            base=base,
            created_by_id=by.account_id,
            changed_by_id=by.account_id,
        )
        _note("pack.draft", draft, by=by, after={"version": draft.version})
    return draft


def _renewed(text: str, head: dict[str, Any]) -> str:
    """Return a text with a new number and first day; a last day is left out, for it was the older version's."""
    lines = []
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if name == "version":
            lines.append(f'version = "{head["version"]}"')
        elif name == "valid_from":
            lines.append(f"valid_from = {head['valid_from']}")
        elif name != "valid_until":
            lines.append(line)
    return "\n".join(lines) + "\n"


def read_draft(text: str, *, province: str) -> RulePack:
    """Return what a text for a province says. Raises PackRefused with the lines, OtherProvince."""
    file = f"{province}.toml"
    pack = parse(text, file=file)
    # Judged by the national default of its first day, which may be another than today's.
    pack = parse(text, file=file, base=queries_packs.read(queries_packs.national_on(pack.valid_from)))
    if pack.province != province:
        raise OtherProvince(
            f"规则包写的省份是 {pack.province}，本省的代码是 {province}。请改正 province。",
            f"The pack says province {pack.province}; yours is {province}. Correct `province`.",
        )
    return pack


def change_draft(version_id: int, *, text: str, by: Actor) -> RulePackVersion:
    """Give a draft a new text. Raises NotAllowed, NoDraft, PackRefused with the lines, OtherProvince, VersionTaken."""
    with transaction.atomic():
        draft = _locked(version_id, by=by, act="packs.draft")
        pack = read_draft(text, province=draft.province)
        others = RulePackVersion.objects.filter(province=draft.province).exclude(pk=draft.pk)
        if others.filter(version=pack.version).exists():
            raise VersionTaken(
                f"本省已有版本 {pack.version}，请换一个版本号。",
                f"Your province has a version {pack.version} already; choose another.",
            )
        before = draft.version
        draft.text = text
        draft.version = pack.version
        draft.valid_from, draft.valid_until = pack.valid_from, pack.valid_until
        draft.base = queries_packs.national_on(pack.valid_from)
        draft.changed_by_id = by.account_id
        draft.save()
        _note("pack.change", draft, by=by, before={"version": before}, after={"version": draft.version})
    return draft


def foresee(draft: RulePackVersion, *, by: Actor, today: date) -> Foreseen:
    """Return what putting a draft in force would do; nothing is written.

    Raises what `put_in_force` raises.
    """
    by.require("packs.put_in_force", draft.place)
    if draft.state != RulePackVersion.DRAFT:
        raise _no_draft()
    if by.account_id in (draft.created_by_id, draft.changed_by_id):
        raise OwnDraft(
            "起草和公布须由两人办理。您起草或修改过这一版，请由另一位主管领导公布。",
            "Two persons are needed. You wrote or changed this draft; another leader has to put it in force.",
        )
    if draft.valid_from <= today:
        raise DayTaken(
            "生效日期须晚于今天。请管理员把 valid_from 改到明天或以后。",
            "A version begins after the day it is put in force. Have valid_from moved to tomorrow or later.",
        )
    pack = read_draft(draft.text, province=draft.province)
    known = [one for one in queries_packs.versions_of(draft.province) if one.state != RulePackVersion.DRAFT]
    if any(one.valid_from >= draft.valid_from for one in known):
        raise DayTaken(
            f"本省已有版本自 {known[0].valid_from} 起生效，新版本须从更晚的日期开始。请管理员修改 valid_from。",
            f"A version begins on {known[0].valid_from}; a new one has to begin later. Have valid_from moved.",
        )
    follows = next(
        (one for one in known if one.valid_until is None or one.valid_until >= draft.valid_from), None
    )
    earlier = queries_packs.read(follows or queries_packs.national_on(draft.valid_from))
    return Foreseen(pack, difference(earlier, pack), follows)


def put_in_force(version_id: int, *, by: Actor, today: date) -> RulePackVersion:
    """Put a draft in force from its first day, end the version before it, and file it with the ministry (备案).

    Open cases stay under the version they began under.
    Raises NotAllowed, NoDraft, OwnDraft (two persons), DayTaken, PackRefused, OtherProvince.
    """
    with transaction.atomic():
        draft = _locked(version_id, by=by, act="packs.put_in_force")
        foreseen = foresee(draft, by=by, today=today)
        _end(RulePackVersion.objects.filter(province=draft.province), before=draft.valid_from)
        draft.state = RulePackVersion.IN_FORCE
        draft.base = queries_packs.national_on(draft.valid_from)
        draft.put_in_force_by_id = by.account_id
        draft.filed_on = today
        draft.save()
        _note(
            "pack.put_in_force",
            draft,
            by=by,
            before={"version": foreseen.follows.version if foreseen.follows else ""},
            after={
                "version": draft.version,
                "valid_from": str(draft.valid_from),
                "changes": [one.parameter for one in foreseen.differences],
            },
        )
        transaction.on_commit(queries_packs.forget_packs)
    return draft


def receive_filing(version_id: int, *, filing_number: str, by: Actor, today: date) -> RulePackVersion:
    """Note for the ministry that a version was filed, under its filing number. Raises NotAllowed, AlreadyReceived."""
    by.require("packs.receive")
    with transaction.atomic():
        version = RulePackVersion.objects.select_for_update(of=("self",)).get(pk=version_id)
        if version.filed_on is None or version.received_on is not None:
            raise AlreadyReceived(
                "这一版没有待登记的备案，请刷新页面查看。",
                "This version has no filing to note; reload the page.",
            )
        version.received_on = today
        version.received_by_id = by.account_id
        version.filing_number = filing_number
        version.save(update_fields=["received_on", "received_by", "filing_number"])
        _note("pack.receive", version, by=by, after={"filing_number": filing_number})
    return version


def _locked(version_id: int, *, by: Actor, act: str) -> RulePackVersion:
    """Return a draft of the own province; all versions of the province are locked until commit."""
    by.require(act)
    rows = RulePackVersion.objects.select_for_update(of=("self",)).filter(place=by.place).order_by("pk")
    draft = next((one for one in rows if one.pk == version_id), None)
    if draft is None or draft.state != RulePackVersion.DRAFT:
        raise _no_draft()
    return draft


def _no_draft() -> NoDraft:
    return NoDraft(
        "这一版已不是本省的草稿，不能修改或公布。请刷新页面查看。",
        "This is no longer a draft of your province; reload the page.",
    )


def _end(rows: Any, *, before: date) -> None:
    """End every version in force on the eve of a day."""
    earlier = rows.filter(valid_from__lt=before, state=RulePackVersion.IN_FORCE)
    earlier.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=before)).update(
        valid_until=before - timedelta(days=1)
    )
    earlier.update(state=RulePackVersion.SUPERSEDED)


def _note(act: str, version: RulePackVersion, *, by: Actor, before: Any = None, after: Any = None) -> None:
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="rule_pack",
        subject_id=version.pk,
        place=version.place,
        before=before,
        after=after,
    )
