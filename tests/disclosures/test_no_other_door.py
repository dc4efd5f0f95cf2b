"""Only an export hands out more than a page of identified pupils: every other door has a cap, or a reason to have none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import xueji
from xueji.access.api import MOST_PER_PAGE
from xueji.web.api import api

DESCRIPTION: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]
SOURCES: Final = Path(xueji.__file__).parent

# Whoever opens encrypted numbers, and for how many pupils at most. A new place is a new row, with its reason.
OPENS_NUMBERS: Final = {
    "changes/actions/admissions/lists.py": "the file that the authority gave in itself",
    "changes/actions/problems/corrections.py": "one pupil of a problem record",
    "changes/actions/registration.py": "compared, and never handed out",
    "changes/actions/upgrades.py": "one pupil",
    "changes/queries/admission_check.py": "compared, and never handed out",
    "changes/queries/admissions.py": "a page, masked by the doors",
    "changes/queries/batches.py": "a page, masked by the doors",
    "changes/queries/particulars.py": "one pupil, whose form is filled in",
    "changes/queries/problems.py": "one pupil of a problem record",
    "disclosures/queries/rows.py": "the export itself",
    "status/queries/cases.py": "the one pupil of a case",
    "status/queries/copies.py": "one pupil who left",
    "status/queries/ready.py": "what one case needs",
    "students/queries/records.py": "one pupil",
    "students/queries/search.py": "a page, masked by the doors",
    "bench/subjects.py": "made-up pupils of a measurement",
    "synthetic/actions.py": "made-up pupils of the synthetic nation",
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema behind its references, of a choice the one that is something."""
    while True:
        if "$ref" in schema:
            schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        else:
            return schema


def pages() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation that answers a page of a list: its id, and its parameter `limit`."""
    for methods in DESCRIPTION["paths"].values():
        for one in methods.values():
            answer = one["responses"].get("200", {}).get("content", {}).get("application/json", {})
            known = resolved(answer.get("schema", {})).get("properties", {})
            if {"items", "next"} <= set(known):
                limits = [p["schema"] for p in one["parameters"] if p["name"] == "limit"]
                yield one["operationId"], limits[0] if limits else {}


# Lists with another cap than two hundred a page. None names a pupil.
WITHOUT_PERSONS: Final = {
    "listPacks": "rules of provinces",
    "listPackVersions": "rules of provinces",
    "listReorganisations": "schools",
    "readFeed": "opaque ids of pupils and what became otherwise, a thousand at a time",
}


def test_every_list_of_the_api_has_pages_and_none_with_persons_is_longer_than_two_hundred() -> None:
    found = dict(pages())
    assert {"listApprovals", "listExports"} <= set(found)
    assert len(found) > 15
    other = {name for name, limit in found.items() if limit.get("maximum") != MOST_PER_PAGE}
    assert other == set(WITHOUT_PERSONS)


def test_encrypted_numbers_are_opened_in_few_places_each_with_its_reason() -> None:
    opening = re.compile(
        r"decrypt(?:_bytes)?\((?:[^()]|\([^()]*\))*associated\(\s*(?:\"identifier\"|\"admission file\"|column|\"student\")"
    )
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if opening.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(OPENS_NUMBERS)


# Rooms in which nobody is real.
MADE_UP: Final = {"bench", "synthetic"}
# Whoever writes tables to be taken away. A new place is a new row, with its reason.
WRITES_FILES: Final = {
    "spreadsheets/writer.py": "the writer itself",
    "disclosures/actions/files.py": "exports and class lists, which the register knows",
    "spreadsheets/tables.py": "texts on their way into a table of the database",
    "changes/queries/corrected.py": "rows that a school uploaded itself and that were not taken",
    "web/absent/report.py": "counts of offices, no pupil",
}


def test_tables_to_be_taken_away_are_written_in_few_places_each_with_its_reason() -> None:
    writing = re.compile(
        r"\bwrite_list\(|\bwrite_corrected\(|\bcsv\.writer\(|\.write_csv\(|\bxlsxwriter\.Workbook\("
    )
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if writing.search(path.read_text(encoding="utf-8"))
        and path.relative_to(SOURCES).parts[0] not in MADE_UP
    }
    assert found == set(WRITES_FILES)
