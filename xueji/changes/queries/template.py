"""The workbook that a school fills in: its real classes and the code lists as drop-down lists."""

from __future__ import annotations

from xueji.changes.queries.schools import checked_school
from xueji.changes.rules.roster_columns import NATIONAL, SHORT, Field, Layout
from xueji.changes.rules.roster_files import EXAMPLE_MARK
from xueji.organisations.models import School
from xueji.spreadsheets.writer import ExtraSheet, write_template

LAYOUTS: dict[Layout, tuple[Field, ...]] = {"short": SHORT, "national": NATIONAL}

HOW_TO = (
    ("一名学生一行，从第 2 行起填写；“示例”一行导入时自动忽略，可以留着，也可以删去。",
     "One pupil per row from row 2 on; the row marked 示例 is ignored and may stay."),
    ("橙色表头的列必填，蓝色表头的列可以不填；鼠标停在表头上可看填写说明。",
     "Orange headers must be filled in, blue ones may stay empty; a note appears over each header."),
    ("代码和名称都可以填，例如民族填“01”或“汉族”。",
     "A code or its label will do: 01 or 汉族."),
    ("使用 18 位公民身份号码时，性别和出生日期可以不填，由号码得出。",
     "With an 18-character identity number, sex and birth date may be empty: the number says them."),
    ("日期写成 2019-09-01、20190901、2019年9月1日都可以；全角数字、多余空格会自动更正。",
     "Dates may be 2019-09-01, 20190901 or 2019年9月1日; full-width digits and blanks are put right."),
    ("请不要使用公式。本文件没有设置保护，可以增删列和调整列的顺序，表头文字请保留。",
     "Use no formulas. The file is not protected: columns may be moved or removed, headers must stay."),
    ("填好后在“新生名册”页上传。有问题的行会逐一说明，不影响其他行。",
     "Upload it on the roster page. Rows with faults are explained one by one and stop no other row."),
)  # fmt: skip


def template_for(school: School, layout: Layout, using: str = "default") -> bytes:
    """Return the template of a school as an .xlsx: its class numbers and all code lists to choose from.

    The example row has the marks of a real one and a name by which an import leaves it out.
    """
    fields = LAYOUTS[layout]
    classes = list(checked_school(school, using).classes)
    example = {f.column.key: f.column.example for f in fields if f.column.example}
    example["name"] = f"{EXAMPLE_MARK}学生"
    if classes:
        example["class_number"] = classes[0]
    if "school_identifier" in example:
        example["school_identifier"] = school.identifier
    rows = [("填写说明", "How to fill it in"), *HOW_TO, ("", "")]
    rows += [
        (f"{f.column.header_zh}：{f.column.note_zh}", f"{f.column.header_en}: {f.column.note_en}")
        for f in fields
        if f.column.note_zh
    ]
    return write_template(
        [f.column for f in fields],
        title_zh=f"{school.organisation.name} 新生名册",
        sheet_name="新生名册",
        lists={"class_number": classes},
        example=example,
        extra_sheets=[ExtraSheet("填写说明", rows, widths=(70, 90))],
    )
