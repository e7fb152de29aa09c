"""Walltime: the Slack bot that tells HPC people how many core-hours they have used."""
