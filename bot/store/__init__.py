"""What is remembered: SQLAlchemy Core on SQLite or PostgreSQL, secrets sealed per row."""
