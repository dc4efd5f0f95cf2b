"""How enrolments become otherwise: rosters on their way to registration, and problem records."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from xueji.access.scope import ScopedModel
from xueji.changes.rules.admissions import ListState
from xueji.changes.rules.admissions import RowState as AdmissionState
from xueji.changes.rules.roster_steps import RowState, State
from xueji.organisations.models import School


class RosterBatch(ScopedModel):
    """One uploaded roster of a school and its way over the desks.

    `place` is the school's; `desk_place` the office whose turn it is. `due_on` is the
    day by which the earliest entrant of the batch must be registered (two months, art. 7).
    """

    id = models.UUIDField(primary_key=True)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_index=False)
    desk_place = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in State])
    door = models.CharField(max_length=8)  # workbook, form, api
    layout = models.CharField(max_length=8)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_collation="C")
    rows = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    warnings = models.IntegerField(default=0)
    excepted = models.IntegerField(default=0)
    registered = models.IntegerField(default=0)
    # What was normalised, by column and kind, and what was ignored: shown, never silent.
    notes = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)
    refusal = models.JSONField(null=True)
    uploaded_by = models.BigIntegerField()
    submitted_by = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField(db_default=Now())
    received_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_live_batch_per_file_and_school",
                fields=["school", "sha256"],
                condition=~Q(state__in=["withdrawn"]),
            ),
            models.CheckConstraint(
                name="rows_are_accepted_or_rejected",
                condition=Q(rows=models.F("accepted") + models.F("rejected")),
            ),
        ]
        indexes = [
            models.Index(fields=["place", "uploaded_at"], name="rosterbatch_place"),
            models.Index(
                fields=["desk_place", "state", "received_on"],
                condition=Q(closed_on__isnull=True),
                name="rosterbatch_desk",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class RosterFile(ScopedModel):
    """The uploaded file itself, encrypted: the corrected file is made from it."""

    batch = models.OneToOneField(RosterBatch, on_delete=models.CASCADE, primary_key=True, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.batch_id)


class RosterProgress(ScopedModel):
    """How far the worker is with a batch; written beside the transaction that does the work."""

    batch_id = models.UUIDField(primary_key=True)
    stage = models.CharField(max_length=16)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.batch_id} {self.stage}"


class RosterRow(ScopedModel):
    """One accepted row, ready to become a student: everything checked, identity encrypted.

    Rows of a batch are written by COPY and become students by INSERT … SELECT. The
    ids of student and enrolment are given here, so that what is encrypted for a row of
    the final tables can be encrypted now.
    """

    pk = models.CompositePrimaryKey("batch", "row")
    batch = models.ForeignKey(RosterBatch, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.IntegerField()
    state = models.CharField(max_length=10, default=RowState.ACCEPTED)
    reason = models.CharField(max_length=200, blank=True, default="")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)
    document = models.BinaryField(null=True)
    student_id = models.UUIDField()
    enrolment_id = models.UUIDField()
    is_known = models.BooleanField()
    # A number that a problem record proved for now: the pupil gets a provisional student number.
    is_disputed = models.BooleanField(default=False)
    name = models.CharField(max_length=100, db_collation="C")
    pinyin = models.CharField(max_length=200, db_collation="C")
    initials = models.CharField(max_length=60, db_collation="C")
    sex = models.CharField(max_length=1)
    birth_on = models.DateField()
    nationality = models.CharField(max_length=3)
    ethnicity = models.CharField(max_length=2)
    overseas = models.CharField(max_length=2)
    document_type = models.CharField(max_length=1)
    class_id = models.BigIntegerField()
    stage = models.CharField(max_length=8)
    entry_year = models.SmallIntegerField()
    entered_on = models.DateField()
    entry_mode = models.CharField(max_length=2)
    study_mode = models.CharField(max_length=1)
    source = models.CharField(max_length=1)
    seat_number = models.CharField(max_length=20)
    details = models.JSONField()
    private = models.BinaryField(null=True)
    member1_name = models.CharField(max_length=100)
    member1_relation = models.CharField(max_length=2)
    member1_is_guardian = models.BooleanField()
    member1_private = models.BinaryField(null=True)
    member2_name = models.CharField(max_length=100)
    member2_relation = models.CharField(max_length=2)
    member2_is_guardian = models.BooleanField()
    member2_private = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.row}"


class RosterFinding(ScopedModel):
    """One thing wrong or worth a look in one cell. Its sentence comes from the table of codes."""

    pk = models.CompositePrimaryKey("batch", "row", "column", "code")
    batch = models.ForeignKey(RosterBatch, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.IntegerField()
    column = models.CharField(max_length=40, db_collation="C")
    code = models.CharField(max_length=24, db_collation="C")
    severity = models.CharField(max_length=8)
    params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.code}"


class RosterClaim(ScopedModel):
    """A child that a submitted roster waits to register. The key lets one batch alone claim it."""

    pk = models.CompositePrimaryKey("scheme", "index")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)
    batch_id = models.UUIDField(db_index=True)
    row = models.IntegerField()
    name = models.CharField(max_length=100, db_collation="C")

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.row}"


class Case(ScopedModel):
    """One request on its way: at present, a problem record. `desk_place` is the office whose turn it is."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24)
    problem = models.CharField(max_length=24)
    state = models.CharField(max_length=16)
    desk_place = models.BigIntegerField()
    student_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)
    row = models.IntegerField(null=True)
    # What the case is about, encrypted: the row as it was uploaded, and what was proposed since.
    payload = models.BinaryField(null=True)
    name = models.CharField(max_length=100, db_collation="C")
    outcome = models.CharField(max_length=16, blank=True, default="")
    # What the end of a dispute over an admission did, for the exact inverse, and until when it can be taken back.
    made = models.JSONField(default=dict)
    undo_until = models.DateField(null=True)
    opened_on = models.DateField()
    received_on = models.DateField()
    due_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["place"], name="case_place"),
            models.Index(
                fields=["desk_place", "received_on"], condition=Q(closed_on__isnull=True), name="case_desk"
            ),
            models.Index(fields=["student_id"], condition=Q(student_id__isnull=False), name="case_student"),
            models.Index(fields=["batch_id"], condition=Q(batch_id__isnull=False), name="case_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.problem} {self.state}"


class CaseParty(ScopedModel):
    """A school concerned by a case, and what it stated. `place` is the school's own.

    A school reads this row and never the case of another school, so that it does not
    learn where the child is claimed; what it needs of the case is repeated here.
    """

    pk = models.CompositePrimaryKey("case", "place")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties", db_index=False)
    desk_place = models.BigIntegerField()
    problem = models.CharField(max_length=24)
    name = models.CharField(max_length=100, db_collation="C")
    due_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    # Which record is the school's: the row it filed, the one that stands, or (empty) both.
    about = models.CharField(max_length=8, blank=True, default="")
    student_id = models.UUIDField(null=True)
    # Where its record is a row of a roster on its way.
    batch_id = models.UUIDField(null=True)
    row = models.IntegerField(null=True)
    received_on = models.DateField(null=True)
    remedy = models.CharField(max_length=8, blank=True, default="")
    statement = models.CharField(max_length=500, blank=True, default="")
    proposal = models.BinaryField(null=True)
    stated_by = models.BigIntegerField(null=True)
    stated_on = models.DateField(null=True)
    # What the desk answered this school.
    outcome = models.CharField(max_length=16, blank=True, default="")
    answer = models.CharField(max_length=500, blank=True, default="")

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["place", "case"], name="caseparty_place")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.place}"


class Evidence(ScopedModel):
    """A paper filed with a case, encrypted."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evidence")
    desk_place = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64, db_collation="C")
    content = models.BinaryField()
    filed_by = models.BigIntegerField()
    filed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.file_name


class Decision(ScopedModel):
    """One act of one desk on a batch or case."""

    id = models.UUIDField(primary_key=True)
    subject_id = models.UUIDField(db_index=True)
    act = models.CharField(max_length=16)
    reason = models.CharField(max_length=500, blank=True, default="")
    by = models.BigIntegerField()
    office = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.act} {self.subject_id}"


class AdmissionList(ScopedModel):
    """A list of admitted pupils (录取名单) that an authority gives in. `place` is the authority's.

    Its schools see it once it is issued; it holds no pupil's data itself.
    """

    id = models.UUIDField(primary_key=True)
    name = models.CharField("批次", max_length=100)
    document = models.CharField("文号", max_length=100, blank=True, default="")
    school_year = models.SmallIntegerField()
    stage = models.CharField(max_length=8)
    report_by = models.DateField("报到截止", null=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ListState])
    door = models.CharField(max_length=8)  # workbook, api
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_collation="C")
    rows = models.IntegerField()
    accepted = models.IntegerField()
    rejected = models.IntegerField()
    warnings = models.IntegerField()
    uploaded_by = models.BigIntegerField()
    uploaded_at = models.DateTimeField(db_default=Now())
    issued_by = models.BigIntegerField(null=True)
    issued_on = models.DateField(null=True)
    # Working days from the day it was given in to the day it was issued.
    days_used = models.SmallIntegerField(null=True)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_live_list_per_file_and_authority",
                fields=["place", "sha256"],
                condition=~Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="rows_of_a_list_are_accepted_or_rejected",
                condition=Q(rows=models.F("accepted") + models.F("rejected")),
            ),
        ]
        indexes = [models.Index(fields=["place", "uploaded_at"], name="admissionlist_place")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class AdmissionFile(ScopedModel):
    """The rows of a list as they were given in, encrypted: it is checked once more when it is issued."""

    list = models.OneToOneField(
        AdmissionList, on_delete=models.CASCADE, primary_key=True, related_name="file"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.list_id)


class AdmissionFinding(ScopedModel):
    """One thing wrong or worth a look in one cell of a list."""

    pk = models.CompositePrimaryKey("list", "row", "column", "code")
    list = models.ForeignKey(AdmissionList, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.IntegerField()
    column = models.CharField(max_length=40, db_collation="C")
    code = models.CharField(max_length=24, db_collation="C")
    severity = models.CharField(max_length=8)
    params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.code}"


class Admission(ScopedModel):
    """A pupil of an issued list, at the school admitted to: `place` is the school's.

    The child is known by its blind index, as everywhere; `document` is the number,
    encrypted. `case_id` is the dispute that two admissions of one child opened.
    """

    pk = models.CompositePrimaryKey("scheme", "index", "list")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)
    list = models.ForeignKey(AdmissionList, on_delete=models.PROTECT, related_name="+", db_index=False)
    id = models.UUIDField()
    row = models.IntegerField()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100, db_collation="C")
    # Unknown where no number says them.
    sex = models.CharField(max_length=1, blank=True, default="")
    birth_on = models.DateField(null=True)
    document_type = models.CharField(max_length=1)
    document = models.BinaryField()
    entry_mode = models.CharField(max_length=2, blank=True, default="")
    exam_number = models.CharField(max_length=30, blank=True, default="")
    # Who is known already: the enrolment that follows is this student's.
    student_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in AdmissionState])
    reason = models.CharField(max_length=16, blank=True, default="")
    ended_on = models.DateField(null=True)
    batch_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["place", "state", "name"], name="admission_place"),
            models.Index(fields=["list", "place"], name="admission_list"),
            models.Index(fields=["id"], name="admission_id"),
            models.Index(fields=["case_id"], condition=Q(case_id__isnull=False), name="admission_case"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id}/{self.row} {self.state}"


class AdmittedChild(models.Model):
    """The lock of a child that lists admit: whoever admits it, holds it or settles it, locks this row first."""

    pk = models.CompositePrimaryKey("scheme", "index")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)

    def __str__(self) -> str:
        return self.scheme


class PreschoolRecord(ScopedModel):
    """A child as a kindergarten knew it, imported by an authority: offered to the school that enrols it.

    `content` is encrypted JSON by columns of a roster. `place` is the authority's.
    """

    pk = models.CompositePrimaryKey("scheme", "index")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)
    id = models.UUIDField()
    name = models.CharField(max_length=100, db_collation="C")
    kindergarten = models.CharField(max_length=100)
    entered_on = models.DateField(null=True)
    left_on = models.DateField(null=True)
    content = models.BinaryField()
    imported_at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["id"], name="preschoolrecord_id")]

    def __str__(self) -> str:
        return str(self.id)
