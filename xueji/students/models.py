"""What is true: who studies where, since when, under which numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from xueji.access.scope import ScopedModel
from xueji.organisations.models import Class, School


class Student(ScopedModel):
    """A person, under an opaque id (UUIDv7). `place` is the holder's: the school of the last enrolment.

    `private` is encrypted JSON: addresses, phones and what else identifies the family.
    `details` holds the declared fields of the national set that nothing searches by.
    `division` is the county of the place, so that a county's search is one index range.
    """

    id = models.UUIDField(primary_key=True)
    division = models.GeneratedField(
        expression=F("place") / 1_000_000, output_field=models.IntegerField(), db_persist=True
    )
    name = models.CharField("姓名", max_length=100, db_collation="C")
    pinyin = models.CharField(max_length=200, db_collation="C")
    initials = models.CharField(max_length=60, db_collation="C")
    sex = models.CharField("性别", max_length=1)
    birth_on = models.DateField("出生日期")
    nationality = models.CharField("国籍/地区", max_length=3)
    ethnicity = models.CharField("民族", max_length=2)
    overseas = models.CharField("港澳台侨外", max_length=2)
    document_type = models.CharField("身份证件类型", max_length=1)
    details = models.JSONField(default=dict)
    private = models.BinaryField(null=True)
    # The kindergarten record that the pupil continues (学前调档).
    preschool_record = models.UUIDField(null=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["place", "name", "id"], name="student_place_name"),
            models.Index(fields=["division", "name", "id"], name="student_division_name"),
            models.Index(fields=["division", "pinyin"], name="student_division_pinyin"),
            models.Index(fields=["division", "initials"], name="student_division_initials"),
            models.Index(fields=["birth_on", "name"], name="student_birth_name"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Identifier(ScopedModel):
    """Every number a person ever had, by its blind index; the value itself is encrypted.

    The primary key is what makes one person one record nationwide: rows are inserted
    with ON CONFLICT DO NOTHING and what came back is looked at. An old number stays,
    with the day it ended in `until`.
    """

    pk = models.CompositePrimaryKey("scheme", "index")
    scheme = models.CharField(max_length=1, db_collation="C")
    index = models.BinaryField(max_length=16)
    student_id = models.UUIDField(db_index=True)
    value = models.BinaryField()
    since = models.DateField()
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.scheme} of {self.student_id}"


class FamilyMember(ScopedModel):
    """A member of the family as the school knows it; number, phone and address are encrypted JSON."""

    pk = models.CompositePrimaryKey("student", "ordinal")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="family", db_index=False)
    ordinal = models.SmallIntegerField()
    name = models.CharField(max_length=100)
    relation = models.CharField(max_length=2)
    is_guardian = models.BooleanField()
    private = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"{self.student_id}/{self.ordinal}"


class Enrolment(ScopedModel):
    """学籍: a student belongs to a school over a period. Nothing is overwritten.

    At most one is open (no `ended_on`) per student, by the database itself.
    """

    pk = models.CompositePrimaryKey("student", "id")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    id = models.UUIDField()
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    class_of = models.ForeignKey(Class, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    stage = models.CharField(max_length=8)
    entry_year = models.SmallIntegerField()
    state = models.CharField(max_length=2)
    entered_on = models.DateField("入学日期")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=2, blank=True, default="")
    entry_mode = models.CharField("入学方式", max_length=2)
    study_mode = models.CharField("就读方式", max_length=1)
    source = models.CharField("学生来源", max_length=1, blank=True, default="")
    seat_number = models.CharField("班内学号", max_length=20, blank=True, default="")
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_open_enrolment_per_student",
                fields=["student"],
                condition=Q(ended_on__isnull=True),
                violation_error_message="该学生已有学籍。",
            ),
            models.CheckConstraint(
                name="an_enrolment_ends_after_it_starts",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["class_of"], condition=Q(ended_on__isnull=True), name="enrolment_class_open"
            ),
            models.Index(fields=["place"], condition=Q(ended_on__isnull=False), name="enrolment_place_ended"),
            models.Index(
                fields=["place", "state"],
                condition=Q(ended_on__isnull=True) & ~Q(state="01"),
                name="enrolment_place_not_attending",
            ),
            # Those who left so that nobody may know where they went: withdrawn, left, expelled, missing, otherwise gone.
            models.Index(
                fields=["place", "ended_on"],
                # One by one: the server writes a list back otherwise than it was told.
                condition=Q(ended_on__isnull=False)
                & (Q(state="03") | Q(state="09") | Q(state="14") | Q(state="15") | Q(state="99")),
                name="enrolment_place_lost",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Headcount(ScopedModel):
    """How many pupils a class has in each state: kept with every change, equal to a recount."""

    pk = models.CompositePrimaryKey("class_of", "state")
    class_of = models.ForeignKey(Class, on_delete=models.PROTECT, related_name="headcounts", db_index=False)
    state = models.CharField(max_length=2)
    count = models.IntegerField()

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["place"], name="headcount_place")]

    def __str__(self) -> str:
        return f"{self.class_of_id} {self.state} {self.count}"


class NumberSerial(models.Model):
    """The next serial of provisional numbers per kind, division and birth date."""

    prefix = models.CharField(max_length=15, primary_key=True, db_collation="C")
    next = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.prefix} {self.next}"


class Canary(ScopedModel):
    """A number that was never issued: whoever looks it up does not have it from a child's papers.

    `place` is the office that keeps it. The number itself is encrypted; look-ups are compared by the
    keyed hashes of it and of the student number it would give.
    """

    value = models.BinaryField()
    index = models.BinaryField(max_length=16, unique=True)
    number_index = models.BinaryField(max_length=16, unique=True)
    note = models.CharField(max_length=200, blank=True, default="")
    created_by = models.BigIntegerField()
    created_on = models.DateField()
    retired_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"canary {self.pk}"


class EmergencyAccess(ScopedModel):
    """Leave to look at one pupil outside the own area, for a short time: asked, granted by a second person, reviewed.

    `place` is the office that asks; `pupil_place` where the pupil was found, for whoever reviews. Who
    looked under it is told on the pupil's own page like every other look.
    """

    id = models.UUIDField(primary_key=True)
    student_id = models.UUIDField()
    pupil_place = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    reason = models.CharField(max_length=500)
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField()
    granted_by = models.BigIntegerField(null=True)
    granted_at = models.DateTimeField(null=True)
    is_granted = models.BooleanField(null=True)
    ends_at = models.DateTimeField(null=True)
    # The office that reviews: the one directly above the office that asks.
    desk_place = models.BigIntegerField()
    reads = models.IntegerField(default=0, db_default=0)
    reviewed_by = models.BigIntegerField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    is_justified = models.BooleanField(null=True)
    verdict = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="emergency_access_takes_a_second_person",
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=models.F("asked_by")),
                violation_error_message="紧急查阅须由另一人同意。",
            ),
            models.CheckConstraint(
                name="emergency_access_is_reviewed_by_a_third_person",
                condition=Q(reviewed_by__isnull=True)
                | (~Q(reviewed_by=models.F("asked_by")) & ~Q(reviewed_by=models.F("granted_by"))),
                violation_error_message="紧急查阅须由第三人复核。",
            ),
            models.CheckConstraint(
                name="granted_emergency_access_ends",
                condition=Q(is_granted__isnull=True) | Q(is_granted=False) | Q(ends_at__isnull=False),
                violation_error_message="紧急查阅须有截止时间。",
            ),
        ]
        indexes = [
            models.Index(
                fields=["desk_place"], condition=Q(reviewed_at__isnull=True), name="emergency_to_review"
            ),
        ]

    def __str__(self) -> str:
        return f"emergency access {self.id}"
