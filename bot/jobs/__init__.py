"""Work that outlives a request: tracked tasks and live readings."""
