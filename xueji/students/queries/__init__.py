"""Finding pupils, reading one pupil's record, and counting the pupils of classes, schools and authorities."""

from xueji.students.queries.headcounts import (
    ClassCount,
    Seat,
    Totals,
    classes_at,
    classes_of,
    seats_of,
    totals_below,
    totals_of_schools,
)
from xueji.students.queries.readers import Reading, Readings, readings_of
from xueji.students.queries.records import (
    Happening,
    Number,
    Record,
    Relative,
    Stay,
    record_of,
)
from xueji.students.queries.search import (
    ANY,
    ENDED,
    OPEN,
    Found,
    Key,
    Listed,
    Question,
    count,
    find,
    indexes_of,
)

__all__ = [
    "ANY",
    "ENDED",
    "OPEN",
    "ClassCount",
    "Found",
    "Happening",
    "Key",
    "Listed",
    "Number",
    "Question",
    "Reading",
    "Readings",
    "Record",
    "Relative",
    "Seat",
    "Stay",
    "Totals",
    "classes_at",
    "classes_of",
    "count",
    "find",
    "indexes_of",
    "readings_of",
    "record_of",
    "seats_of",
    "totals_below",
    "totals_of_schools",
]
