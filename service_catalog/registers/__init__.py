"""Reference data kept as data: code lists, placeholder schemes, the inheritance matrix, working-day calendars."""
