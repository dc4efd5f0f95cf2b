"""The schools of a county: how many, of which kinds, how large, under which names.

Source: 2024 bulletin of the Ministry of Education (全国教育事业发展统计公报): 136,300 primary schools, 52,200
teaching points, 52,100 junior and 15,800 senior secondary schools, 2,396 special schools; 105.84, 53.86 and
29.22 million pupils. The split of junior and senior schools into kinds is an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xueji.organisations.rules.school_kinds import Grade, Stage, System, grades_of
from xueji.synthetic.rules.drawing import Ints, Rng, shared_out

# Thousand institutions of each kind in the nation.
INSTITUTIONS: dict[str, float] = {
    "218": 52.2,
    "211": 136.3,
    "311": 32.5,
    "312": 19.6,
    "341": 5.6,
    "342": 8.0,
    "345": 2.2,
    "514": 2.4,
}
# Million pupils of each stage, those of special schools apart.
PUPILS: dict[Stage, float] = {Stage.PRIMARY: 105.84, Stage.JUNIOR: 53.86, Stage.SENIOR: 29.22}
SPECIAL_SHARE = 0.0018
PUPILS_PER_SCHOOL = 188.93e6 / (sum(INSTITUTIONS.values()) * 1000)

# Million pupils per grade: entrants of the bulletin, and a straight line to the graduates.
PER_GRADE = {Stage.PRIMARY: (16.17, 16.6, 17.2, 18.1, 18.9, 18.9), Stage.JUNIOR: (18.5, 18.1, 17.2, 17.0),
             Stage.SENIOR: (10.4, 9.8, 9.0)}  # fmt: skip
CLASS_SIZE = {Stage.PRIMARY: 37, Stage.JUNIOR: 45, Stage.SENIOR: 49}

# How large a kind is in a stage, compared with the stage's own kind of school.
WEIGHT: dict[Stage, dict[str, float]] = {
    Stage.PRIMARY: {"211": 1.0, "218": 0.07, "312": 0.8, "345": 0.8},
    Stage.JUNIOR: {"311": 1.0, "312": 0.5, "341": 0.8, "345": 0.5},
    Stage.SENIOR: {"342": 1.0, "341": 0.6, "345": 0.4},
}
PUPILS_PER_APART_SCHOOL = 800
CATEGORY = {
    "211": "21",
    "218": "21",
    "311": "31",
    "312": "31",
    "341": "34",
    "342": "34",
    "345": "34",
    "514": "51",
}

TOWNS = (
    "清溪 石桥 柳河 新民 兴隆 双河 龙泉 白云 太平 永安 长山 东塘 西河 南湖 北岭 大湾 小店 桃源 梅岭 竹园 松林 金沙 银山 "
    "红旗 光明 和平 团结 前进 胜利 青峰 高桥 马家 杨柳 沙坪 平川 洪家 板桥 三合 五里 七星 八角 九龙 云台 月亮 花园 古城"
).split()
VILLAGES = "上庄 下庄 中湾 新桥 东坡 西坪 南沟 北坝 河口 桥头 大坪 小寨 石门 水口 高坡 沙湾 梨园 竹坝 黄泥 青杠".split()
VIRTUES = "育英 明德 启明 弘文 文澜 博雅 崇德 致远 新星 希望 实验 求是 知行 思源".split()
NUMERALS = "一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十".split()

# Where 5-4-3 is the rule: Shanghai, and the prefectures of Shandong that kept it.
FIVE_FOUR = frozenset({"31", "3703", "3710", "3706", "3709"})


@dataclass(frozen=True)
class Cohort:
    """One grade of one school with the sizes of its classes."""

    grade: Grade
    class_sizes: tuple[int, ...]


@dataclass
class SchoolDraft:
    """A school before it has an identifier: `under` is the position of the school it hangs under."""

    kind: str
    name: str
    town: str
    founder: str
    urban_rural: str
    under: int | None = None
    per_stage: dict[Stage, int] = field(default_factory=dict)
    cohorts: tuple[Cohort, ...] = ()

    @property
    def pupils(self) -> int:
        return sum(sum(cohort.class_sizes) for cohort in self.cohorts)


def system_of(division: str) -> System:
    """Return the usual system of a county: 5-4-3 in Shanghai and parts of Shandong, else 6-3-3."""
    is_five_four = division[:2] in FIVE_FOUR or division[:4] in FIVE_FOUR
    return System.FIVE_FOUR_THREE if is_five_four else System.SIX_THREE_THREE


def draw_schools(
    rng: Rng, division: str, county: str, pupils: int, pupils_per_school: float, *, with_special: bool
) -> list[SchoolDraft]:
    """Return the schools of a county that together have exactly `pupils` pupils.

    Every county has at least a primary, a junior and a senior school, and a special one if asked. Teaching points
    hang under a primary school.
    """
    system = system_of(division)
    kinds = _kinds(rng, pupils, pupils_per_school, ["211", "311", "342"] + ["514"] * with_special)
    drafts = _named(rng, county, kinds)
    special = round(pupils * SPECIAL_SHARE) if "514" in kinds else 0
    per_stage = shared_out(pupils - special, list(PUPILS.values()))
    for stage, total in zip(PUPILS, per_stage, strict=True):
        running = [draft for draft in drafts if draft.kind in WEIGHT[stage]]
        weights = [WEIGHT[stage][draft.kind] * float(rng.lognormal(0, 0.45)) for draft in running]
        for draft, number in zip(running, shared_out(int(total), weights), strict=True):
            draft.per_stage[stage] = int(number)
    _share_out_special(drafts, special)
    for draft in drafts:
        draft.cohorts = _cohorts(rng, draft, system)
    return drafts


def draw_apart(rng: Rng, before: str, after: str, pupils: int) -> list[SchoolDraft]:
    """Return the schools of a division listed apart: twelve-year schools in private hands, one for 800 pupils."""
    count = min(len(VIRTUES), max(1, round(pupils / PUPILS_PER_APART_SCHOOL)))
    virtues = rng.permutation(VIRTUES)[:count]
    drafts = [
        SchoolDraft("345", f"{before}{virtue}{after}", f"{before}{after}", "999", "111") for virtue in virtues
    ]
    for draft, number in zip(drafts, shared_out(pupils, [1.0] * count), strict=True):
        per_stage = shared_out(int(number), list(PUPILS.values()))
        draft.per_stage = {stage: int(of_stage) for stage, of_stage in zip(PUPILS, per_stage, strict=True)}
        draft.cohorts = _cohorts(rng, draft, System.SIX_THREE_THREE)
    return drafts


def _kinds(rng: Rng, pupils: int, pupils_per_school: float, at_least: list[str]) -> list[str]:
    """Return the kind of each school, in proportion to the nation, the remainder left to chance."""
    wanted = pupils / pupils_per_school
    whole = sum(INSTITUTIONS.values())
    kinds: list[str] = []
    for kind, number in INSTITUTIONS.items():
        exact = wanted * number / whole
        kinds += [kind] * int(exact + rng.random())
    return kinds + [kind for kind in at_least if kind not in kinds]


def _share_out_special(drafts: list[SchoolDraft], total: int) -> None:
    schools = [draft for draft in drafts if draft.kind == "514"]
    for draft, number in zip(
        schools, shared_out(total, [1.0] * len(schools)) if schools else [], strict=True
    ):
        primary = int(number) * 2 // 3
        draft.per_stage = {Stage.PRIMARY: primary, Stage.JUNIOR: int(number) - primary}


def _cohorts(rng: Rng, draft: SchoolDraft, system: System) -> tuple[Cohort, ...]:
    cohorts: list[Cohort] = []
    for stage, total in draft.per_stage.items():
        grades = [grade for grade in grades_of(draft.kind, system) if grade.stage is stage]
        if draft.kind == "218":
            # A point keeps the youngest; the older ones walk or board at the central school.
            grades = grades[: 2 + int(rng.integers(0, 3))]
        weights = np.array(PER_GRADE[stage][: len(grades)]) * rng.uniform(0.85, 1.15, len(grades))
        for grade, number in zip(grades, shared_out(total, weights), strict=True):
            if number:
                cohorts.append(
                    Cohort(grade, _class_sizes(int(number), 9 if draft.kind == "514" else CLASS_SIZE[stage]))
                )
    return tuple(sorted(cohorts, key=lambda cohort: cohort.grade))


def _class_sizes(number: int, usual: int) -> tuple[int, ...]:
    classes: Ints = shared_out(number, [1.0] * max(1, round(number / usual + 0.08)))
    return tuple(int(size) for size in classes)


def _named(rng: Rng, county: str, kinds: list[str]) -> list[SchoolDraft]:
    """Return the schools with names as schools have them, none twice in the county."""
    towns = [f"{name}{'乡' if rng.random() < 0.3 else '镇'}" for name in rng.permutation(TOWNS)]
    drafts: list[SchoolDraft] = []
    counts = dict.fromkeys(INSTITUTIONS, 0)
    used: set[str] = set()
    for kind in sorted(kinds, key=lambda kind: (kind == "218", kind)):
        counts[kind] += 1
        drafts.append(_draft(rng, county, kind, counts[kind], towns, drafts, kinds.count(kind)))
        name = drafts[-1].name
        extra = 2
        while drafts[-1].name in used:
            drafts[-1].name = f"{name}（{_numeral(extra)}校区）"
            extra += 1
        used.add(drafts[-1].name)
    return drafts


def _draft(
    rng: Rng, county: str, kind: str, nth: int, towns: list[str], drafts: list[SchoolDraft], of_kind: int
) -> SchoolDraft:
    is_private = kind not in ("218", "514") and rng.random() < 0.06
    founder = "999" if is_private else "831"
    urban = "112" if rng.random() < 0.3 else ("111" if county.endswith("区") else "121")
    town = towns[nth % len(towns)]
    virtue = VIRTUES[int(rng.integers(0, len(VIRTUES)))]
    if kind == "218":
        centres = [
            i for i, draft in enumerate(drafts) if draft.kind == "211" and draft.urban_rural in ("210", "122")
        ]
        under = centres[nth % len(centres)] if centres else 0
        village = VILLAGES[(nth + int(rng.integers(0, 5))) % len(VILLAGES)]
        name = f"{county}{drafts[under].town}{village}村教学点"
        return SchoolDraft(kind, name, drafts[under].town, "831", "220", under)
    if kind == "514":
        return SchoolDraft(kind, f"{county}特殊教育学校", county, "831", urban)
    if is_private:
        ending = {"211": "小学", "311": "初级中学", "342": "高级中学", "341": "中学"}.get(kind, "学校")
        return SchoolDraft(kind, f"{county}{virtue}{ending}", county, founder, urban)
    in_town = kind in ("211", "311", "312") and nth > max(
        2, of_kind * (0.35 if county.endswith("区") else 0.25)
    )
    if in_town:
        ending = {"211": "中心小学", "311": "初级中学", "312": "九年一贯制学校"}[kind]
        return SchoolDraft(
            kind, f"{county}{town}{ending}", town, founder, "210" if town.endswith("乡") else "122"
        )
    numbered = {
        "211": f"第{_numeral(nth)}小学",
        "311": f"第{_numeral(nth)}初级中学",
        "342": f"第{_numeral(nth)}中学",
    }
    ending = (
        numbered.get(kind)
        or {"312": f"{virtue}学校", "341": f"{virtue}中学", "345": f"{virtue}外国语学校"}[kind]
    )
    return SchoolDraft(kind, f"{county}{ending}", county, founder, urban)


def _numeral(number: int) -> str:
    return NUMERALS[number - 1] if number <= len(NUMERALS) else str(number)
