"""Pages of problem records: the list, a case as a school sees it, a case as its desk sees it."""
