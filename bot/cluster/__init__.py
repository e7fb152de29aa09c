"""The cluster's API over HTTP: calls, retries, and JSON into values."""
