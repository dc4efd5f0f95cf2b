"""What may stand in an address: numbers that the database can hold, and nothing longer."""

from __future__ import annotations

from django.urls import register_converter


class Place:
    """A place: up to twelve digits."""

    regex = "[0-9]{1,12}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Serial(Place):
    """A number the database gave to a row."""

    regex = "[0-9]{1,18}"


def register() -> None:
    """Make `<place:…>` and `<serial:…>` known to the addresses."""
    register_converter(Place, "place")
    register_converter(Serial, "serial")
