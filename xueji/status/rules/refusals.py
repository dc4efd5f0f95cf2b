"""The closed lists of reasons for which a desk may refuse, each with its article.

Money owed, quotas and marks are no reasons: a school that is owed something has other ways,
and a pupil is not held for it. Free text may explain a reason and never stands alone.
Source: 《中小学生学籍管理办法》 (2025) art. 9, 15, 25; the list of transfers is that of the rule packs.
"""

from __future__ import annotations

from typing import Final

from xueji.organisations.rules.pack_codes import FORBIDDEN_REFUSALS, REFUSALS
from xueji.status.rules.kind import Reason

ARTICLES: Final = {
    "data_mismatch": "《办法》第九条",
    "no_reason": "《办法》第十五条；本省实施细则",
    "no_seat": "本省实施细则",
    "closed": "本省实施细则",
    "open_case": "《办法》第九条",
    "not_attending": "《办法》第二十五条",
}
TRANSFER_REFUSALS: Final = tuple(
    Reason(row.code, row.zh, row.en, ARTICLES[row.code])
    for row in REFUSALS.rows
    if row.code not in FORBIDDEN_REFUSALS
)
ORDINARY_REFUSALS: Final = (
    Reason("data_mismatch", "信息与证明不符", "The data do not match the proof", "《办法》第九条"),
    Reason(
        "papers_invalid", "证明材料不实或已失效", "Papers are untrue or no longer valid", "《办法》第九条"
    ),
    Reason(
        "no_request",
        "监护人未提出或已撤回申请",
        "No guardian asked, or the request was taken back",
        "《办法》第四条",
    ),
    Reason("condition", "不符合办理条件", "A condition of the change is not met", "本省实施细则"),
)
ALL: Final = {reason.code: reason for reason in (*TRANSFER_REFUSALS, *ORDINARY_REFUSALS)}
