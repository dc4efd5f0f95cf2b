"""Why a file cannot be read, in one sentence with the remedy."""

from __future__ import annotations

from xueji.lib.errors import Refused


class WorkbookRefused(Refused):
    """The file as a whole is unusable; no row of it was taken."""

    code = "unreadable"


SENTENCES: dict[str, tuple[str, str]] = {
    "not-a-workbook": (
        "“{name}”不是 Excel 工作簿（{why_zh}）。请用 Excel 或 WPS 打开名册，另存为 .xlsx 后上传。",
        (
            "“{name}” is not an Excel workbook ({why_en}). Open the roster in Excel or WPS, save it as .xlsx"
            " and upload that."
        ),
    ),
    "encrypted": (
        "“{name}”设有打开密码，无法读取。请取消密码、另存为 .xlsx 后上传。",
        "“{name}” is protected by a password. Remove the password, save it as .xlsx and upload that.",
    ),
    "truncated": (
        "“{name}”不完整，可能没有传完或保存时中断。请重新保存后再上传。",
        "“{name}” is cut off: it was perhaps not sent or saved to its end. Save it again and upload that.",
    ),
    "too-large": (
        "“{name}”太大（{what_zh}）。请把名册复制到新的工作簿，只保留表头和数据，必要时分成几个文件上传。",
        (
            "“{name}” is too large ({what_en}). Copy the roster into a new workbook with nothing but"
            " header and data, and split it if need be."
        ),
    ),
    "bomb": (
        "“{name}”的内部结构异常（{what_zh}），为安全起见没有打开。请把名册复制到新的工作簿后上传。",
        (
            "The inside of “{name}” is abnormal ({what_en}), so it was not opened. Copy the roster into a new"
            " workbook and upload that."
        ),
    ),
    "no-header": (
        "“{name}”的前五行里找不到表头（{what_zh}）。请把表头放在第 1 至 5 行，列名与模板一致。",
        (
            "No header was found in the first five rows of “{name}” ({what_en}). Put the header into"
            " rows 1 to 5, with the column names of the template."
        ),
    ),
    "too-many-rows": (
        "“{name}”的数据到第 {last} 行，一个文件最多 {most} 行。请分成几个文件，或删除下方零散的单元格。",
        (
            "The data of “{name}” reach to row {last}; one file holds at most {most} rows. Split it,"
            " or delete stray cells below the data."
        ),
    ),
    "unreadable": (
        "“{name}”无法读取（{what_zh}）。请用 Excel 或 WPS 打开，另存为新的 .xlsx 后上传。",
        "“{name}” cannot be read ({what_en}). Open it in Excel or WPS and save it as a new .xlsx to upload.",
    ),
    "encoding": (
        "“{name}”的文字编码无法识别。请另存为 .xlsx，或另存为 UTF-8 编码的 CSV 后上传。",
        (
            "The text encoding of “{name}” is not UTF-8, UTF-16 or GB 18030. Save it as .xlsx, or as CSV in"
            " UTF-8, and upload that."
        ),
    ),
    "time-limit": (
        "“{name}”在 {seconds} 秒内没有读完。请把名册复制到新的工作簿，必要时分成几个文件上传。",
        (
            "“{name}” could not be read within {seconds} seconds. Copy the roster into a new workbook,"
            " and split it if need be."
        ),
    ),
}


def refusal(code: str, **facts: object) -> WorkbookRefused:
    """Return the refusal for this code; `facts` fill the places of its sentence."""
    zh, en = SENTENCES[code]
    return WorkbookRefused(zh.format(**facts), en.format(**facts), code=code)
