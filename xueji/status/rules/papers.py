"""Kinds of paper that a change may ask for: those of the rule packs, and those of the other kinds of change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xueji.organisations.rules.pack_codes import DOCUMENTS

# How long a paper that was given once is used again, in days; others while nothing contradicts them.
VALID_DAYS: Final = {
    "housing": 365,
    "residence_permit": 365,
    "work_proof": 180,
    "application": 180,
    "attendance_proof": 90,
    "medical": 90,
    "medical_county": 90,
    "medical_second": 90,
    "expert_advice": 365,
}


@dataclass(frozen=True)
class Paper:
    """A kind of paper. `valid_days`: how long one given once is used again; 0: for ever.

    A discreet one is seen by nobody but the offices of a discreet case.
    """

    kind: str
    zh: str
    en: str
    is_discreet: bool = False

    @property
    def valid_days(self) -> int:
        return VALID_DAYS.get(self.kind, 0)


PAPERS: Final = (
    *(Paper(row.code, row.zh, row.en) for row in DOCUMENTS.rows),
    Paper("identity", "身份证件", "Identity document"),
    Paper("police_proof", "公安机关变更证明", "Certificate of the police on a change"),
    Paper("abroad_proof", "出国（境）证明", "Proof of going abroad"),
    Paper("death_proof", "死亡证明", "Certificate of death"),
    Paper("expert_advice", "残疾人教育专家委员会意见", "Advice of the expert committee"),
    Paper("decision", "有关部门决定", "Decision of a competent body"),
    Paper("school_opinion", "学校意见", "Opinion of the school"),
    Paper("report", "情况说明", "Statement of what happened"),
    Paper(
        "placement_decision",
        "专门学校入学（离校）决定",
        "Decision on a placement at a specialised school",
        is_discreet=True,
    ),
    Paper("other", "其他材料", "Other paper"),
)
BY_KIND: Final = {paper.kind: paper for paper in PAPERS}
