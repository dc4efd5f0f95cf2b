"""The append-only history: who did what, when, to whom, and what it was before."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Func, Value
from django.db.models.functions import Now


class Event(models.Model):
    """One line of history.

    `subject_id` is the student's id for everything that happens to a pupil, so that
    a pupil's whole life is one index range; for other subjects it is the id of the
    batch or case, or `UUID(int=id)` of an account or organisation. `place` is where
    the subject was when it happened, `office` the place on whose behalf `account_id`
    acted. The application roles may insert and read events, never change them.

    `id` is drawn when an event is written, so a later number can be committed first. `xid`
    is the transaction that wrote it: below the oldest transaction that still runs all is
    there, and in the order of (xid, id) nothing appears behind what was read already.
    """

    pk = models.CompositePrimaryKey("subject_id", "id")
    subject_id = models.UUIDField()
    id = models.BigIntegerField(db_default=Func(Value("audit_event_id_seq"), function="nextval"))
    at = models.DateTimeField(db_default=Now())
    xid = models.BigIntegerField(db_default=Func(function="audit_transaction"))
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
        indexes = [
            # What happened to pupils, in an order in which nothing is overtaken: for the change feed.
            models.Index(
                fields=["xid", "id"], condition=Q(subject_kind="student"), name="audit_event_of_pupils"
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject_id}"
