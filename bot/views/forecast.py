"""A forecast in words: never a date without "about"."""

from bot.domain.clusters import Cluster
from bot.domain.forecast import Forecast
from bot.domain.usage import Window
from bot.views.format import day


def forecast_words(forecast: Forecast, window: Window, cluster: Cluster) -> str:
    """`full about 24 Nov, most likely between 22 and 29 Nov`, or that the period ends before."""
    if forecast.about >= window.end:
        return "not full before its period ends, at the present pace"
    about, earliest = day(forecast.about, cluster), day(forecast.earliest, cluster)
    if forecast.latest is None or forecast.latest >= window.end:
        return f"full about {about}, not likely before {earliest}; it may last until the period ends"
    latest = day(forecast.latest, cluster)
    if earliest == latest:
        return f"full about {about}"
    return f"full about {about}, most likely between {earliest} and {latest}"
