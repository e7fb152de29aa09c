"""Lines of a digest: what changed, which limits are near, which links need care."""

from bot.domain.digests import Care, Crossing, Digest, NearLimit
from bot.domain.limits import FULL, Limit, ScopeKind
from bot.views.forecast import forecast_words
from bot.views.format import clock, escape, hours
from bot.views.language import ntr, tr
from bot.views.limits import amount, share
from bot.views.limits import period_words as limit_words
from bot.views.names import said_name


def change_lines(digest: Digest) -> list[str]:
    """Say what was crossed and set since the last digest."""
    return [
        *(_crossed(digest, one) for one in digest.crossed),
        *(_set(digest, limit) for limit in digest.limits_set),
    ]


def _crossed(digest: Digest, one: Crossing) -> str:
    return tr(
        "{threshold} % of a limit crossed: {limit}, {whose}",
        threshold=one.threshold,
        limit=amount(one.limit, one.cluster.label),
        whose=_whose(digest, one.limit, one.user),
    )


def _set(digest: Digest, limit: Limit) -> str:
    label = next(
        (one.table.cluster.label for one in digest.tables if one.table.cluster.name == limit.cluster), ""
    )
    return tr(
        "limit set: {limit}, {whose}",
        limit=amount(limit, label),
        whose=_whose(digest, limit, limit.scope.user),
    )


def near_line(digest: Digest, one: NearLimit) -> str:
    """Say how full a limit is, and when it will be full."""
    said = tr(
        "{whose}: {share} of {amount} core-hours {period} on {cluster}",
        whose=_whose(digest, one.limit, one.user),
        share=share(one.percent),
        amount=hours(one.limit.core_hours),
        period=limit_words(one.limit),
        cluster=escape(one.cluster.label),
    )
    if one.percent >= FULL or one.forecast is None:
        return said
    return f"{said}; {forecast_words(one.forecast, one.window, one.cluster)}"


def _whose(digest: Digest, limit: Limit, user: str | None) -> str:
    """Name whose use a limit counts, as far as that may be told."""
    if limit.scope.kind is ScopeKind.TEAM:
        return tr("the team together")
    if user:
        return said_name(digest.names.get(user, user)) if user in digest.names else tr("one person")
    return tr("each of the team")


def care_lines(digest: Digest) -> list[str]:
    """Say which links have no fresh data; where nobody is to be named, how many."""
    if digest.care_unnamed:
        return [
            ntr("{count} link has no fresh data", "{count} links have no fresh data", digest.care_unnamed)
        ]
    return [_care_words(digest, one) for one in digest.care]


def _care_words(digest: Digest, one: Care) -> str:
    name = said_name(digest.names.get(one.user, one.user))
    label = escape(one.cluster.label)
    if one.as_of is None:
        said = tr("{name} on {cluster}: no fresh data", name=name, cluster=label)
    else:
        said = tr(
            "{name} on {cluster}: no data since {moment}",
            name=name,
            cluster=label,
            moment=clock(one.as_of, one.cluster.timezone),
        )
    return tr("{said}; the token is refused, link again", said=said) if one.needs_token else said
