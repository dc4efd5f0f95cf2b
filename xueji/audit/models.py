"""The append-only history: who did what, when, to whom, and what it was before."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import Func, Value
from django.db.models.functions import Now


class Event(models.Model):
    """One line of history.

    `subject_id` is the student's id for everything that happens to a pupil, so that
    a pupil's whole life is one index range; for other subjects it is the id of the
    batch or case, or `UUID(int=id)` of an account or organisation. `place` is where
    the subject was when it happened, `office` the place on whose behalf `account_id`
    acted. The application roles may insert and read events, never change them.
    """

    pk = models.CompositePrimaryKey("subject_id", "id")
    subject_id = models.UUIDField()
    id = models.BigIntegerField(db_default=Func(Value("audit_event_id_seq"), function="nextval"))
    at = models.DateTimeField(db_default=Now())
    act = models.CharField(max_length=48)
    subject_kind = models.CharField(max_length=16)
    account_id = models.BigIntegerField(null=True)
    office = models.BigIntegerField()
    place = models.BigIntegerField()
    batch_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.act} {self.subject_id}"
