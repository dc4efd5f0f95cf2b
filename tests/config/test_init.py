"""`xueji init`: from nothing to a first administrator who can sign in."""

import re

import pytest
from django.core.management import call_command
from django.db import connections

from xueji.access.actions import AlreadyPeopled
from xueji.access.models import Account

PASSWORD = "白日依山尽-1688-黄河入海流"


@pytest.fixture
def nobody_yet(db):
    """A registry without accounts, whatever the tests are seeded with."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "DELETE FROM access_appointment; DELETE FROM access_onetimelink;"
            " DELETE FROM access_trainingcertificate; DELETE FROM access_account"
        )


def link(capsys):
    call_command("init", username="first", site="https://xueji.example/")
    return re.search(r"https://xueji\.example(/invitation/\S+)", capsys.readouterr().out).group(1)


def test_the_first_administrator_sets_a_password_once_and_signs_in(nobody_yet, capsys, client):
    address = link(capsys)
    assert "first" in client.get(address).content.decode()
    answer = client.post(address, {"password": PASSWORD, "again": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    assert client.post("/sign-in", {"username": "first", "password": PASSWORD}).status_code == 302
    assert client.get(address).status_code == 409


@pytest.mark.parametrize(
    ("password", "again"),
    [
        pytest.param("12345678901", "12345678901", id="too-weak"),
        pytest.param(PASSWORD, "x" + PASSWORD, id="different"),
    ],
)
def test_a_password_that_cannot_stand_is_refused_and_the_link_stays_good(
    nobody_yet, capsys, client, password, again
):
    address = link(capsys)
    assert client.post(address, {"password": password, "again": again}).status_code == 422
    assert client.get(address).status_code == 200


def test_repeating_it_adds_nothing_but_a_new_link(nobody_yet, capsys, client):
    first, second = link(capsys), link(capsys)
    assert first != second
    assert client.get(second).status_code == 200
    assert Account.objects.filter(username="first").count() == 1


def test_a_registry_with_people_in_it_gets_no_second_first_administrator(nobody_yet, capsys, client):
    client.post(link(capsys), {"password": PASSWORD, "again": PASSWORD})
    with pytest.raises(AlreadyPeopled):
        call_command("init", username="another")


def test_nobody_of_the_synthetic_nation_is_in_it(nobody_yet, capsys):
    link(capsys)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM students_student), (SELECT count(*) FROM access_account)"
        )
        assert cursor.fetchone() == (0, 1)
