"""The shapes that a province's rules are read into: nothing here judges or speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Window:
    """Days of every year, both ends included, each (month, day); one that ends before it begins goes over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Return whether the day lies in the window."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True)
class TransferRules:
    """How pupils move in. Codes are those of `pack_codes`; grades are 1 to 12."""

    days_per_party: int  # working days; national: 10
    windows: tuple[Window, ...]  # empty: the whole year
    closed_grades: frozenset[int]
    closed_grades_same_county: frozenset[int]  # closed only inside one county
    closed_terms: frozenset[tuple[int, int]]  # (grade, term 1 or 2)
    same_catchment_closed: bool  # none between schools that share a catchment
    private_full_closed: bool  # private schools: none in once the year's plan is full
    reasons: frozenset[str]  # codes of REASONS accepted; empty: all
    refusals: frozenset[str]  # codes of REFUSALS a desk may give; empty: all that the nation allows
    documents: tuple[str, ...]
    documents_cross_province: tuple[str, ...]  # never more than the national list
    chain_senior: tuple[str, ...]  # levels of authority, lowest first
    senior_same_kind: bool  # only between schools of the same kind
    senior_entrance_mark: bool  # the entrance mark must reach the receiving school's line
    senior_failed_entrance_closed: bool  # none back for who failed the province's entrance
    senior_international_closed: bool  # none from international courses into ordinary classes
    archive_paper_days: int  # calendar days for the paper archive after the effect

    def is_open_on(self, day: date) -> bool:
        """Return whether transfers in can be filed on this day."""
        return not self.windows or any(window.holds(day) for window in self.windows)

    def documents_asked(self, *, is_cross_province: bool) -> tuple[str, ...]:
        """Return the kinds of paper that a family is asked for."""
        return self.documents_cross_province if is_cross_province else self.documents


@dataclass(frozen=True)
class SuspensionRules:
    """How long pupils may rest, on which papers, and what follows."""

    most_months: int
    most_extensions: int
    documents: tuple[str, ...]
    grade_on_return: str  # "same" | "choice" (same or next)
    not_in_last_term_of_last_grade: bool
    overdue: str  # "report" | "withdrawal" (senior secondary only)
    overdue_months: int  # months after the end until the consequence


@dataclass(frozen=True)
class ProgrammeTerms:
    """Moving between general and vocational education (普职融通). Years are those of senior secondary, 1 to 3."""

    first_year: int  # no move before this year
    to_vocational: frozenset[
        tuple[int, int]
    ]  # (year, term) into which one may move; empty: any from first_year
    to_vocational_make_up: bool  # missed courses are made up
    to_general_entrance_mark: bool  # the entrance mark of general schools is needed


@dataclass(frozen=True)
class RulePack:
    """Every parameter a province decides, in one version. `own` are those it set itself, by their dotted names."""

    province: str  # two digits, "00" for the national default
    name: str
    version: str
    source: str
    valid_from: date
    valid_until: date | None
    entry_cutoff: tuple[int, int]  # month, day by which the entry age is reached
    archive_months: int
    admission_level: (
        str  # county | prefecture | province: the lowest authority that gives in lists of admitted pupils
    )
    admission_senior_level: str  # the same for senior secondary schools
    transfer: TransferRules
    suspension: SuspensionRules
    repetition: Mapping[str, Decimal]  # stage -> highest share of a grade; absent: none; 1: no share named
    repetition_closed_grades: frozenset[int]
    repetition_chain: tuple[str, ...]
    skipping: frozenset[str]  # stages in which it is allowed, never across stages
    demotion_pupils: str  # "special_education", by national rule
    demotion_grades: int  # how many grades at once
    demotion_limit: int  # how often in all
    withdrawal_grades: frozenset[int]  # by national rule 10 to 12 at most
    withdrawal_reversible_days: int
    truancy_days_running: int  # school days; 0: no such rule; senior secondary only
    truancy_days_term: int
    expulsion_grades: frozenset[int]
    cancellation: frozenset[str]  # codes of CANCELLATIONS
    migrant_dropout_to_household: bool  # the file goes to the county of household at term end
    key_fields: frozenset[str]
    identity_level: str  # county | prefecture | province
    senior_level: tuple[str, ...]  # levels that decide the status business of senior secondary schools
    programmes: tuple[str, ...]  # codes of PROGRAMMES
    programme_terms: ProgrammeTerms
    auxiliary_number: str  # a pattern, or empty: none is kept
    auxiliary_number_per_stage: bool
    attendance_proof_signed_by: str  # "registrar" | "principal"
    own: frozenset[str]
    confidence: Mapping[str, str]  # dotted parameter -> tag
    sources: Mapping[str, str]  # dotted parameter -> where it comes from

    def admission_level_of(self, stage: str) -> str:
        """Return the lowest level of authority that enrols for a stage."""
        return self.admission_senior_level if stage == "senior" else self.admission_level

    def source_of(self, parameter: str) -> str:
        """Return where a parameter comes from."""
        return self.sources.get(parameter, self.source)
