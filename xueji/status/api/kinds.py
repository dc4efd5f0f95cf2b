"""The table of kinds over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

from xueji.access.api import READ_ERRORS, ActingRequest, answer, in_words, router
from xueji.status.api.shapes import STATUS, CodeShown, OfAct
from xueji.status.rules.kind import Kind
from xueji.status.rules.kinds import KINDS
from xueji.status.rules.papers import PAPERS
from xueji.status.rules.steps import ACT_NAMES, STATE_NAMES, STEPS


class FieldShown(Schema):
    """What has to be stated for a kind."""

    key: str
    zh: str
    en: str
    input: str = Field(description="text, day, code, class, school, number, yes")
    is_required: bool
    is_private: bool = Field(description="masked when it is read back")
    help_zh: str
    help_en: str
    codes: list[CodeShown] = Field(description="for `code`: the list")


class RefusalShown(Schema):
    """A reason for which a desk may refuse, with its article."""

    code: str
    zh: str
    en: str
    article: str


class KindShown(Schema):
    """A kind of change: one row of the table."""

    code: str
    zh: str
    en: str
    source: str
    change_code: str = Field(description="JY/T 1001 学籍异动类别; empty where the standard has none")
    starter: str = Field(description="school, receiving_school, authority: who files")
    fields: list[FieldShown]
    refusals: list[RefusalShown]
    beside: list[str] = Field(description="kinds that may be open beside it")
    may_be_undone: bool


class StepShown(OfAct):
    """One permitted step of a case; the same for all kinds."""

    source: str | None
    who: str = Field(description="starter, desk, above, system")
    target: str


class KindsShown(Schema):
    kinds: list[KindShown]
    papers: list[CodeShown] = Field(
        description="kinds of paper; which a change needs is said by /status/check"
    )
    steps: list[StepShown]
    states: list[CodeShown]


def kind_shown(kind: Kind) -> KindShown:
    return KindShown(
        code=kind.code,
        zh=kind.zh,
        en=kind.en,
        source=kind.source,
        change_code=kind.change_code,
        starter=kind.starter.value,
        fields=[
            FieldShown(
                key=one.key,
                zh=one.zh,
                en=one.en,
                input=one.input.value,
                is_required=one.is_required,
                is_private=one.is_private,
                help_zh=one.help_zh,
                help_en=one.help_en,
                codes=[
                    CodeShown(code=row.code, zh=row.zh, en=row.en)
                    for row in (one.codes.rows if one.codes else ())
                ],
            )
            for one in kind.fields
        ],
        refusals=[
            RefusalShown(code=one.code, zh=one.zh, en=one.en, article=one.article) for one in kind.refusals
        ],
        beside=sorted(kind.beside),
        may_be_undone=kind.may_be_undone,
    )


@router.get(
    "/status/kinds",
    response={200: KindsShown, **READ_ERRORS},
    summary="变动种类 / Kinds of change, with fields, papers and steps",
    tags=STATUS,
    operation_id="listStatusKinds",
)
def kinds(request: ActingRequest) -> HttpResponse:
    request.actor.require("status.view")
    content = KindsShown(
        kinds=[kind_shown(kind) for kind in KINDS],
        papers=[CodeShown(code=one.kind, zh=one.zh, en=one.en) for one in PAPERS],
        steps=[
            StepShown(
                source=step.source,
                who=step.who,
                **in_words("act", step.act, ACT_NAMES[step.act]),
                target=step.target,
            )
            for step in STEPS
        ],
        states=[CodeShown(code=state, zh=zh, en=en) for state, (zh, en) in STATE_NAMES.items()],
    )
    return answer(200, content.model_dump(mode="json"))
