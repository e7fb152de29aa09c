"""A stand-in for the API of one cluster and of its platform, with faults at will."""

from bot.playground.cluster.faults import ClusterFault
from bot.playground.cluster.server import ClusterTwin, Request
from bot.playground.cluster.users import ClusterUser, Counts
from bot.playground.cluster.work import Work

__all__ = ["ClusterFault", "ClusterTwin", "ClusterUser", "Counts", "Request", "Work"]
