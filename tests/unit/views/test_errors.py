"""Errors as sentences."""

import inspect

import pytest

from bot.domain import errors
from bot.domain.clusters import Cluster
from bot.domain.errors import (
    AccessDenied,
    ClusterMisconfigured,
    ClusterSilent,
    NoData,
    NotLinked,
    SealBroken,
    SecretInCommand,
    TokenEmpty,
    TokenExpired,
    TokenMalformed,
    TokenOfOtherCluster,
    TokenOfOtherUsername,
    TokenOfPlatform,
    TokenRefused,
    UnknownCluster,
    UnknownLanguage,
    UsernameFrozen,
    UsernameMalformed,
    UsernameUnknown,
    WalltimeError,
)
from bot.playground.slack.check import faults_of_message
from bot.views.access_key import access_key_errors
from bot.views.errors import error_message, failure_sentence, sentence
from bot.views.link import field_errors
from tests.unit.kit import NOW, east, table

EVERY: list[WalltimeError] = [
    SecretInCommand(),
    NotLinked(),
    UnknownCluster("x", known=("east", "west")),
    UnknownLanguage("fr", known=("en", "zh", "auto")),
    UsernameMalformed(),
    TokenEmpty(),
    TokenMalformed(),
    TokenExpired(NOW),
    TokenOfPlatform(),
    TokenOfOtherCluster(chosen="East", belongs_to="West"),
    TokenOfOtherUsername(given="bob", allowed=("alice", "al01")),
    errors.AccessKeysNotAllowed(),
    errors.LoginMalformed(),
    errors.AccessKeyMalformed(),
    errors.SecretKeyMalformed(),
    errors.RegionStopped("East", others=("West", "North")),
    errors.RegionMissing("East", others=()),
    errors.SignInOver(),
    errors.SignInRefused("10009"),
    TokenRefused("10008"),
    UsernameFrozen("10007"),
    AccessDenied("10009"),
    UsernameUnknown("10004"),
    ClusterSilent("timeout"),
    NoData(),
    ClusterMisconfigured("http 404"),
    SealBroken(),
    *(
        kind("word", example="limit 5 per week")
        for kind in (
            errors.LimitWordUnknown,
            errors.LimitNumberMalformed,
            errors.LimitNumberOutOfRange,
            errors.LimitThresholdWrong,
            errors.LimitPeriodUnknown,
            errors.LimitPersonGuest,
            errors.LimitPersonNotJoined,
            errors.LimitDateWrong,
            errors.LimitRangeBackwards,
            errors.LimitRangeOver,
            errors.LimitNumberUnknown,
        )
    ),
    errors.LimitWordMissing("at", missing="thresholds", example="limit 5 per week"),
    errors.LimitClusterMissing("5", known=("east", "west"), example="limit 5 per week"),
    errors.LimitRangesOverlap("2026-09-01", other="from 2026-08-01 to 2026-10-01", example="limit 5"),
    errors.LinkCodeWrong(tries_left=2),
    errors.LinkPageUnknown(),
    errors.LinkPageOfAnother(),
    errors.LinkPageExpired(),
    errors.LinkPageUsed(),
    errors.LinkPageConfirmed(),
    errors.LinkPageCancelled(),
    errors.LinkPageVoid(),
    errors.QuestionNotAsked("messages_tab_disabled"),
    errors.InstallStateUnknown(),
    errors.InstallStateElsewhere(),
    errors.InstallStateExpired(),
    errors.InstallCancelled(),
    errors.InstallMalformed(),
    errors.InstallRefused("invalid_code"),
    errors.SlackSilent("timeout"),
    errors.InstallMisconfigured("bad_client_secret"),
    errors.LimitGone(),
    errors.StandupWordUnknown("please", example="standup 09:30"),
    errors.StandupTimeMissing("mon-fri", example="standup 09:30"),
    errors.StandupTimeWrong("25:00", example="standup 09:30"),
    errors.StandupDaysWrong("mon-fir", example="standup 09:30"),
    errors.StandupZoneUnknown("Asia/Shanghay", nearest=("Asia/Shanghai",), example="standup 09:30"),
    errors.HolidaysUnknown("<!here>", nearest=(), example="standup 09:30 except CN"),
    errors.HolidaysUnknown("Chian", nearest=("CN", "DE-BY"), example="standup 09:30 except CN"),
    errors.StandupMissing(),
    errors.TeamEmpty(joined=True),
    errors.NotFullMember(),
    errors.SomebodyElses(),
    errors.NotAdmin(),
    errors.WorkspaceLeft(),
    errors.SomebodyNotLinked(),
    errors.NotInChannel(),
    errors.PersonUnknown("@anna"),
    errors.NotShared("Anna"),
    errors.NotAgreed("Anna"),
    errors.TeammateNotLinked("Anna"),
    errors.AudienceUnknown(),
    errors.TeamEmpty(joined=False),
    errors.HistoryWordUnknown("15d"),
    errors.FileRefused("storage_limit_reached"),
    errors.ChannelNeeded(),
    errors.ChannelClosed("not_in_channel"),
    errors.AlertOver(resolved_at=NOW),
]
NAMES = [type(error).__name__ for error in EVERY]
NOT_FORESEEN = sentence(WalltimeError())


def test_every_error_that_is_raised_is_here() -> None:
    classes = {
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, WalltimeError)
        and not found.__subclasses__()
        # Those are delivery's own: nobody reads them.
        and not issubclass(found, errors.TellingEnded)
    }
    assert {type(error) for error in EVERY} == classes


@pytest.mark.parametrize("error", EVERY, ids=NAMES)
@pytest.mark.parametrize("cluster", [None, east()], ids=["nowhere", "on-a-cluster"])
def test_every_error_is_a_sentence_that_helps(error: WalltimeError, cluster: Cluster | None) -> None:
    said = sentence(error, cluster)
    assert said != NOT_FORESEEN
    assert said[0].isupper() or said[0] == "“"
    assert said.endswith(".")
    assert type(error).__name__ not in said
    assert "None" not in said
    assert faults_of_message(error_message(error, cluster).to_slack()) == []


def test_no_two_errors_are_said_the_same_way() -> None:
    for cluster in (None, east()):
        assert len({sentence(error, cluster) for error in EVERY}) == len(EVERY)


@table(
    "error said",
    {
        "not linked on a cluster": (NotLinked("east"), "You have no link on East."),
        "no clusters at all": (UnknownCluster("x", known=()), "I know no cluster “x”."),
        "another cluster": (
            TokenOfOtherCluster(chosen="East", belongs_to=None),
            "This token belongs to another cluster than East. Paste the one of East.",
        ),
        "a token without a name": (
            TokenOfOtherUsername(given="bob", allowed=()),
            "The token does not say that it belongs to “bob”.",
        ),
        "two names": (
            TokenOfOtherUsername(given="bob", allowed=("alice", "al01")),
            "The token belongs to “alice” or “al01”, not to “bob”. Correct the name, or leave it empty.",
        ),
        "clusters there are": (
            UnknownCluster("x", known=("east", "west")),
            "I know no cluster “x”. There is: east, west.",
        ),
    },
)
def test_a_sentence_says_what_it_knows(error: WalltimeError, said: str) -> None:
    assert sentence(error, east()) == said


def test_an_expired_token_says_when_in_the_cluster_s_time() -> None:
    assert "22 Nov 2026, 20:00 (Asia/Shanghai)" in sentence(TokenExpired(NOW), east())
    assert "22 Nov" not in sentence(TokenExpired(NOW))


def test_no_data_is_not_zero_and_silence_is_no_loss() -> None:
    assert "not zero" in sentence(NoData(), east())
    assert "Nothing is lost" in sentence(ClusterSilent("x"), east())


@table(
    "error button",
    {
        "who is not linked can link": (NotLinked(), "link.open"),
        "who needs a new token can link": (TokenRefused(), "link.open"),
        "whose token does not open can link": (SealBroken(), "link.open"),
        "who waits has nothing to press": (ClusterSilent("x"), None),
    },
)
def test_the_button_that_helps_stands_below(error: WalltimeError, button: str | None) -> None:
    blocks = error_message(error, east()).to_slack()["blocks"]
    found = [element["action_id"] for block in blocks for element in block.get("elements", ())]
    assert found == ([button] if button else [])


@pytest.mark.parametrize("error", EVERY, ids=NAMES)
def test_every_error_can_stand_in_the_form(error: WalltimeError) -> None:
    ((field, said),) = field_errors(error, east()).items()
    assert field in {"cluster", "username", "token", "access_key", "secret_key"}
    assert said == sentence(error, east())


@pytest.mark.parametrize("error", EVERY, ids=NAMES)
def test_every_error_can_stand_in_the_form_for_an_access_key(error: WalltimeError) -> None:
    ((field, said),) = access_key_errors(error, east()).items()
    assert field in {"cluster", "username", "access_key", "secret_key"}
    assert said == sentence(error, east())


def test_who_cannot_use_a_region_hears_which_others_the_keys_open() -> None:
    assert sentence(errors.RegionStopped("East", others=("West", "North"))).endswith(
        "The same keys open West, North."
    )
    assert "The same keys" not in sentence(errors.RegionStopped("East", others=()))


def test_a_failure_of_ours_says_the_id_that_the_log_knows() -> None:
    assert failure_sentence("deadbeef").endswith("this id: deadbeef")
