"""What leaves the registry: approvals, exports on their way, the register of what left, and the marks to trace it by."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from xueji.access.scope import ScopedModel
from xueji.disclosures.rules.approvals import MOST_ROWS, ApprovalKind, ApprovalState, ExportState, Government


class Approval(ScopedModel):
    """What permits data to leave: a law, or a people's government at county level or above. `place` is the office's.

    It names the organisations (`scope_lo` up to, not including, `scope_hi`), the fields, the recipient with
    the certificate that files are encrypted to, how many rows may leave under it in all, and from when to when.
    Two persons of the office other than the one who recorded it review it.
    A standing one is a law that holds for everybody; nobody recorded it.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in ApprovalKind])
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in ApprovalState])
    is_standing = models.BooleanField(default=False)
    statute = models.CharField(max_length=24, blank=True, default="")
    level = models.CharField(max_length=12, blank=True, default="")
    government = models.CharField("批准机关", max_length=100, blank=True, default="")
    document_number = models.CharField("文号", max_length=100, blank=True, default="")
    # The paper itself, encrypted.
    scan = models.BinaryField(null=True)
    scan_name = models.CharField(max_length=200, blank=True, default="")
    scan_type = models.CharField(max_length=60, blank=True, default="")
    scan_sha256 = models.CharField(max_length=64, db_collation="C", blank=True, default="")
    purpose = models.CharField("用途", max_length=500)
    scope_lo = models.BigIntegerField()
    scope_hi = models.BigIntegerField()
    fields = models.JSONField(default=list)
    recipient = models.CharField("接收方", max_length=100)
    certificate = models.TextField(blank=True, default="")
    fingerprint = models.CharField(max_length=64, db_collation="C", blank=True, default="")
    row_cap = models.IntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    requested_by = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField(db_default=Now())
    first_reviewer = models.BigIntegerField(null=True)
    first_reviewed_at = models.DateTimeField(null=True)
    second_reviewer = models.BigIntegerField(null=True)
    second_reviewed_at = models.DateTimeField(null=True)
    # Why it was refused or revoked.
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="only_governments_from_county_upwards_approve",
                condition=~Q(kind=ApprovalKind.GOVERNMENT)
                | (
                    Q(level__in=[level.value for level in Government])
                    & ~Q(government="")
                    & ~Q(document_number="")
                    & Q(scan__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="an_approval_by_law_names_the_law",
                condition=~Q(kind=ApprovalKind.STATUTE) | ~Q(statute=""),
            ),
            models.CheckConstraint(
                name="nobody_reviews_what_they_asked_for",
                condition=(Q(first_reviewer__isnull=True) | ~Q(first_reviewer=F("requested_by")))
                & (Q(second_reviewer__isnull=True) | ~Q(second_reviewer=F("requested_by"))),
            ),
            models.CheckConstraint(
                name="two_reviews_are_of_two_persons",
                condition=Q(second_reviewer__isnull=True)
                | (Q(first_reviewer__isnull=False) & ~Q(second_reviewer=F("first_reviewer"))),
            ),
            models.CheckConstraint(
                name="an_approval_in_force_was_reviewed_twice",
                condition=~Q(state=ApprovalState.IN_FORCE)
                | Q(is_standing=True, kind=ApprovalKind.STATUTE)
                | Q(requested_by__isnull=False, second_reviewer__isnull=False),
            ),
            models.CheckConstraint(
                name="an_approval_names_its_limits",
                condition=Q(
                    scope_lo__lt=F("scope_hi"),
                    valid_from__lte=F("valid_until"),
                    row_cap__gte=1,
                    row_cap__lte=MOST_ROWS,
                ),
            ),
            models.CheckConstraint(
                name="an_approval_names_whom_a_file_is_for",
                condition=Q(is_standing=True) | (~Q(recipient="") & ~Q(certificate="")),
            ),
        ]
        indexes = [models.Index(fields=["place", "id"], name="disclosure_approval_place")]

    def __str__(self) -> str:
        return f"{self.document_number or self.statute} {self.state}"


class Export(ScopedModel):
    """A file asked for under an approval: requested, released by a second person, made by the worker, fetched, deleted.

    What is asked: the organisations from `scope_lo` up to, not including, `scope_hi`, a grade (1 to 12) or all, and fields.
    """

    id = models.UUIDField(primary_key=True)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="exports", db_index=False)
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in ExportState])
    scope_lo = models.BigIntegerField()
    scope_hi = models.BigIntegerField()
    grade = models.SmallIntegerField(null=True)
    fields = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    requested_by = models.BigIntegerField()
    requested_at = models.DateTimeField(db_default=Now())
    # Who released or refused it.
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    # Why it was refused, or which check it failed.
    reason = models.CharField(max_length=500, blank=True, default="")
    reason_en = models.CharField(max_length=500, blank=True, default="")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.SmallIntegerField(default=0)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="nobody_releases_their_own_export",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="a_file_is_made_after_its_release",
                condition=Q(state__in=[ExportState.REQUESTED, ExportState.WITHDRAWN])
                | Q(decided_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["place", "id"], name="disclosure_export_place"),
            models.Index(fields=["approval"], name="disclosure_export_approval"),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["released", "done"]),
                name="disclosure_export_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class Disclosure(ScopedModel):
    """One file that left: under which approval, to whom, which fields, how many rows, and the hash of what was handed out.

    `place` is the office that let it leave. `seed` is the secret of the file's marks, encrypted.
    """

    id = models.UUIDField(primary_key=True)
    approval = models.ForeignKey(
        Approval, on_delete=models.PROTECT, related_name="disclosures", db_index=False
    )
    export = models.OneToOneField(Export, on_delete=models.PROTECT, null=True, related_name="disclosure")
    recipient = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    fields = models.JSONField()
    rows = models.IntegerField()
    canaries = models.SmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, db_collation="C")
    seed = models.BinaryField()
    has_own_order = models.BooleanField()
    by = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["place", "id"], name="disclosure_place"),
            models.Index(fields=["approval"], name="disclosure_approval"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} {self.rows}"


class SealedFile(ScopedModel):
    """The file of an export, encrypted to its recipient; deleted when it expires."""

    export = models.OneToOneField(Export, on_delete=models.PROTECT, primary_key=True, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.export_id)


class Canary(ScopedModel):
    """An invented pupil in a file, with the blind index of its resident number."""

    id = models.UUIDField(primary_key=True)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="invented")
    ordinal = models.IntegerField()
    name = models.CharField(max_length=100)
    index = models.BinaryField(max_length=16)
    # What the file says of it, encrypted.
    content = models.BinaryField()

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["index"], name="disclosure_canary_index")]

    def __str__(self) -> str:
        return str(self.id)


class Clue(ScopedModel):
    """Something by which a row of a file that left is recognised: a keyed hash, and the number of the row."""

    pk = models.CompositePrimaryKey("tag", "disclosure_id", "ordinal")
    tag = models.BinaryField(max_length=16)
    disclosure_id = models.UUIDField()
    ordinal = models.IntegerField()
    is_canary = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.disclosure_id} {self.ordinal}"
