"""Pages of pupils: finding them, one pupil's record, and what is done with it."""
