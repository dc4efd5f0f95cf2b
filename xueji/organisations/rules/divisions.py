"""The administrative divisions of the country, with the years in which each code was in force.

Codes and names come from the GB/T 2260 table that python-stdnum carries, brought up to
date by the short tables below. Two provincial divisions are this registry's own: the
Xinjiang Production and Construction Corps, and the schools that are listed apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Level = Literal["province", "prefecture", "county"]

CORPS: Final = "660000"
LISTED_APART: Final = "990000"

# Codes issued after the packaged table was made.
# Source: 民政部, changes of divisions at county level and above, 2021 to 2025.
NEWER: Final = (
    ("330113", "临平区", 2021),
    ("330114", "钱塘区", 2021),
    ("653132", "岑岭县", 2025),
    ("659013", "草湖市", 2025),
)

# The packaged table gives no last year for these codes; each gave way to the one named.
LAST_YEARS: Final = {
    "422900": 1986,  # its only county became 429021
    "422921": 1986,  # 429021
    "429001": 1999,  # 421300 and its county 421302
}

# District offices of the forest administration of 大兴安岭: used in statistics, never in GB/T 2260.
STATISTICAL_ONLY: Final = frozenset({"232761", "232762", "232763", "232764"})

# Rows of the table that only group counties; nobody governs them.
GROUPINGS: Final = frozenset(
    {
        "市辖区",
        "市区",
        "县",
        "林区",
        "省直辖县级行政单位",
        "省直辖行政单位",
        "自治区直辖县级行政单位",
    }
)

# County codes of earlier years that stand on identity documents but not in the packaged
# table: mostly the cities of 1989 to 1999 (xx90nn), and counties renumbered within a few
# years. Only the codes are kept (four digits, colon, last two digits), so that a document
# is not called wrong; confidence: one public history of the standard.
EARLIER_CODES: Final = """
1321:02-06 1322:03-04 1324:05 1325:02-07 1326:02-04 1327:02-05,33 1390:02-20 1402:30,32 1405:03
1490:02-03 1524:31 1528:28-34 2107:06 2114:05 2190:08-16 2202:05 2224:27 2290:06-12 2301:19
2305:07 2308:34 2310:06-07 2321:32 2324:03-06,11 2325:03-06,11,81 2327:24 2390:07-11 3201:26
3202:19 3204:19 3206:03,10 3207:11 3208:19 3209:19 3210:19 3211:19 3290:12-28 3302:07 3304:19
3325:81-82 3326:04 3390:11-21 3405:11 3411:23 3429:31 3490:01-02 3523:28-31 3526:28-29
3528:01,21-30 3590:03-11 3604:11 3622:34 3625:33 3626:01,31-38 3690:01-02 3702:08-09 3706:19
3707:19 3708:19 3709:03 3725:81 3790:13-29 4103:12-13 4106:04 4121:01-04,11 4122:01-04,11
4129:03,33 4190:07-18 4206:11 4207:09 4210:84-86 4290:07-17 4304:19 4306:27 4309:11 4390:06-11
4410:01-05 4490:02-31 4503:06 4505:04 4506:22 4603:21-22 4690:34-36 5121:29-32 5122:02,30-37
5124:29-36 5128:02 5134:38-39 5170:02-03,21-23,81 5190:05-13 6190:01-03 6202:02 6209:25 6326:32
6524:03-04 6526:01
"""

# The Corps is a provincial user of its own. 66 is the number that national statistics give
# it; the codes of its divisions (师) are this registry's own, numbered like the divisions.
# The eleventh, for construction, was dissolved in the corps's reform and runs no schools.
CORPS_DIVISIONS: Final = (
    (CORPS, "新疆生产建设兵团", "Xinjiang Production and Construction Corps"),
    ("660100", "第一师", "First Division"),
    ("660200", "第二师", "Second Division"),
    ("660300", "第三师", "Third Division"),
    ("660400", "第四师", "Fourth Division"),
    ("660500", "第五师", "Fifth Division"),
    ("660600", "第六师", "Sixth Division"),
    ("660700", "第七师", "Seventh Division"),
    ("660800", "第八师", "Eighth Division"),
    ("660900", "第九师", "Ninth Division"),
    ("661000", "第十师", "Tenth Division"),
    ("661200", "第十二师", "Twelfth Division"),
    ("661300", "第十三师", "Thirteenth Division"),
    ("661400", "第十四师", "Fourteenth Division"),
)

# Source: 中小学生学籍管理办法, article 27: these schools are registered and listed apart (单列管理).
# The codes are this registry's own, outside every province, so no provincial sum contains them.
APART_DIVISIONS: Final = (
    (LISTED_APART, "境外及港澳学校（单列）", "Schools abroad and in Hong Kong and Macao (listed apart)"),
    ("990100", "境外中国学校", "Chinese schools abroad"),
    ("990200", "香港内地课程学校", "Mainland-curriculum schools in Hong Kong"),
    ("990300", "澳门内地课程学校", "Mainland-curriculum schools in Macao"),
)

PROVINCE_NAMES_EN: Final = {
    "110000": "Beijing",
    "120000": "Tianjin",
    "130000": "Hebei",
    "140000": "Shanxi",
    "150000": "Inner Mongolia",
    "210000": "Liaoning",
    "220000": "Jilin",
    "230000": "Heilongjiang",
    "310000": "Shanghai",
    "320000": "Jiangsu",
    "330000": "Zhejiang",
    "340000": "Anhui",
    "350000": "Fujian",
    "360000": "Jiangxi",
    "370000": "Shandong",
    "410000": "Henan",
    "420000": "Hubei",
    "430000": "Hunan",
    "440000": "Guangdong",
    "450000": "Guangxi",
    "460000": "Hainan",
    "500000": "Chongqing",
    "510000": "Sichuan",
    "520000": "Guizhou",
    "530000": "Yunnan",
    "540000": "Tibet (Xizang)",
    "610000": "Shaanxi",
    "620000": "Gansu",
    "630000": "Qinghai",
    "640000": "Ningxia",
    "650000": "Xinjiang",
    "710000": "Taiwan",
    "810000": "Hong Kong",
    "820000": "Macao",
}

# Taiwan, Hong Kong and Macao stand in GB/T 2260, but their schools are not under the Measures.
WITHOUT_AUTHORITY: Final = frozenset({"710000", "810000", "820000"})

# The packaged table mixes in traditional characters.
SIMPLIFIED: Final = str.maketrans("區縣達嶺員會錫興", "区县达岭员会锡兴")

# The last syllables of a division's name, and their plain English.
KINDS_EN: Final = (
    ("自治县", " Autonomous County"),
    ("自治州", " Autonomous Prefecture"),
    ("自治旗", " Autonomous Banner"),
    ("地区", " Prefecture"),
    ("特区", " Special District"),
    ("新区", " New Area"),
    ("矿区", " Mining District"),
    ("县", " County"),
    ("区", " District"),
    ("市", " City"),
    ("旗", " Banner"),
    ("盟", " League"),
)

# Peoples in the names of autonomous divisions, longer names first.
PEOPLES_EN: Final = (
    ("柯尔克孜", "Kirgiz"),
    ("达斡尔族", "Daur"),
    ("鄂温克族", "Ewenki"),
    ("鄂伦春", "Oroqen"),
    ("哈萨克族", "Kazak"),
    ("哈萨克", "Kazak"),
    ("塔吉克", "Tajik"),
    ("蒙古族", "Mongol"),
    ("蒙古", "Mongol"),
    ("锡伯", "Xibe"),
    ("朝鲜族", "Korean"),
    ("东乡族", "Dongxiang"),
    ("撒拉族", "Salar"),
    ("保安族", "Bonan"),
    ("裕固族", "Yugur"),
    ("土家族", "Tujia"),
    ("布依族", "Bouyei"),
    ("仡佬族", "Gelao"),
    ("仫佬族", "Mulao"),
    ("毛南族", "Maonan"),
    ("布朗族", "Blang"),
    ("拉祜族", "Lahu"),
    ("哈尼族", "Hani"),
    ("纳西族", "Naxi"),
    ("傈僳族", "Lisu"),
    ("景颇族", "Jingpo"),
    ("独龙族", "Derung"),
    ("普米族", "Pumi"),
    ("回族", "Hui"),
    ("满族", "Manchu"),
    ("藏族", "Tibetan"),
    ("羌族", "Qiang"),
    ("彝族", "Yi"),
    ("苗族", "Miao"),
    ("侗族", "Dong"),
    ("瑶族", "Yao"),
    ("壮族", "Zhuang"),
    ("白族", "Bai"),
    ("傣族", "Dai"),
    ("黎族", "Li"),
    ("佤族", "Va"),
    ("畲族", "She"),
    ("水族", "Sui"),
    ("怒族", "Nu"),
    ("土族", "Tu"),
    ("各族", "Multi-ethnic"),
)

# Characters that place names read otherwise than most words do.
PLACE_READINGS: Final = {
    "都": "du",
    "柏": "bai",
    "长": "chang",
    "乐": "le",
    "会": "hui",
    "埔": "pu",
    "单": "shan",
    "浚": "xun",
}

# Proper names whose usual spelling is not what their characters read one by one.
USUAL_SPELLINGS: Final = {
    "朝阳": "Chaoyang",
    "漯河": "Luohe",
    "长子": "Zhangzi",
    "洪洞": "Hongtong",
    "闵行": "Minhang",
    "六合": "Luhe",
    "乐亭": "Laoting",
    "乐清": "Yueqing",
    "吕梁": "Lüliang",
    "呼和浩特": "Hohhot",
    "鄂尔多斯": "Ordos",
    "呼伦贝尔": "Hulunbuir",
    "巴彦淖尔": "Bayannur",
    "乌兰察布": "Ulanqab",
    "兴安": "Hinggan",
    "锡林郭勒": "Xilingol",
    "阿拉善": "Alxa",
    "哈尔滨": "Harbin",
    "齐齐哈尔": "Qiqihar",
    "大兴安岭": "Da Hinggan Ling",
    "拉萨": "Lhasa",
    "日喀则": "Xigaze",
    "昌都": "Qamdo",
    "林芝": "Nyingchi",
    "那曲": "Nagqu",
    "阿里": "Ngari",
    "甘孜": "Garze",
    "乌鲁木齐": "Urumqi",
    "克拉玛依": "Karamay",
    "吐鲁番": "Turpan",
    "博尔塔拉": "Bortala",
    "巴音郭楞": "Bayingolin",
    "阿克苏": "Aksu",
    "克孜勒苏": "Kizilsu",
    "喀什": "Kashi",
    "和田": "Hotan",
    "伊犁": "Ili",
    "阿勒泰": "Altay",
    "塔什库尔干": "Taxkorgan",
    "神农架林": "Shennongjia Forestry",
}

PERIOD: Final = re.compile(r"(?:\[(\d{4})?-(\d{4})?\])?([^\[\],]+)")


@dataclass(frozen=True, slots=True)
class Division:
    """One name of one code. `since` and `until` are years, both inclusive; None is unknown or open."""

    code: str
    name: str
    since: int | None
    until: int | None
    level: Level

    @property
    def is_grouping(self) -> bool:
        """Whether the row only groups counties (市辖区, 省直辖县级行政单位) and is governed by nobody."""
        return self.name in GROUPINGS


def level(code: str) -> Level:
    """Return the level that the shape of a six-digit code says."""
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def _packaged() -> Iterator[tuple[str, str]]:
    """Yield code and names with years, as they stand in the packaged table."""
    province = ""
    for line in files("stdnum").joinpath("cn", "loc.dat").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] != " ":
            province = line[:2]
            continue
        code, _, names = line.strip().partition(' county="')
        yield province + code, names.rstrip('"')


def _rows() -> Iterator[Division]:
    for code, names in _packaged():
        for since, until, name in PERIOD.findall(names):
            last = int(until) if until else LAST_YEARS.get(code)
            yield Division(code, name.translate(SIMPLIFIED), int(since) if since else None, last, level(code))
    for code, name, year in NEWER:
        yield Division(code, name, year, None, level(code))


@cache
def all_divisions() -> tuple[Division, ...]:
    """Return every division that GB/T 2260 knows or knew, by code, then by first year.

    A code that changed its name has one row per name. Rows that only group counties are
    included. Source: GB/T 2260.
    """
    return tuple(sorted(_rows(), key=lambda d: (d.code, d.since or 0)))


@cache
def in_force() -> tuple[Division, ...]:
    """Return the provinces, prefectures and counties of today, by code, groupings left out.

    Source: GB/T 2260 as published by 民政部.
    """
    return tuple(
        d for d in all_divisions() if d.until is None and not d.is_grouping and d.code not in STATISTICAL_ONLY
    )


@cache
def own_divisions() -> tuple[Division, ...]:
    """Return the divisions that are this registry's own: the Corps, and the schools listed apart."""
    return tuple(
        Division(code, name, None, None, level(code))
        for code, name, _ in (*CORPS_DIVISIONS, *APART_DIVISIONS)
    )


def _earlier_codes() -> Iterator[str]:
    for entry in EARLIER_CODES.split():
        head, _, tails = entry.partition(":")
        for tail in tails.split(","):
            first, _, last = tail.partition("-")
            for number in range(int(first), int(last or first) + 1):
                yield f"{head}{number:02d}"


@cache
def known_codes() -> frozenset[str]:
    """Return every code ever in force: what the first six digits of a document may be.

    Source: GB 11643-1999 takes the code of the household's county on the day of issue, so
    codes out of force stay valid on documents.
    """
    return frozenset(d.code for d in all_divisions()) | frozenset(_earlier_codes())


@cache
def _names() -> dict[str, tuple[Division, ...]]:
    names: dict[str, tuple[Division, ...]] = {}
    for division in (*all_divisions(), *own_divisions()):
        names[division.code] = (*names.get(division.code, ()), division)
    return names


def name_of(code: str, year: int | None = None) -> str:
    """Return the name of a code in a year, or its latest name; empty where none is known.

    A year before the first known name gives the first, a year after the last the last.
    """
    rows = _names().get(code, ())
    if not rows:
        return ""
    if year is None:
        return rows[-1].name
    fitting = [d for d in rows if (d.since or 0) <= year <= (d.until or 9999)]
    if fitting:
        return fitting[-1].name
    earlier = [d for d in rows if (d.since or 0) <= year]
    return (earlier[-1] if earlier else rows[0]).name


def _is_governed(code: str) -> bool:
    rows = _names().get(code, ())
    return bool(rows) and not rows[-1].is_grouping


def parent(code: str) -> str | None:
    """Return the code of the division above; None for a province.

    Groupings are passed over: a district of 北京市 and a county-level city run by its
    province have the province above them.
    """
    if code.endswith("0000"):
        return None
    prefecture = f"{code[:4]}00"
    if prefecture != code and _is_governed(prefecture):
        return prefecture
    return f"{code[:2]}0000"


def full_name(code: str, year: int | None = None) -> str:
    """Return the name with the names above it, e.g. 浙江省舟山市定海区; empty where nothing is known."""
    parts = [name_of(code, year)]
    above = parent(code)
    while above is not None and above != LISTED_APART:
        parts.append(name_of(above, year))
        above = parent(above)
    return "".join(reversed(parts))


def name_en(code: str) -> str:
    """Return the English name: usual names for provinces, pinyin and kind for the others.

    Empty where the code has no name.
    """
    if code in PROVINCE_NAMES_EN:
        return PROVINCE_NAMES_EN[code]
    for own, _, english in (*CORPS_DIVISIONS, *APART_DIVISIONS):
        if own == code:
            return english
    name = name_of(code)
    for ending, kind in KINDS_EN:
        # 郊区 and 矿区 are whole names: what is left must be a name.
        if name.endswith(ending) and len(name) > len(ending):
            return _proper_name(name.removesuffix(ending), ending) + kind
    return _romanised(name)


def _proper_name(name: str, ending: str) -> str:
    """Return the romanised proper name, the peoples of an autonomous division translated."""
    peoples: list[str] = []
    while ending.startswith("自治"):
        found = next((pair for pair in PEOPLES_EN if name.endswith(pair[0])), None)
        if found is None:
            break
        name = name.removesuffix(found[0])
        peoples.insert(0, found[1])
    # 东乡族自治县 is named after its people alone.
    return " ".join([_romanised(name), *peoples] if name else peoples)


def _romanised(name: str) -> str:
    """Return the pinyin as one word, with the apostrophe before a vowel: 西安 is Xi'an."""
    from pypinyin import Style, lazy_pinyin  # a third of a second that only English pages pay

    if name in USUAL_SPELLINGS:
        return USUAL_SPELLINGS[name]
    word = ""
    for character, reading in zip(name, lazy_pinyin(name, style=Style.NORMAL), strict=True):
        syllable = PLACE_READINGS.get(character, reading).replace("lv", "lü").replace("nv", "nü")
        word += f"'{syllable}" if word and syllable[0] in "aeo" else syllable
    return word.capitalize()


@cache
def authority_codes() -> frozenset[str]:
    """Return the divisions that have an education authority.

    These are the 31 provinces, their prefectures and counties, the Corps with its
    divisions, and one desk for the schools listed apart. Groupings, Taiwan, Hong Kong and
    Macao have none.

    Source: 中小学生学籍管理办法, article 5 (provincial coordination, graded responsibility)
    and article 27 (schools listed apart).
    """
    national = {d.code for d in in_force()} - WITHOUT_AUTHORITY
    corps = {code for code, _, _ in CORPS_DIVISIONS}
    return frozenset(national | corps | {LISTED_APART})


def provinces() -> tuple[str, ...]:
    """Return the codes of the 31 provinces and the Corps, by code."""
    return tuple(sorted(_top_level(authority_codes())))


def _top_level(codes: Iterable[str]) -> Iterator[str]:
    return (code for code in codes if code.endswith("0000") and code != LISTED_APART)
