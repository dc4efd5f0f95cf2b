"""How rule packs are spoken of on the screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xueji.organisations.models import RulePackVersion
from xueji.organisations.rules import divisions
from xueji.organisations.rules.pack_parameters import BY_KEY, GROUPS, PARAMETERS
from xueji.organisations.rules.rule_packs import (
    CONFIDENCES,
    NATIONAL,
    Difference,
    RulePack,
    default,
    in_words,
)
from xueji.web.pages import Column, Row, Table, part
from xueji.web.templatetags.xueji import spoken


@dataclass(frozen=True)
class Chapter:
    """What a pack says about one matter."""

    title: str
    table: Table


def province_name(province: str) -> str:
    """Return the name of a province, or of the national default."""
    code = f"{province}0000"
    if province == NATIONAL:
        return _("国家默认规则")
    return spoken((divisions.name_of(code), divisions.name_en(code)))


def days_of(version: RulePackVersion) -> str:
    """Return the days a version holds for."""
    if version.valid_until is None:
        return _("%(first)s 起") % {"first": version.valid_from}
    return _("%(first)s 至 %(last)s") % {"first": version.valid_from, "last": version.valid_until}


def standing_mark(version: RulePackVersion, today: date) -> SafeString:
    """Return where a version stands on a day, as a mark."""
    if version.state == RulePackVersion.DRAFT:
        return part("state", tone="waiting", word=_("草稿"))
    if version.valid_from > today:
        return part("state", tone="now", word=_("即将生效"))
    if version.valid_until is not None and version.valid_until < today:
        return part("state", tone="past", word=_("已失效"))
    return part("state", tone="good", word=_("生效中"))


def filing_word(version: RulePackVersion) -> str:
    """Return how far the filing with the ministry is."""
    if version.received_on is not None:
        return _("已备案（%(number)s）") % {"number": version.filing_number}
    if version.filed_on is not None:
        return _("待登记备案")
    return "" if version.state == RulePackVersion.DRAFT else _("随系统提供")


def chapters(pack: RulePack) -> tuple[Chapter, ...]:
    """Return a pack in words, matter by matter, each sentence with where it comes from and how sure it is."""
    columns = (Column(_("规定")), Column(_("由谁规定"), "nowrap"), Column(_("依据")), Column(_("可信程度")))
    found = []
    for group, sentences in groupby(in_words(pack), key=lambda one: BY_KEY[one.parameter].group):
        rows = tuple(
            Row(
                (
                    spoken((one.zh, one.en)),
                    _("本省") if one.is_own and pack.province != NATIONAL else _("国家默认"),
                    one.source,
                    confidence_mark(one.confidence),
                )
            )
            for one in sentences
        )
        title = spoken(GROUPS[group])
        found.append(Chapter(title, Table(title, columns, rows)))
    return tuple(found)


def confidence_mark(tag: str) -> SafeString | str:
    """Return how sure a parameter is; what was only inferred is marked."""
    word = spoken(CONFIDENCES[tag])
    return part("state", tone="waiting", word=word) if tag == "inf" else word


def table_of_differences(differences: Iterable[Difference], before: str, after: str) -> Table:
    """Return what differs, parameter by parameter, under the names of both sides."""
    return Table(
        _("不同之处"),
        (Column(_("项目")), Column(before), Column(after)),
        tuple(
            Row(
                (
                    spoken((BY_KEY[one.parameter].zh, BY_KEY[one.parameter].en)),
                    spoken(one.before),
                    spoken(one.after),
                )
            )
            for one in differences
        ),
    )


def table_of_parameters() -> Table:
    """Return every parameter that a pack may set: its name, how it is written, and the national default."""
    return Table(
        _("可用的参数"),
        (Column(_("参数")), Column(_("写法")), Column(_("国家默认"))),
        tuple(
            Row((one.key, spoken(one.written), spoken(one.sentence(one.of(default()))))) for one in PARAMETERS
        ),
    )
