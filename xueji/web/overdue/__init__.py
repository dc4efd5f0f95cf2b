"""How offices keep their days, and the reminders of one's own office."""
