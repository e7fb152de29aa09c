"""What the bot does, one file per wish. They know ports and rules; never Slack, SQL or HTTP."""
