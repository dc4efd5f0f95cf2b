"""Names of families, drawn as columns: children, parents and grandparents of every people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from xueji.synthetic.rules import given_names, peoples
from xueji.synthetic.rules.drawing import Flags, Ints, Rng, Texts, Urn, ranks
from xueji.synthetic.rules.given_names import Fashion, weighted
from xueji.synthetic.rules.surnames import REGIONAL, shares

FOUR_CHARACTERS_SHARE = 0.012  # father's and mother's surname, then two characters
SHARED_CHARACTER_SHARE = 0.22  # families whose children share a character, as generation names do
SHARED_BY_TWINS_SHARE = 0.6

# Surnames that a people has more often than the Han around it.
OF_PEOPLE: dict[str, dict[str, float]] = {
    "03": {"马": 30, "白": 4, "丁": 4, "杨": 5, "金": 3, "王": 7, "李": 6, "张": 5, "海": 1, "哈": 1, "沙": 1.5, "撒": 0.5},
    "10": {"金": 22, "李": 15, "朴": 9, "崔": 6, "郑": 5, "姜": 3, "赵": 3, "尹": 2.5, "韩": 2, "申": 2, "全": 2, "许": 2},
    "08": {"黄": 15, "韦": 14, "李": 8, "覃": 7, "梁": 6, "农": 6, "陆": 5, "莫": 4, "蒙": 3, "陈": 5, "罗": 3, "潘": 3},
    "06": {"杨": 14, "龙": 9, "吴": 10, "石": 5, "李": 7, "王": 6, "潘": 5, "张": 5, "陶": 3, "熊": 4, "麻": 1.5, "廖": 2},
    "15": {"彭": 8, "向": 10, "田": 10, "覃": 7, "冉": 6, "谭": 5, "杨": 6, "张": 5, "李": 5, "黄": 4, "王": 4},
    "14": {"杨": 16, "李": 12, "赵": 10, "张": 8, "段": 9, "董": 6, "尹": 4, "王": 5, "何": 4},
    "22": {"蓝": 25, "雷": 22, "钟": 20, "盘": 3},
}  # fmt: skip


@dataclass(frozen=True)
class GivenUrns:
    first: Urn
    second: Urn
    single: Urn
    whole: Urn | None
    single_share: float
    whole_share: float

    @classmethod
    def of(cls, fashion: Fashion) -> GivenUrns:
        return cls(
            Urn.of(weighted(fashion.first)),
            Urn.of(weighted(fashion.second)),
            Urn.of(weighted(fashion.single)),
            Urn.of(weighted(fashion.whole, width=2)) if fashion.whole else None,
            fashion.single_share,
            fashion.whole_share,
        )


BOY, GIRL = GivenUrns.of(given_names.CHILD_BOY), GivenUrns.of(given_names.CHILD_GIRL)
FATHER, MOTHER = GivenUrns.of(given_names.PARENT_MAN), GivenUrns.of(given_names.PARENT_WOMAN)
GRANDFATHER, GRANDMOTHER = GivenUrns.of(given_names.GRANDFATHER), GivenUrns.of(given_names.GRANDMOTHER)
RARE = {True: Urn.even(tuple(given_names.RARE_BOY)), False: Urn.even(tuple(given_names.RARE_GIRL))}

UYGHUR = (Urn.even(peoples.UYGHUR_MEN.split()), Urn.even(peoples.UYGHUR_WOMEN.split()))
KAZAKH = (Urn.even(peoples.KAZAKH_MEN.split()), Urn.even(peoples.KAZAKH_WOMEN.split()))
MONGOL = (Urn.even(peoples.MONGOL_MEN.split()), Urn.even(peoples.MONGOL_WOMEN.split()))
TIBETAN_FIRST = Urn.even(peoples.TIBETAN_FIRST.split())
TIBETAN = (Urn.even(peoples.TIBETAN_MEN.split()), Urn.even(peoples.TIBETAN_WOMEN.split()))
YI_CLAN = Urn.even(peoples.YI_CLANS.split())
YI = (Urn.even(peoples.YI_MEN.split()), Urn.even(peoples.YI_WOMEN.split()))


@cache
def surname_urn(province: str, people: str = peoples.HAN) -> Urn:
    """Return the surnames of a people in a province."""
    if people in OF_PEOPLE:
        return Urn.of(OF_PEOPLE[people])
    factors = REGIONAL.get(province, {})
    return Urn.of({name: share * factors.get(name, 1.0) for name, share in shares().items()})


@dataclass(frozen=True)
class Families:
    """What the names of a family share; one row per family.

    `style` says how its people names: with a surname ("han"), "dotted", "tibetan", "mongol" or "yi".
    """

    people: Texts
    style: Texts
    surname: Texts
    father: Texts
    mother: Texts
    mother_surname: Texts
    father_given: Texts
    shares_character: Flags
    boys_first: Ints
    girls_first: Ints


def draw_families(rng: Rng, division: str, people: Texts) -> Families:
    """Return the names of the parents of each family, by the people it belongs to."""
    n = len(people)
    province = division[:2]
    surname, mother_surname = np.empty(n, dtype=object), np.empty(n, dtype=object)
    for code in sorted(set(people)):
        rows = np.flatnonzero(people == code)
        urn = surname_urn(province, code)
        surname[rows] = urn.draw(rng, len(rows))
        mother_surname[rows] = urn.draw(rng, len(rows))
    style = _styles(rng, people)
    fathers, mothers = _given(rng, FATHER, n), _given(rng, MOTHER, n)
    father, mother = surname + fathers, mother_surname + mothers
    father_given = fathers.copy()
    for kind in ("dotted", "tibetan", "mongol", "yi"):
        rows = np.flatnonzero(style == kind)
        if len(rows):
            men, women = _own_names(rng, kind, people[rows], 0), _own_names(rng, kind, people[rows], 1)
            father_given[rows] = men
            if kind == "dotted":
                men = men + "·" + _own_names(rng, kind, people[rows], 0)
                women = women + "·" + _own_names(rng, kind, people[rows], 0)
            elif kind == "yi":
                surname[rows] = YI_CLAN.draw(rng, len(rows))
                men, women = surname[rows] + men, YI_CLAN.draw(rng, len(rows)) + women
            if kind != "yi":
                surname[rows] = ""
            father[rows], mother[rows] = men, women
    return Families(
        people,
        style,
        surname,
        father,
        mother,
        mother_surname,
        father_given,
        rng.random(n) < SHARED_CHARACTER_SHARE,
        BOY.first.indexes(rng, n),
        GIRL.first.indexes(rng, n),
    )


def draw_children(
    rng: Rng, families: Families, family: Ints, is_boy: Flags, is_twin: Flags
) -> tuple[Texts, Texts]:
    """Return surname (empty where a people has none) and given name of each child.

    Brothers and sisters never have the same name.
    """
    surname: Texts = families.surname[family].copy()
    given = np.empty(len(family), dtype=object)
    style = families.style[family]
    of_twins = rng.random(len(families.people)) < SHARED_BY_TWINS_SHARE
    shares = families.shares_character[family] | (is_twin & of_twins[family])
    nth = ranks(family, is_boy)
    for boys, urns, first in ((True, BOY, families.boys_first), (False, GIRL, families.girls_first)):
        rows = np.flatnonzero(is_boy == boys)
        given[rows] = _children_of_sex(rng, urns, first[family[rows]], shares[rows], nth[rows], boys)
    four = (style == "han") & (rng.random(len(family)) < FOUR_CHARACTERS_SHARE)
    four &= np.fromiter((len(name) == 2 for name in given), dtype=bool, count=len(given))
    surname[four] = surname[four] + families.mother_surname[family[four]]
    for kind in ("dotted", "tibetan", "mongol", "yi"):
        for boys in (True, False):
            rows = np.flatnonzero((style == kind) & (is_boy == boys))
            if len(rows):
                own = _own_names(rng, kind, families.people[family[rows]], 0 if boys else 1)
                if kind == "dotted":
                    own = own + "·" + families.father_given[family[rows]]
                given[rows] = own
    _keep_apart(rng, families, family, is_boy, given)
    return surname, given


def draw_grandparents(rng: Rng, families: Families) -> tuple[Texts, Texts]:
    """Return the names of a grandfather and a grandmother on the father's side of each family."""
    n = len(families.people)
    men = families.surname + _given(rng, GRANDFATHER, n)
    women = families.mother_surname[rng.permutation(n)] + _given(rng, GRANDMOTHER, n)
    own = np.flatnonzero(families.style != "han")
    # The names of their elders are made like those of the parents; shuffled, they serve.
    shuffled = own[rng.permutation(len(own))]
    same = families.style[shuffled] == families.style[own]
    men[own[same]], women[own[same]] = families.father[shuffled[same]], families.mother[shuffled[same]]
    men[own[~same]], women[own[~same]] = families.father[own[~same]], families.mother[own[~same]]
    return men, women


def _styles(rng: Rng, people: Texts) -> Texts:
    """Return how each family names: many families of most peoples use Han names."""
    style = np.full(len(people), "han", dtype=object)
    chance = rng.random(len(people))
    style[np.isin(people, list(peoples.DOTTED))] = "dotted"
    style[(people == "04") & (chance < 0.93)] = "tibetan"
    style[np.isin(people, ["54", "55"])] = "tibetan"
    style[(people == "02") & (chance < 0.55)] = "mongol"
    style[(people == peoples.YI) & (chance < 0.6)] = "yi"
    return style


def _given(rng: Rng, urns: GivenUrns, n: int) -> Texts:
    names: Texts = urns.first.draw(rng, n) + urns.second.draw(rng, n)
    single = rng.random(n) < urns.single_share
    names[single] = urns.single.draw(rng, int(single.sum()))
    return names


def _children_of_sex(rng: Rng, urns: GivenUrns, shared: Ints, shares: Flags, nth: Ints, boys: bool) -> Texts:
    n = len(shared)
    firsts = np.where(shares, shared, urns.first.indexes(rng, n))
    # A shared first character needs second ones that differ: the younger take the next in the table.
    seconds = (urns.second.indexes(rng, n) + nth * shares) % len(urns.second.texts)
    chance = rng.random(n)
    first, second = urns.first.texts[firsts], urns.second.texts[seconds]
    rare = rng.random(n) < given_names.RARE_SHARE
    second[rare] = RARE[boys].draw(rng, int(rare.sum()))
    names: Texts = first + second
    single = ~shares & (chance < urns.single_share)
    names[single] = urns.single.draw(rng, int(single.sum()))
    rare_single = rare & single
    names[rare_single] = RARE[boys].draw(rng, int(rare_single.sum()))
    if urns.whole is not None:
        whole = ~shares & ~rare & (chance > 1 - urns.whole_share)
        names[whole] = urns.whole.draw(rng, int(whole.sum()))
    return names


def _own_names(rng: Rng, kind: str, people: Texts, woman: int) -> Texts:
    n = len(people)
    if kind == "tibetan":
        # Two words of two characters; one in twelve is called by a single word.
        names: Texts = TIBETAN_FIRST.draw(rng, n) + TIBETAN[woman].draw(rng, n)
        single = rng.random(n) < 0.08
        names[single] = TIBETAN[woman].draw(rng, int(single.sum()))
        return names
    if kind == "mongol":
        return MONGOL[woman].draw(rng, n)
    if kind == "yi":
        return YI[woman].draw(rng, n)
    names = UYGHUR[woman].draw(rng, n)
    kazakh = np.isin(people, ["17", "29"])
    names[kazakh] = KAZAKH[woman].draw(rng, int(kazakh.sum()))
    return names


def _keep_apart(rng: Rng, families: Families, family: Ints, is_boy: Flags, given: Texts) -> None:
    """Draw a younger child's name again while an elder brother or sister has it."""
    order = np.argsort(family, kind="stable")
    same = family[order][1:] == family[order][:-1]
    related = np.zeros(len(order), dtype=bool)
    related[1:] |= same
    related[:-1] |= same
    seen: set[tuple[int, str]] = set()
    for row in order[related]:
        of = int(family[row])
        while (of, given[row]) in seen:
            style, woman = families.style[of], int(not is_boy[row])
            if style == "han":
                given[row] = given[row][:1] + (BOY, GIRL)[woman].second.draw(rng, 1)[0]
            else:
                own = _own_names(rng, style, families.people[of : of + 1], woman)[0]
                given[row] = f"{own}·{families.father_given[of]}" if style == "dotted" else own
        seen.add((of, given[row]))


def adults(rng: Rng, n: int) -> list[str]:
    """Return names of grown-up women and men, as those of officials and teachers."""
    women = rng.random(n) < 0.55
    given = np.where(women, _given(rng, MOTHER, n), _given(rng, FATHER, n))
    named: list[str] = (surname_urn("").draw(rng, n) + given).tolist()
    return named
