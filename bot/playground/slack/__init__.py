"""A stand-in for Slack: its Web API, Socket Mode, signed deliveries, and the people who use it."""

from bot.playground.slack.delivery import Delivery
from bot.playground.slack.faults import Fault
from bot.playground.slack.model import Channel, Message, Person
from bot.playground.slack.organisation import Organisation
from bot.playground.slack.twin import SlackTwin
from bot.playground.slack.workspace import Workspace

__all__ = ["Channel", "Delivery", "Fault", "Message", "Organisation", "Person", "SlackTwin", "Workspace"]
