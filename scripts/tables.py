"""Print a document that is a table of the source: `tables.py findings|columns|permissions|steps|rule-packs|personal-data`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from xueji.access.rules.permissions import LEVEL_NAMES, PERMISSIONS, ROLE_NAMES, ROLES_AT, Level, Role
from xueji.changes.rules import admission_findings, problem_records, roster_findings, roster_steps
from xueji.changes.rules.roster_columns import BOTH, FIELDS, NATIONAL_ONLY, SHORT, Field
from xueji.changes.rules.roster_findings import Severity
from xueji.config.personal_data import PERSONAL, WITHOUT, Data, Kept
from xueji.organisations.rules.national_limits import LIMITS
from xueji.organisations.rules.pack_parameters import GROUPS, PARAMETERS
from xueji.organisations.rules.rule_packs import default

NOTICE = "<!-- Made from the source by scripts/generated.py; change the source and run `make format`. -->\n"

SEVERITY_NAMES = {
    Severity.ERROR: ("需改", "to be corrected", "该行不通过", "the row is not accepted"),
    Severity.HELD: ("待核查", "held", "提交后登记为问题学籍", "becomes a problem record on submission"),
    Severity.WARNING: ("提示", "hint", "可以提交，请看一遍", "accepted; have a look"),
}

# What the blanks of a finding's sentence may look like, beside the header, which is the column's own.
SAMPLES = {
    "own": ("2133000001",) * 2,
    "value": ("……", "…"),
    "examples": ("……", "…"),
    "expected": ("18 位", "18"),
    "expected_en": ("", "18"),
    "length": ("17", "17"),
    "why": ("晚于今天", ""),
    "why_en": ("", "it lies in the future"),
    "cutoff": ("2026-08-31",) * 2,
    "age": ("5", "5"),
    "low": ("6", "6"),
    "high": ("7", "7"),
    "limit": ("10", "10"),
    "first": ("3", "3"),
}

KIND_NAMES = {
    "text": ("文字", "text"),
    "name": ("姓名", "name"),
    "code": ("代码或名称", "code or label"),
    "yesno": ("是／否", "yes or no"),
    "date": ("日期", "date"),
    "month": ("年月", "month"),
    "division": ("行政区划代码", "division code"),
    "phone": ("电话", "telephone"),
    "postcode": ("邮政编码", "postcode"),
    "number": ("数字", "number"),
    "class": ("班号", "class number"),
    "school": ("学校标识码", "school identifier"),
    "document": ("证件号", "document number"),
}

STATES_OF_STEPS = roster_steps.STATE_NAMES
DESK_NAMES = {
    roster_steps.Desk.REGISTRAR: "学籍管理员",
    roster_steps.Desk.LEADER: "学校主管领导",
    roster_steps.Desk.AUTHORITY: "主管部门经办",
}


def cell(text: str) -> str:
    """Return a text that can stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell(one) for one in line)} |\n" for line in lines)


class Blanks(dict[str, str]):
    """Fills the blanks of a sentence with samples."""

    def __init__(self, language: int, header: str) -> None:
        super().__init__({name: sample[language] for name, sample in SAMPLES.items()})
        self["header"] = self["header_en"] = header

    def __missing__(self, name: str) -> str:
        return "…"


def findings() -> str:
    """Every kind of finding: what it says and what to do, in Chinese, then in English."""
    zh, en = [], []
    for one in roster_findings.CODES:
        name = SEVERITY_NAMES[one.severity]
        blanks_zh, blanks_en = Blanks(0, "【列名】"), Blanks(1, "[column]")
        zh.append(
            (f"`{one.code}`", name[0], one.zh.format_map(blanks_zh), one.remedy_zh.format_map(blanks_zh))
        )
        en.append(
            (f"`{one.code}`", name[1], one.en.format_map(blanks_en), one.remedy_en.format_map(blanks_en))
        )
    lists_zh, lists_en = [], []
    for one in admission_findings.CODES:
        name = SEVERITY_NAMES[one.severity]
        blanks_zh, blanks_en = Blanks(0, "【列名】"), Blanks(1, "[column]")
        lists_zh.append(
            (f"`{one.code}`", name[0], one.zh.format_map(blanks_zh), one.remedy_zh.format_map(blanks_zh))
        )
        lists_en.append(
            (f"`{one.code}`", name[1], one.en.format_map(blanks_en), one.remedy_en.format_map(blanks_en))
        )
    kinds = "".join(f"- **{zh_}**：{effect}。\n" for zh_, _, effect, _ in SEVERITY_NAMES.values())
    kinds_en = "".join(f"- **{en_}**: {effect}.\n" for _, en_, _, effect in SEVERITY_NAMES.values())
    here = roster_findings.ALREADY_HERE
    return (
        f"{NOTICE}\n# 检查结果一览 · Findings\n\n"
        "每条结果都写明行号、列名、问题和改法。下表例句中的【列名】和数字只是举例。\n\n"
        f"{kinds}\n{table(('代码', '类别', '问题', '怎么改'), zh)}\n"
        f"`{here.code}` 如果发生在本校之内，则说：{here.zh}{here.remedy_zh}\n\n"
        f"录取名单另有以下几种；姓名和号码的检查与名册相同。\n\n{table(('代码', '类别', '问题', '怎么改'), lists_zh)}\n"
        "## In English\n\n"
        "Each finding names row, column, fault and remedy. The columns and figures below are samples.\n\n"
        f"{kinds_en}\n{table(('code', 'kind', 'fault', 'remedy'), en)}\n"
        f"Within one's own school `{here.code}` says: {here.en} {here.remedy_en}\n\n"
        "A list of admitted pupils has these besides; names and numbers are checked as in a roster.\n\n"
        f"{table(('code', 'kind', 'fault', 'remedy'), lists_en)}"
    )


def need_of(field: Field) -> tuple[str, str]:
    if field.required_in == BOTH:
        return "必填", "required"
    if field.required_in == NATIONAL_ONLY:
        return "71 列表必填", "required in the 71 columns"
    if field.column.required:
        return "有证件的必填", "required with a document"
    return "", ""


def columns() -> str:
    """Every column of the two layouts, in the order of the national workbook."""
    is_short = {field.column.key for field in SHORT}
    zh, en = [], []
    for number, field in enumerate(FIELDS, 1):
        column, kind, need = field.column, KIND_NAMES[field.kind], need_of(field)
        short = "✓" if column.key in is_short else ""
        most = str(field.max_length or "")
        aliases = "、".join(column.aliases)
        note = column.note_zh + (f"也可写作：{aliases}。" if aliases else "")
        zh.append((str(number), column.header_zh, need[0], short, kind[0], most, note))
        en.append(
            (str(number), f"`{column.key}`", column.header_en, need[1], short, kind[1], most, column.note_en)
        )
    return (
        f"{NOTICE}\n# 名册的列 · Columns of a roster\n\n"
        f"原有的 {len(FIELDS)} 列名册和本系统的 {len(SHORT)} 列简表用同样的列名，列的先后不限；"
        "系统不认识的列会列出并忽略。有代码表的列，填代码或名称都可以（`01` 或 `汉族`）。\n\n"
        f"{table(('序', '列名', '必填', '简表', '内容', '最多字符', '说明'), zh)}\n"
        "## In English\n\n"
        f"The {len(FIELDS)} columns that schools have and our short template of {len(SHORT)} share their headers;"
        " any order. The key is the column's name in the API. Where there is a code list, a code or a label"
        " will do (`01` or `汉族`).\n\n"
        f"{table(('no.', 'key', 'header', 'need', 'short', 'holds', 'most characters', 'note'), en)}"
    )


def permissions() -> str:
    """Who may do what, one row per act."""
    heads_zh = [ROLE_NAMES[role][0] for role in Role]
    heads_en = [ROLE_NAMES[role][1] for role in Role]

    def levels(holders: frozenset[tuple[Role, Level]], role: Role, language: int) -> str:
        at = [level for level in Level if (role, level) in holders]
        possible = [level for level in Level if role in ROLES_AT[level]]
        if at == possible and len(at) > 1:
            return ("各级", "every level")[language]
        return ("、", ", ")[language].join(LEVEL_NAMES[level][language] for level in at)

    zh = [(one.zh, *(levels(one.holders, role, 0) for role in Role)) for one in PERMISSIONS]
    en = [(one.en, f"`{one.act}`", *(levels(one.holders, role, 1) for role in Role)) for one in PERMISSIONS]
    return (
        f"{NOTICE}\n# 谁可以办什么 · Permissions\n\n"
        "每一格是哪些层级的该角色可以办；空格是不可以。提交人不能审核自己提交的名册。"
        "看得见的学生限于本单位的范围：学校看本校，主管部门看所辖学校。\n\n"
        f"{table(('办什么', *heads_zh), zh)}\n"
        "## In English\n\n"
        "Each cell names the levels at which the role may do the act. Who submitted a roster cannot approve it."
        " Everybody sees the pupils of the own area only.\n\n"
        f"{table(('act', 'name', *heads_en), en)}"
    )


def steps() -> str:
    """The ways of a roster and of a problem record over the desks, as diagrams."""
    return (
        f"{NOTICE}\n# 名册怎么走 · The way of a roster\n\n"
        f"{diagram(roster_arrows())}\n"
        "## 问题学籍怎么走 · The way of a problem record\n\n"
        f"{diagram(problem_arrows())}"
    )


def roster_arrows() -> Iterable[tuple[str, str, str]]:
    names = {state.value: names[0] for state, names in STATES_OF_STEPS.items()}
    yield "", names["uploaded"], "上传"
    yield names["uploaded"], names["checked"], "检查完"
    yield names["uploaded"], names["unreadable"], "文件打不开"
    for step in roster_steps.STEPS:
        said = f"{DESK_NAMES[step.desk]}{roster_steps.ACT_NAMES[step.act][0]}"
        yield names[step.source.value], names[step.target.value], said
    for state in roster_steps.STATE_NAMES:
        if state in roster_steps.CLOSED:
            yield names[state.value], "", ""


def problem_arrows() -> Iterable[tuple[str, str, str]]:
    acts = {
        problem_records.Act.OPEN: "名册提交",
        problem_records.Act.STATE: "学校说明",
        problem_records.Act.SETTLE: "学校自行更正或删除",
        problem_records.Act.DECIDE: "核查单位决定",
        problem_records.Act.RETURN: "核查单位退回",
        problem_records.Act.WITHDRAW: "名册撤回",
        problem_records.Act.UNDO: "上级主管部门撤销重复招生的结论",
    }
    names = {state: words[0] for state, words in problem_records.STATE_NAMES.items()}
    yield "", names[problem_records.CaseState.DRAFT], "检查发现"
    yield "", names[problem_records.CaseState.WITH_SCHOOLS], "主管部门登记"
    for step in problem_records.STEPS:
        late = "（逾期未说明）" if step.when_late else ""
        yield names[step.source], names[step.target], acts[step.act] + late
    yield names[problem_records.CaseState.CLOSED], "", ""


def diagram(arrows: Iterable[tuple[str, str, str]]) -> str:
    """Return a mermaid diagram of (from, to, what happens); empty ends are the start and the end.

    Arrows between the same two states are drawn as one.
    """
    said: dict[tuple[str, str], list[str]] = {}
    for source, target, words in arrows:
        said.setdefault((source, target), []).append(words)
    states = list(dict.fromkeys(state for ends in said for state in ends if state))
    key = {"": "[*]", **{state: f"s{number}" for number, state in enumerate(states, 1)}}
    lines = ["```mermaid", "stateDiagram-v2", *(f'  state "{state}" as {key[state]}' for state in states)]
    for (source, target), words in said.items():
        label = " / ".join(word for word in dict.fromkeys(words) if word)
        lines.append(f"  {key[source]} --> {key[target]}" + (f" : {label}" if label else ""))
    return "\n".join([*lines, "```", ""])


def rule_packs() -> str:
    """Every parameter of a rule pack, and what no pack may say."""
    national = default()
    lines = [
        NOTICE,
        "# 规则包的参数 Parameters of a rule pack\n",
        "写法见 [rule-packs.md](../rule-packs.md)。 How a pack is written: [rule-packs.md](../rule-packs.md).\n",
        "The last two columns are what the national default says and how sure that is.\n",
    ]
    for group, title in GROUPS.items():
        rows = [
            (
                f"`{one.key}`",
                f"{one.zh}<br>{one.en}",
                one.written[1],
                "<br>".join(one.sentence(one.of(national))),
                national.confidence[one.key],
            )
            for one in PARAMETERS
            if one.group == group
        ]
        lines += [
            f"## {title[0]} {title[1]}\n",
            table(("parameter", "name", "the value", "default", "tag"), rows),
        ]
    limits = (
        (f"`{one.parameter}`", f"{one.zh}<br>{one.en}", one.article + " " + one.article_en) for one in LIMITS
    )
    lines += [
        "## 国家规定，省级不得改变 What no pack may say\n",
        table(("parameter", "rule", "article"), limits),
    ]
    return "\n".join(lines)


def personal_data() -> str:
    """Every table that holds personal data: columns, what they tell, how they are masked, how long they are kept."""
    rows = [
        (
            f"`{one.name}`",
            data.zh + " · " + data.en,
            ", ".join(f"`{column}`" for column, what in one.columns.items() if what is data) or "–",
            f"{data.mask_zh} · {data.mask_en}",
            f"{one.kept.zh} · {one.kept.en}",
        )
        for one in PERSONAL
        for data in Data
        if data in one.columns.values() and data is not Data.TECHNICAL
    ]
    alone = [one for one in PERSONAL if not set(one.columns.values()) - {Data.TECHNICAL}]
    rows += [
        (f"`{one.name}`", "仅编号 · ids alone", "–", "–", f"{one.kept.zh} · {one.kept.en}") for one in alone
    ]
    kept = [(f"{one.zh} · {one.en}", one.source, one.ended_by) for one in Kept]
    without = [(f"`{name}`", why) for name, why in sorted(WITHOUT.items())]
    return (
        f"{NOTICE}\n# 个人信息清单 · Personal data\n\n"
        "每张表的每一列都在 `xueji/config/personal_data.py` 中申明；测试对照模型和数据库逐列检查。\n"
        "Every column is declared there; a test holds models and database against it.\n\n"
        f"{table(('表 · Table', '内容 · What', '列 · Columns', '遮盖 · Mask', '保存 · Kept'), rows)}\n"
        f"## 保存期限 · Retention\n\n{table(('期限 · How long', '依据 · Source', '由谁结束 · Ended by'), kept)}\n"
        f"## 不含个人信息的表 · Tables without personal data\n\n{table(('表 · Table', '原因 · Why'), without)}"
    )


DOCUMENTS: dict[str, Callable[[], str]] = {
    "findings": findings,
    "columns": columns,
    "permissions": permissions,
    "steps": steps,
    "rule-packs": rule_packs,
    "personal-data": personal_data,
}

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(DOCUMENTS[sys.argv[1]]())
