"""What no province may decide otherwise: one row per national rule that a pack could contradict.

Articles of the Measures are those of 《中小学生学籍管理办法》 (2025).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from xueji.organisations.rules.pack_codes import (
    CROSS_PROVINCE_DOCUMENTS,
    FORBIDDEN_REFUSALS,
    NATIONAL_KEY_FIELDS,
)

COMPULSORY: Final = frozenset(range(1, 10))
DAYS_PER_PARTY: Final = 10
MOST_ARCHIVE_MONTHS: Final = 2
MOST_SUSPENSION_MONTHS: Final = 12
MOST_PAPER_DAYS: Final = 31

_EDUCATION = ("《义务教育法》第二十七条。", "Compulsory Education Law, art. 27.")


def _measures(number: int, zh: str) -> tuple[str, str]:
    return f"《中小学生学籍管理办法》第{zh}条。", f"Measures, art. {number}."


@dataclass(frozen=True)
class Limit:
    """One national rule: the parameter it binds, whether a value keeps it, what it says, and its article."""

    parameter: str
    holds: Callable[[Any], bool]
    zh: str
    en: str
    article: str
    article_en: str


LIMITS: Final = (
    Limit(
        "withdrawal.grades",
        lambda grades: not grades & COMPULSORY,
        "一至九年级学生不得办理退学。",
        "No pupil in grades 1 to 9 may be withdrawn.",
        *_EDUCATION,
    ),
    Limit(
        "expulsion.grades",
        lambda grades: not grades & COMPULSORY,
        "一至九年级学生不得开除。",
        "No pupil in grades 1 to 9 may be expelled.",
        *_EDUCATION,
    ),
    Limit(
        "repetition.shares",
        lambda shares: not any(shares.get(stage) for stage in ("primary", "junior")),
        "义务教育阶段不得留级。",
        "No pupil in compulsory education repeats a grade.",
        *_EDUCATION,
    ),
    Limit(
        "transfer.days_per_party",
        lambda days: days == DAYS_PER_PARTY,
        "转学的每一方各有 10 个工作日，省级不得延长或缩短。",
        "Each party to a transfer has 10 working days, neither more nor fewer.",
        *_measures(15, "十五"),
    ),
    Limit(
        "transfer.refusals",
        lambda reasons: not reasons & FORBIDDEN_REFUSALS,
        "不得以欠费、名额或成绩为由不同意转学。",
        "Fees, quotas and marks are no reasons to refuse a transfer.",
        *_measures(15, "十五"),
    ),
    Limit(
        "transfer.documents_cross_province",
        lambda kinds: set(kinds) <= CROSS_PROVINCE_DOCUMENTS,
        "跨省转学只能要求国家清单内的证明转学事由的材料。",
        "Across provinces only the papers of the national list, which prove the reason, may be asked for.",
        *_measures(15, "十五"),
    ),
    Limit(
        "transfer.closed_grades",
        lambda grades: not grades >= COMPULSORY,
        "不得对义务教育的全部年级停办转学。",
        "Transfers cannot be closed to every grade of compulsory education.",
        *_measures(15, "十五"),
    ),
    Limit(
        "transfer.archive_paper_days",
        lambda days: days <= MOST_PAPER_DAYS,
        "纸质档案应在电子转接后一个月内移交。",
        "The paper archive follows within a month of the electronic one.",
        "《中小学生学籍管理办法》（2013）第十五条。",
        "Measures of 2013, art. 15.",
    ),
    Limit(
        "entry.archive_months",
        lambda months: months <= MOST_ARCHIVE_MONTHS,
        "学籍档案应在入学后两个月内建立。",
        "The archive is opened within two months of entry.",
        *_measures(7, "七"),
    ),
    Limit(
        "suspension.most_months",
        lambda months: months <= MOST_SUSPENSION_MONTHS,
        "一次休学不超过一年，需要更长的应办理续休。",
        "One suspension lasts a year at most; a longer one is extended.",
        "《中小学生学籍管理办法》学籍变动的规定。",
        "Measures, chapter on changes of status.",
    ),
    Limit(
        "demotion.pupils",
        lambda pupils: pupils == "special_education",
        "只有特殊教育学生可以降级就读。",
        "Only pupils of special education may move to a lower grade.",
        *_measures(14, "十四"),
    ),
    Limit(
        "cancellation.cases",
        lambda cases: "death" in cases,
        "学生死亡的，应当注销学籍。",
        "The record of a pupil who died is cancelled.",
        *_measures(21, "二十一"),
    ),
    Limit(
        "key_data.fields",
        lambda fields: fields >= NATIONAL_KEY_FIELDS,
        "姓名、证件、性别、出生日期都是关键数据，省级只能增加，不能减少。",
        "Name, document, sex and date of birth are key data everywhere; a province may only add to them.",
        *_measures(3, "三"),
    ),
)
