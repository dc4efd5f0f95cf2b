"""When a pupil outside one's area may be looked at at once, and for how long. The figures are ours and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MINUTES: Final = 60
SHORTEST_REASON: Final = 4


@dataclass(frozen=True)
class Emergency:
    code: str
    zh: str
    en: str


EMERGENCIES: Final[tuple[Emergency, ...]] = (
    Emergency("found", "发现走失或流浪儿童，须联系家庭", "A child was found and the family must be reached"),
    Emergency("accident", "意外伤害或急病，须联系家庭", "Accident or illness: the family must be reached"),
    Emergency(
        "protection",
        "公安、民政、检察机关保护未成年人",
        "Police, civil affairs or prosecution protect a child",
    ),
    Emergency("disaster", "灾害、疫情中的排查与安置", "Disaster or epidemic: finding and housing children"),
)
BY_CODE: Final[Mapping[str, Emergency]] = {one.code: one for one in EMERGENCIES}
