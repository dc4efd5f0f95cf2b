"""普职融通 General-vocational programmes: a dual-track record in senior secondary, by what the province arranged.

The enrolment stays where it is; the record says which programme, on which track, with which partner school. Moves
in and out are possible in the years and terms that the province's pack names, and nowhere without such a pack.

Source: 《中小学生学籍管理办法》 (2025) art. 28: handled by provincial rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.organisations.rules.pack_codes import PROGRAMMES
from xueji.status.rules.common import day_in, must_attend
from xueji.status.rules.facts import SENIOR_GRADES, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.marks import begun, over
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party

MARK: Final = "programme"
ARTICLE: Final = "《办法》第二十八条"
TO_VOCATIONAL, TO_GENERAL, BOTH = "to_vocational", "to_general", "both"
TRACKS: Final = CodeList(
    "programme_track",
    "《中小学生学籍管理办法》第二十八条；本省规定",
    (
        Code(TO_VOCATIONAL, "转入职业教育课程", "Into vocational courses"),
        Code(TO_GENERAL, "转入普通高中课程", "Into general courses"),
        Code(BOTH, "双轨学习", "Both tracks"),
    ),
)
# Months of the second term; the others belong to the first.
SECOND_TERM: Final = range(2, 8)


def year_and_term(facts: Facts, on: date) -> tuple[int, int]:
    """Return the year of senior secondary, 1 to 3, and the term, 1 or 2, of a day in the present school year."""
    return facts.grade - SENIOR_GRADES.start + 1, 2 if on.month in SECOND_TERM else 1


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_attend(facts), *_of_programme(facts, payload))


def _of_programme(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    here, rules, source = Party.SCHOOL, facts.pack.programme_terms, facts.pack.source
    chosen, track = payload.get("programme"), payload.get("track")
    if not facts.is_senior:
        yield Obstacle("not-senior", Weight.STOPS, here, "普职融通只在高中阶段办理。", "Programmes of this kind belong to senior secondary school.", ARTICLE)  # fmt: skip
        return
    if not facts.pack.programmes:
        yield Obstacle("no-programme", Weight.STOPS, here, "本省没有设置普职融通项目，不能办理。", "Your province has no such programme.", f"{ARTICLE}；{source}", "programme")  # fmt: skip
        return
    if chosen and chosen not in facts.pack.programmes:
        yield Obstacle("programme-not-here", Weight.STOPS, here, "本省没有这个项目，请选择本省设置的项目。", "Your province does not have this programme; choose one it has.", f"{ARTICLE}；{source}", "programme")  # fmt: skip
    if facts.running(MARK) is not None:
        yield Obstacle("in-programme", Weight.STOPS, here, "该生已在普职融通项目中，请先办理退出。", "The pupil is in a programme already; have that ended first.", ARTICLE)  # fmt: skip
    since = day_in(payload, "since")
    if since is None:
        return
    year, term = year_and_term(facts, since)
    if year < rules.first_year:
        yield Obstacle(
            "too-early", Weight.STOPS, here,
            f"按本省规定，高中{'一二三'[rules.first_year - 1]}年级起才能办理。",
            f"By the rules of your province this is possible from year {rules.first_year} of senior secondary on.",
            f"{ARTICLE}；{source}", "since",
        )  # fmt: skip
    elif track == TO_VOCATIONAL and rules.to_vocational and (year, term) not in rules.to_vocational:
        yield Obstacle("other-term", Weight.STOPS, here, "按本省规定，这个学期不能转入职业教育课程。", "By the rules of your province nobody moves into vocational courses in this term.", f"{ARTICLE}；{source}", "since")  # fmt: skip
    if track == TO_VOCATIONAL and rules.to_vocational_make_up:
        yield Obstacle("make-up", Weight.WARNS, here, "转入后须补修所缺的专业课程。", "Missed vocational courses have to be made up.", source)  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """The guardian's request; the entrance mark where the province asks for it on the way into general courses."""
    needed = [PaperNeed("application")]
    if payload.get("track") == TO_GENERAL and facts.pack.programme_terms.to_general_entrance_mark:
        needed.append(PaperNeed("entrance_result"))
    return tuple(needed)


def effect(facts: Facts, payload: Payload) -> Plan:
    details = {
        "programme": payload["programme"],
        "track": payload["track"],
        "partner": payload.get("partner", ""),
        "grade": facts.grade,
    }
    return plan(begun(facts, facts.new_ids[0], MARK, day_in(payload, "since") or facts.today, details))


KIND: Final = Kind(
    code="programme",
    zh="参加普职融通",
    en="Joining a general-vocational programme",
    source="《中小学生学籍管理办法》（2025）第二十八条；本省规定",
    change_code="",
    fields=(
        Field("programme", "项目", "Programme", Input.CODE, PROGRAMMES),
        Field("track", "学习方向", "Track", Input.CODE, TRACKS),
        Field("partner", "合作学校", "Partner school"),
        Field("since", "开始日期", "From", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "key_data", "class_change"}),
)


def end_obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return tuple(_of_end(facts, payload))


def _of_end(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    mark, until = facts.running(MARK), day_in(payload, "until")
    if mark is None:
        yield Obstacle("no-programme-runs", Weight.STOPS, Party.SCHOOL, "该生没有参加普职融通项目。", "The pupil is in no programme.", ARTICLE)  # fmt: skip
    elif until is not None and until < mark.since:
        yield Obstacle("dates", Weight.STOPS, Party.SCHOOL, "退出日期早于参加日期。", "It would end before it began.", "", "until")  # fmt: skip


def end_effect(facts: Facts, payload: Payload) -> Plan:
    return plan(over(facts, MARK, on=day_in(payload, "until")))


END: Final = Kind(
    code="programme_end",
    zh="退出普职融通",
    en="Leaving a general-vocational programme",
    source="《中小学生学籍管理办法》（2025）第二十八条；本省规定",
    change_code="",
    fields=(
        Field("until", "退出日期", "Until", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=end_obstacles,
    effect=end_effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "key_data", "class_change"}),
)
