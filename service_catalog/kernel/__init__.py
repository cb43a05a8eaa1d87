"""Ground floor: database, errors, paging, dates; knows nothing of government services."""
