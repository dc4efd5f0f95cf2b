"""The pages and the API of reorganisations: request, plan, dry run, decision, result, and where a school's pupils went."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.changes.admissions import child, issued
from tests.factories import PLACES, actor
from tests.status.cases import HERE, NEXT_DOOR
from tests.status.reorganised import ABOVE, LEADER, NAMES, OFFICER, begun, pupils_of_two_schools, reorganised
from tests.web.registered import as_, queries_of, text_of
from xueji.access.actions import issue_api_token
from xueji.access.models import Appointment
from xueji.status.models import Reorganisation

pytestmark = pytest.mark.usefixtures("db")


def the_request() -> Reorganisation:
    found: Reorganisation = Reorganisation.everywhere.using("owner").get()
    return found


def filled_in(**changed: str) -> dict[str, str]:
    return {
        "kind": "merge",
        "sources": HERE,
        "targets": NEXT_DOOR,
        "effective_on": str(timezone.localdate()),
        "document": "定教〔2026〕8号",
        "archives": "receiver",
        **changed,
    }


def press(browser: Client, act: str, **more: str) -> Any:
    asked = the_request()
    return browser.post(
        reverse("reorganisation-act", args=[asked.id]), {"act": act, "version": str(asked.version), **more}
    )


def test_an_officer_prepares_the_leader_decides_and_the_level_above_undoes() -> None:
    pupils_of_two_schools()
    officer, leader, above = as_(OFFICER), as_(LEADER), as_(ABOVE)
    made = officer.post(reverse("reorganisation-new"), filled_in())
    plan = text_of(officer.get(made.url))
    assert 'value="2026104"' in plan
    saved = officer.post(made.url, plan_of(officer, made.url))
    assert saved.url == reverse("reorganisation", args=[the_request().id])
    shown = text_of(officer.get(saved.url))
    assert "3 → 0" in shown
    assert "1 → 4" in shown
    press(officer, "propose")
    assert "1 份学校撤并申请等待您决定" in text_of(leader.get(reverse("inbox")))
    assert press(officer, "approve").status_code == 403
    press(leader, "approve")
    assert the_request().state == "done"
    for browser in (officer, as_(f"r{NEXT_DOOR}"), above):
        assert "2026104" in text_of(browser.get(saved.url))
    school = text_of(officer.get(reverse("school", args=[PLACES[HERE]])))
    assert "3 个班、3 名学生划到" in school
    assert "定海区第二小学" in school
    press(above, "undo", reason="误办")
    assert the_request().state == "undone"


def plan_of(browser: Client, address: str) -> dict[str, str]:
    """Return the plan's form as it is shown: every class where it is."""
    page = browser.get(address)
    return {
        f"{name}-{row['one'].id}": str(value)
        for group in page.context["groups"]
        for row in group["classes"]
        for name, value in (
            ("class", row["line"].target_id or "stay"),
            ("number", row["line"].number),
            ("name", row["line"].name),
        )
    }


def test_a_grade_is_sent_as_a_whole_and_the_pupil_s_page_tells_of_it() -> None:
    first, *_ = pupils_of_two_schools()
    officer = as_(OFFICER)
    made = officer.post(reverse("reorganisation-new"), filled_in(kind="split", archives=""))
    groups = officer.get(made.url).context["groups"]
    target = str(next(iter(officer.get(made.url).context["targets"])).id)
    youngest = next(group for group in groups if group["year"] == 2026)
    officer.post(made.url, plan_of(officer, made.url) | {youngest["key"]: target})
    press(officer, "propose")
    press(as_(LEADER), "approve")
    assert the_request().state == "done"
    record = text_of(as_(f"r{NEXT_DOOR}").get(reverse("student", args=[first])))
    assert "学校撤并，随班划转" in record
    assert NAMES[0] in record


def test_where_admitted_pupils_are_to_come_is_chosen_shown_and_told_to_a_program() -> None:
    pupils_of_two_schools()
    issued([child(41)])
    officer = as_(OFFICER)
    made = officer.post(reverse("reorganisation-new"), filled_in(kind="split", archives=""))
    groups = officer.get(made.url).context["groups"]
    target = str(next(iter(officer.get(made.url).context["targets"])).id)
    first = next(group["classes"][0]["one"].id for group in groups if group["year"] == 2026)
    divided = plan_of(officer, made.url) | {f"class-{first}": target}
    officer.post(made.url, divided)
    shown = reverse("reorganisation", args=[the_request().id])
    assert "还没有说明到哪里报到" in text_of(officer.get(shown))
    officer.post(made.url, divided | {"awaited-0": target})
    ahead = text_of(officer.get(shown))
    assert "2026 年小学" in ahead
    assert "还没有说明到哪里报到" not in ahead
    press(officer, "propose")
    press(as_(LEADER), "approve")
    assert "改到接收学校报到的新生" in text_of(officer.get(shown))
    told = officer.get(f"/api/v1/reorganisations/{the_request().id}").json()["awaited"]
    assert [(one["pupils"], one["to_school"], one["is_unsaid"]) for one in told] == [
        (1, "定海区第二小学", False)
    ]


def test_a_school_that_awaits_pupils_leads_to_the_reorganisation_too() -> None:
    issued([child(41)])
    refused = as_(OFFICER).post(reverse("school-close", args=[PLACES[HERE]]), {})
    assert refused.status_code == 409
    assert f"{reverse('reorganisation-new')}?school={PLACES[HERE]:012d}" in text_of(refused)


def test_what_is_filled_in_wrongly_is_said_on_the_form() -> None:
    officer = as_(OFFICER)
    wrong = officer.post(reverse("reorganisation-new"), filled_in(targets="2133009999"))
    assert wrong.status_code == 422
    assert "没有标识码为 2133009999 的学校" in text_of(wrong)
    elsewhere = officer.post(reverse("reorganisation-new"), filled_in(targets="2151000001"))
    assert elsewhere.status_code == 403


def test_a_plan_that_is_stopped_says_why_above_the_page() -> None:
    pupils_of_two_schools()
    begun(document="")
    stopped = press(as_(OFFICER), "propose")
    assert stopped.status_code == 409
    assert "请填写批准文号" in text_of(stopped)
    returned = press(as_(OFFICER), "return")
    assert returned.status_code == 422


def test_closing_a_school_with_pupils_leads_to_the_reorganisation() -> None:
    pupils_of_two_schools()
    refused = as_(OFFICER).post(reverse("school-close", args=[PLACES[HERE]]), {})
    assert refused.status_code == 409
    assert f"{reverse('reorganisation-new')}?school={PLACES[HERE]:012d}" in text_of(refused)


def test_who_may_not_is_kept_out_and_a_draft_is_nobody_else_s() -> None:
    pupils_of_two_schools()
    request = begun()
    registrar = as_(f"r{HERE}")
    assert registrar.get(reverse("reorganisation-new")).status_code == 403
    assert registrar.get(reverse("reorganisation", args=[request.id])).status_code == 404
    assert as_("o330000").get(reverse("reorganisation", args=[request.id])).status_code == 404
    assert as_(LEADER).get(reverse("reorganisation-plan", args=[request.id])).status_code == 403


def test_a_page_takes_few_statements() -> None:
    pupils_of_two_schools()
    request = reorganised()
    assert queries_of(as_(OFFICER), reverse("reorganisation", args=[request.id])) <= 32
    assert queries_of(as_(OFFICER), reverse("reorganisations")) <= 16


# The API -----------------------------------------------------------------------------------------


class Program:
    """A program with the token of an account."""

    def __init__(self, username: str) -> None:
        appointment = Appointment.objects.using("owner").get(pk=actor(username).appointment_id)
        token = issue_api_token(appointment, name="测试", now=timezone.now(), using="owner")
        self.client, self.number = Client(headers={"authorization": f"Bearer {token}"}), 0

    def post(self, address: str, content: dict[str, Any]) -> tuple[int, Any]:
        self.number += 1
        answer = self.client.post(
            f"/api/v1{address}",
            json.dumps(content),
            content_type="application/json",
            headers={"idempotency-key": f"k{self.number}-{id(self)}"},
        )
        return answer.status_code, answer.json()

    def get(self, address: str) -> Any:
        return self.client.get(f"/api/v1{address}").json()


def test_a_program_prepares_decides_and_undoes() -> None:
    pupils_of_two_schools()
    officer, leader, above = Program(OFFICER), Program(LEADER), Program(ABOVE)
    status, made = officer.post(
        "/reorganisations",
        {
            "kind": "split",
            "sources": [HERE],
            "targets": [NEXT_DOOR],
            "effective_on": str(timezone.localdate()),
            "document": "定教〔2026〕8号",
            "classes": [{"school": HERE, "number": "2026101", "to": NEXT_DOOR, "new_number": "B1"}],
        },
    )
    assert (status, made["state"], made["findings"]) == (201, "draft", [])
    assert [one["new_number"] for one in made["classes"] if one["to_school"]] == ["B1"]
    assert {one["name"]: one["pupils_after"] for one in made["schools"]} == {
        "定海区第一小学": 2,
        "定海区第二小学": 2,
    }
    address = f"/reorganisations/{UUID(made['id'])}"
    status, proposed = officer.post(f"{address}/propose", {"version": made["version"]})
    assert (status, proposed["state"]) == (200, "with_leader")
    assert officer.post(f"{address}/approve", {"version": proposed["version"]})[0] == 403
    status, done = leader.post(f"{address}/approve", {"version": proposed["version"]})
    assert (status, done["state"]) == (200, "done")
    assert [one["id"] for one in officer.get("/reorganisations")["items"]] == [made["id"]]
    status, undone = above.post(f"{address}/undo", {"version": done["version"], "reason": "误办"})
    assert (status, undone["state"], above.get(address)["state"]) == (200, "undone", "undone")


def test_a_class_or_school_that_is_not_there_is_refused() -> None:
    officer = Program(OFFICER)
    content = {"kind": "merge", "sources": [HERE], "targets": ["2133009999"], "effective_on": "2026-09-10"}
    assert officer.post("/reorganisations", content)[1]["code"] == "no-such-school"
    content |= {"targets": [NEXT_DOOR], "classes": [{"school": HERE, "number": "X", "to": NEXT_DOOR}]}
    assert officer.post("/reorganisations", content)[1]["code"] == "no-such-class"
    assert officer.get("/reorganisations")["items"] == []
