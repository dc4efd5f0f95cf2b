"""Laws that permit pupils' data to leave without a government's approval: one row per permission.

Source: 《中小学生学籍管理办法》 art. 24: no pupil's data goes to outsiders unless a law says so or a
people's government at county level or above approves it. A row names the law and its article;
articles are those of the texts in force in 2026 and change when a law is renumbered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from xueji.disclosures.rules.fields import BY_KEY, CLASS_LIST

DAILY_DUTY: Final = "school-duty"
# The approval that stands for everybody under it, as the migration wrote it.
STANDING: Final = {DAILY_DUTY: UUID("01990000-0000-7000-8000-000000000001")}


@dataclass(frozen=True)
class Statute:
    """A law, its article, whom it lets have the data and for what; `fields` are the most it permits."""

    code: str
    law_zh: str
    law_en: str
    article: str
    permits_zh: str
    permits_en: str
    fields: tuple[str, ...]
    # In force for everybody, not recorded by an office: nobody reviews it.
    is_standing: bool = False


_EVIDENCE: Final = tuple(BY_KEY)

STATUTES: Final[tuple[Statute, ...]] = (
    Statute(
        DAILY_DUTY,
        "《中华人民共和国个人信息保护法》",
        "Personal Information Protection Law",
        "13(1)(3)",
        "学校为履行日常教育管理职责，使用本校一个班的名单",
        "A school may use the list of one of its classes for its daily duties",
        CLASS_LIST,
        is_standing=True,
    ),
    Statute(
        "keep-in-school",
        "《中华人民共和国义务教育法》",
        "Compulsory Education Law",
        "13",
        "县级教育行政部门与乡镇人民政府组织适龄儿童入学、防止辍学",
        "County education offices and township governments see that children enter school and stay",
        (
            "name",
            "sex",
            "birth_on",
            "school",
            "grade",
            "class",
            "state",
            "present_address",
            "guardian",
            "guardian_phone",
        ),
    ),
    Statute(
        "criminal-evidence",
        "《中华人民共和国刑事诉讼法》",
        "Criminal Procedure Law",
        "54",
        "人民法院、人民检察院和公安机关依法收集、调取证据",
        "Courts, procuratorates and the police collect evidence",
        _EVIDENCE,
    ),
    Statute(
        "civil-evidence",
        "《中华人民共和国民事诉讼法》",
        "Civil Procedure Law",
        "70",
        "人民法院依法调查取证",
        "Courts collect evidence",
        _EVIDENCE,
    ),
    Statute(
        "supervision-evidence",
        "《中华人民共和国监察法》",
        "Supervision Law",
        "18",
        "监察机关依法收集、调取证据",
        "Supervisory organs collect evidence",
        _EVIDENCE,
    ),
)

BY_CODE: Final = {one.code: one for one in STATUTES}
