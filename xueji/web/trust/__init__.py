"""Pages by which the registry watches itself: who may do what, look-ups that found nothing, alarms, emergency access."""
