"""Who is not at school: suspensions that ran out, dropouts with their monthly report, pupils lost sight of."""
