"""What the rules of a change look at: a pupil, the schools and classes concerned, what is open. Plain values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from xueji.organisations.rules.rule_packs import RulePack
from xueji.organisations.rules.school_kinds import Stage

# Present status of an enrolment (JY/T 1001-2012 学生当前状态).
ATTENDING: Final = "01"
SUSPENDED: Final = "02"
WITHDRAWN: Final = "03"
DROPPED_OUT: Final = "06"
GRADUATED: Final = "07"
COMPLETED: Final = "08"
LEFT: Final = "09"
TRANSFERRED: Final = "10"
DECEASED: Final = "11"
ABROAD: Final = "13"
EXPELLED: Final = "14"
MISSING: Final = "15"
OTHERWISE_GONE: Final = "99"

COMPULSORY_GRADES: Final = range(1, 10)
SENIOR_GRADES: Final = range(10, 13)


@dataclass(frozen=True)
class SchoolFacts:
    """A school as a rule sees it. `authority` is the place of its status authority."""

    id: int
    place: int
    identifier: str
    name: str
    kind: str
    system: str
    founder: str
    is_open: bool
    authority: int

    @property
    def province(self) -> int:
        """Two digits of division."""
        return self.place // 10**10

    @property
    def county(self) -> int:
        """Six digits of division."""
        return self.place // 10**6


@dataclass(frozen=True)
class ClassFacts:
    """A class and its grade at present. `count` is how many pupils it has."""

    id: int
    place: int
    school_id: int
    number: str
    name: str
    grade_id: int
    grade: int
    stage: str
    entry_year: int
    is_open: bool
    count: int


@dataclass(frozen=True)
class EnrolmentFacts:
    """A period at a school, as its row stands."""

    id: UUID
    place: int
    school_id: int
    class_of_id: int
    stage: str
    entry_year: int
    state: str
    entered_on: date
    started_on: date
    ended_on: date | None
    end_reason: str
    entry_mode: str
    study_mode: str
    source: str
    seat_number: str


@dataclass(frozen=True)
class MarkFacts:
    """Something that is true of a pupil for a time: a programme, an arrangement, how often something was done."""

    id: UUID
    kind: str
    since: date
    until: date | None
    details: Mapping[str, Any]


@dataclass(frozen=True)
class OpenCase:
    """Another case of the pupil that is under way."""

    id: UUID
    kind: str
    place: int
    state: str


@dataclass(frozen=True)
class IdentifierFacts:
    """A number the pupil is or was known by, without its value. `letter` of a student number: G, L or J.

    `birth_on` and `sex` are what a number of eighteen digits says of its holder.
    """

    scheme: str
    index: bytes
    since: date
    until: date | None
    letter: str = ""
    birth_on: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class ReadyNumber:
    """A number made ready to be written. `is_taken`: another record has it, or waits for it; whose is never said."""

    scheme: str
    index: bytes
    value: bytes
    is_taken: bool
    # The pupil was known by it before.
    own: IdentifierFacts | None = None


@dataclass(frozen=True)
class SealedRecord:
    """An encrypted record of the pupil as it is and as it would be; `before` None where it is empty or not there yet."""

    record: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class MemberFacts:
    """A member of the family on record, as far as it is not encrypted."""

    name: str
    relation: str
    is_guardian: bool


@dataclass(frozen=True)
class PlacementFacts:
    """A placement at a specialised school that runs. For discreet kinds alone."""

    id: UUID
    place: int
    school_place: int
    since: date


@dataclass(frozen=True)
class Ready:
    """What was made ready for a change: the answer to its needs."""

    identifiers: tuple[IdentifierFacts, ...] = ()
    numbers: tuple[ReadyNumber, ...] = ()
    formal: ReadyNumber | None = None
    # Somebody of this name, sex and birth date is known, and no number tells the two apart.
    has_double: bool = False
    sealed: Mapping[str, SealedRecord] = field(default_factory=dict)
    # By their number, from 1.
    members: Mapping[int, MemberFacts] = field(default_factory=dict)
    placement: PlacementFacts | None = None


@dataclass(frozen=True)
class Facts:
    """Everything a rule may ask about one change of one pupil. Shapes: one pupil, one target at most.

    `enrolment`, `school` and `own_class` are those of the open enrolment; of the last one
    where none is open. `new_ids` are identifiers that an effect may give to new rows, in order.
    """

    student_id: UUID
    place: int
    name: str
    sex: str
    birth_on: date
    document_type: str
    nationality: str
    details: Mapping[str, Any]
    enrolment: EnrolmentFacts
    school: SchoolFacts
    own_class: ClassFacts
    pack: RulePack
    today: date
    pack_id: int = 0
    marks: tuple[MarkFacts, ...] = ()
    open_cases: tuple[OpenCase, ...] = ()
    has_problem: bool = False
    # How often a kind of change was completed for the pupil at this stage.
    times: Mapping[str, int] = field(default_factory=dict)
    # For kinds that share a grade: its pupils at the school, and how many of them did the same this year.
    grade_size: int = 0
    alike: int = 0
    target_school: SchoolFacts | None = None
    target_class: ClassFacts | None = None
    # Authorities that decide beside the school's own, lowest first: from the pack and the level.
    higher_authorities: tuple[int, ...] = ()
    new_ids: tuple[UUID, ...] = ()
    pinyin: str = ""
    initials: str = ""
    ethnicity: str = ""
    overseas: str = ""
    ready: Ready = Ready()

    @property
    def goal(self) -> tuple[SchoolFacts, ClassFacts]:
        """The school and class the change leads to. Raises LookupError where it leads to none."""
        if self.target_school is None or self.target_class is None:
            raise LookupError("the change has no target class")
        return self.target_school, self.target_class

    @property
    def is_enrolled(self) -> bool:
        return self.enrolment.ended_on is None

    @property
    def grade(self) -> int:
        return self.own_class.grade

    @property
    def is_compulsory(self) -> bool:
        return self.grade in COMPULSORY_GRADES

    @property
    def is_senior(self) -> bool:
        return self.grade in SENIOR_GRADES

    def running(self, kind: str) -> MarkFacts | None:
        """Return the pupil's mark of this kind that runs; None where there is none."""
        return next((mark for mark in self.marks if mark.kind == kind and mark.until is None), None)

    @property
    def stage(self) -> Stage:
        return Stage(self.enrolment.stage)
