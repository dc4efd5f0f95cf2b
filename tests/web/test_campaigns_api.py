"""Promotion, many cases at once, stand-ins, papers and rule packs over HTTP."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import PLACES, TODAY, account, actor, pupil
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    PAPER,
    enrolled,
    filed,
    to_class,
)
from tests.web.test_api import Caller
from xueji.access.scope import acting
from xueji.organisations import actions_packs
from xueji.organisations.models import RulePackVersion
from xueji.status.actions import promotion
from xueji.status.actions.drafts import keep_draft
from xueji.status.actions.matching import Match
from xueji.status.models import Campaign, Case, Draft

pytestmark = pytest.mark.usefixtures("db")

COUNTIES = ("o330902", "o330903", "o510104")
RECEIVER, RECEIVING_LEADER = f"r{OTHER_PROVINCE}", f"l{OTHER_PROVINCE}"


def set_today(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: day)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    set_today(monkeypatch, TODAY)


# Promotion -------------------------------------------------------------------------------


def planned() -> str:
    answer = Caller("o000000").post("/promotions", {"school_year": 2027})
    assert answer.status_code == 201, answer.json()
    return f"/promotions/{answer.json()['id']}"


def test_a_promotion_goes_from_dry_run_to_undo() -> None:
    county = Caller("o330902")
    foreseen = county.post("/promotions/check", {"school_year": 2027}, key=None).json()
    assert (foreseen["schools"], foreseen["left_out"], Campaign.objects.count()) == (3, 0, 0)
    assert {one["school"] for one in foreseen["items"]} >= {HERE, NEXT_DOOR}
    address = planned()
    assert county.get("/promotions").json()["items"][0]["state"] == "planned"
    shown = county.get(f"{address}/schools").json()["items"]
    assert [one["state"] for one in shown] == ["open"] * 3
    for who in COUNTIES:
        answer = Caller(who).post(f"{address}/sign", {}).json()
        assert answer["count"] == sum(part["signed"] for part in answer["parts"])
    started = Caller("l000000").post(f"{address}/start", {}).json()
    assert started["state"] == "running"
    promotion.run(uuid.UUID(started["id"]))
    done = Caller("o330000").get(address).json()
    assert (done["state"], done["progress"]["done"]) == ("done", 4)
    undone = Caller("o000000").post(f"{address}/undo", {"reason": "学年有误", "schools": [HERE]}).json()
    assert sum(part["undone"] for part in undone["parts"]) == 1


def test_a_school_is_compared_with_its_county_also_where_it_is_looked_at_alone() -> None:
    own = Caller(f"r{HERE}").post("/promotions/check", {"school_year": 2027}, key=None).json()
    county = Caller("o330902").post("/promotions/check", {"school_year": 2027}, key=None).json()
    assert own["items"] == [one for one in county["items"] if one["school"] == HERE]
    other = {"school_year": 2027, "area": 330903_000000}
    assert Caller("o330902").post("/promotions/check", other, key=None).status_code == 403


def test_schools_are_left_out_and_looked_at_again_by_their_own_authority() -> None:
    address, county = planned(), Caller("o330902")
    assert county.post(f"{address}/leave-out", {"schools": [HERE]}).json()["code"] == "reason-missing"
    left = county.post(f"{address}/leave-out", {"schools": [HERE], "note": "学制更正中"}).json()
    assert (left["count"], left["parts"][0]["left_out"]) == (1, 1)
    again = county.post(f"{address}/look-again", {"schools": [HERE]}).json()
    assert (again["count"], again["parts"][0]["left_out"]) == (1, 0)
    elsewhere = county.post(f"{address}/sign", {"schools": [OTHER_COUNTY]})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "no-such-school")
    first = county.get(f"{address}/schools", limit=1).json()
    rest = county.get(f"{address}/schools", limit=200, after=first["next"]).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (1, 2, None)
    assert Caller(f"r{HERE}").post(f"{address}/sign", {}).status_code == 403


def test_an_act_of_a_promotion_before_a_crash_is_told_to_who_did_it() -> None:
    ministry, leader = Caller("o000000"), Caller("l000000")
    address = planned()
    again = ministry.post("/promotions", {"school_year": 2027}, key="another")
    assert (again.status_code, f"/promotions/{again.json()['id']}") == (201, address)
    assert again.json()["note_en"]
    leader.post(f"{address}/start", {})
    assert leader.post(f"{address}/start", {}).json()["note_en"]


# Many cases at once ----------------------------------------------------------------------


def on_desk(*names: str) -> list[str]:
    """File a transfer of each pupil; all lie on the desk of the receiving school's leader."""
    return [
        str(filed("transfer", enrolled(name, n), to_class(OTHER_PROVINCE), by=RECEIVER).id)
        for n, name in enumerate(names)
    ]


def test_many_cases_are_foreseen_approved_and_refused_each_by_itself() -> None:
    one, two = on_desk("测一", "测二")
    leader = Caller(RECEIVING_LEADER)
    ahead = leader.post("/status/many/check", {"cases": [one, str(uuid.uuid4())]}, key=None).json()
    assert (ahead["done"], ahead["refused"]) == (1, 1)
    assert ahead["items"][0]["done"]["next_desk"]["party"] == "receiving_authority"
    sent = {"cases": [{"case": one, "version": 1}, {"case": two, "version": 7}]}
    answer = leader.post("/status/many/approve", sent, key="k")
    assert [one["done"] is None for one in answer.json()["items"]] == [False, True]
    assert answer.json()["items"][1]["refused"]["code"] == "not-now"
    assert leader.post("/status/many/approve", sent, key="k").headers["Idempotent-Replay"] == "true"
    # The same act under another key, as after a crash, is told as done and not done twice.
    assert leader.post("/status/many/approve", sent).json()["done"] == 1
    refusal = {"cases": [{"case": two, "version": 1}], "reason_code": "data_mismatch"}
    assert leader.post("/status/many/refuse", refusal).json()["items"][0]["done"]["state"] == "refused"
    states = Case.everywhere.using("owner").order_by("id").values_list("state", "at")
    assert list(states) == [("with_desk", 1), ("refused", 0)]


def test_many_cases_are_not_decided_by_who_may_not() -> None:
    (one,) = on_desk("测一")
    sent = {"cases": [{"case": one, "version": 1}]}
    stranger = Caller(f"l{OTHER_COUNTY}").post("/status/many/approve", sent).json()
    assert stranger["items"][0]["refused"]["code"] == "not-your-turn"
    assert Caller("a510104").post("/status/many/approve", sent).status_code == 403


# Papers ----------------------------------------------------------------------------------


def send_paper(who: str, student: uuid.UUID) -> Any:
    caller = Caller(who)
    form = {"kind": "other", "file": SimpleUploadedFile("a.pdf", PAPER)}
    address = f"/api/v1/status/pupils/{student}/papers"
    return caller.client.post(address, form, headers=caller.headers(""))


def test_nobody_attaches_papers_to_an_arbitrary_pupil() -> None:
    student = enrolled()
    assert send_paper(f"r{HERE}", student).status_code == 201
    stranger = send_paper(RECEIVER, student)
    assert (stranger.status_code, stranger.json()) == (404, send_paper(RECEIVER, uuid.uuid4()).json())
    receiver, draft = Caller(RECEIVER), {"kind": "transfer", "pupil": str(student)}
    # Knowing the id of a pupil is not knowing the pupil: no draft, no paper, no list of papers.
    guessed = receiver.post("/status/drafts", draft)
    assert (guessed.status_code, Draft.everywhere.using("owner").count()) == (404, 0)
    assert send_paper(RECEIVER, student).status_code == 404
    assert receiver.get(f"/status/pupils/{student}/papers").status_code == 404
    named = receiver.post("/status/match", {"number": pupil()["document_number"], "name": "测转学"}).json()
    ticket = {"ticket": named["ticket"]}
    assert receiver.post("/status/drafts", draft | ticket | {"kind": "suspension"}).status_code == 404
    assert receiver.post("/status/drafts", draft | ticket | {"pupil": str(uuid.uuid4())}).status_code == 404
    stolen = Caller(f"r{OTHER_COUNTY}").post("/status/drafts", draft | ticket)
    assert (stolen.status_code, stolen.json()["code"]) == (409, "ticket-unfit")
    assert receiver.post("/status/drafts", draft | ticket).status_code == 200
    assert send_paper(RECEIVER, student).status_code == 201


def test_a_draft_by_a_guessed_id_gives_nothing_even_where_it_stands() -> None:
    student = enrolled()
    Draft.everywhere.using("owner").create(
        id=uuid.uuid4(),
        place=actor(RECEIVER).place,
        kind="transfer",
        student_id=student,
        created_by=actor(RECEIVER).account_id,
        created_on=TODAY,
    )
    assert send_paper(RECEIVER, student).status_code == 404
    assert Caller(RECEIVER).get(f"/status/pupils/{student}/papers").status_code == 404


def test_a_colleague_names_the_pupil_too_before_filing_its_papers() -> None:
    student, there = enrolled(), PLACES[OTHER_PROVINCE]
    account("r-colleague", there, "registrar")
    mine, colleague = actor(RECEIVER), actor("r-colleague")
    first = Match(student, mine.account_id)
    with acting(mine.scope):
        kept = keep_draft("transfer", {}, by=mine, today=TODAY, student_id=student, match=first)
        keep_draft("transfer", {"note": "同事"}, by=colleague, today=TODAY, student_id=student, draft_id=kept)
    assert send_paper("r-colleague", student).status_code == 404
    with acting(mine.scope):
        second = Match(student, colleague.account_id)
        keep_draft("transfer", {}, by=colleague, today=TODAY, student_id=student, draft_id=kept, match=second)
    assert send_paper("r-colleague", student).status_code == send_paper(RECEIVER, student).status_code == 201


def test_papers_are_listed_to_those_whose_business_they_are() -> None:
    student = enrolled()
    send_paper(f"r{HERE}", student)
    address = f"/status/pupils/{student}/papers"
    (paper,) = Caller("o330902").get(address).json()["items"]
    assert (paper["kind"], paper["file"]) == ("other", "a.pdf")
    assert Caller(RECEIVER).get(address).status_code == 404
    filed("transfer", student, to_class(OTHER_PROVINCE), by=RECEIVER)
    assert len(Caller(RECEIVER).get(address).json()["items"]) > 1
    assert Caller(RECEIVING_LEADER).get(address).status_code == 200


def test_a_discreet_paper_is_listed_to_no_ordinary_role() -> None:
    student = enrolled()
    filed(
        "suspension", student, {"reason": "10", "since": "2026-09-10", "until": "2026-12-31"}, by=f"r{HERE}"
    )
    address = f"/status/pupils/{student}/papers"
    kinds = {one["kind"] for one in Caller(f"r{HERE}").get(address).json()["items"]}
    known = {one["kind"] for one in Caller("o330902").get(address).json()["items"]}
    assert known - kinds == {"placement_decision"}


# Stand-ins -------------------------------------------------------------------------------


def test_a_stand_in_is_named_listed_and_ended() -> None:
    leader = Caller(f"l{HERE}")
    (colleague, *_) = leader.get("/stand-ins").json()["colleagues"]
    sent = {"username": colleague["username"], "since": str(TODAY), "last": str(TODAY + timedelta(days=6))}
    named = leader.post("/stand-ins", sent, key="k")
    assert (named.status_code, named.json()["items"][0]["last"]) == (201, sent["last"])
    assert leader.post("/stand-ins", sent, key="k").content == named.content
    assert leader.post("/stand-ins", sent).json()["code"] == "cannot-stand-in"
    (one,) = named.json()["items"]
    assert Caller(f"l{NEXT_DOOR}").post(f"/stand-ins/{one['id']}/end").status_code == 404
    assert leader.post(f"/stand-ins/{one['id']}/end").json()["items"] == []
    elsewhere = sent | {"username": f"r{NEXT_DOOR}"}
    assert leader.post("/stand-ins", elsewhere).json()["code"] == "cannot-stand-in"
    assert leader.post("/stand-ins", sent | {"last": "9999-12-31"}).json()["code"] == "cannot-stand-in"


# Rule packs ------------------------------------------------------------------------------


def test_packs_are_read_in_words_and_compared() -> None:
    registrar = Caller(f"r{HERE}")
    provinces = {one["province"]: one for one in registrar.get("/packs").json()["items"]}
    assert provinces["00"]["name_en"] == "National default"
    assert provinces["33"]["in_force"] is None
    sichuan, national = (provinces[code]["in_force"]["id"] for code in ("51", "00"))
    pack = registrar.get(f"/packs/versions/{sichuan}").json()
    assert "四川省" in pack["source"]
    assert any(one["is_own"] and one["message_en"] for one in pack["sentences"])
    compared = registrar.get(f"/packs/versions/{sichuan}/differences", **{"with": national}).json()
    own = {one["parameter"] for one in pack["sentences"] if one["is_own"]}
    assert {one["parameter"] for one in compared["items"]} <= own
    assert [one["state"] for one in registrar.get("/packs/51/versions").json()["items"]] == ["in_force"]
    assert registrar.get("/packs/77/versions").status_code == 404
    assert registrar.get("/packs/versions/0").status_code == 404


def test_a_draft_of_a_pack_is_read_by_its_own_province_alone() -> None:
    by = actor("a330000")
    with acting(by.scope):
        draft = actions_packs.draft_pack(by=by, today=TODAY)
    assert draft.state == RulePackVersion.DRAFT
    assert Caller("l330000").get(f"/packs/versions/{draft.pk}").json()["state"] == "draft"
    assert Caller(f"r{HERE}").get(f"/packs/versions/{draft.pk}").status_code == 404
    assert Caller(f"r{HERE}").get("/packs/33/versions").json()["items"] == []
