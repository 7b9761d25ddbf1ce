"""Reading the record: terms, how they are related, and activities in the order of time."""
