"""What watches the registry asks: does it answer, can it work, how does it do. No pupil is named or counted by school."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from xueji.access.scope import NOWHERE, acting, national
from xueji.audit.sealing import freshness

# Name, words, statement: a value, or a label and a value a row.
FIGURES: Final = (
    (
        "xueji_jobs", "Jobs by queue and state",
        """SELECT queue_name || '/' || status::text, count(*) FROM procrastinate_jobs
           WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1 ORDER BY 1""",
    ),
    (
        "xueji_oldest_job_seconds", "How long the oldest job that nobody took has been due",
        """SELECT coalesce(extract(epoch FROM max(now() - e.at)), 0) FROM (
               SELECT coalesce(j.scheduled_at, max(v.at)) AS at FROM procrastinate_jobs j
               JOIN procrastinate_events v ON v.job_id = j.id WHERE j.status = 'todo' GROUP BY j.id) e
           WHERE e.at < now()""",
    ),
    (
        "xueji_turns_open", "Cases on a desk, by kind",
        "SELECT kind, count(*) FROM status_turn WHERE ended_on IS NULL AND NOT is_discreet GROUP BY kind ORDER BY kind",
    ),
    (
        "xueji_turns_late", "Of those, past their due day",
        """SELECT count(*) FROM status_turn
           WHERE ended_on IS NULL AND paused_on IS NULL AND due_on < CURRENT_DATE AND NOT is_discreet""",
    ),
    (
        "xueji_rosters_open", "Rosters under way, by state",
        "SELECT state, count(*) FROM changes_rosterbatch WHERE closed_on IS NULL GROUP BY state ORDER BY state",
    ),
    ("xueji_pupils", "Pupils enrolled in the nation", "SELECT coalesce(sum(count), 0) FROM students_headcount"),
    ("xueji_accounts_sealed", "Sealed accounts", "SELECT count(*) FROM access_account WHERE sealed_on IS NOT NULL"),
    ("xueji_sessions", "Sessions that are open", "SELECT count(*) FROM django_session WHERE expire_date > now()"),
    ("xueji_database_bytes", "Size of the database", "SELECT pg_database_size(current_database())"),
    (
        "xueji_database_connections", "Connections to the database by state",
        """SELECT coalesce(state, 'none'), count(*) FROM pg_stat_activity WHERE datname = current_database()
           GROUP BY 1 ORDER BY 1""",
    ),
)  # fmt: skip


class Figures:
    """Counts from the database, for all web processes alike: whichever is asked answers for the registry."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every figure; called by the library once per answer."""
        sealing = freshness("national")
        yield GaugeMetricFamily(
            "xueji_sealing_seconds_waiting", "Age of the oldest event not sealed", sealing.seconds_waiting
        )
        yield GaugeMetricFamily("xueji_sealing_stale", "Acts are refused: 1", float(sealing.is_stale))
        with national("probes") as using, connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '5s'")
            for name, words, statement in FIGURES:
                cursor.execute(statement)
                rows = cursor.fetchall()
                if cursor.description is not None and len(cursor.description) == 1:
                    yield GaugeMetricFamily(name, words, float(rows[0][0]))
                else:
                    family = GaugeMetricFamily(name, words, labels=["of"])
                    for label, value in rows:
                        family.add_metric([str(label)], float(value))
                    yield family


def is_from_outside(request: HttpRequest) -> bool:
    """Return whether a request came through the proxy: figures are for the operator's own network."""
    return "HTTP_X_FORWARDED_FOR" in request.META


class ProbeMiddleware:
    """Answer probes before anything else: they have no session, no host name and no scope.

    `/health`: this process answers. `/ready`: it can work, else 503 and what is missing. `/metrics`: figures in the
    format of Prometheus; not through the proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.figures = CollectorRegistry()
        self.figures.register(Figures())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match request.path:
            case "/health":
                return HttpResponse("ok", content_type="text/plain")
            case "/ready":
                return ready()
            case "/metrics" if not is_from_outside(request):
                return HttpResponse(generate_latest(self.figures), content_type=CONTENT_TYPE_LATEST)
        return self.get_response(request)


def ready() -> HttpResponse:
    """Return which parts work: both doors of the database, and the sealing of the history."""
    parts = {}
    for alias in ("default", "national"):
        try:
            with acting(NOWHERE, using=alias), connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
                parts[alias] = cursor.fetchone() is not None
        except DatabaseError:
            parts[alias] = False
    try:
        parts["sealing"] = parts["national"] and not freshness("national").is_stale
    except DatabaseError:
        parts["sealing"] = False
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)
