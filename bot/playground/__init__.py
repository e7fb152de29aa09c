"""Our own stand-ins for Slack and for the cluster's API.

`walltime-bot demo` and the tests run the real bot against them, over loopback. They know nothing of the bot.
"""
