"""What holds of pupils and their changes at every moment that anybody can see: each as a question with no answer."""

from __future__ import annotations

from django.db import connections, transaction

from xueji.status.rules.kinds import clashes

INVARIANTS = {
    "no pupil is in two schools": """
        SELECT student_id FROM students_enrolment WHERE ended_on IS NULL GROUP BY 1 HAVING count(*) > 1""",
    "a pupil who was handed over is somewhere": """
        SELECT DISTINCT ON (student_id) student_id FROM students_enrolment e
        WHERE end_reason IN ('10', '20') AND NOT EXISTS (SELECT FROM students_enrolment n WHERE n.student_id = e.student_id
            AND n.id <> e.id AND n.started_on >= e.ended_on)""",
    "an enrolment without an end is of its class and school": """
        SELECT e.student_id FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
        WHERE e.school_id <> c.school_id OR (e.ended_on IS NULL AND e.place <> c.place)""",
    "nobody is enrolled in a class or school that is closed": """
        SELECT e.student_id FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
        JOIN organisations_school s ON s.organisation_id = e.school_id
        WHERE e.ended_on IS NULL AND (c.closed_on IS NOT NULL OR s.state = 'closed')""",
    "everything of a pupil is with the holder": """
        SELECT e.student_id FROM students_enrolment e JOIN students_student s ON s.id = e.student_id
        WHERE e.ended_on IS NULL AND (s.place <> e.place
            OR EXISTS (SELECT FROM students_identifier i WHERE i.student_id = s.id AND i.place <> s.place)
            OR EXISTS (SELECT FROM students_familymember f WHERE f.student_id = s.id AND f.place <> s.place)
            OR EXISTS (SELECT FROM status_mark m WHERE m.student_id = s.id AND m.place <> s.place)
            OR EXISTS (SELECT FROM status_paper p WHERE p.student_id = s.id AND p.place <> s.place))""",
    "head counts equal a recount": """
        SELECT class_of_id FROM (
            SELECT class_of_id, state, count(*) AS pupils FROM students_enrolment
            WHERE ended_on IS NULL GROUP BY 1, 2) AS recounted
        FULL JOIN (SELECT * FROM students_headcount WHERE count <> 0) AS kept USING (class_of_id, state)
        WHERE pupils IS DISTINCT FROM count""",
    "a case is on one desk, or waits, or is over": """
        SELECT c.id FROM status_case c LEFT JOIN status_turn t
            ON t.student_id = c.student_id AND t.case_id = c.id AND t.ended_on IS NULL
        GROUP BY c.id, c.student_id, c.state
        HAVING count(t.case_id) <> CASE WHEN c.state IN ('with_desk', 'returned') THEN 1 ELSE 0 END
            OR count(t.paused_on) <> CASE c.state WHEN 'returned' THEN 1 ELSE 0 END""",
    "no step without its desk": """
        SELECT c.id FROM status_case c JOIN status_turn t
            ON t.student_id = c.student_id AND t.case_id = c.id AND t.ended_on IS NULL
        WHERE t.place <> c.desk_place OR t.ordinal <> c.at OR (c.route->c.at->>'place')::bigint <> t.place
            OR t.case_version > c.version""",
    "every desk before the present one has approved": """
        SELECT c.id FROM status_case c, generate_series(0, c.at - 1) AS before
        WHERE NOT EXISTS (SELECT FROM status_decision d WHERE d.student_id = c.student_id AND d.case_id = c.id
            AND d.ordinal = before AND d.act = 'approve'
            AND d.office = (c.route->before->>'place')::bigint)""",
    "who did one part did no other": """
        SELECT case_id FROM status_decision WHERE by <> 0 AND act IN ('file', 'approve', 'refuse')
        GROUP BY case_id, by HAVING count(*) > 1""",
    "no day lies before the one it is counted from": """
        SELECT case_id FROM status_turn WHERE due_on < received_on OR ended_on < received_on
            OR paused_on < received_on OR days_used < 0 OR paused_days < 0""",
    "what took effect kept its images and its day": """
        SELECT c.id FROM status_case c WHERE (c.effect_on IS NOT NULL) <> (
            EXISTS (SELECT FROM status_decision d WHERE d.student_id = c.student_id AND d.case_id = c.id
                AND d.act = 'approve' AND (c.route->d.ordinal->>'effect')::boolean))""",
    "what had no effect wrote nothing": """
        SELECT c.id FROM status_case c WHERE c.effect_on IS NULL AND EXISTS (SELECT FROM status_effect f
            WHERE f.student_id = c.student_id AND f.case_id = c.id AND f.moment = 'effect')""",
    "a completed case took effect": "SELECT id FROM status_case WHERE state = 'completed' AND effect_on IS NULL",
    "every decision has its event": """
        SELECT d.case_id FROM status_decision d GROUP BY d.case_id, d.act HAVING count(*) <> (
            SELECT count(*) FROM audit_event v WHERE v.after->>'case' = d.case_id::text
                AND v.act LIKE '%.' || d.act)""",
    "a copy stays for each transfer that took effect": """
        SELECT c.id FROM status_case c LEFT JOIN status_sealedcopy y
            ON y.student_id = c.student_id AND y.case_id = c.id
        WHERE c.kind = 'transfer' GROUP BY c.id, c.effect_on, c.state
        HAVING count(y.id) <> (c.effect_on IS NOT NULL)::int
            OR count(y.void_on) <> (c.state = 'undone')::int""",
}

OPEN_TOGETHER = """
SELECT a.kind, b.kind FROM status_case a JOIN status_case b
    ON b.student_id = a.student_id AND b.id > a.id AND b.closed_on IS NULL AND b.state <> 'waiting'
WHERE a.closed_on IS NULL AND a.state <> 'waiting'
"""


def broken() -> list[str]:
    """Return the sentences that do not hold at present."""
    names = list(INVARIANTS)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"EXISTS ({question})" for question in INVARIANTS.values()))
        wrong = [name for name, is_broken in zip(names, cursor.fetchone(), strict=True) if is_broken]
        cursor.execute(OPEN_TOGETHER)
        wrong += [f"{one} is open beside {other}" for one, other in cursor.fetchall() if clashes(one, other)]
    return wrong
