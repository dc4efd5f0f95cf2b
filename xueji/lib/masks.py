"""What a reader sees of a value whose whole is not needed for the duty at hand."""

from __future__ import annotations

from collections.abc import Callable

HIDDEN = "*"


def name(value: str) -> str:
    """Return a name with its middle hidden: 张*涵, 李*, 阿*·麦*.

    Of a name in parts joined by a middle dot the first character of each part stays,
    as the parts are too long for one character at the end to tell two children apart.
    """
    value = value.strip()
    if "·" in value:
        return "·".join(part[:1] + HIDDEN for part in value.split("·"))
    if len(value) < 2:
        return HIDDEN * len(value)
    if len(value) == 2:
        return value[0] + HIDDEN
    return value[0] + HIDDEN * (len(value) - 2) + value[-1]


def _ends(value: str, first: int, last: int) -> str:
    value = value.strip()
    if len(value) <= first + last:
        return HIDDEN * len(value)
    return value[:first] + HIDDEN * (len(value) - first - last) + value[-last:]


def document(value: str) -> str:
    """Return a document number with three characters in front and two at the end."""
    return _ends(value, 3, 2)


def student_number(value: str) -> str:
    """Return a student number with its letter and three digits in front and two at the end.

    A G number contains the resident number, so it is hidden as far as that one.
    """
    return _ends(value, 4, 2)


def phone(value: str) -> str:
    """Return a telephone number with three digits in front and four at the end."""
    return _ends(value, 3, 4)


def everything(value: str) -> str:
    """Return stars only, always as many: the length of an address tells something, too."""
    return HIDDEN * 6 if value.strip() else ""


MASKS: dict[str, Callable[[str], str]] = {
    "name": name,
    "document": document,
    "student_number": student_number,
    "phone": phone,
    "all": everything,
}
