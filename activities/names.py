"""What workflows call the activities; the names stand in histories, so they never change."""

LOAD_SHEET = "load_sheet"
APPLY_COMMAND = "apply_command"
LOCK_ON_SCHEDULE = "lock_on_schedule"
CHECK_IMPORT = "check_import"
RECORD_IMPORT = "record_import"
