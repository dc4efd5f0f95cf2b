"""The five-level tree, schools with their dated history, and classes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, ExtractYear, Now

from xueji.access.models import Account
from xueji.access.rules.permissions import Level
from xueji.access.scope import ScopedModel


class Division(models.Model):
    """A division of GB/T 2260 for the years in which it was in force; `until` empty: still."""

    code = models.CharField(max_length=6, db_collation="C")
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    level = models.CharField(max_length=12)
    since = models.SmallIntegerField(null=True)
    until = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["code"], name="division_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Organisation(models.Model):
    """An authority or a school. Its `place` says where it stands and what lies below it."""

    place = models.BigIntegerField(unique=True)
    level = models.CharField(max_length=12, choices=[(v.value, v.value) for v in Level])
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closed_after_opened",
                condition=Q(closed_on__isnull=True)
                | Q(opened_on__isnull=True)
                | Q(closed_on__gte=models.F("opened_on")),
            )
        ]

    def __str__(self) -> str:
        return self.name


class School(models.Model):
    """What only a school has. Teaching points and attached classes hang under another school."""

    OPEN, SUSPENDED, CLOSED = "open", "suspended", "closed"
    STATES = ((OPEN, "正常"), (SUSPENDED, "停办整顿"), (CLOSED, "已撤销"))

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, primary_key=True)
    place = models.BigIntegerField(unique=True)
    # Empty for what goes by the identifier of the school it hangs under.
    identifier = models.CharField("学校标识码", max_length=10, blank=True, db_collation="C")
    kind = models.CharField("办学类型", max_length=3)
    system = models.CharField("学制", max_length=5, default="6-3-3")
    founder = models.CharField("举办者", max_length=3)
    urban_rural = models.CharField("城乡分类", max_length=3)
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    under = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="points")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_school_per_identifier", fields=["identifier"], condition=~Q(identifier="")
            )
        ]

    def __str__(self) -> str:
        return self.identifier


class OrganisationName(models.Model):
    """A name for the days it was in force. Old names resolve for ever."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="names")
    place = models.BigIntegerField()
    name = models.CharField(max_length=100)
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class SchoolIdentifier(models.Model):
    """Every identifier a school ever had; none is given twice."""

    identifier = models.CharField(max_length=10, primary_key=True, db_collation="C")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="identifiers")
    place = models.BigIntegerField()
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return self.identifier


class PlaceHistory(models.Model):
    """Every place an organisation ever stood at. A reform moves places; old ones resolve for ever."""

    place = models.BigIntegerField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="places")
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return str(self.place)


class SchoolChange(models.Model):
    """An opening, renaming, merger or closure on a day, with its document (JY/T 1001 学校变动)."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="changes")
    place = models.BigIntegerField()
    kind = models.CharField(max_length=1)
    on = models.DateField()
    into = models.ForeignKey(School, on_delete=models.PROTECT, null=True, related_name="merged_from")
    document = models.CharField(max_length=100, blank=True)
    before = models.CharField(max_length=100, blank=True)
    after = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"{self.school_id} {self.kind} {self.on}"


class SchoolYear(models.Model):
    """A school year by the year it begins in, with its two terms."""

    start = models.SmallIntegerField(primary_key=True)
    starts_on = models.DateField()
    ends_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.start}-{self.start + 1}"


class Term(models.Model):
    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="terms")
    ordinal = models.SmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_term_of_an_ordinal", fields=["school_year", "ordinal"])
        ]

    def __str__(self) -> str:
        return f"{self.school_year_id}-{self.ordinal}"


class CalendarYear(models.Model):
    """A calendar year whose notice of days off is known, and where it was taken from."""

    year = models.SmallIntegerField(primary_key=True)
    source = models.CharField(max_length=200)
    announced_on = models.DateField(null=True)
    imported_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that the notice of a year names: off, or worked although it is a weekend.

    The notice of a year also arranges the last days of the December before.
    """

    on = models.DateField(primary_key=True)
    year = models.ForeignKey(CalendarYear, on_delete=models.PROTECT, related_name="days", db_column="year")
    is_working = models.BooleanField()
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="only_a_weekend_becomes_a_working_day",
                condition=Q(is_working=False) | Q(on__iso_week_day__gte=6),
            ),
            models.CheckConstraint(
                name="day_lies_in_its_year_or_the_december_before",
                condition=Q(year=ExtractYear("on")) | (Q(year=ExtractYear("on") + 1) & Q(on__month=12)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class RulePackVersion(models.Model):
    """One version of what a province decides, as the text it was written in; place 0 holds the national default.

    What was ever in force keeps its text for ever: a case stays under the version it began under,
    and under the national default (`base`) that version was put in force upon.
    """

    DRAFT, IN_FORCE, SUPERSEDED = "draft", "in_force", "superseded"
    STATES = ((DRAFT, "草稿"), (IN_FORCE, "已公布"), (SUPERSEDED, "已被替代"))

    place = models.BigIntegerField()
    province = models.CharField(max_length=2, db_collation="C")
    version = models.CharField(max_length=20, db_collation="C")
    state = models.CharField(max_length=10, choices=STATES, default=DRAFT)
    # The days it holds for: those of the text, until another version follows.
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    text = models.TextField()
    base = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    # Nobody: it came with the program.
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    changed_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    put_in_force_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    # Putting it in force files it with the ministry (备案), which notes that it was received.
    filed_on = models.DateField(null=True)
    received_on = models.DateField(null=True)
    received_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    filing_number = models.CharField("备案号", max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_rule_pack_of_a_version",
                fields=["province", "version"],
                violation_error_message="本省已有这个版本号的规则包。",
            ),
            models.UniqueConstraint(
                name="one_draft_of_rules_per_province",
                fields=["province"],
                condition=Q(state="draft"),
                violation_error_message="本省已有一份草稿。",
            ),
            models.CheckConstraint(
                name="rule_pack_belongs_to_its_province",
                condition=Q(place=Cast("province", models.BigIntegerField()) * 10**10),
            ),
            models.CheckConstraint(
                name="only_the_national_default_stands_on_nothing",
                condition=Q(base__isnull=False) | Q(province="00") | Q(state="draft"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.province} {self.version}"


class Grade(ScopedModel):
    """The pupils of a school that entered a stage together, at present in grade `number` (1–12)."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="grades", db_index=False)
    stage = models.CharField(max_length=8)
    entry_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    is_open = models.BooleanField(default=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(name="one_grade_per_entry_year", fields=["school", "stage", "entry_year"])
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.stage} {self.entry_year}"


class Class(ScopedModel):
    """A class with its number (班号), unique in the school."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="classes", db_index=False)
    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="classes")
    number = models.CharField("班号", max_length=16, db_collation="C")
    name = models.CharField("班级名称", max_length=40)
    kind = models.CharField(max_length=12, default="ordinary")
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="class_number_unique_in_school",
                fields=["school", "number"],
                violation_error_message="本校已有此班号。",
            )
        ]

    def __str__(self) -> str:
        return self.number
