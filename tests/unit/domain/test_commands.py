"""The words of `/walltime`."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import (
    WORDS,
    AboutLimits,
    AskJoin,
    AskUnlink,
    ChooseLanguage,
    Command,
    Leave,
    OpenLinkForm,
    SendTestAlert,
    ShowAlerts,
    ShowHelp,
    ShowLanguage,
    ShowStatus,
    ShowTeam,
    ShowTeammate,
    ShowUsage,
    parse,
    word_named,
)
from bot.domain.errors import LimitWrong, PersonUnknown, SecretInCommand, UnknownCluster
from bot.domain.limit_words import ListLimits, OpenLimitForm, SetLimit
from bot.domain.limits import DEFAULT_THRESHOLDS, ScopeKind
from bot.domain.periods import WEEK
from tests.unit.kit import ACCESS_KEY, JWT, RING_KEY, SECRET_KEY, shown, table, wide

CLUSTERS = ("east", "west-2")
LINK, UNLINK, STATUS, HELP, TEAM = (word_named(name) for name in ("link", "unlink", "status", "help", "team"))


@table(
    "text command",
    {
        "nothing asks for usage": ("", ShowUsage()),
        "spaces are nothing": (" \t ", ShowUsage()),
        "full-width spaces are nothing": ("\u3000\u00a0", ShowUsage()),
        "link opens the form": ("link", OpenLinkForm(None)),
        "link takes a cluster": ("link east", OpenLinkForm("east")),
        "case does not matter": ("LiNk EAST", OpenLinkForm("east")),
        "spaces between do not matter": ("  link \t west-2 ", OpenLinkForm("west-2")),
        "full-width letters are letters": (wide("link\u3000west-2"), OpenLinkForm("west-2")),
        "full-width capitals are letters": (wide("STATUS"), ShowStatus()),
        "unlink asks": ("unlink", AskUnlink(None)),
        "unlink takes a cluster": ("unlink West-2", AskUnlink("west-2")),
        "unlink takes a person": ("unlink <@U1ANNA|anna>", AskUnlink(None, user="U1ANNA")),
        "unlink takes a person and a cluster": ("解绑 <@U1ANNA> EAST", AskUnlink("east", user="U1ANNA")),
        "chinese link": ("绑定 east", OpenLinkForm("east")),
        "chinese limit": ("限额", AboutLimits(ListLimits())),
        "chinese help of a chinese word": ("帮助 限额", ShowHelp(word=word_named("limit"))),
        "lang": ("lang", ShowLanguage()),
        "lang zh": ("lang ZH", ChooseLanguage("zh", of_channel=False)),
        "lang auto": ("语言 auto", ChooseLanguage(None, of_channel=False)),
        "lang channel": ("lang channel en", ChooseLanguage("en", of_channel=True)),
        "limit lists": ("LIMIT", AboutLimits(ListLimits())),
        "limit takes words": ("limit  new", AboutLimits(OpenLimitForm())),
        "mentions keep their capitals": (
            "Limit <@U1ANNA|anna> 500 per week",
            AboutLimits(
                SetLimit(
                    scope=ScopeKind.PERSON,
                    user="U1ANNA",
                    core_hours=500,
                    period=WEEK,
                    thresholds=DEFAULT_THRESHOLDS,
                )
            ),
        ),
        "alerts": ("alerts", ShowAlerts()),
        "alerts takes test": ("Alerts Test", SendTestAlert()),
        "and so in Chinese": ("告警 测试", SendTestAlert()),
        "join": ("join", AskJoin()),
        "leave": ("leave", Leave()),
        "status": ("status", ShowStatus()),
        "help": ("Help", ShowHelp()),
        "help takes a word": ("help UNLINK", ShowHelp(word=UNLINK)),
        "a slip gets the nearest word": ("stauts", ShowTeammate(word="stauts", nearest=STATUS)),
        "a slip with more behind it is quoted whole": (
            "lnik east",
            ShowHelp(unknown="lnik east", nearest=LINK),
        ),
        "a slip behind help gets the nearest word": (
            "help unlnk",
            ShowHelp(unknown="unlnk", nearest=UNLINK),
        ),
        "too many words are not guessed at": (
            "link east west-2",
            ShowHelp(unknown="link east west-2", nearest=LINK),
        ),
        "a word that takes nothing takes nothing": (
            "status east",
            ShowHelp(unknown="status east", nearest=STATUS),
        ),
        "help takes one word": ("help link east", ShowHelp(unknown="help link east", nearest=HELP)),
        "what is like no word may be a username": ("Xyzzy.2", ShowTeammate(word="Xyzzy.2")),
        "a name that Slack did not recognise": ("@xyzzy", ShowTeammate(word="@xyzzy")),
        "a mention is a person": (
            "<@U1ANNA|anna li>",
            ShowTeammate(word="<@U1ANNA|anna li>", user="U1ANNA"),
        ),
        "a mention without a name too": (" <@W1ANNA> ", ShowTeammate(word="<@W1ANNA>", user="W1ANNA")),
        "two people are not guessed at": ("<@U1> <@U2>", ShowHelp(unknown="<@u1> <@u2>")),
        "team": ("Team", ShowTeam()),
        "team takes nothing": ("team east", ShowHelp(unknown="team east", nearest=TEAM)),
        "words of other languages get no guess": ("救命", ShowHelp(unknown="救命")),
    },
)
def test_a_text_is_one_command(text: str, command: Command) -> None:
    assert parse(text, clusters=CLUSTERS) == command


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_every_word_is_understood_and_has_its_help(word: object) -> None:
    assert word in WORDS
    name = getattr(word, "name", "")
    assert not isinstance(parse(name, clusters=CLUSTERS), ShowUsage)
    assert parse(f"help {name}", clusters=CLUSTERS) == ShowHelp(word=word_named(name))


def test_a_wrong_word_of_a_limit_is_the_limits_own_error() -> None:
    with pytest.raises(LimitWrong) as caught:
        parse("limit 0 per month", clusters=CLUSTERS)
    assert caught.value.word == "0"


def test_a_name_that_slack_knows_nobody_of_is_not_a_cluster() -> None:
    with pytest.raises(PersonUnknown):
        parse("unlink @anna", clusters=CLUSTERS)


@pytest.mark.parametrize("verb", ["link", "unlink"])
def test_a_cluster_that_is_not_configured_is_named_with_those_that_are(verb: str) -> None:
    with pytest.raises(UnknownCluster) as caught:
        parse(f"{verb} Nowhere", clusters=CLUSTERS)
    assert (caught.value.name, caught.value.known) == ("nowhere", CLUSTERS)


@table(
    "text",
    {
        "a token alone": (JWT,),
        "a token behind a word": (f"link east {JWT}",),
        "the beginning of a token": (JWT[:24],),
        "a token broken by a newline": (f"{JWT[:60]}\n{JWT[60:]}",),
        "a token in quotes": (f'"{JWT}"',),
        "a token stuck to a word": (f"token={JWT}",),
        "a token behind Chinese": (f"令牌{JWT}",),
        "a bot token": ("xoxb-12345678-abcdefgh",),
        "a person's token": ("xoxp-12345678",),
        "a rotated token": ("xoxe.xoxb-1-Mi0xLWFiY2Rl",),
        "a refresh token": ("xoxe-1-My0xLWFiY2Rl",),
        "an app token": ("xapp-1-A0WALLTIME-1-abcdef",),
        "an access key": (ACCESS_KEY,),
        "an access key in capitals": (ACCESS_KEY.upper(),),
        "an access key behind an equals sign": (f"accessKey={ACCESS_KEY}",),
        "an access key behind an underline": (f"ak_{ACCESS_KEY}",),
        "an access key behind Chinese": (f"密钥{ACCESS_KEY}是我的",),
        "a secret key": (SECRET_KEY,),
        "a key of the ring": (f"k1:{RING_KEY}",),
        "a long run of base64url": ("Ab-_" * 10,),
        "a full-width bot token": (wide("xoxb-1234567890"),),
        "a full-width access key": (wide(ACCESS_KEY),),
    },
)
def test_a_secret_is_refused_and_the_error_shows_nothing_of_it(text: str) -> None:
    with pytest.raises(SecretInCommand) as caught:
        parse(text, clusters=CLUSTERS)
    assert caught.value.args == ()
    assert text[:12] not in shown(caught.value)


@table(
    "text",
    {
        "a long Chinese sentence": ("帮我看看这个月我在东区集群上已经使用了多少机时" * 3,),
        "a UUID": ("0f8fad5b-d9cb-469f-a165-70867728950e",),
        "a number": ("12345678901234567890",),
        "a date": ("2026-09-01 to 2026-12-31",),
        "a mention": ("<@U0ALICE|alice> <#C0HPC|hpc>",),
    },
)
def test_what_only_looks_long_is_no_secret(text: str) -> None:
    assert isinstance(parse(text, clusters=CLUSTERS), ShowHelp | ShowTeammate)


@given(text=st.text(max_size=200))
def test_any_text_is_a_command_or_one_of_three_errors(text: str) -> None:
    with suppress(SecretInCommand, UnknownCluster, LimitWrong):
        parse(text, clusters=CLUSTERS)


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_a_token_is_found_wherever_it_stands(before: str, after: str) -> None:
    with pytest.raises(SecretInCommand):
        parse(before + JWT + after, clusters=CLUSTERS)
