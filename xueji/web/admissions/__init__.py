"""Pages of unified admission: lists of authorities, awaited pupils of schools, disputes, kindergarten records."""
