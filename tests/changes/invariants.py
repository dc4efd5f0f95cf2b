"""What holds of rosters and pupils at every moment that anybody can see: each as a question with no answer."""

from __future__ import annotations

from django.db import connections, transaction

from xueji.changes.rules.roster_steps import State

STATES = ", ".join(f"'{state.value}'" for state in State)
ON_THE_WAY = ", ".join(f"'{state.value}'" for state in (State.WITH_LEADER, State.WITH_AUTHORITY))

INVARIANTS = {
    "a batch is in a state of the table": f"""
        SELECT id FROM changes_rosterbatch WHERE state NOT IN ({STATES})""",
    "every row of a file is accepted or rejected": """
        SELECT id FROM changes_rosterbatch WHERE rows <> accepted + rejected OR accepted < 0 OR rejected < 0""",
    "the rows that go on are those that are counted": """
        SELECT b.id FROM changes_rosterbatch b WHERE b.accepted - b.excepted <> (
            SELECT count(*) FROM changes_rosterrow r WHERE r.batch_id = b.id AND r.state = 'accepted')""",
    "an uploaded batch holds nothing but its file": """
        SELECT b.id FROM changes_rosterbatch b WHERE b.state = 'uploaded' AND (
            b.rows > 0 OR EXISTS (SELECT FROM changes_rosterrow r WHERE r.batch_id = b.id)
            OR EXISTS (SELECT FROM changes_rosterfinding f WHERE f.batch_id = b.id))""",
    "every batch has its file": """
        SELECT id FROM changes_rosterbatch WHERE id NOT IN (SELECT batch_id FROM changes_rosterfile)""",
    "only a batch on its way claims children": f"""
        SELECT c.batch_id FROM changes_rosterclaim c LEFT JOIN changes_rosterbatch b ON b.id = c.batch_id
        WHERE b.id IS NULL OR b.state NOT IN ({ON_THE_WAY})""",
    "a batch on its way claims exactly its accepted rows": f"""
        SELECT b.id FROM changes_rosterbatch b
        JOIN changes_rosterrow r ON r.batch_id = b.id
        LEFT JOIN changes_rosterclaim c ON c.batch_id = b.id AND c.row = r.row
            AND c.scheme = r.scheme AND c.index = r.index
        WHERE b.state IN ({ON_THE_WAY}) AND (r.state = 'accepted') <> (c.row IS NOT NULL)""",
    "a batch is registered as a whole": """
        SELECT b.id FROM changes_rosterbatch b WHERE b.registered <> (
            SELECT count(*) FROM changes_rosterrow r JOIN students_enrolment e
                ON e.student_id = r.student_id AND e.id = r.enrolment_id
            WHERE r.batch_id = b.id AND r.state = 'accepted')
        OR b.registered <> CASE b.state WHEN 'registered' THEN b.accepted - b.excepted ELSE 0 END""",
    "what a desk took out is not registered": """
        SELECT r.batch_id FROM changes_rosterrow r JOIN students_enrolment e
            ON e.student_id = r.student_id AND e.id = r.enrolment_id WHERE r.state <> 'accepted'""",
    "every registered pupil has one event": """
        SELECT r.student_id FROM changes_rosterbatch b JOIN changes_rosterrow r ON r.batch_id = b.id
        LEFT JOIN audit_event v ON v.subject_id = r.student_id AND v.act = 'roster.register'
            AND v.batch_id = b.id
        WHERE r.state = 'accepted' GROUP BY r.student_id, b.id, b.state
        HAVING count(v.id) <> CASE b.state WHEN 'registered' THEN 1 ELSE 0 END""",
    "every open enrolment has one number": """
        SELECT e.student_id FROM students_enrolment e LEFT JOIN students_identifier i
            ON i.student_id = e.student_id AND i.scheme = 'S' AND i.until IS NULL
        WHERE e.ended_on IS NULL GROUP BY e.student_id HAVING count(i.index) <> 1""",
    "nobody is a student without an enrolment": """
        SELECT id FROM students_student WHERE id NOT IN (SELECT student_id FROM students_enrolment)""",
    "no number without its student": """
        SELECT student_id FROM students_identifier WHERE student_id NOT IN (SELECT id FROM students_student)""",
    "head counts equal a recount": """
        SELECT class_of_id FROM (
            SELECT class_of_id, state, count(*) AS pupils FROM students_enrolment
            WHERE ended_on IS NULL GROUP BY 1, 2) AS recounted
        FULL JOIN (SELECT * FROM students_headcount WHERE count <> 0) AS kept USING (class_of_id, state)
        WHERE pupils IS DISTINCT FROM count""",
    "a row that carries its school's place agrees with the pupil's": """
        SELECT e.student_id FROM students_enrolment e JOIN students_student s ON s.id = e.student_id
        WHERE e.ended_on IS NULL AND (s.place <> e.place OR EXISTS (
            SELECT FROM students_identifier i WHERE i.student_id = s.id AND i.place <> s.place) OR EXISTS (
            SELECT FROM students_familymember f WHERE f.student_id = s.id AND f.place <> s.place))""",
}


def broken() -> list[str]:
    """Return the sentences that do not hold at present."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        # Tables that grew a moment ago have no statistics yet: the planner would loop over them.
        cursor.execute("SET LOCAL enable_nestloop = off")
        wrong = []
        for sentence, question in INVARIANTS.items():
            cursor.execute(f"SELECT count(*) FROM ({question}) AS found")
            if cursor.fetchone()[0]:
                wrong.append(sentence)
        return wrong
