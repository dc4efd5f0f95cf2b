"""A look at the directory of a workbook file, before anything in it is unpacked."""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from xueji.spreadsheets.rules.limits import (
    MAX_DECLARED_BYTES,
    MAX_DIRECTORY_BYTES,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_INDEX_PART_BYTES,
    MAX_RATIO,
    RATIO_COUNTS_FROM_BYTES,
)
from xueji.spreadsheets.rules.refusals import refusal

ZIP_START = b"PK\x03\x04"
OLE_START = bytes.fromhex("D0CF11E0A1B11AE1")
_END_RECORD = struct.Struct("<4s4H2LH")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class SheetPart:
    """A worksheet of the workbook, and the zip entry that holds its cells."""

    name: str
    entry: str
    visible: bool


@dataclass(frozen=True)
class Package:
    """What the directory of a workbook file declares."""

    declared_bytes: int
    sheets: tuple[SheetPart, ...]


def look(path: Path, *, name: str) -> Package:
    """Return the worksheets of a workbook in the order of its tabs, and its declared size.

    Unpacks only the two small parts that list the sheets. Raises WorkbookRefused for
    whatever is not a sound .xlsx of bearable size; `name` is the file's name in the sentence.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        most = MAX_FILE_BYTES >> 20
        raise refusal("too-large", name=name, what_zh=f"超过 {most} MB", what_en=f"more than {most} MB")
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    if not start:
        raise refusal("not-a-workbook", name=name, why_zh="文件是空的", why_en="the file is empty")
    if start == OLE_START:
        raise _old_or_encrypted(path, name)
    if start[:4] != ZIP_START:
        raise refusal(
            "not-a-workbook",
            name=name,
            why_zh="内容是其他格式，只是改了扩展名",
            why_en="its content is of another kind, only the name ends like a workbook's",
        )
    _check_end_record(tail, size, name)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError):
        raise refusal("truncated", name=name) from None
    with archive:
        entries = archive.infolist()
        declared = _check_entries(entries, size, name)
        return Package(declared, _sheets(archive, entries, name))


def _old_or_encrypted(path: Path, name: str) -> Exception:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content or "Workbook".encode("utf-16-le") not in content:
        return refusal("encrypted", name=name)
    return refusal(
        "not-a-workbook",
        name=name,
        why_zh="这是旧版 .xls 格式",
        why_en="this is the old .xls format",
    )


def _check_end_record(tail: bytes, size: int, name: str) -> None:
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise refusal("truncated", name=name)
    _, _, _, _, entry_count, directory_bytes, directory_at, _ = _END_RECORD.unpack_from(tail, at)
    if entry_count > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise refusal(
            "bomb",
            name=name,
            what_zh=f"部件多于 {MAX_ENTRIES} 个",
            what_en=f"more than {MAX_ENTRIES} parts",
        )
    if directory_at + directory_bytes > size:
        raise refusal("truncated", name=name)


def _check_entries(entries: list[zipfile.ZipInfo], size: int, name: str) -> int:
    declared = 0
    packed = 0
    names: set[str] = set()
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise refusal("encrypted", name=name)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal(
                "unreadable",
                name=name,
                what_zh="用了不支持的压缩方式",
                what_en="a part is packed in an unsupported way",
            )
        if part_name(entry) in names:
            raise refusal("bomb", name=name, what_zh="有重名的部件", what_en="two parts have the same name")
        names.add(part_name(entry))
        if entry.file_size > max(RATIO_COUNTS_FROM_BYTES, entry.compress_size * MAX_RATIO):
            raise refusal(
                "bomb",
                name=name,
                what_zh="压缩比过高",
                what_en="a part unpacks to more than a hundred times its size",
            )
        declared += entry.file_size
        packed += entry.compress_size
    if packed > size:
        raise refusal("bomb", name=name, what_zh="部件互相重叠", what_en="its parts overlap")
    if declared > MAX_DECLARED_BYTES:
        most = MAX_DECLARED_BYTES >> 20
        raise refusal(
            "too-large", name=name, what_zh=f"解压后超过 {most} MB", what_en=f"more than {most} MB unpacked"
        )
    return declared


def part_name(entry: zipfile.ZipInfo) -> str:
    """Return the name under which a part is looked up: slashes forward, lower case."""
    return entry.filename.replace("\\", "/").lower()


def _sheets(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str) -> tuple[SheetPart, ...]:
    parts = {part_name(entry): entry for entry in entries}
    home = next(
        (
            target
            for _, kind, target in _relations(archive, parts, "_rels/.rels", "", name)
            if kind.endswith("/officeDocument")
        ),
        "",
    )
    if home not in parts or not home.endswith(".xml"):
        raise refusal(
            "not-a-workbook",
            name=name,
            why_zh="压缩包里没有工作簿",
            why_en="the archive holds no workbook in .xlsx format",
        )
    workbook = _small_xml(archive, parts[home], name)
    folder, file_name = posixpath.split(home)
    targets = {
        relation_id: target
        for relation_id, kind, target in _relations(
            archive, parts, f"{folder}/_rels/{file_name}.rels", folder, name
        )
        if kind.endswith("/worksheet")
    }
    sheets = []
    for element in workbook.iter():
        if _local(element.tag) != "sheet":
            continue
        relation_id = next((value for key, value in element.items() if _local(key) == "id"), "")
        entry = parts.get(targets.get(relation_id, ""))
        if entry is not None:
            visible = element.get("state", "visible") == "visible"
            sheets.append(SheetPart(element.get("name", ""), entry.filename, visible))
    if not any(sheet.visible for sheet in sheets):
        raise refusal(
            "unreadable", name=name, what_zh="没有可见的工作表", what_en="it has no visible worksheet"
        )
    return tuple(sheets)


def _relations(
    archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], part: str, folder: str, name: str
) -> list[tuple[str, str, str]]:
    """Return (id, type, target as a part's name) of a list of relations; none where the part is missing."""
    if part not in parts:
        return []
    return [
        (
            element.get("Id", ""),
            element.get("Type", ""),
            posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/").lower(),
        )
        for element in _small_xml(archive, parts[part], name)
    ]


def _small_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> ElementTree.Element:
    damaged = refusal(
        "unreadable", name=name, what_zh="工作表目录已损坏", what_en="its list of sheets is damaged"
    )
    if entry.file_size > MAX_INDEX_PART_BYTES:
        raise refusal(
            "bomb", name=name, what_zh="工作表目录过大", what_en="its list of sheets is far too long"
        )
    try:
        with archive.open(entry) as part:
            content = part.read(MAX_INDEX_PART_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        raise damaged from None
    if b"\0" in content:  # UTF-16 would hide a document type from the next line
        raise damaged
    if _DOCTYPE.search(content):
        raise refusal(
            "bomb", name=name, what_zh="含有实体定义", what_en="it defines entities, which no workbook needs"
        )
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - no document type, so no entities
    except (ElementTree.ParseError, LookupError, ValueError):
        raise damaged from None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
