"""Every page, for whoever may see it: no barrier, no sideways scrolling, no script in it, no fault in the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories
from tests.changes.admissions import admissions, given_in, issued
from tests.changes.admissions import child as admitted
from tests.changes.rosters_as_csv import as_csv
from tests.changes.test_problems import SAME_COUNTY, the_case
from tests.disclosures import leaving
from tests.factories import PLACES, TODAY, actor, pupil, school
from tests.journeys.conftest import Visit
from tests.journeys.visitors import DESKTOP, PHONE
from tests.status.cases import approved, enrolled, filed, to_class
from tests.status.leavers import graduated, last_grade, older
from tests.web.registered import one_called, register
from xueji.access.actions import invite, open_account
from xueji.access.models import Alarm
from xueji.access.rules.permissions import Role
from xueji.access.scope import acting
from xueji.changes.actions import rosters
from xueji.changes.models import Case, RosterBatch
from xueji.changes.rules.problem_records import OF_ADMISSION
from xueji.changes.rules.roster_steps import Act
from xueji.organisations.actions_packs import change_draft, draft_pack
from xueji.organisations.models import Class, RulePackVersion
from xueji.status.actions import cases, class_requests, graduations, promotion, reorganisations
from xueji.status.actions.drafts import keep_draft
from xueji.status.models import SealedCopy
from xueji.status.rules.reorganisation import Kind
from xueji.students import actions_canaries, actions_emergency
from xueji.students.actions_look_ups import match
from xueji.students.models import Student

HERE = "2133000001"
PLACE = PLACES[HERE]
REGISTRAR, LEADER, OFFICER, ADMINISTRATOR, SECURITY = f"r{HERE}", f"l{HERE}", "o330902", "a330902", "w330902"
LONG_NAME = "阿卜杜热合曼·麦麦提吐尔逊"
LONG_SCHOOL = "定海区阿卜杜热合曼·麦麦提吐尔逊纪念九年一贯制寄宿学校"
SAMPLE_FINDINGS = [
    pupil(20, name=LONG_NAME, document_number="330902201909010000"),
    pupil(21, name="王1", class_number="2099199", phone="12345"),
    pupil(22, name=LONG_NAME + "娜", present_address="很长的地址" * 30),
    pupil(23, name="好合成"),
]


@dataclass(frozen=True)
class World:
    """A county in the middle of September: something on every desk."""

    checked: UUID
    unreadable: UUID
    with_leader: UUID
    with_authority: UUID
    registered: UUID
    student: UUID
    provisional: UUID
    case: UUID
    class_id: int
    empty_class: int
    appointment: int
    link: str
    last_grade: int
    graduation: UUID
    split: UUID
    left: UUID
    begun: UUID
    change: UUID
    returned: UUID
    done: UUID
    copy: UUID
    code: str
    draft: int
    promotion: UUID
    other_pack: int
    admitted: UUID
    to_issue: UUID
    awaited: UUID
    dispute: UUID
    reorganisation: UUID
    approval: UUID
    in_force: UUID
    waiting: UUID
    made: UUID
    failed: UUID
    alarm: int
    emergency: UUID
    running: UUID


def admitted_here() -> dict[str, UUID]:
    """Admit pupils by lists, one of them to two schools."""
    found = issued([admitted(1200, name=LONG_NAME + "录"), admitted(1201), admitted(1202)])
    issued([admitted(1202, SAME_COUNTY)])
    waiting = given_in([admitted(1203), admitted(1204, document_number="1", name=LONG_NAME)])
    dispute = Case.everywhere.using("owner").get(problem=OF_ADMISSION)
    return {
        "admitted": found.id,
        "to_issue": waiting.id,
        "awaited": admissions(found.id)[0].id,
        "dispute": dispute.id,
    }


def leaving_here() -> dict[str, UUID]:
    """Leave approvals and exports of the county in every state that has a page of its own."""
    leaving.colleagues()
    approval = leaving.in_force(purpose=LONG_NAME * 3, recipient=LONG_SCHOOL)
    small = leaving.in_force(row_cap=1)
    return {
        "approval": leaving.recorded(government=LONG_SCHOOL).pk,
        "in_force": approval.pk,
        "waiting": leaving.requested(approval).pk,
        "made": leaving.made(approval).pk,
        "failed": leaving.settled(leaving.released(small)).pk,
    }


def in_an_emergency(*, is_granted: bool = False) -> UUID:
    """Let the officer of a county ask for a pupil of another one; return the access."""
    if not Student.everywhere.using("owner").filter(name="邻县合成").exists():
        register(pupil(60, name="邻县合成"), identifier="2133000003", officer="o330903")
    number, now = pupil(60)["document_number"], timezone.now()
    by, leader = actor(OFFICER), actor("l330902")
    with acting(by.scope):
        asked = actions_emergency.ask(
            number=number, name="邻县合成", kind="found", reason=LONG_SCHOOL, by=by, above=330900 * 1_000_000, now=now
        )  # fmt: skip
    if is_granted:
        with acting(leader.scope):
            actions_emergency.decide(asked.id, is_granted=True, by=leader, now=now)
    return asked.id


def looked_up_in_vain() -> int:
    """Let a registrar look up a canary of the county; return the alarm."""
    factories.account(SECURITY, 330902 * 1_000_000, "security")
    keeper, by, today = actor(SECURITY), actor(REGISTRAR), timezone.localdate()
    with acting(keeper.scope):
        (canary,) = actions_canaries.draw(1, note=LONG_SCHOOL, by=keeper, today=today)
    with acting(by.scope):
        match(actions_canaries.shown(canary), LONG_NAME, act="status.match", by=by, today=today)
    return int(Alarm.everywhere.using("owner").get().pk)


def uploaded(pupils: list[dict[str, str]], name: str, content: bytes = b"") -> RosterBatch:
    batch, _ = rosters.receive(
        content or as_csv(pupils), file_name=name, school=school(HERE), by=actor(REGISTRAR)
    )
    return rosters.check_batch(batch.id, today=TODAY)


def submitted(pupils: list[dict[str, str]], name: str) -> RosterBatch:
    return rosters.submit(uploaded(pupils, name).id, by=actor(REGISTRAR), today=TODAY)


@pytest.fixture
def world(site: str) -> World:
    register(pupil(0, name="本来在此"), identifier=SAME_COUNTY)
    nobody = {
        "document_type": "其他", "document_number": None, "sex": "女", "birth_on": "2019-09-09"
    }  # fmt: skip
    leaver = pupil(9, name=LONG_NAME + "丁", class_number="2025101")
    register(pupil(1, name=LONG_NAME), pupil(2, name="欧阳若溪"), pupil(3, **nobody, name="无证合成"), leaver)
    older(of=2025, entry_year=2020)
    asked = graduations.begin(last_grade(entry_year=2020), by=actor(REGISTRAR), today=TODAY)
    student, provisional = one_called(LONG_NAME), one_called("无证合成")
    # The number of a pupil of the school next door, under another name: a problem record.
    submitted([pupil(0, name=LONG_NAME + "甲"), pupil(4, name="周合成")], "一年级.csv")
    waiting = submitted([pupil(5, name=LONG_NAME + "乙"), pupil(6, name="郑合成")], "一年级二班.csv")
    forwarded = submitted([pupil(7, name=LONG_NAME + "丙"), pupil(8, name="冯合成")], "一年级三班.csv")
    rosters.decide(
        forwarded.id, act=Act.APPROVE, by=actor(LEADER), today=TODAY, reason="未到校报到", except_rows=[3]
    )
    checked = uploaded(SAMPLE_FINDINGS, f"{LONG_SCHOOL}二〇二六年秋季新生名册（第二次更正）.csv")
    unreadable = uploaded([], "照片.xlsx", b"\xff\xd8\xff")
    administrator = actor(ADMINISTRATOR)
    with acting(administrator.scope):
        account, appointment = open_account(
            username="a.rather.long.user-name.of.40.letters.xx",
            name=LONG_NAME,
            place=PLACE,
            role=Role.REGISTRAR,
            by=administrator,
            above=administrator.place,
            today=TODAY,
        )
        token = invite(account, now=timezone.now())
    writer = actor("a330000")
    with acting(writer.scope):
        draft = draft_pack(by=writer, today=timezone.localdate())
        window = "[transfer]\nwindows = ['02-20..03-20']\n"
        change_draft(draft.pk, text=draft.text + window, by=writer)
    classes = Class.everywhere.using("owner").filter(school__identifier=HERE)
    registered = RosterBatch.everywhere.using("owner").get(state="registered", place=PLACE)
    today = timezone.localdate()
    leaving, staying = (enrolled(f"{LONG_NAME}{one}", serial) for one, serial in (("庚", 10), ("戊", 11)))
    moved = filed("transfer", leaving, to_class(SAME_COUNTY), by=f"r{SAME_COUNTY}", today=today)
    approved(moved.id, f"l{SAME_COUNTY}", LEADER, OFFICER, today=today)
    suspension = {"reason": "10", "since": str(today), "until": str(today + timedelta(days=90))}
    done = filed("suspension", staying, suspension, by=REGISTRAR, today=today)
    approved(done.id, LEADER, OFFICER, today=today)
    coming = enrolled(LONG_NAME + "己", 12, at=SAME_COUNTY)
    change = filed("transfer", coming, to_class(HERE), by=REGISTRAR, today=today)
    returned = filed("suspension", provisional.id, suspension, by=REGISTRAR, today=today)
    cases.send_back(returned.id, reason="请补医院证明", by=actor(LEADER), today=today)
    truant = enrolled(LONG_NAME + "壬", 13)
    gone = {"reason": "B", "since": str(today), "whereabouts": "unknown", "note": "两次家访"}
    approved(filed("dropout", truant, gone, by=REGISTRAR, today=today).id, LEADER, OFFICER, today=today)
    registrar = actor(REGISTRAR)
    with acting(registrar.scope):
        begun = keep_draft(
            "suspension", {}, by=registrar, today=today, student_id=student.id, name=student.name
        )
        split = class_requests.propose(
            classes.get(number="2026101").grade_id,
            {student.id: "2026104"},
            opens={"2026104": "4班"},
            by=registrar,
            today=today,
        )
    leaver_there = pupil(30, name=LONG_NAME + "辛", class_number="2025101")
    register(leaver_there, identifier=SAME_COUNTY)
    older(at=SAME_COUNTY, of=2025, entry_year=2020)
    left = graduated(SAME_COUNTY, entry_year=2020, today=today)
    return World(
        begun=begun,
        change=change.id,
        returned=returned.id,
        done=done.id,
        copy=SealedCopy.everywhere.using("owner").get().id,
        code=change.tracking_code,
        checked=checked.id,
        unreadable=unreadable.id,
        with_leader=waiting.id,
        with_authority=forwarded.id,
        registered=registered.id,
        student=student.id,
        provisional=provisional.id,
        case=the_case().id,
        class_id=classes.get(number="2026101").pk,
        empty_class=classes.get(number="2025103").pk,
        appointment=appointment.pk,
        link=token,
        last_grade=last_grade(entry_year=2020),
        graduation=asked.id,
        split=split,
        left=left.id,
        promotion=promotion.plan(area=0, school_year=2027, by=actor("o000000"), today=TODAY).id,
        draft=draft.pk,
        reorganisation=reorganisations.begin(
            reorganisations.Said(
                Kind.CLOSE, [PLACE], [PLACES["2133000002"], PLACES["3133000001"]], today, "定教〔2026〕8号"
            ),
            by=actor(OFFICER),
            today=today,
        ).id,
        other_pack=RulePackVersion.objects.using("owner").get(province="43").pk,
        alarm=looked_up_in_vain(),
        emergency=in_an_emergency(),
        running=in_an_emergency(is_granted=True),
        **admitted_here(),
        **leaving_here(),
    )


@dataclass(frozen=True)
class Stop:
    """A page on the way: the name of its address, what the address holds, and its query."""

    name: str
    args: Callable[[World], tuple[object, ...]] = lambda world: ()
    query: str = ""
    # Pressed there first, for a page that only an answer shows.
    then: str = ""


def of(field: str) -> Callable[[World], tuple[object, ...]]:
    return lambda world: (getattr(world, field),)


def here(world: World) -> tuple[object, ...]:
    return (PLACE,)


def zhejiang(world: World) -> tuple[object, ...]:
    return ("33",)


def county(world: World) -> tuple[object, ...]:
    return (330902 * 1_000_000,)


def class_that_leaves(world: World) -> tuple[object, ...]:
    classes = Class.everywhere.using("owner").filter(grade_id=world.last_grade)
    return (world.graduation, classes.get(number="2025101").pk)


TOURS: dict[str, tuple[Stop, ...]] = {
    "": (
        Stop("sign-in"),
        Stop("sign-in", then="登录"),
        Stop("invitation", of("link")),
        Stop("track"),
        Stop("track", query="code=23456789ABCDEFGHJKLM"),
        Stop("track", query="code={code}"),
    ),
    REGISTRAR: (
        Stop("inbox"),
        Stop("inbox", query="due=today"),
        Stop("rosters"),
        Stop("roster-new"),
        Stop("roster-new", then="上传并检查"),
        Stop("roster-one"),
        Stop("roster-one", then="检查并提交"),
        Stop("roster", of("checked")),
        Stop("roster", of("checked"), "severity=warning"),
        Stop("roster", of("unreadable")),
        Stop("roster", of("registered")),
        Stop("roster", of("with_leader"), then="撤回"),
        Stop("students"),
        Stop("students", query="q=nobody"),
        Stop("student", of("student")),
        Stop("student-readers", of("student")),
        Stop("student-show", lambda world: (world.student, "document")),
        Stop("student-upgrade", of("provisional")),
        Stop("admissions"),
        Stop("admissions", query="status=disputed"),
        Stop("admissions", then="登记未报到"),
        Stop("admissions", query="status=not_come"),
        Stop("roster-one", query="admission={awaited}"),
        Stop("roster-one", then="调取学前教育记录"),
        Stop("admission-dispute", of("dispute")),
        Stop("problems"),
        Stop("problem", of("case")),
        Stop("problem", of("case"), "answer=prove-filed"),
        Stop("problem", of("case"), "answer=correct-filed"),
        Stop("changes"),
        Stop("changes", query="tab=filed"),
        Stop("changes", query="tab=drafts"),
        Stop("change-new"),
        Stop("change-new", then="查找学生"),
        Stop("change-choose", of("student")),
        Stop("change-draft", of("begun")),
        Stop("change-draft", of("begun"), then="核对"),
        Stop("change", of("change")),
        Stop("change-slip", of("change")),
        Stop("change-answer", of("returned")),
        Stop("left-pupils"),
        Stop("left-pupil", of("copy")),
        Stop("school", here),
        Stop("class", of("class_id")),
        Stop("class", of("class_id"), then="下一步看结果"),
        Stop("class-requests"),
        Stop("class-requests", query="state=refused"),
        Stop("absent"),
        Stop("absent", query="tab=pool"),
        Stop("class-request", of("split")),
        Stop("class", of("empty_class")),
        Stop("class-open", here),
        Stop("graduations"),
        Stop("graduation-grade", of("last_grade")),
        Stop("graduation", of("graduation")),
        Stop("graduation-class", class_that_leaves),
        Stop("graduation-class", class_that_leaves, then="保存"),
        Stop("graduation", of("graduation"), then="提交学校负责人"),
        Stop("accounts"),
        Stop("overdue"),
        Stop("overdue-list", query="state=open"),
    ),
    LEADER: (
        Stop("account"),
        Stop("account-password"),
        Stop("account-password", then="保存新密码"),
        Stop("mfa_add_webauthn"),
        Stop("mfa_activate_totp"),
        Stop("mfa_activate_totp", then="启用"),
        Stop("account_reauthenticate"),
        Stop("mfa_generate_recovery_codes"),
        Stop("inbox"),
        Stop("class-request", of("split")),
        Stop("stand-ins"),
        Stop("stand-ins", then="指定代理"),
        Stop("notices"),
        Stop("overdue"),
        Stop("graduation", of("graduation")),
        Stop("changes"),
        Stop("changes", query="tab=clear"),
        Stop("change", of("change")),
        Stop("roster", of("with_leader")),
        Stop("roster", of("with_leader"), then="同意…"),
        Stop("roster", of("with_leader"), then="退回整个名册"),
    ),
    OFFICER: (
        Stop("emergencies"),
        Stop("emergency-new"),
        Stop("emergency-new", then="提交"),
        Stop("emergency", of("running")),
        Stop("emergency-pupil", of("running")),
        Stop("inbox"),
        Stop("class-requests"),
        Stop("class-request", of("split")),
        Stop("absent", query="tab=dropouts"),
        Stop("dropout-report"),
        Stop("changes", query="tab=closed"),
        Stop("change", of("done")),
        Stop("discreet"),
        Stop("change-choose", of("student")),
        Stop("change-discreet", lambda world: (world.student, "placement")),
        Stop("rosters-overdue"),
        Stop("rosters"),
        Stop("roster", of("with_authority")),
        Stop("roster", of("with_authority"), then="同意…"),
        Stop("admissions"),
        Stop("admission-new"),
        Stop("admission-new", then="导入并检查"),
        Stop("admission", of("to_issue")),
        Stop("admission", of("admitted")),
        Stop("admission", of("admitted"), then="撤回"),
        Stop("admission-pupils", of("admitted")),
        Stop("admission-pupils", of("admitted"), "status=not_come"),
        Stop("admission-dispute", of("dispute")),
        Stop("preschool"),
        Stop("preschool", then="只检查"),
        Stop("students"),
        Stop("student", of("student")),
        Stop("problems"),
        Stop("problem", of("case")),
        Stop("problem-new", query="student={student}"),
        Stop("promotions"),
        Stop("promotion", of("promotion")),
        Stop("overdue"),
        Stop("overdue-list", query="state=late"),
        Stop("graduations"),
        Stop("graduation", of("graduation")),
        Stop("graduation", of("left")),
        Stop("graduation-undo", of("left")),
        Stop("reorganisations"),
        Stop("reorganisation-new", query=f"school={PLACE:012d}"),
        Stop("reorganisation-new", then="下一步：安排班级"),
        Stop("reorganisation-edit", of("reorganisation")),
        Stop("reorganisation-plan", of("reorganisation")),
        Stop("reorganisation-plan", of("reorganisation"), then="保存，看试算"),
        Stop("reorganisation", of("reorganisation"), then="提交主管领导"),
        Stop("schools"),
        Stop("authority", county),
        Stop("school-open", county),
        Stop("school-rename", here),
        Stop("school-identifier", here),
        Stop("school-close", here),
        Stop("exports"),
        Stop("export", of("waiting")),
        Stop("export", of("made")),
        Stop("export-new"),
        Stop("export-new", then="提交放行"),
        Stop("approvals"),
        Stop("approval-new"),
        Stop("approval-new", then="登记，提交复核"),
        Stop("approval", of("approval")),
        Stop("approval", of("in_force")),
    ),
    leaving.LEADER: (
        Stop("exports"),
        Stop("export", of("waiting")),
        Stop("export", of("waiting"), then="不予放行"),
        Stop("approvals"),
        Stop("approval", of("approval")),
        Stop("approval", of("approval"), then="不同意"),
        Stop("approval", of("in_force")),
    ),
    leaving.AUDITOR: (
        Stop("exports"),
        Stop("export", of("failed")),
        Stop("trace"),
        Stop("trace", then="追查"),
    ),
    "o330900": (Stop("change", of("done")), Stop("change-undo", of("done"))),
    "o330000": (Stop("authority", lambda world: (33 * 10**10,)),),
    "o000000": (Stop("promotions"), Stop("promotion", of("promotion"))),
    "l000000": (Stop("promotion", of("promotion")), Stop("promotion", of("promotion"), then="启动升级…")),
    "l330902": (Stop("inbox"), Stop("emergency", of("emergency"))),
    SECURITY: (
        Stop("inbox"),
        Stop("look-ups"),
        Stop("look-up-lift", lambda world: ("number", "account", actor(REGISTRAR).account_id)),
        Stop("look-up-lift", lambda world: ("number", "account", actor(REGISTRAR).account_id), then="放宽"),
        Stop("alarms"),
        Stop("alarms", query="all=yes"),
        Stop("alarm-settle", of("alarm")),
        Stop("canaries"),
        Stop("canaries", then="登记"),
    ),
    "a330000": (
        Stop("packs"),
        Stop("pack", lambda world: ("51",)),
        Stop("pack", lambda world: ("51",), "with={other_pack}"),
        Stop("pack-draft", zhejiang),
        Stop("pack-draft", zhejiang, then="检查"),
    ),
    "l330000": (Stop("pack", zhejiang), Stop("pack-put-in-force", of("draft"))),
    ADMINISTRATOR: (
        Stop("inbox"),
        Stop("accounts"),
        Stop("account-open"),
        Stop("account-open", then="开设账号"),
        Stop("training", of("appointment")),
        Stop("training", of("appointment"), then="登记证书"),
        Stop("sealed-accounts"),
        Stop("permissions"),
        Stop("permissions", query="role=security&level=school"),
        Stop("appointment-page", of("appointment")),
    ),
}
ELSEWHERE = {
    # Answers that are no pages: fragments, files, and forms that lead on.
    "inbox-count", "roster-progress", "roster-template", "roster-corrected", "problem-paper", "watermark",
    "sign-out", "set-language", "choose-theme", "switch-appointment", "rosters-approve", "roster-submit",
    "roster-undo", "roster-decide", "problem-file", "problem-state", "problem-numbers", "problem-decide",
    "class-move", "class-request-act", "dropout-report-file", "class-close", "graduation-begin", "graduation-destination", "graduation-act", "reorganisation-act", "appointment-end", "promotion-progress", "promotion-settle",
    "change-decide", "change-drop", "change-paper",
    "promotion-start", "promotion-undo", "account-link", "pack-receive",
    "stand-in-end", "notices-read",
    # tests/journeys/test_sealing.py walks it.
    "unseal-ask", "unseal-decide",
    # A form that leads back to its list.
    "canary-retire",
    # Shown to who has a second factor: tests/journeys/test_sign_in.py walks them.
    "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_deactivate_totp",
    "mfa_remove_webauthn", "mfa_view_recovery_codes",
    "mfa_login_webauthn", "sign-out-everywhere",
    # The names by which django-allauth knows two of our pages.
    "account_login", "mfa_index",
    "admission-template", "admission-act", "admission-issue",
    "admission-withdraw", "admission-dispute-file", "admission-dispute-state", "admission-dispute-decide", "admission-dispute-undo",
    "preschool-template",
    "export-act", "export-file", "approval-act", "approval-scan", "class-list",
    # Addresses that lead to a page of another name.
    "organisations", "school-by-identifier",
}  # fmt: skip


def names_of(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Return the names of all addresses of pages; those of the API are described elsewhere."""
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLPattern):
            found |= {one.name} if one.name else set()
        elif one.namespace is None:
            found |= names_of(one.url_patterns)
    return found


def test_every_address_is_on_a_tour() -> None:
    toured = {stop.name for stops in TOURS.values() for stop in stops}
    assert names_of(get_resolver().url_patterns) == toured | ELSEWHERE


@pytest.mark.parametrize("username", TOURS)
def test_every_page_is_open_to_everybody_on_every_screen(visit: Visit, world: World, username: str) -> None:
    visitor = visit(username)
    faults: list[str] = []
    for stop in TOURS[username]:
        query = stop.query.format(**vars(world))
        address = reverse(stop.name, args=stop.args(world)) + (f"?{query}" if query else "")
        visitor.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        visitor.go(address)
        if stop.then:
            for box in visitor.page.locator("input[name=selected]").all()[:1]:
                box.check()
            # What the browser would hold back itself, the server answers: that page is looked at, too.
            visitor.page.evaluate("for (const form of document.forms) form.noValidate = true")
            visitor.press(stop.then)
            visitor.page.wait_for_load_state()
        found = [*visitor.barriers(), *visitor.barriers(dark=True), *visitor.inline_scripts()]
        visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if visitor.is_too_wide():
            found.append("too wide for a phone")
        faults += [f"{address} {stop.then}: {one}" for one in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("username", [REGISTRAR, OFFICER])
def test_every_page_fits_a_phone_in_english_too(visit: Visit, world: World, username: str) -> None:
    visitor = visit(username, size=PHONE)
    visitor.page.locator("header details.menu").last.locator("summary").click()
    visitor.page.locator("header details.menu button[value=en]").click()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    wide = []
    for stop in TOURS[username]:
        if not stop.then:
            address = f"{reverse(stop.name, args=stop.args(world))}?{stop.query.format(**vars(world))}"
            if visitor.go(address).is_too_wide():
                wide.append(address)
    assert not wide
