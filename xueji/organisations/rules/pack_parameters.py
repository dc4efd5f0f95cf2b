"""The table of parameters: one row for everything a rule pack can say. The loader, the words, the comparison of
two versions and the documentation read it; a new parameter is a new row and its attribute in `pack_shapes`.

Source: what provincial rules were found to set differently, and 《中小学生学籍管理办法》 (2025).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol

from xueji.lib.codes import CodeList
from xueji.organisations.rules import pack_codes
from xueji.organisations.rules.pack_shapes import RulePack, Window

Both = tuple[str, str]  # the same thing in Chinese and English
LEAP_YEAR: Final = 2024


class Misfit(Exception):
    """A value that its parameter cannot have: how the sentence that begins with the parameter's name goes on."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh = zh
        self.en = en


class Kind(Protocol):
    """How a value is read from the file, and how it is said."""

    def read(self, raw: Any) -> Any:
        """Return the value. Raises Misfit."""

    def say(self, value: Any) -> Both:
        """Return the value in both languages; it is not empty."""


@dataclass(frozen=True)
class Number:
    """A whole number between two others, both included."""

    least: int
    most: int

    def read(self, raw: Any) -> int:
        if type(raw) is not int or not self.least <= raw <= self.most:
            raise Misfit(
                f"应是 {self.least} 到 {self.most} 的整数。",
                f"has to be a whole number from {self.least} to {self.most}.",
            )
        return raw

    def say(self, value: int) -> Both:
        return str(value), str(value)


@dataclass(frozen=True)
class YesNo:
    def read(self, raw: Any) -> bool:
        if type(raw) is not bool:
            raise Misfit("应是 true 或 false，不加引号。", "has to be true or false, without quotes.")
        return raw

    def say(self, value: bool) -> Both:
        return ("是", "yes") if value else ("否", "no")


@dataclass(frozen=True)
class One:
    """One code of a list."""

    codes: CodeList

    def read(self, raw: Any) -> str:
        if not isinstance(raw, str) or raw not in self.codes.by_code:
            raise Misfit(
                f"应是下列之一：{_choices(self.codes, 'zh')}。",
                f"has to be one of: {_choices(self.codes, 'en')}.",
            )
        return raw

    def say(self, value: str) -> Both:
        row = self.codes.by_code[value]
        return row.zh, row.en[:1].lower() + row.en[1:]


@dataclass(frozen=True)
class Several:
    """Codes of a list, each once, in the order of the list: a set, or a tuple where `in_order`."""

    codes: CodeList
    in_order: bool = False
    least: int = 0

    def read(self, raw: Any) -> frozenset[str] | tuple[str, ...]:
        known = self.codes.by_code
        if not _is_list_of(raw, str) or len(set(raw)) < len(raw) or not set(raw) <= set(known):
            raise Misfit(
                f"应是一个列表，从下列选取，每项一次：{_choices(self.codes, 'zh')}。",
                f"has to be a list of these, each once: {_choices(self.codes, 'en')}.",
            )
        if len(raw) < self.least:
            raise Misfit("不能为空，至少选一项。", "cannot be empty; choose at least one.")
        return tuple(code for code in known if code in raw) if self.in_order else frozenset(raw)

    def say(self, value: frozenset[str] | tuple[str, ...]) -> Both:
        rows = [row for row in self.codes.rows if row.code in value]
        return "、".join(row.zh for row in rows), "; ".join(row.en for row in rows)


@dataclass(frozen=True)
class Grades:
    """Grades 1 to 12, given as a list of numbers."""

    def read(self, raw: Any) -> frozenset[int]:
        if (
            not _is_list_of(raw, int)
            or len(set(raw)) < len(raw)
            or not all(1 <= grade <= 12 for grade in raw)
        ):
            raise Misfit(
                "应是 1 到 12 的年级数字列表，每个一次，例如 [9, 12]。",
                "has to be a list of grades from 1 to 12, each once, such as [9, 12].",
            )
        return frozenset(raw)

    def say(self, value: frozenset[int]) -> Both:
        in_order = [str(grade) for grade in sorted(value)]
        en = f"grade{'s' if len(in_order) > 1 else ''} {', '.join(in_order)}"
        return "、".join(in_order) + " 年级", en


@dataclass(frozen=True)
class Terms:
    """Terms of grades or years, given as texts such as "10-1": year, then term 1 or 2."""

    most: int
    zh: str
    en: str

    def read(self, raw: Any) -> frozenset[tuple[int, int]]:
        found = (
            [re.fullmatch(r"([1-9][0-2]?)-([12])", one) for one in raw] if _is_list_of(raw, str) else [None]
        )
        pairs = [(int(one[1]), int(one[2])) for one in found if one]
        if len(pairs) < len(found) or len(set(pairs)) < len(pairs) or any(n > self.most for n, _ in pairs):
            raise Misfit(
                f'应是“{self.zh}-学期”的列表，例如 ["{min(self.most, 10)}-1"]。',
                f'has to be a list of {self.en} and term, such as ["{min(self.most, 10)}-1"].',
            )
        return frozenset(pairs)

    def say(self, value: frozenset[tuple[int, int]]) -> Both:
        return (
            "、".join(f"{n} {self.zh}第 {term} 学期" for n, term in sorted(value)),
            ", ".join(f"{self.en} {n} term {term}" for n, term in sorted(value)),
        )


@dataclass(frozen=True)
class DayOfYear:
    """A day of every year, given as "08-31"."""

    def read(self, raw: Any) -> tuple[int, int]:
        found = re.fullmatch(r"(\d\d)-(\d\d)", raw, re.ASCII) if isinstance(raw, str) else None
        month, day = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(LEAP_YEAR, month)[1]:
            raise Misfit('应是“月-日”，例如 "08-31"。', 'has to be month and day, such as "08-31".')
        return month, day

    def say(self, value: tuple[int, int]) -> Both:
        month, day = value
        return f"{month} 月 {day} 日", f"{month:02d}-{day:02d}"


@dataclass(frozen=True)
class Windows:
    """Days of every year, given as "02-20..03-20", both ends included."""

    def read(self, raw: Any) -> tuple[Window, ...]:
        if not _is_list_of(raw, str):
            raise Misfit(*_WINDOWS)
        found = []
        for one in raw:
            first, _dots, last = one.partition("..")
            try:
                found.append(Window(DayOfYear().read(first), DayOfYear().read(last)))
            except Misfit as misfit:
                raise Misfit(*_WINDOWS) from misfit
        return tuple(sorted(set(found), key=lambda window: (window.first, window.last)))

    def say(self, value: tuple[Window, ...]) -> Both:
        ends = [(DayOfYear().say(window.first), DayOfYear().say(window.last)) for window in value]
        return (
            "、".join(f"{first[0]}至 {last[0]}" for first, last in ends),
            ", ".join(f"{first[1]} to {last[1]}" for first, last in ends),
        )


_WINDOWS: Final = (
    '应是时间段的列表，例如 ["02-20..03-20"]；空列表表示全年。',
    'has to be a list of periods such as ["02-20..03-20"]; an empty list means the whole year.',
)


@dataclass(frozen=True)
class Shares:
    """The highest share of a grade by stage, given as { senior = 0.02 }; stages of share 0 are left out."""

    def read(self, raw: Any) -> Mapping[str, Decimal]:
        stages = pack_codes.STAGES
        if (
            not isinstance(raw, dict)
            or not set(raw) <= set(stages.by_code)
            or not all(type(share) in (int, Decimal) for share in raw.values())
            or not all(Decimal(share).is_finite() and 0 <= share <= 1 for share in raw.values())
        ):
            raise Misfit(
                f"应写成 {{ senior = 0.02 }}：学段（{_choices(stages, 'zh')}）和 0 到 1 的比例。",
                f"has to be written {{ senior = 0.02 }}: a stage ({_choices(stages, 'en')}) and a share from 0 to 1.",
            )
        return {stage: Decimal(raw[stage]) for stage in stages.by_code if raw.get(stage)}

    def say(self, value: Mapping[str, Decimal]) -> Both:
        rows = pack_codes.STAGES.by_code
        named = {
            stage: "" if share == 1 else f"{(share * 100).normalize():f}%" for stage, share in value.items()
        }
        return (
            "、".join(
                f"{rows[s].zh}{f'不超过 {share}' if share else '不限比例'}" for s, share in named.items()
            ),
            ", ".join(
                f"{rows[s].en} {f'at most {share}' if share else 'without a share'}"
                for s, share in named.items()
            ),
        )


@dataclass(frozen=True)
class Pattern:
    """The shape of a number: letters and digits as they are, [..] classes and {n} or {n,m}; or empty."""

    def read(self, raw: Any) -> str:
        if (
            not isinstance(raw, str)
            or len(raw) > 60
            or not re.fullmatch(
                r"(?:(?:[0-9A-Z]|\[(?:[0-9A-Z](?:-[0-9A-Z])?)+\])(?:\{\d{1,2}(?:,\d{1,2})?\})?)*",
                raw,
                re.ASCII,
            )
            or not _compiles(raw)
        ):
            raise Misfit(
                '应是号码的样式，例如 "[0-9]{19}"；不使用辅号时写 ""。',
                'has to be the shape of a number such as "[0-9]{19}", or "" where there is none.',
            )
        return raw

    def say(self, value: str) -> Both:
        return value, value


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _is_list_of(raw: Any, kind: type) -> bool:
    return isinstance(raw, list) and all(type(one) is kind for one in raw)


def _choices(codes: CodeList, language: str) -> str:
    if language == "zh":
        return "、".join(f"{row.code}（{row.zh}）" for row in codes.rows)
    return ", ".join(f"{row.code} ({row.en})" for row in codes.rows)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name in the file, where the pack keeps it, its kind and its words.

    `said` is the sentence with `{}` for the value; `unsaid` the one for nothing, zero or false.
    """

    key: str
    attribute: str
    kind: Kind
    zh: str
    en: str
    said: Both
    unsaid: Both = ("", "")

    def of(self, pack: RulePack) -> Any:
        """Return the value of this parameter in a pack."""
        part, _, name = self.attribute.rpartition(".")
        return getattr(getattr(pack, part) if part else pack, name)

    def sentence(self, value: Any) -> Both:
        """Return what a value means, as a sentence in both languages."""
        if not value and any(self.unsaid):
            return self.unsaid
        zh, en = self.kind.say(value)
        return self.said[0].format(zh), self.said[1].format(en)

    @property
    def written(self) -> Both:
        """How the value is written in the file, as the end of a sentence in both languages."""
        try:
            self.kind.read(None)
        except Misfit as misfit:
            return misfit.zh, misfit.en
        raise TypeError(f"{self.key} may be nothing, which TOML cannot say")

    @property
    def group(self) -> str:
        """The table of the file that the parameter stands in."""
        return self.key.partition(".")[0]


GROUPS: Final = {
    "entry": ("入学和建档", "Entry and archive"),
    "admission": ("统一招生", "Unified admission"),
    "transfer": ("转学", "Transfer"),
    "suspension": ("休学和复学", "Suspension and resumption"),
    "repetition": ("留级", "Repetition"),
    "skipping": ("跳级", "Skipping"),
    "demotion": ("降级就读", "Demotion"),
    "withdrawal": ("退学", "Withdrawal"),
    "expulsion": ("开除", "Expulsion"),
    "cancellation": ("学籍注销", "Cancellation"),
    "dropout": ("辍学", "Dropping out"),
    "key_data": ("关键数据", "Key data"),
    "senior": ("普通高中的审批", "Decisions for senior secondary schools"),
    "programme": ("普职融通", "General-vocational programmes"),
    "number": ("学籍辅号", "Auxiliary number"),
    "signature": ("签字", "Signatures"),
}

_C = pack_codes
_LEVELS: Final = Several(_C.LEVELS, in_order=True, least=1)

PARAMETERS: Final = (
    Parameter(
        "entry.cutoff", "entry_cutoff", DayOfYear(), "入学年龄截止日", "Entry age cut-off",
        ("{}前满入学年龄的儿童可以入学。", "Children of school age by {} may enter."),
    ),
    Parameter(
        "entry.archive_months", "archive_months", Number(1, 12), "建档期限", "Archive deadline",
        ("入学后 {} 个月内建立学籍档案。", "The archive is opened within {} months of entry."),
    ),
    Parameter(
        "admission.level", "admission_level", One(_C.LEVELS), "小学、初中统一招生", "Unified admission, compulsory stages",
        ("小学、初中的录取名单由{}及以上主管部门导入、下达。",
         "Lists of pupils admitted to primary and junior secondary schools are given in and issued from this level up: {}."),
    ),
    Parameter(
        "admission.senior_level", "admission_senior_level", One(_C.LEVELS),
        "普通高中统一招生", "Unified admission, senior secondary",
        ("普通高中的录取名单由{}及以上主管部门导入、下达。",
         "Lists of pupils admitted to senior secondary schools are given in and issued from this level up: {}."),
    ),
    Parameter(
        "transfer.days_per_party", "transfer.days_per_party", Number(1, 60), "各方办理期限", "Days per party",
        ("转学的四方各有 {} 个工作日。", "Each of the four parties to a transfer has {} working days."),
    ),
    Parameter(
        "transfer.windows", "transfer.windows", Windows(), "转学办理时间", "Transfer windows",
        ("转学在每年 {}办理。", "Transfers are filed from {} of each year."),
        ("全年可以办理转学。", "Transfers are open the whole year."),
    ),
    Parameter(
        "transfer.closed_grades", "transfer.closed_grades", Grades(), "不办转学的年级", "Grades closed to transfer",
        ("{}不办理转入。", "No transfer into {}."),
        ("各年级都可以转入。", "Every grade is open to transfer."),
    ),
    Parameter(
        "transfer.closed_grades_same_county", "transfer.closed_grades_same_county", Grades(),
        "县域内不办转学的年级", "Grades closed inside a county",
        ("同一县域内，{}不办理转学。", "Inside one county, no transfer in {}."),
        ("同一县域内没有另外限制的年级。", "No further grade is closed inside one county."),
    ),
    Parameter(
        "transfer.closed_terms", "transfer.closed_terms", Terms(12, "年级", "grade"),
        "不办转学的学期", "Terms closed to transfer",
        ("{}不办理转入。", "No transfer in {}."),
        ("没有另外限制的学期。", "No further term is closed."),
    ),
    Parameter(
        "transfer.same_catchment_closed", "transfer.same_catchment_closed", YesNo(),
        "同一学区内不转学", "Closed inside a catchment",
        ("几所学校共用一个学区的，学区内不互转。", "No transfer between schools that share a catchment."),
        ("同一学区内的转学不另作限制。", "Transfers inside a catchment are not restricted."),
    ),
    Parameter(
        "transfer.private_full_closed", "transfer.private_full_closed", YesNo(),
        "民办学校满额不转入", "Full private schools closed",
        ("民办学校当年计划已满的，不再转入。", "No transfer into a private school whose plan of the year is full."),
        ("民办学校的转入不另作限制。", "Transfers into private schools are not restricted."),
    ),
    Parameter(
        "transfer.reasons", "transfer.reasons", Several(_C.REASONS), "可以转学的情形", "Reasons accepted",
        ("可以转学的情形：{}。", "Reasons accepted: {}."),
        ("有正当理由即可申请转学。", "Any good reason is accepted."),
    ),
    Parameter(
        "transfer.refusals", "transfer.refusals", Several(_C.REFUSALS), "不同意的理由", "Reasons for refusal",
        ("只能以下列理由不同意转学：{}。", "A transfer may be refused only for: {}."),
        ("可以使用国家允许的各项不同意理由。", "Every reason for refusal that the nation allows may be given."),
    ),
    Parameter(
        "transfer.documents", "transfer.documents", Several(_C.DOCUMENTS, in_order=True),
        "省内转学的材料", "Papers inside the province",
        ("省内转学按转学事由提供其中的：{}。", "Transfers inside the province ask for what proves the reason, of: {}."),
        ("省内转学不要求材料。", "Transfers inside the province ask for no paper."),
    ),
    Parameter(
        "transfer.documents_cross_province", "transfer.documents_cross_province",
        Several(_C.DOCUMENTS, in_order=True), "跨省转学的材料", "Papers across provinces",
        ("跨省转学只按转学事由提供其中的：{}。", "Transfers across provinces ask only for what proves the reason, of: {}."),
        ("跨省转学不要求材料。", "Transfers across provinces ask for no paper."),
    ),
    Parameter(
        "transfer.chain_senior", "transfer.chain_senior", _LEVELS, "高中转学的审批", "Chain for senior secondary",
        ("普通高中转学由{}主管部门依次核办。", "Senior secondary transfers are decided in turn by: {}."),
    ),
    Parameter(
        "transfer.senior_same_kind", "transfer.senior_same_kind", YesNo(),
        "高中同类学校互转", "Senior: same kind only",
        ("普通高中只在同类学校之间转学。", "Senior secondary transfers stay between schools of the same kind."),
        ("普通高中转学不限学校类别。", "Senior secondary transfers may go to another kind of school."),
    ),
    Parameter(
        "transfer.senior_entrance_mark", "transfer.senior_entrance_mark", YesNo(),
        "高中转入的中考成绩", "Senior: entrance mark",
        ("普通高中转入者的中考成绩须达到转入学校的录取线。",
         "The entrance mark must reach the line of the receiving senior secondary school."),
        ("普通高中转学不看中考成绩。", "The entrance mark does not matter for senior secondary transfers."),
    ),
    Parameter(
        "transfer.senior_failed_entrance_closed", "transfer.senior_failed_entrance_closed", YesNo(),
        "未被本省录取者不转回", "Senior: failed entrance closed",
        ("参加本省中考未被录取、到外省就读普通高中的，不得转回。",
         "Who failed the province's entrance and went to senior school elsewhere cannot transfer back."),
        ("不限制到外省就读普通高中者转回。", "Senior secondary pupils may transfer back from other provinces."),
    ),
    Parameter(
        "transfer.senior_international_closed", "transfer.senior_international_closed", YesNo(),
        "国际课程班不转入普通班", "Senior: international courses closed",
        ("国际课程班学生不得转入普通班。", "Pupils of international courses cannot move to ordinary classes."),
        ("国际课程班学生的转学不另作限制。", "Pupils of international courses are not restricted."),
    ),
    Parameter(
        "transfer.archive_paper_days", "transfer.archive_paper_days", Number(1, 90),
        "纸质档案移交期限", "Paper archive deadline",
        ("转学办结后 {} 日内移交纸质档案。", "The paper archive follows within {} days."),
    ),
    Parameter(
        "suspension.most_months", "suspension.most_months", Number(1, 36), "休学最长时间", "Longest suspension",
        ("一次休学最长 {} 个月。", "One suspension lasts {} months at most."),
    ),
    Parameter(
        "suspension.most_extensions", "suspension.most_extensions", Number(0, 5), "续休次数", "Extensions",
        ("最多续休 {} 次。", "Extensions at most: {}."),
        ("不能续休。", "It cannot be extended."),
    ),
    Parameter(
        "suspension.documents", "suspension.documents", Several(_C.DOCUMENTS, in_order=True),
        "休学的材料", "Papers for suspension",
        ("休学需提供：{}。", "A suspension asks for: {}."),
        ("休学不要求材料。", "A suspension asks for no paper."),
    ),
    Parameter(
        "suspension.grade_on_return", "suspension.grade_on_return", One(_C.GRADES_ON_RETURN),
        "复学年级", "Grade on return",
        ("复学后编入：{}。", "On return: {}."),
    ),
    Parameter(
        "suspension.not_in_last_term_of_last_grade", "suspension.not_in_last_term_of_last_grade", YesNo(),
        "毕业年级最后一学期", "Last term of the last grade",
        ("毕业年级最后一学期不办理休学。", "No suspension in the last term of the last grade."),
        ("毕业年级最后一学期也可以休学。", "Suspension is possible in the last term of the last grade."),
    ),
    Parameter(
        "suspension.overdue", "suspension.overdue", One(_C.OVERDUE), "休学期满未复学", "Overdue suspension",
        ("休学期满未复学的：{}。", "Who does not return in time: {}."),
    ),
    Parameter(
        "suspension.overdue_months", "suspension.overdue_months", Number(0, 12), "期满后宽限", "Time after the end",
        ("休学期满 {} 个月后按上述处理。", "This follows {} months after the end."),
        ("休学期满即按上述处理。", "This follows at the end of the suspension."),
    ),
    Parameter(
        "repetition.shares", "repetition", Shares(), "留级比例", "Share of repeaters",
        ("可以留级：{}（占年级人数）。", "Repetition is possible: {} of a grade."),
        ("不办理留级。", "There is no repetition."),
    ),
    Parameter(
        "repetition.closed_grades", "repetition_closed_grades", Grades(), "不留级的年级", "Grades not repeated",
        ("{}不留级。", "No repetition in {}."),
        ("没有另外限制的年级。", "No further grade is closed to repetition."),
    ),
    Parameter(
        "repetition.chain", "repetition_chain", _LEVELS, "留级的审批", "Chain for repetition",
        ("留级由{}主管部门依次审批。", "Repetition is decided in turn by: {}."),
    ),
    Parameter(
        "skipping.stages", "skipping", Several(_C.STAGES), "可以跳级的学段", "Stages with skipping",
        ("下列学段经申请和批准可以跳级，不得跨学段：{}。",
         "With approval a grade may be skipped, never across stages, in: {}."),
        ("不办理跳级。", "No grade is skipped."),
    ),
    Parameter(
        "demotion.pupils", "demotion_pupils", One(_C.DEMOTABLE), "可降级就读的学生", "Who may be demoted",
        ("只有下列学生情况特殊的可以降级就读：{}。", "In special cases may move to a lower grade: {}."),
    ),
    Parameter(
        "demotion.grades", "demotion_grades", Number(1, 3), "一次降几级", "Grades at once",
        ("一次降 {} 个年级。", "Grades at once: {}."),
    ),
    Parameter(
        "demotion.limit", "demotion_limit", Number(0, 5), "降级次数", "How often",
        ("同一学生最多降级 {} 次。", "Demotions of one pupil at most: {}."),
        ("不办理降级。", "There is no demotion."),
    ),
    Parameter(
        "withdrawal.grades", "withdrawal_grades", Grades(), "可以退学的年级", "Grades with withdrawal",
        ("只有 {}可以退学：家长申请，学校确认，报主管部门备案。",
         "Withdrawal only in {}: the guardian asks, the school confirms, the authority files."),
        ("不办理退学。", "There is no withdrawal."),
    ),
    Parameter(
        "withdrawal.reversible_days", "withdrawal_reversible_days", Number(0, 365), "退学可撤销的时间", "Reversible for",
        ("备案后 {} 日内可以撤销退学。", "A filed withdrawal can be reversed for {} days."),
        ("退学备案后不能撤销。", "A filed withdrawal cannot be reversed."),
    ),
    Parameter(
        "withdrawal.truancy_days_running", "truancy_days_running", Number(0, 200), "连续旷课天数", "Truancy running",
        ("高中学生连续旷课 {} 天的，可以按退学处理。",
         "After {} school days of truancy running, a senior secondary pupil may be withdrawn."),
        ("没有连续旷课按退学处理的规定。", "There is no rule on truancy running."),
    ),
    Parameter(
        "withdrawal.truancy_days_term", "truancy_days_term", Number(0, 200), "学期累计旷课天数", "Truancy in a term",
        ("高中学生一学期累计旷课 {} 天的，可以按退学处理。",
         "After {} school days of truancy in a term, a senior secondary pupil may be withdrawn."),
        ("没有累计旷课按退学处理的规定。", "There is no rule on truancy in a term."),
    ),
    Parameter(
        "expulsion.grades", "expulsion_grades", Grades(), "可以开除的年级", "Grades with expulsion",
        ("开除只适用于 {}。", "Expulsion only in {}."),
        ("不得开除学生。", "No pupil is expelled."),
    ),
    Parameter(
        "cancellation.cases", "cancellation", Several(_C.CANCELLATIONS, least=1), "注销学籍的情形", "Cases of cancellation",
        ("下列情形注销学籍：{}。", "The record is cancelled on: {}."),
    ),
    Parameter(
        "dropout.migrant_to_household", "migrant_dropout_to_household", YesNo(),
        "随迁辍学学生档案", "Archives of migrant dropouts",
        ("随迁子女辍学的，学期末将档案转交户籍所在县。",
         "The file of a migrant dropout goes to the county of household at the end of term."),
        ("随迁子女辍学的，档案留在就读学校。", "The file of a migrant dropout stays with the school."),
    ),
    Parameter(
        "key_data.fields", "key_fields", Several(_C.KEY_FIELDS, least=1), "关键数据", "Key data",
        ("变更下列数据须申请和核准：{}。", "These change only on application and approval: {}."),
    ),
    Parameter(
        "key_data.identity_level", "identity_level", One(_C.LEVELS), "身份信息变更的核准", "Identity changes decided by",
        ("姓名、证件、性别、出生日期的变更由{}主管部门核准。",
         "Changes of name, document, sex and date of birth are decided by: {}."),
    ),
    Parameter(
        "senior.level", "senior_level", _LEVELS, "普通高中学籍业务的审批", "Status business of senior secondary",
        ("普通高中的学籍变动由{}主管部门依次审批。", "Changes in senior secondary schools are decided in turn by: {}."),
    ),
    Parameter(
        "programme.kinds", "programmes", Several(_C.PROGRAMMES, in_order=True), "普职融通项目", "Programmes",
        ("开展的普职融通项目：{}。", "Programmes: {}."),
        ("没有普职融通项目。", "There is no programme."),
    ),
    Parameter(
        "programme.first_year", "programme_terms.first_year", Number(1, 3), "最早互转年级", "First year of moves",
        ("高中 {} 年级起可以互转。", "Moves are possible from senior year {} on."),
    ),
    Parameter(
        "programme.to_vocational", "programme_terms.to_vocational", Terms(3, "年级", "year"),
        "普转职的学期", "Terms into vocational",
        ("普通高中转入中职只能转入高中 {}。", "From general into vocational only into senior {}."),
        ("普通高中转入中职不限学期。", "From general into vocational in any term."),
    ),
    Parameter(
        "programme.to_vocational_make_up", "programme_terms.to_vocational_make_up", YesNo(), "普转职补课", "Make-up courses",
        ("转入中职后须补修所缺课程。", "Missed vocational courses are made up."),
        ("转入中职后不要求补课。", "No courses need to be made up."),
    ),
    Parameter(
        "programme.to_general_entrance_mark", "programme_terms.to_general_entrance_mark", YesNo(),
        "职转普的成绩", "Mark into general",
        ("中职转入普通高中须达到中考录取线。", "From vocational into general the entrance mark is needed."),
        ("中职转入普通高中不看中考成绩。", "From vocational into general no entrance mark is needed."),
    ),
    Parameter(
        "number.auxiliary", "auxiliary_number", Pattern(), "学籍辅号", "Auxiliary number",
        ("学籍辅号的样式：{}。", "Shape of the auxiliary number: {}."),
        ("不使用学籍辅号。", "There is no auxiliary number."),
    ),
    Parameter(
        "number.per_stage", "auxiliary_number_per_stage", YesNo(), "分学段的辅号", "Number per stage",
        ("每进入一个学段另编学籍辅号。", "A new auxiliary number is given at entry to each stage."),
        ("学籍辅号不分学段。", "The auxiliary number does not change with the stage."),
    ),
    Parameter(
        "signature.attendance_proof", "attendance_proof_signed_by", One(_C.SIGNERS), "在读证明签字", "Proof of attendance",
        ("在读证明由{}签字。", "Proofs of attendance are signed by: {}."),
    ),
)  # fmt: skip
BY_KEY: Final = {parameter.key: parameter for parameter in PARAMETERS}
