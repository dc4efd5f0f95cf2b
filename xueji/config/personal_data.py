"""What the database holds about persons: for every table its columns, what each tells, how it is masked, how long it is kept.

One row per table with personal data, one reason per table without. A test walks models and the
catalogue of the database: a new table, and a new column that can hold text, is declared here or
nothing passes. Shown in docs/generated/personal-data.md.

Sources: 《个人信息保护法》 art. 19 (no longer than needed), 28 (data of children are sensitive), 51; 《办法》 on the
dossier and on security (art. 24); GB/T 22239-2019 8.1.4.11 (only what is needed is collected and kept).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Data(Enum):
    """What a column tells, and what a reader sees of it: Chinese, English, mask in both."""

    NAME = ("姓名", "name", "本校及其主管部门见全名，其余只见首尾", "in full within the own area, else 张*涵")
    BIRTH = ("出生日期、性别", "birth date, sex", "范围内可见", "shown within the area")
    NUMBER = (
        "证件号",
        "document number",
        "加密存放；只见前三位和后两位",
        "encrypted; three characters in front, two at the end",
    )
    STUDENT_NUMBER = (
        "学籍号",
        "student number",
        "只见前四位和后两位",
        "four characters in front, two at the end",
    )
    SEALED = (
        "住址、电话、家庭等（加密）",
        "addresses, phones, family (encrypted)",
        "电话见前三后四，其余全部遮盖；按项说明理由后查看并记录",
        "phones 139****0000, all else hidden; one value in full for a reason, recorded",
    )
    CODE = ("代码", "code", "范围内可见", "shown within the area")
    WORDS = (
        "办理中写的文字",
        "words written in business",
        "只给参与办理的单位看",
        "shown to the offices that take part",
    )
    PAPER = ("材料原件（加密）", "papers (encrypted)", "逐份打开并记录", "opened one by one, recorded")
    KEYED = ("密钥杂凑", "keyed hash", "从不显示", "never shown")
    PROOF = ("口令、令牌的杂凑", "hash of a password or token", "从不显示", "never shown")
    STAFF = ("工作人员", "staff", "本单位和上级可见", "shown to the own office and those above")
    TECHNICAL = ("无个人信息", "nothing about a person", "–", "–")

    @property
    def zh(self) -> str:
        return self.value[0]

    @property
    def en(self) -> str:
        return self.value[1]

    @property
    def mask_zh(self) -> str:
        return self.value[2]

    @property
    def mask_en(self) -> str:
        return self.value[3]


class Kept(Enum):
    """How long rows are kept, why, and what ends it: Chinese, English, by what."""

    RECORD = (
        "永久（学籍档案；离校后归档）",
        "for ever (the record; filed when the pupil leaves)",
        "《办法》学籍档案；《档案法》",
        "nothing deletes it",
    )
    BUSINESS = (
        "与学籍档案同（办理依据）",
        "as long as the record that it changed",
        "《办法》学籍档案",
        "nothing deletes it",
    )
    HISTORY = (
        "永久，只追加",
        "for ever, only appended to",
        "《网络安全法》 art. 21（至少六个月）; 《办法》 art. 24",
        "the roles have no right to delete",
    )
    UNTIL_DECIDED = (
        "办结或撤回为止",
        "until it is decided or taken back",
        "《个人信息保护法》 art. 19",
        "the act that ends it",
    )
    ACCOUNT = ("与账号同", "as long as the account", "《办法》 art. 24", "the account administrator")
    SESSION = (
        "至多 12 小时",
        "twelve hours at most",
        "GB/T 22239-2019 8.1.4.1",
        "`access.forget_answers`, nightly",
    )
    ANSWER = (
        "至多两天",
        "two days at most",
        "《个人信息保护法》 art. 19",
        "`access.forget_answers`, nightly",
    )
    LOOK_UP = ("30 天", "thirty days", "《个人信息保护法》 art. 19", "`access.forget_answers`, nightly")
    EXPORT = (
        "到期销毁，登记保留",
        "destroyed on expiry; what was given out stays on record",
        "《办法》 art. 24",
        "the job of the exports",
    )

    @property
    def zh(self) -> str:
        return self.value[0]

    @property
    def en(self) -> str:
        return self.value[1]

    @property
    def source(self) -> str:
        return self.value[2]

    @property
    def ended_by(self) -> str:
        return self.value[3]


@dataclass(frozen=True)
class Table:
    """A table with personal data: how long its rows are kept, and what its columns tell."""

    name: str
    kept: Kept
    columns: Mapping[str, Data]


def _table(name: str, kept: Kept, /, **columns: str) -> Table:
    """Return a table from words of columns by the name of their class."""
    found = {column: Data[data.upper()] for data, words in columns.items() for column in words.split()}
    return Table(name, kept, found)


PERSONAL: Final[tuple[Table, ...]] = (
    # Pupils
    _table(
        "students_student",
        Kept.RECORD,
        name="name pinyin initials",
        birth="birth_on sex",
        sealed="private",
        code="nationality ethnicity overseas document_type details",
    ),
    _table("students_identifier", Kept.RECORD, number="value", keyed="index", technical="scheme"),
    _table("students_familymember", Kept.RECORD, name="name", sealed="private", code="relation"),
    _table(
        "students_enrolment",
        Kept.RECORD,
        code="stage state end_reason entry_mode study_mode source seat_number",
    ),
    _table("students_emergencyaccess", Kept.HISTORY, words="reason verdict", technical="kind"),
    # Rosters and lists
    _table("changes_rosterfile", Kept.BUSINESS, paper="content"),
    _table(
        "changes_rosterbatch",
        Kept.BUSINESS,
        name="file_name",
        words="refusal",
        technical="state door layout sha256 notes",
    ),
    _table(
        "changes_rosterrow",
        Kept.BUSINESS,
        number="document",
        keyed="index",
        name="name pinyin initials member1_name member2_name",
        birth="birth_on sex",
        sealed="private member1_private member2_private",
        words="reason",
        code="nationality ethnicity overseas document_type stage entry_mode study_mode source seat_number"
        " details member1_relation member2_relation",
        technical="state scheme",
    ),
    _table("changes_rosterfinding", Kept.BUSINESS, words="params", technical="column code severity"),
    _table("changes_rosterclaim", Kept.UNTIL_DECIDED, name="name", keyed="index", technical="scheme"),
    _table("changes_admissionfile", Kept.BUSINESS, paper="content"),
    _table("changes_admissionfinding", Kept.BUSINESS, words="params", technical="column code severity"),
    _table(
        "changes_admission",
        Kept.BUSINESS,
        number="document",
        keyed="index",
        name="name",
        birth="birth_on sex",
        student_number="exam_number",
        code="document_type entry_mode state reason",
        technical="scheme",
    ),
    _table("changes_admittedchild", Kept.UNTIL_DECIDED, keyed="index", technical="scheme"),
    _table(
        "changes_preschoolrecord",
        Kept.RECORD,
        keyed="index",
        name="name",
        words="kindergarten",
        sealed="content",
        technical="scheme",
    ),
    # Problem records
    _table(
        "changes_case",
        Kept.BUSINESS,
        name="name",
        sealed="payload",
        technical="kind problem state outcome made",
    ),
    _table(
        "changes_caseparty",
        Kept.BUSINESS,
        name="name",
        words="statement answer",
        sealed="proposal",
        technical="problem about remedy outcome",
    ),
    _table(
        "changes_evidence",
        Kept.BUSINESS,
        paper="content",
        name="file_name",
        technical="kind media_type sha256",
    ),
    _table("changes_decision", Kept.BUSINESS, words="reason", technical="act"),
    # Changes of status
    _table("status_draft", Kept.UNTIL_DECIDED, name="name", sealed="payload", technical="kind matched_by"),
    _table("status_case", Kept.BUSINESS, name="name", sealed="payload", technical="kind state route"),
    _table("status_turn", Kept.BUSINESS, name="name", technical="party purpose kind act"),
    _table("status_decision", Kept.BUSINESS, words="reason", code="reason_code", technical="act"),
    _table("status_effect", Kept.BUSINESS, sealed="before after", keyed="key", technical="moment table"),
    _table("status_mark", Kept.RECORD, code="kind details"),
    _table("status_classmove", Kept.BUSINESS, code="seat_before target_number"),
    _table("status_placement", Kept.RECORD),
    _table(
        "status_paper", Kept.BUSINESS, paper="content", name="file_name", technical="kind media_type sha256"
    ),
    _table("status_casepaper", Kept.BUSINESS),
    _table("status_sealedcopy", Kept.RECORD, name="name", sealed="content", technical="sha256"),
    _table("status_tracking", Kept.UNTIL_DECIDED, keyed="code_index", proof="code"),
    _table("status_notice", Kept.BUSINESS, name="name", technical="kind case_kind"),
    _table(
        "status_graduationpupil",
        Kept.RECORD,
        name="name",
        code="outcome destination",
        words="reason",
        technical="state aside",
    ),
    # What leaves
    _table("disclosures_sealedfile", Kept.EXPORT, paper="content"),
    _table("disclosures_clue", Kept.HISTORY, keyed="tag"),
    _table(
        "disclosures_disclosure",
        Kept.HISTORY,
        words="recipient subject",
        technical="fields sha256",
        proof="seed",
    ),
    # History
    _table("audit_event", Kept.HISTORY, words="before after", technical="act subject_kind row_hash"),
    _table("audit_listing", Kept.HISTORY),
    _table("access_miss", Kept.LOOK_UP, keyed="index", technical="way"),
    # Staff
    _table(
        "access_account",
        Kept.ACCOUNT,
        staff="username name",
        proof="password",
        technical="language duty",
    ),
    _table("access_appointment", Kept.ACCOUNT, staff="role duty"),
    _table("access_oldpassword", Kept.ACCOUNT, proof="password"),
    _table("access_unsealing", Kept.ACCOUNT, words="reason"),
    _table("access_trainingcertificate", Kept.ACCOUNT, staff="body document_number"),
    _table("access_device", Kept.ACCOUNT, proof="token_hash", staff="name"),
    _table(
        "access_signin",
        Kept.SESSION,
        proof="session_key",
        staff="device_name",
        technical="proof",
    ),
    _table("access_onetimelink", Kept.SESSION, proof="token_hash"),
    _table("access_apitoken", Kept.ACCOUNT, proof="token_hash", staff="name"),
    _table("access_throttle", Kept.ANSWER, keyed="key"),
    _table("access_idempotencykey", Kept.ANSWER, technical="key request_hash", words="answer"),
    _table("access_alarm", Kept.HISTORY, words="content note", technical="key kind"),
    _table("mfa_authenticator", Kept.ACCOUNT, proof="data", technical="type"),
    _table("django_session", Kept.SESSION, proof="session_key session_data"),
)
BY_TABLE: Final[Mapping[str, Table]] = {one.name: one for one in PERSONAL}

OFFICES = "offices and schools, which are public"
NUMBERS = "counts, days and codes of nobody"
LIBRARY = "comes with a library; holds no person"
# Tables that hold nothing about a person, or the id of a pupil or account alone, each with its reason.
WITHOUT: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "organisations_division", "organisations_organisation", "organisations_school",
            "organisations_organisationname", "organisations_schoolidentifier", "organisations_placehistory",
            "organisations_schoolchange", "organisations_grade", "organisations_class", "status_reorganisation",
            "status_reorganisedclass", "status_classrequest", "status_graduation", "changes_admissionlist",
            "status_campaignschool",
        ),
        OFFICES,
    ),
    **dict.fromkeys(
        (
            "organisations_schoolyear", "organisations_term", "organisations_calendaryear",
            "organisations_calendarday", "organisations_rulepackversion", "students_headcount",
            "students_numberserial", "changes_rosterprogress", "status_campaign", "status_campaigngrade",
            "status_attempt", "access_allowance", "audit_block", "audit_witness", "audit_cosignature",
        ),
        NUMBERS,
    ),
    "students_canary": "numbers that were never issued",
    "disclosures_canary": "made-up pupils that mark a file",
    "disclosures_approval": "a government's approval: offices, document numbers, purposes",
    "disclosures_export": "what was asked for: fields and schools, no pupil",
    **dict.fromkeys(
        (
            "auth_permission", "auth_group", "auth_group_permissions", "django_content_type",
            "django_migrations", "procrastinate_workers", "procrastinate_jobs", "procrastinate_events",
            "procrastinate_periodic_defers", "account_emailaddress", "account_emailconfirmation",
        ),
        LIBRARY,
    ),
}  # fmt: skip
