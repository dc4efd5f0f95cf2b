"""Versions of rule packs: which one holds, who writes it, who puts it in force, who notes the filing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import PLACES, TODAY, account, actor
from xueji.access.models import Account, Appointment
from xueji.access.scope import Actor, NotAllowed, acting
from xueji.audit.models import Event
from xueji.organisations import actions_packs as packs
from xueji.organisations.models import RulePackVersion
from xueji.organisations.queries_packs import forget_packs, pack_for, pack_of, read, versions_of
from xueji.organisations.rules import rule_packs
from xueji.organisations.rules.rule_packs import PackRefused

pytestmark = pytest.mark.usefixtures("db")

ZHEJIANG, SICHUAN = PLACES["2133000001"], PLACES["2151000001"]
TOMORROW = TODAY + timedelta(days=1)
WITH_WINDOW = "\n[transfer]\nwindows = ['02-20..03-20']\n"


@contextmanager
def as_(username: str) -> Iterator[Actor]:
    by = actor(username)
    with acting(by.scope):
        yield by


def drafted(province: str = "33", body: str = WITH_WINDOW) -> RulePackVersion:
    with as_(f"a{province}0000") as by:
        draft = packs.draft_pack(by=by, today=TODAY)
        return packs.change_draft(draft.pk, text=draft.text + body, by=by)


def published(province: str = "33", body: str = WITH_WINDOW) -> RulePackVersion:
    draft = drafted(province, body)
    with as_(f"l{province}0000") as by:
        return packs.put_in_force(draft.pk, by=by, today=TODAY)


def events(version: RulePackVersion) -> list[str]:
    rows = Event.objects.using("owner").filter(subject_kind="rule_pack", subject_id__isnull=False)
    return [one.act for one in rows.order_by("id") if one.subject_id.int == version.pk]


# Which one holds.


def test_what_is_shipped_is_in_force_in_its_province() -> None:
    version, pack = pack_for(SICHUAN, TODAY)
    assert (pack.province, pack.version) == ("51", "2026.1")
    assert pack == pack_of(version)
    assert not packs.seed_packs()


def test_a_province_without_rules_of_its_own_stands_under_the_national_default() -> None:
    assert pack_for(ZHEJIANG, TODAY)[1].province == "00"
    assert pack_for(0, TODAY)[1].province == "00"
    assert pack_for(990_000_000_001, TODAY)[1].province == "00"


@pytest.mark.parametrize(
    ("on", "province"),
    [
        pytest.param(date(2026, 1, 31), "00", id="the-day-before"),
        pytest.param(date(2026, 2, 1), "51", id="the-first-day"),
        pytest.param(date(2031, 1, 31), "51", id="the-last-day"),
        pytest.param(date(2031, 2, 1), "00", id="run-out"),
        pytest.param(date(2010, 1, 1), "00", id="before-the-measures"),
    ],
)
def test_a_pack_holds_from_its_first_to_its_last_day(on: date, province: str) -> None:
    assert pack_for(SICHUAN, on)[1].province == province


def test_the_rules_of_a_place_are_asked_for_without_a_query_of_the_database() -> None:
    pack_for(SICHUAN, TODAY)
    with CaptureQueriesContext(connections["default"]) as captured:
        version, _ = pack_for(SICHUAN, TODAY)
        pack_of(version)
    assert len(captured) == 0
    forget_packs()
    with CaptureQueriesContext(connections["default"]) as captured:
        pack_for(SICHUAN, TODAY)
    assert len(captured) == 1


def test_two_packs_of_a_province_are_never_in_force_on_one_day() -> None:
    shipped = RulePackVersion.objects.using("owner").get(province="51")
    double = {
        "place": shipped.place, "province": "51", "version": "x", "state": "in_force", "text": shipped.text,
        "base_id": shipped.base_id, "valid_from": date(2031, 1, 31),
    }  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="one_rule_pack_in_force_per_province_and_day"),
        transaction.atomic(using="owner"),
    ):
        RulePackVersion.objects.using("owner").create(**double)
    RulePackVersion.objects.using("owner").create(**{**double, "valid_from": date(2031, 2, 1)})


# From draft to filing.


def test_a_draft_changes_nothing_until_a_leader_puts_it_in_force_from_its_first_day() -> None:
    draft = drafted()
    assert pack_for(ZHEJIANG, TOMORROW)[1].province == "00"
    with as_("l330000") as by:
        foreseen = packs.foresee(draft, by=by, today=TODAY)
        assert [one.parameter for one in foreseen.differences] == ["transfer.windows"]
        assert foreseen.follows is None
        put = packs.put_in_force(draft.pk, by=by, today=TODAY)
    assert (put.state, put.filed_on, put.valid_from) == ("in_force", TODAY, TOMORROW)
    assert pack_for(ZHEJIANG, TODAY)[1].province == "00"
    version, pack = pack_for(ZHEJIANG, TOMORROW)
    assert (version, len(pack.transfer.windows)) == (put.pk, 1)
    assert events(put) == ["pack.draft", "pack.change", "pack.put_in_force"]


def test_a_new_version_ends_the_older_one_and_a_case_stays_under_the_version_it_began_under() -> None:
    began_under, before = pack_for(SICHUAN, TODAY)
    put = published("51", "")
    older = RulePackVersion.objects.get(pk=began_under)
    assert (older.state, older.valid_until) == ("superseded", TODAY)
    assert put.text.count("version = ") == 1
    assert pack_for(SICHUAN, TODAY) == (began_under, before)
    assert pack_for(SICHUAN, TOMORROW)[0] == put.pk
    assert pack_of(began_under) == before
    assert put.valid_until is None


def test_a_new_draft_begins_with_what_is_in_force() -> None:
    with as_("a510000") as by:
        draft = packs.draft_pack(by=by, today=TODAY)
    assert draft.version == "2026.2"
    assert draft.valid_from == TOMORROW
    assert rule_packs.difference(read(draft), pack_for(SICHUAN, TODAY)[1]) == ()


def test_a_version_stays_on_the_national_default_it_was_put_in_force_upon() -> None:
    put = published("33", "")
    newer = rule_packs.shipped()["00"].replace("2025.1", "2027.1").replace("2025-01-03", "2027-01-01")
    newer = newer.replace("most_extensions = 1", "most_extensions = 2")
    national = RulePackVersion.objects.using("owner").get(province="00")
    RulePackVersion.objects.using("owner").filter(pk=national.pk).update(valid_until=date(2026, 12, 31))
    RulePackVersion.objects.using("owner").create(
        place=0, province="00", version="2027.1", state="in_force", valid_from=date(2027, 1, 1), text=newer
    )
    forget_packs()
    assert pack_for(330300_000001, date(2027, 1, 1)) == (put.pk, read(put))
    assert pack_of(put.pk).suspension.most_extensions == 1
    assert pack_for(110101_000001, date(2027, 1, 1))[1].suspension.most_extensions == 2


def test_a_wrong_text_is_refused_with_its_line_and_the_draft_stays_as_it_was() -> None:
    draft = drafted()
    with as_("a330000") as by, pytest.raises(PackRefused) as refused:
        packs.change_draft(draft.pk, text=draft.text + "[withdrawal]\ngrades = [8]\n", by=by)
    assert refused.value.problems[0].line == draft.text.count("\n") + 2
    assert RulePackVersion.objects.get(pk=draft.pk).text == draft.text


def test_a_province_writes_no_rules_for_another() -> None:
    draft = drafted()
    with as_("a330000") as by, pytest.raises(packs.OtherProvince):
        packs.change_draft(draft.pk, text=draft.text.replace('"33"', '"51"', 1), by=by)
    with as_("a510000") as by, pytest.raises(packs.NoDraft):
        packs.change_draft(draft.pk, text=draft.text, by=by)
    with as_("l510000") as by, pytest.raises(packs.NoDraft):
        packs.put_in_force(draft.pk, by=by, today=TODAY)


def test_a_province_has_one_draft_and_no_number_twice() -> None:
    published("33", "")
    draft = drafted("33", "")
    with as_("a330000") as by:
        with pytest.raises(packs.DraftExists):
            packs.draft_pack(by=by, today=TODAY)
        with pytest.raises(packs.VersionTaken):
            packs.change_draft(draft.pk, text=draft.text.replace('"2026.2"', '"2026.1"'), by=by)


def test_who_wrote_a_draft_does_not_put_it_in_force() -> None:
    draft = drafted()
    writer = Account.objects.using("owner").get(username="a330000")
    Appointment.objects.using("owner").filter(account=writer).update(role="leader")
    with as_("a330000") as by, pytest.raises(packs.OwnDraft):
        packs.put_in_force(draft.pk, by=by, today=TODAY)


@pytest.mark.parametrize(
    ("username", "act"),
    [
        ("o330000", "draft"),
        ("l330000", "draft"),
        ("a330900", "draft"),
        ("a000000", "draft"),
        ("a330000", "put"),
        ("o330000", "put"),
        ("l330900", "put"),
        ("l000000", "put"),
        ("l000000", "receive"),
        ("o330000", "receive"),
    ],
)
def test_whoever_may_not_is_refused(username: str, act: str) -> None:
    draft = drafted()
    acts: dict[str, Any] = {
        "draft": lambda by: packs.draft_pack(by=by, today=TODAY),
        "put": lambda by: packs.put_in_force(draft.pk, by=by, today=TODAY),
        "receive": lambda by: packs.receive_filing(draft.pk, filing_number="1", by=by, today=TODAY),
    }
    with as_(username) as by, pytest.raises(NotAllowed):
        acts[act](by)


@pytest.mark.parametrize("begins", [TODAY, TODAY - timedelta(days=1), date(2000, 1, 1)])
def test_a_version_begins_after_the_day_it_is_put_in_force(begins: date) -> None:
    draft = drafted("33", "")
    with as_("a330000") as by:
        text = draft.text.replace(str(TOMORROW), str(begins))
        packs.change_draft(draft.pk, text=text, by=by)
    with as_("l330000") as by, pytest.raises(packs.DayTaken):
        packs.put_in_force(draft.pk, by=by, today=TODAY)


def test_a_version_begins_after_every_version_before_it() -> None:
    put = published("33", "")
    draft = drafted("33", "")
    assert draft.valid_from > put.valid_from
    with as_("a330000") as by:
        packs.change_draft(
            draft.pk, text=draft.text.replace(str(draft.valid_from), str(put.valid_from)), by=by
        )
    with as_("l330000") as by, pytest.raises(packs.DayTaken):
        packs.put_in_force(draft.pk, by=by, today=TODAY)


def test_what_is_in_force_is_not_changed_any_more() -> None:
    put = published()
    with as_("a330000") as by, pytest.raises(packs.NoDraft):
        packs.change_draft(put.pk, text=put.text, by=by)
    with as_("l330000") as by, pytest.raises(packs.NoDraft):
        packs.put_in_force(put.pk, by=by, today=TODAY)


def test_the_ministry_notes_a_filing_once() -> None:
    put = published()
    with as_("o000000") as by:
        noted = packs.receive_filing(put.pk, filing_number="教基备〔2026〕7号", by=by, today=TODAY)
        assert (noted.received_on, noted.filing_number) == (TODAY, "教基备〔2026〕7号")
        with pytest.raises(packs.AlreadyReceived):
            packs.receive_filing(put.pk, filing_number="8", by=by, today=TODAY)
    assert events(put)[-1] == "pack.receive"


def test_what_came_with_the_program_was_never_filed() -> None:
    (shipped,) = versions_of("51")
    with as_("o000000") as by, pytest.raises(packs.AlreadyReceived):
        packs.receive_filing(shipped.pk, filing_number="1", by=by, today=TODAY)


def test_the_walls_hold_for_every_version() -> None:
    draft = drafted()
    with as_("o510000"):
        assert RulePackVersion.objects.filter(pk=draft.pk).update(version="x") == 0
        assert RulePackVersion.objects.get(pk=draft.pk).version == draft.version


def test_seeding_leaves_a_province_its_own_rules_and_follows_with_a_newer_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = published("51", "")
    texts = dict(rule_packs.shipped())
    texts["00"] = texts["00"].replace("2025.1", "2027.1").replace("2025-01-03", "2027-01-01")
    monkeypatch.setattr(packs, "shipped", lambda: texts)
    monkeypatch.setattr(packs, "default", lambda: rule_packs.parse(texts["00"], file="00.toml"))
    assert packs.seed_packs() == 1
    assert [one.state for one in versions_of("00")] == ["in_force", "superseded"]
    assert versions_of("51")[0].pk == put.pk
    account("o330000b", 330000_000000, "officer")
    assert pack_for(ZHEJIANG, date(2027, 1, 1))[1].version == "2027.1"


def test_a_registry_in_use_gets_the_packs_of_a_newer_program_when_it_migrates() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM organisations_rulepackversion")
    forget_packs()
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    assert versions_of("00")
    assert pack_for(ZHEJIANG, date(2026, 9, 1))[1].version == versions_of("00")[0].version
