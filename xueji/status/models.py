"""Cases of status business (学籍变动): one request on its way, its turns at desks, what it did, and what it left."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from xueji.access.scope import ScopedModel
from xueji.status.rules.graduation import OPEN as OPEN_REQUESTS
from xueji.status.rules.graduation import WAITING as WAITING_REQUESTS
from xueji.status.rules.graduation import State as RequestState
from xueji.status.rules.reorganisation import Kind as ReorganisationKind
from xueji.status.rules.steps import OPEN, State

OPEN_STATES = sorted(OPEN)


class Draft(ScopedModel):
    """What a school began to file and has not filed. It locks nothing and may have no pupil yet."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=24)
    student_id = models.UUIDField(null=True)
    name = models.CharField(max_length=100, db_collation="C", blank=True, default="")
    # What was typed so far, encrypted.
    payload = models.BinaryField(null=True)
    created_by = models.BigIntegerField()
    created_on = models.DateField()
    changed_at = models.DateTimeField(db_default=Now())
    # Accounts that have named the pupil by number and name: another school's pupil is no business of others.
    matched_by = models.JSONField(default=list)

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["place", "id"], name="status_draft_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Case(ScopedModel):
    """One change of one pupil. `place` is the school that holds the pupil when it was filed, `other_place` the one that will.

    `route` are the desks in order, `at` the one whose turn it is, `desk_place` its office. The
    case keeps the version of the rule pack it began under. Counters of days are in the turns.
    """

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=24)
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State])
    other_place = models.BigIntegerField(null=True)
    starter_place = models.BigIntegerField()
    desk_place = models.BigIntegerField()
    at = models.SmallIntegerField()
    route = models.JSONField()
    pack_id = models.BigIntegerField()
    name = models.CharField(max_length=100, db_collation="C")
    # What was filed, encrypted.
    payload = models.BinaryField()
    filed_by = models.BigIntegerField()
    filed_on = models.DateField()
    due_on = models.DateField(null=True)
    starts_on = models.DateField(null=True)
    effect_on = models.DateField(null=True)
    undo_until = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    is_discreet = models.BooleanField(default=False)
    # 办理于纸质：handled on paper while the system was away, entered afterwards (art. 4).
    is_from_paper = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["id"], name="status_case_id"),
            models.Index(fields=["place", "id"], name="status_case_place"),
            models.Index(
                fields=["other_place", "id"],
                condition=Q(other_place__isnull=False),
                name="status_case_other_place",
            ),
            models.Index(fields=["state", "id"], condition=Q(state="waiting"), name="status_case_waiting"),
            models.Index(fields=["starter_place", "filed_on", "id"], name="status_case_starter"),
            models.Index(
                fields=["starter_place"], condition=Q(state="returned"), name="status_case_returned"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_open_case_of_a_kind_per_student",
                fields=["student_id", "kind"],
                condition=Q(state__in=OPEN_STATES),
            ),
            models.CheckConstraint(
                name="a_closed_case_has_its_day",
                condition=Q(state__in=OPEN_STATES, closed_on__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(closed_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Turn(ScopedModel):
    """One desk's turn at a case, with its own clock. `place` is the office; `above` the authority that sees it when late."""

    pk = models.CompositePrimaryKey("student_id", "case_id", "ordinal")
    student_id = models.UUIDField()
    case_id = models.UUIDField()
    ordinal = models.SmallIntegerField()
    party = models.CharField(max_length=24)
    purpose = models.CharField(max_length=8)
    above = models.BigIntegerField()
    # Repeated of the case, so that an office reads its inbox from its own rows alone.
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=100, db_collation="C")
    from_place = models.BigIntegerField()
    is_discreet = models.BooleanField(default=False)
    days = models.SmallIntegerField()
    received_on = models.DateField()
    due_on = models.DateField()
    # The year of the due day was not announced when it was counted.
    is_provisional = models.BooleanField(default=False)
    paused_on = models.DateField(null=True)
    paused_days = models.SmallIntegerField(default=0)
    ended_on = models.DateField(null=True)
    # Working days the office took, pauses not counted.
    days_used = models.SmallIntegerField(null=True)
    act = models.CharField(max_length=12, blank=True, default="")
    case_version = models.IntegerField()

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(
                fields=["place", "due_on", "case_id"],
                condition=Q(ended_on__isnull=True),
                name="status_turn_desk",
            ),
            models.Index(
                fields=["above", "due_on", "case_id"],
                condition=Q(ended_on__isnull=True),
                name="status_turn_above",
            ),
            models.Index(
                fields=["place", "ended_on"], condition=Q(ended_on__isnull=False), name="status_turn_ended"
            ),
            models.Index(fields=["case_id"], name="status_turn_case"),
            models.Index(
                fields=["due_on"],
                condition=Q(ended_on__isnull=True, is_provisional=True),
                name="status_turn_provisional",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.received_on}"


class Decision(ScopedModel):
    """One act on a case: who, for which office, what, why. Kept for ever, never changed. `place` is the holder's."""

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    case_id = models.UUIDField()
    ordinal = models.SmallIntegerField()
    act = models.CharField(max_length=12)
    reason_code = models.CharField(max_length=24, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    by = models.BigIntegerField()
    office = models.BigIntegerField()
    on = models.DateField()
    at = models.DateTimeField(db_default=Now())
    is_discreet = models.BooleanField(db_default=False)
    # The account acted for a colleague of the office who is away (代理).
    is_stand_in = models.BooleanField(db_default=False)

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["case_id", "at"], name="status_decision_case")]

    def __str__(self) -> str:
        return f"{self.act} {self.case_id}"


class Effect(ScopedModel):
    """One row that a case changed: before and after, so that it can be taken back exactly. `moment`: filing or effect."""

    pk = models.CompositePrimaryKey("student_id", "case_id", "moment", "ordinal")
    student_id = models.UUIDField()
    case_id = models.UUIDField()
    moment = models.CharField(max_length=8)
    ordinal = models.SmallIntegerField()
    table = models.CharField(max_length=40)
    key = models.JSONField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    is_discreet = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"{self.table} of {self.case_id}"


class Mark(ScopedModel):
    """Something that is true of a pupil for a time: a suspension's terms, a programme, an arrangement of special education."""

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=24)
    since = models.DateField()
    until = models.DateField(null=True)
    details = models.JSONField(default=dict)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_running_mark_of_a_kind",
                fields=["student_id", "kind"],
                condition=Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="a_mark_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["place", "kind"], condition=Q(until__isnull=True), name="status_mark_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.student_id}"


class ClassRequest(ScopedModel):
    """Many pupils of a grade change class: a class split, classes merged, a grade filled anew. `place` is the school's.

    `opens` are the classes it opens, number → name; `closes` the ids of those it closes;
    `opened` the ids of those it did open.
    """

    id = models.UUIDField(primary_key=True)
    school_id = models.BigIntegerField()
    grade_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
    opens = models.JSONField(default=dict)
    closes = models.JSONField(default=list)
    opened = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True, default="")
    filed_by = models.BigIntegerField()
    filed_on = models.DateField()
    decided_by = models.BigIntegerField(null=True)
    decided_on = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    undo_until = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_open_class_request_per_grade",
                fields=["grade_id"],
                condition=Q(state="with_leader"),
            )
        ]
        indexes = [models.Index(fields=["place", "state", "filed_on"], name="status_class_request_place")]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class ClassMove(ScopedModel):
    """One pupil of a class request: the enrolment as it stood, and the class it goes to."""

    pk = models.CompositePrimaryKey("student_id", "request_id")
    student_id = models.UUIDField()
    request_id = models.UUIDField()
    enrolment_id = models.UUIDField()
    source_id = models.BigIntegerField()
    seat_before = models.CharField(max_length=20, blank=True, default="")
    target_number = models.CharField(max_length=16, db_collation="C")

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["request_id"], name="status_class_move_request")]

    def __str__(self) -> str:
        return f"{self.student_id} to {self.target_number}"


class Placement(ScopedModel):
    """A pupil of a specialised school (专门学校). Enrolment and certificate stay with the original school.

    For those who must know alone: no ordinary role reads the table.
    Source: Law on the Prevention of Juvenile Delinquency art. 47; 《办法》 art. 11.
    """

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    school_place = models.BigIntegerField()
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_running_placement", fields=["student_id"], condition=Q(until__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Paper(ScopedModel):
    """A paper of a pupil, encrypted. One given once serves later cases while it is valid. `place` is the holder's."""

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=24)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64, db_collation="C")
    size = models.IntegerField()
    content = models.BinaryField()
    office = models.BigIntegerField()
    filed_by = models.BigIntegerField()
    filed_on = models.DateField()
    valid_until = models.DateField(null=True)
    is_discreet = models.BooleanField(db_default=False)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(name="a_paper_is_kept_once", fields=["student_id", "kind", "sha256"])
        ]

    def __str__(self) -> str:
        return self.file_name


class CasePaper(ScopedModel):
    """A paper that a case rests on."""

    pk = models.CompositePrimaryKey("student_id", "case_id", "paper_id")
    student_id = models.UUIDField()
    case_id = models.UUIDField()
    paper_id = models.UUIDField()
    is_discreet = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"{self.paper_id} for {self.case_id}"


class SealedCopy(ScopedModel):
    """The readable copy of the archive that stays with a school a pupil left. `place` is that school's."""

    pk = models.CompositePrimaryKey("student_id", "id")
    student_id = models.UUIDField()
    id = models.UUIDField()
    case_id = models.UUIDField()
    name = models.CharField(max_length=100, db_collation="C")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64, db_collation="C")
    made_on = models.DateField()
    # Set when the transfer was undone: the copy says so and stays.
    void_on = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["place", "made_on"], name="status_copy_place")]

    def __str__(self) -> str:
        return str(self.id)


class Tracking(ScopedModel):
    """The family's way to look at a case without an account: a code that nobody can guess, kept as its blind index."""

    code_index = models.BinaryField(primary_key=True, max_length=16)
    student_id = models.UUIDField()
    case_id = models.UUIDField()
    # The code itself, encrypted, for the school that hands it over.
    code = models.BinaryField()
    expires_on = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["case_id"], name="status_tracking_case")]

    def __str__(self) -> str:
        return str(self.case_id)


class Notice(ScopedModel):
    """A message to an office: a reminder, a case that came, one that was decided. Made once per subject and kind."""

    pk = models.CompositePrimaryKey("place", "case_id", "ordinal", "kind")
    case_id = models.UUIDField()
    ordinal = models.SmallIntegerField()
    kind = models.CharField(max_length=16)
    # None where it is about a school's request for a grade; `name` is the grade's number then.
    student_id = models.UUIDField(null=True)
    case_kind = models.CharField(max_length=24)
    name = models.CharField(max_length=100, db_collation="C")
    due_on = models.DateField(null=True)
    created_on = models.DateField()
    read_on = models.DateField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(
                fields=["place", "created_on"], condition=Q(read_on__isnull=True), name="status_notice_unread"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class Campaign(models.Model):
    """One promotion of an area into a school year. Says nothing about any pupil; everybody may see it."""

    id = models.UUIDField(primary_key=True)
    # The authority whose area it is; the whole nation for the ministry.
    area = models.BigIntegerField()
    school_year = models.SmallIntegerField()
    state = models.CharField(max_length=10)
    planned_by = models.BigIntegerField()
    planned_on = models.DateField()
    started_by = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_live_promotion_per_area_and_year",
                fields=["area", "school_year"],
                condition=~Q(state="undone"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.school_year} {self.state}"


class CampaignSchool(ScopedModel):
    """A school in a promotion: what does not fit, whether its authority signed, whether it was promoted."""

    pk = models.CompositePrimaryKey("campaign", "place")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="schools", db_index=False)
    school_id = models.BigIntegerField()
    authority = models.BigIntegerField()
    state = models.CharField(max_length=10)
    pupils = models.IntegerField()
    differences = models.JSONField(default=list)
    needs_word = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True, default="")
    signed_by = models.BigIntegerField(null=True)
    signed_on = models.DateField(null=True)
    # Working days from the plan to the signature.
    days_used = models.SmallIntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["campaign", "state", "place"], name="status_campaignschool_state"),
            models.Index(fields=["authority", "campaign"], name="status_campaignschool_auth"),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.state}"


class CampaignGrade(ScopedModel):
    """A grade that a promotion raises: its number before and after, kept for the exact inverse."""

    pk = models.CompositePrimaryKey("campaign", "grade_id")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", db_index=False)
    grade_id = models.BigIntegerField()
    before = models.SmallIntegerField()
    after = models.SmallIntegerField()
    pupils = models.IntegerField()

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["campaign", "place"], name="status_campaigngrade_place")]

    def __str__(self) -> str:
        return f"{self.grade_id} {self.before}"


OPEN_GRADUATIONS = sorted(OPEN_REQUESTS)
WAITING_GRADUATIONS = sorted(str(state) for state in WAITING_REQUESTS)


class Graduation(ScopedModel):
    """A school's request that a last grade leaves: who graduates, completes, leaves. `place` is the school.

    `desk_place` is the office whose turn it is; `closed_classes` are those that became empty by it.
    """

    id = models.UUIDField(primary_key=True)
    school_id = models.BigIntegerField()
    grade_id = models.BigIntegerField()
    stage = models.CharField(max_length=8)
    number = models.SmallIntegerField()
    entry_year = models.SmallIntegerField()
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in RequestState])
    graduates_on = models.DateField()
    needs_authority = models.BooleanField()
    desk_place = models.BigIntegerField()
    # The authority that sees it when the desk is late.
    above = models.BigIntegerField(null=True)
    received_on = models.DateField()
    due_on = models.DateField(null=True)
    proposed_by = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    effect_on = models.DateField(null=True)
    undo_until = models.DateField(null=True)
    closed_classes = models.JSONField(default=list)
    is_grade_closed = models.BooleanField(default=False)
    # The turns of its desks that ended: place, received_on, due_on, ended_on, days_used in working days.
    turns = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_open_graduation_per_grade",
                fields=["grade_id"],
                condition=Q(state__in=OPEN_GRADUATIONS),
                violation_error_message="这个年级已有办理中的毕业申请。",
            ),
            models.CheckConstraint(
                name="a_graduation_takes_effect_once_it_is_decided",
                condition=Q(effect_on__isnull=False, state__in=["done", "undone"])
                | (Q(effect_on__isnull=True) & ~Q(state__in=["done", "undone"])),
            ),
        ]
        indexes = [
            models.Index(
                fields=["desk_place", "received_on", "id"],
                condition=Q(state__in=OPEN_GRADUATIONS),
                name="status_graduation_desk",
            ),
            models.Index(
                fields=["above", "due_on", "id"],
                condition=Q(state__in=WAITING_GRADUATIONS),
                name="status_graduation_above",
            ),
            models.Index(fields=["place", "id"], name="status_graduation_place"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.entry_year} {self.state}"


class GraduationPupil(ScopedModel):
    """What a school says of one pupil of a grade that leaves, and what came of it.

    `state`: listed, done, aside (something stood in the way at the effect: `aside` says what), undone.
    """

    LISTED, DONE, ASIDE, UNDONE = "listed", "done", "aside", "undone"

    pk = models.CompositePrimaryKey("student_id", "graduation_id")
    student_id = models.UUIDField()
    graduation_id = models.UUIDField()
    class_id = models.BigIntegerField()
    name = models.CharField(max_length=100, db_collation="C")
    outcome = models.CharField(max_length=2)
    destination = models.CharField(max_length=2, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=8, default=LISTED)
    aside = models.JSONField(default=list)

    class Meta(ScopedModel.Meta):
        indexes = [models.Index(fields=["graduation_id", "class_id"], name="status_graduation_pupils")]

    def __str__(self) -> str:
        return f"{self.student_id} {self.outcome}"


class Reorganisation(ScopedModel):
    """Schools merged, split or closed by one request of their authority. `place` is the authority's.

    `sources` and `targets` are ids of schools; `archives_place` the office that takes what a closed
    school keeps of pupils who left. `awaited` says of admitted pupils who have not come where they are to, as lists
    of school, stage, year and the school to come to (empty: the old one). `made` is what the effect did beside the pupils, for its exact inverse.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in ReorganisationKind])
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in RequestState])
    sources = models.JSONField(default=list)
    targets = models.JSONField(default=list)
    effective_on = models.DateField()
    document = models.CharField("批准文号", max_length=100, blank=True, default="")
    archives_place = models.BigIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True, default="")
    prepared_by = models.BigIntegerField()
    prepared_on = models.DateField()
    received_on = models.DateField()
    reason = models.CharField(max_length=500, blank=True, default="")
    effect_on = models.DateField(null=True)
    undo_until = models.DateField(null=True)
    awaited = models.JSONField(default=list)
    made = models.JSONField(default=dict)
    version = models.IntegerField(default=1)

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="a_reorganisation_takes_effect_once_it_is_decided",
                condition=Q(effect_on__isnull=False, state__in=["done", "undone"])
                | (Q(effect_on__isnull=True) & ~Q(state__in=["done", "undone"])),
            ),
        ]
        indexes = [
            models.Index(fields=["place", "id"], name="status_reorganisation_place"),
            models.Index(
                fields=["place", "received_on", "id"],
                condition=Q(state="with_leader"),
                name="status_reorganisation_desk",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class ReorganisedClass(ScopedModel):
    """One class of a reorganisation: where it goes and what it is there. `target_id` empty: it stays.

    `pupils` went with it, and `new_class_id` is the class they sit in since; both from the effect on.
    """

    pk = models.CompositePrimaryKey("reorganisation_id", "class_id")
    reorganisation_id = models.UUIDField()
    class_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    target_id = models.BigIntegerField(null=True)
    number = models.CharField(max_length=16, db_collation="C", blank=True, default="")
    name = models.CharField(max_length=40, blank=True, default="")
    pupils = models.IntegerField(default=0)
    new_class_id = models.BigIntegerField(null=True)

    class Meta(ScopedModel.Meta):
        indexes = [
            models.Index(fields=["source_id"], name="status_reorganised_source"),
            models.Index(
                fields=["target_id"], condition=Q(target_id__isnull=False), name="status_reorganised_target"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.class_id} to {self.target_id}"


class Attempt(models.Model):
    """How often somebody tried something since an hour or day began: pupils named in vain, codes looked up.

    `who` is a keyed hash of an account, a school or an address: the row says nothing about whom.
    """

    pk = models.CompositePrimaryKey("what", "who", "since")
    what = models.CharField(max_length=24)
    who = models.BinaryField(max_length=16)
    since = models.DateTimeField()
    times = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["since"], name="status_attempt_since")]

    def __str__(self) -> str:
        return f"{self.what} {self.times}"
