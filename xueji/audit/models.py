"""The append-only history: who did what, when, to whom, and what it was before."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Func, RawSQL, Value
from django.db.models.functions import Now

from xueji.audit.rules import digests


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

    `row_hash` is made by the database as the row is written; a sealed block lists it.
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
    # Where it is of interest as well: the school a pupil goes to. Finds what the case says, and says nothing by itself.
    other_place = models.BigIntegerField(null=True)
    batch_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    row_hash = models.GeneratedField(
        expression=RawSQL(digests.SQL, ()),  # noqa: S611 - a constant of ours
        output_field=models.BinaryField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            # In an order in which nothing is overtaken: for the change feed, and for sealing.
            models.Index(fields=["xid", "id"], name="audit_event_in_order"),
            # The same for the pupils of one division, and for those who come there from another: a county follows its own.
            models.Index(
                F("place") / 1_000_000,
                "xid",
                "id",
                condition=Q(subject_kind="student"),
                name="audit_event_of_division",
            ),
            models.Index(
                F("other_place") / 1_000_000,
                "xid",
                "id",
                condition=Q(subject_kind="student", other_place__isnull=False),
                name="audit_event_to_division",
            ),
            # And for a province, whose divisions are too many to read one by one.
            models.Index(
                F("place") / 10_000_000_000,
                "xid",
                "id",
                condition=Q(subject_kind="student"),
                name="audit_event_of_province",
            ),
            models.Index(
                F("other_place") / 10_000_000_000,
                "xid",
                "id",
                condition=Q(subject_kind="student", other_place__isnull=False),
                name="audit_event_to_province",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject_id}"


class Block(models.Model):
    """A sealed stretch of the history (audit.rules.blocks says what is signed).

    `leaves` are id and hash of every event in it, one behind the other. The application role
    reads blocks; they are inserted by who seals, and changed by nobody.
    """

    number = models.BigIntegerField(primary_key=True)
    count = models.IntegerField()
    total = models.BigIntegerField()
    last_xid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()
    suite = models.SmallIntegerField()
    key = models.SmallIntegerField()
    signature = models.BinaryField()
    leaves = models.BinaryField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"block {self.number}"


class Listing(models.Model):
    """A pupil was in a list that somebody was shown; events of the list have its id as their subject.

    The id is a hash of the pupils in it (audit.readings). The application role adds lists and
    reads none.
    """

    pk = models.CompositePrimaryKey("student_id", "list_id")
    student_id = models.UUIDField()
    list_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.student_id} in {self.list_id}"


class Witness(models.Model):
    """Who signs roots, and by which key. Never changed: a new key comes with a new name."""

    name = models.CharField(max_length=40, primary_key=True)
    suite = models.SmallIntegerField()
    public = models.BinaryField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """A witness signed a block: it stands as it was then (audit.rules.witnesses says what is signed)."""

    pk = models.CompositePrimaryKey("block", "witness")
    block = models.BigIntegerField()
    witness = models.CharField(max_length=40)
    signature = models.BinaryField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.witness} under {self.block}"
