"""`xueji schools`: what others read to find schools, classes and accounts."""

import json

import pytest
from django.core.management import call_command

from xueji.organisations.management.commands.schools import NoSuchDivision

pytestmark = pytest.mark.usefixtures("db")


def listed(capsys, *words):
    call_command("schools", "--json", *words)
    return json.loads(capsys.readouterr().out)


def test_a_division_leads_to_the_schools_below_it(capsys):
    everywhere = listed(capsys)
    county = everywhere[0]["county"]
    assert listed(capsys, "--county", county) == [one for one in everywhere if one["county"] == county]
    province = listed(capsys, "--county", f"{county[:2]}0000")
    assert {one["identifier"] for one in province} >= {everywhere[0]["identifier"]}


@pytest.mark.parametrize("code", ["999999", "abc", "33", "3309020", ""])
def test_a_code_that_is_no_division_is_refused(code):
    with pytest.raises(NoSuchDivision):
        call_command("schools", "--json", "--county", code)
