"""Slack's door: Bolt, Socket Mode, answers to `response_url`, the manifest."""
