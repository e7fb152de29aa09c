"""A forecast in words: never a date without "about"."""

from bot.domain.clusters import Cluster
from bot.domain.forecast import Forecast
from bot.domain.usage import Window
from bot.views.format import day
from bot.views.language import tr


def forecast_words(forecast: Forecast, window: Window, cluster: Cluster) -> str:
    """`full about 24 Nov, most likely between 22 and 29 Nov`, or that the period ends before."""
    if forecast.about >= window.end:
        return tr("not full before its period ends, at the present pace")
    about, earliest = day(forecast.about, cluster), day(forecast.earliest, cluster)
    if forecast.latest is None or forecast.latest >= window.end:
        return tr(
            "full about {about}, not likely before {earliest}; it may last until the period ends",
            about=about,
            earliest=earliest,
        )
    latest = day(forecast.latest, cluster)
    if earliest == latest:
        return tr("full about {about}", about=about)
    return tr(
        "full about {about}, most likely between {earliest} and {latest}",
        about=about,
        earliest=earliest,
        latest=latest,
    )
