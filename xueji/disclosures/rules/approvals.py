"""Approvals and exports: their kinds and states, and who may approve.

Source: 《中小学生学籍管理办法》 art. 24 (a law, or a people's government at county level or above);
《未成年人网络保护条例》 art. 36 (least privilege, approval, record).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

# Limits of our own: no approval is open for ever, no file is larger than a person can answer for.
LONGEST: Final = timedelta(days=366)
MOST_ROWS: Final = 200_000
# So long a finished file can be fetched; then its content is deleted.
FILE_LIVES: Final = timedelta(days=7)
MOST_DOWNLOADS: Final = 5
LONGEST_TEXT: Final = 500


class ApprovalKind(StrEnum):
    GOVERNMENT = "government"
    STATUTE = "statute"


class Government(StrEnum):
    """Levels of people's governments that may approve; a township is none of them."""

    COUNTY = "county"
    PREFECTURE = "prefecture"
    PROVINCE = "province"
    STATE = "state"


class ApprovalState(StrEnum):
    UNDER_REVIEW = "under_review"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    REVOKED = "revoked"


class ExportState(StrEnum):
    REQUESTED = "requested"
    RELEASED = "released"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


KIND_NAMES: Final = {
    ApprovalKind.GOVERNMENT: ("县级以上人民政府批准", "Approved by a people's government"),
    ApprovalKind.STATUTE: ("法律规定", "Provided by a law"),
}
GOVERNMENT_NAMES: Final = {
    Government.COUNTY: ("县级人民政府", "County government"),
    Government.PREFECTURE: ("市级人民政府", "Prefecture government"),
    Government.PROVINCE: ("省级人民政府", "Provincial government"),
    Government.STATE: ("国务院", "State Council"),
}
APPROVAL_STATE_NAMES: Final = {
    ApprovalState.UNDER_REVIEW: ("待复核", "Under review"),
    ApprovalState.IN_FORCE: ("已生效", "In force"),
    ApprovalState.REFUSED: ("复核未通过", "Refused"),
    ApprovalState.REVOKED: ("已停用", "Revoked"),
}
EXPORT_STATE_NAMES: Final = {
    ExportState.REQUESTED: ("待放行", "Waits for release"),
    ExportState.RELEASED: ("正在生成", "Being made"),
    ExportState.DONE: ("可以下载", "Ready"),
    ExportState.FAILED: ("未通过核对", "Failed"),
    ExportState.REFUSED: ("不予放行", "Refused"),
    ExportState.WITHDRAWN: ("已撤回", "Withdrawn"),
    ExportState.EXPIRED: ("已到期删除", "Expired"),
}
WITH_PERSON: Final = frozenset(
    {ExportState.RELEASED, ExportState.DONE, ExportState.FAILED, ExportState.EXPIRED}
)


@dataclass(frozen=True)
class Validity:
    """The days on which an approval may be used, both included."""

    since: date
    until: date

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    @property
    def is_fit(self) -> bool:
        return self.since <= self.until <= self.since + LONGEST
