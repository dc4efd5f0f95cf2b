"""Answers remembered for repeated requests are forgotten again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import actor
from xueji.access.actions import ANSWERS_LIVE, forget_answers, once
from xueji.access.models import IdempotencyKey
from xueji.access.scope import acting

pytestmark = pytest.mark.usefixtures("db")


def test_an_answer_is_forgotten_when_nobody_repeats_its_request_any_more() -> None:
    by = actor("r2133000001")
    with acting(by.scope):
        once("key", by=by, request=b"request", act=lambda: (200, {}))
    assert forget_answers(now=timezone.now()) == 0
    assert forget_answers(now=timezone.now() + ANSWERS_LIVE + timedelta(minutes=1)) == 1
    with acting(by.scope):
        assert not IdempotencyKey.objects.exists()
