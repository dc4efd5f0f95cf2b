"""What is known of past notices when a registry begins: the seed of its calendar.

The library's tables are copied into the registry once. From then on the registry's own
table is asked, and later notices come in as files (`holiday_notices`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from importlib.metadata import version
from typing import Final

from chinese_calendar import constants

from xueji.organisations.rules.holiday_notices import DECEMBER, Notice, NoticeDay, title

NAMES: Final = {
    constants.Holiday.new_years_day: "元旦",
    constants.Holiday.spring_festival: "春节",
    constants.Holiday.tomb_sweeping_day: "清明节",
    constants.Holiday.labour_day: "劳动节",
    constants.Holiday.dragon_boat_festival: "端午节",
    constants.Holiday.mid_autumn_festival: "中秋节",
    constants.Holiday.national_day: "国庆节",
    constants.Holiday.anti_fascist_70th_day: "抗战胜利70周年纪念日",
}
# Mid-autumn fell on National Day, and the library has one name for a day.
JOINED: Final = {date(2020, 10, 1): "国庆节、中秋节"}


def known_notices() -> tuple[Notice, ...]:
    """Return the notices the library knows, oldest first, each with its days in order."""
    days: dict[int, list[NoticeDay]] = defaultdict(list)
    for table, is_working in ((constants.holidays, False), (constants.workdays, True)):
        for on, holiday in table.items():
            name = JOINED.get(on, NAMES[constants.Holiday(holiday)])
            days[_year_of_notice(on, name)].append(NoticeDay(on, is_working, name))
    return tuple(Notice(year, tuple(sorted(days[year], key=lambda day: day.on))) for year in sorted(days))


def source_of(notice: Notice) -> str:
    """Return where a known notice was taken from."""
    return f"{title(notice.year)}（chinesecalendar {version('chinesecalendar')}）"


def _year_of_notice(on: date, name: str) -> int:
    # The days around New Year are arranged by the notice of the new year.
    return on.year + 1 if name == "元旦" and on.month == DECEMBER else on.year
