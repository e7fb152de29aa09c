"""The bot on PostgreSQL: connections cut, the server restarted, and the operator's commands."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from bot.cli.doctor import examine
from bot.cli.keys import rotate
from bot.store import postgres
from tests.postgres import cut_connections, fresh_database, own_server
from tests.world import GENERAL, World, until


async def ready(port: int) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
        return answer.status


async def test_a_command_is_answered_after_every_connection_was_cut(lab: World, postgres_server: str) -> None:
    with fresh_database(postgres_server) as url:
        async with lab.bot(WALLTIME_DATABASE_URL=url):
            await lab.link(lab.alice)
            for _ in range(3):
                cut_connections(url)
                await lab.alice.command("/walltime", channel=GENERAL)
                await lab.alice.wait_message(lambda message: "1,234.50" in message.text)


async def test_a_restart_of_the_server_turns_readyz_away_and_back(lab: World) -> None:
    with own_server() as server:
        url = server.url()
        async with lab.bot(WALLTIME_DATABASE_URL=url) as bot:
            await lab.link(lab.alice)
            assert await ready(bot.port) == 200
            server.stop()
            await until(lambda: ready(bot.port), lambda status: status == 503)
            server.start()
            await until(lambda: ready(bot.port), lambda status: status == 200)
            await lab.alice.command("/walltime", channel=GENERAL)
            await lab.alice.wait_message(lambda message: "1,234.50" in message.text)


async def test_who_waited_in_vain_for_a_connection_hears_that_the_bot_is_busy_and_who_waits_is_answered(
    lab: World, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_POOL", 1)
    monkeypatch.setattr(postgres, "_MORE", 0)
    monkeypatch.setattr(postgres, "_WAIT_S", 0.2)
    with fresh_database(postgres_server) as url:
        async with lab.bot(WALLTIME_DATABASE_URL=url, tick=timedelta(hours=1)) as bot:
            await lab.link(lab.alice)
            monkeypatch.setattr(postgres, "_PEOPLE_WAIT_S", 0.2)
            async with bot._database.reads():
                await lab.alice.command("/walltime", channel=GENERAL)
                await lab.alice.wait_message(lambda message: "I am very busy just now" in message.text)
                monkeypatch.setattr(postgres, "_PEOPLE_WAIT_S", 60)
                await lab.alice.command("/walltime", channel=GENERAL)
                await asyncio.sleep(1)  # longer than others wait
            await lab.alice.wait_message(lambda message: "1,234.50" in message.text)


async def test_doctor_and_the_rotation_of_keys_work_on_a_server(
    lab: World, postgres_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh_database(postgres_server) as url:
        settings = lab.settings(WALLTIME_DATABASE_URL=url)
        async with lab.bot(WALLTIME_DATABASE_URL=url):
            await lab.link(lab.alice)
        capsys.readouterr()
        assert await examine(settings)
        said = capsys.readouterr().out
        assert "ok   database: PostgreSQL " in said
        assert "ok   secrets: 1 sealed with" in said
        assert await rotate(settings)
        assert "in all 1 are sealed" in capsys.readouterr().out
        elsewhere = lab.settings(WALLTIME_DATABASE_URL=url.replace("walltime_", "nowhere_"))
        assert not await examine(elsewhere)
        assert "CREATE DATABASE" in capsys.readouterr().out
