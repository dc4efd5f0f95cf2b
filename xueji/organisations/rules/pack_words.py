"""A rule pack in words, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from xueji.organisations.rules.pack_parameters import PARAMETERS
from xueji.organisations.rules.pack_shapes import RulePack


@dataclass(frozen=True)
class Sentence:
    """What a pack says of one parameter. `is_own`: the province decided it; else it is the national default."""

    parameter: str
    zh: str
    en: str
    confidence: str
    source: str
    is_own: bool


@dataclass(frozen=True)
class Difference:
    """One parameter on which two packs say different things: the sentences before and after, each (zh, en)."""

    parameter: str
    before: tuple[str, str]
    after: tuple[str, str]


def in_words(pack: RulePack) -> tuple[Sentence, ...]:
    """Return one sentence per parameter, in the order of the table of parameters."""
    return tuple(
        Sentence(
            parameter.key,
            *parameter.sentence(parameter.of(pack)),
            confidence=pack.confidence.get(parameter.key, "prov"),
            source=pack.source_of(parameter.key),
            is_own=parameter.key in pack.own,
        )
        for parameter in PARAMETERS
    )


def difference(a: RulePack, b: RulePack) -> tuple[Difference, ...]:
    """Return every parameter on which two packs differ, inherited ones too, in the order of the table."""
    return tuple(
        Difference(parameter.key, parameter.sentence(parameter.of(a)), parameter.sentence(parameter.of(b)))
        for parameter in PARAMETERS
        if parameter.of(a) != parameter.of(b)
    )
