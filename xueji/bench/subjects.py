"""Whom the pages are measured with: schools, their people already signed in, and what these look for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.utils.module_loading import import_string

from xueji.access.middleware import SESSION_APPOINTMENT
from xueji.access.models import Account
from xueji.access.scope import Actor, national
from xueji.bench.end_to_end import actor_at
from xueji.changes.queries.schools import checked_school
from xueji.lib.school_years import school_year
from xueji.organisations.models import School
from xueji.organisations.queries import authority_of
from xueji.students.encryption import associated

# Schools of about this size have a list of many pages; it is the size of the schools in published measurements.
PUPILS_OF_A_SCHOOL = 1000
PRIMARY_SCHOOL = "211"

ROSTER_SCHOOL = """
SELECT s.organisation_id FROM organisations_school s
JOIN organisations_grade g ON g.school_id = s.organisation_id AND g.stage = 'primary' AND g.entry_year = %s
JOIN organisations_class c ON c.grade_id = g.id AND c.closed_on IS NULL
WHERE s.kind = %s AND s.state = 'open' AND g.is_open
GROUP BY s.organisation_id, s.place ORDER BY count(*) DESC, s.place LIMIT 1
"""

SCHOOLS = """
SELECT h.place FROM students_headcount h
JOIN access_appointment a ON a.place = h.place AND a.role = 'registrar' AND a.until IS NULL
GROUP BY h.place ORDER BY abs(sum(h.count) - %s), h.place LIMIT %s
"""

COUNTY = """
SELECT h.place / 1000000 FROM students_headcount h
JOIN access_appointment a ON a.place = h.place / 1000000 * 1000000 AND a.role = 'officer' AND a.until IS NULL
WHERE h.place / 1000000 % 100 <> 0
GROUP BY 1 ORDER BY sum(h.count) DESC LIMIT 1
"""

SURNAMES = """
SELECT left(name, 1), count(*) FROM students_student WHERE division = %s AND position('·' in name) = 0
GROUP BY 1 ORDER BY 2 DESC, 1
"""

NUMBERS = """
SELECT i.index, i.value FROM students_identifier i JOIN students_student s ON s.id = i.student_id
WHERE s.division = %s AND i.scheme = 'R' ORDER BY i.index LIMIT %s
"""


def school_for_rosters(today: date) -> School:
    """Return the primary school with the most open classes for this year's first-graders."""
    with national("bench") as using, connections[using].cursor() as cursor:
        cursor.execute(ROSTER_SCHOOL, [school_year(today), PRIMARY_SCHOOL])
        (key,) = cursor.fetchone()
        return School.objects.using(using).select_related("organisation").get(pk=key)


def new_classes(school: School, today: date) -> list[str]:
    """Return the numbers of the classes for this year's first-graders."""
    with national("bench") as using:
        known = checked_school(school, using).classes
    return [
        number
        for number, one in known.items()
        if one.stage == "primary" and one.entry_year == school_year(today)
    ]


def people(*, today: date, users: int, numbers: int) -> dict[str, Any]:
    """Return cookies of registrars, a leader and officers, and what a county's officer looks for.

    The county is the one with the most pupils. `frequent` is its most frequent surname,
    `rare` are surnames of few pupils each, `numbers` are identity numbers of its pupils.
    """
    school = school_for_rosters(today)
    with national("bench") as using, connections[using].cursor() as cursor:
        cursor.execute(SCHOOLS, [PUPILS_OF_A_SCHOOL, users])
        places = [place for (place,) in cursor.fetchall()]
        cursor.execute(COUNTY)
        (county,) = cursor.fetchone()
        cursor.execute(SURNAMES, [county])
        surnames = [surname for surname, _ in cursor.fetchall()]
        cursor.execute(NUMBERS, [county, numbers])
        ring = settings.XUEJI_KEY_RING
        found = [
            ring.decrypt(value, associated("identifier", bytes(index))) for index, value in cursor.fetchall()
        ]
    authority = authority_of(school.place, using="national")
    return {
        "readers": [signed_in(actor_at(place, "registrar", today)) for place in places],
        "county": signed_in(actor_at(county * 1_000_000, "officer", today)),
        "frequent": surnames[0],
        "rare": surnames[-len(surnames) // 3 :],
        "numbers": found,
        "registrar": signed_in(actor_at(school.place, "registrar", today)),
        "leader": signed_in(actor_at(school.place, "leader", today)),
        "officer": signed_in(actor_at(authority, "officer", today)),
        "identifier": school.identifier,
        "classes": new_classes(school, today),
        "entry_year": school_year(today),
    }


def signed_in(actor: Actor) -> str:
    """Return the cookie of a session of this person, as the sign-in would have left it."""
    account = Account.objects.using("owner").get(pk=actor.account_id)
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    session = store()
    session[auth.SESSION_KEY] = str(account.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = account.get_session_auth_hash()
    session[SESSION_APPOINTMENT] = actor.appointment_id
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
