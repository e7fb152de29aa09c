"""`keys rotate`: every secret sealed again with the newest key, beside a running bot."""

from pathlib import Path

from bot.store.vault import new_key
from tests.integration.cli.shell import shell
from tests.process import running
from tests.world import GENERAL, World


async def test_a_key_ring_is_rotated_step_by_step_beside_a_running_bot(lab: World, tmp_path: Path) -> None:
    """As the README has it."""
    old, new = f"old:{new_key().partition(':')[2]}", f"new:{new_key().partition(':')[2]}"
    async with running(lab, WALLTIME_SECRET_KEYS=old):
        await lab.link(lab.alice)
        await lab.link(lab.bob, username="bob")
    lab.hours_pass()
    both = lab.environ() | {"WALLTIME_SECRET_KEYS": f"{new},{old}"}
    async with running(lab, WALLTIME_SECRET_KEYS=f"{new},{old}"):
        await lab.link(lab.bob, username="bob")
        seen = (await shell(tmp_path, "doctor", env=both)).findings()
        assert seen["secrets"] == "ok 1 sealed with new"
        assert seen["secrets of old"].startswith("ok 1 still need this older key (`walltime-bot keys rotate`")
        told = await shell(tmp_path, "keys", "rotate", env=both)
        assert (told.code, told.err) == (0, "")
        assert told.out == (
            "1 secret(s) sealed again with new; in all 2 are sealed with it\n"
            "once every running bot has new first in its ring, old can be taken out\n"
        )
        assert (await shell(tmp_path, "doctor", env=both)).findings()["secrets"] == "ok 2 sealed with new"
        again = await shell(tmp_path, "keys", "rotate", env=both)
        assert again.out.startswith("0 secret(s) sealed again with new; in all 2")
    async with running(lab, WALLTIME_SECRET_KEYS=new):
        await lab.alice.command("/walltime", channel=GENERAL)
        await lab.alice.wait_message(lambda m: "1,234.50 core-hours used" in m.text)


async def test_a_rotation_names_what_does_not_open_and_leaves_it(lab: World, tmp_path: Path) -> None:
    lost, new = f"lost:{new_key().partition(':')[2]}", f"new:{new_key().partition(':')[2]}"
    async with lab.bot(WALLTIME_SECRET_KEYS=lost):
        await lab.link(lab.alice)
    before = await lab.rows("links")
    environ = lab.environ() | {"WALLTIME_SECRET_KEYS": new}
    told = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (told.code, told.err) == (1, "")
    assert "does not open: links.token of T0LAB/U0ALICE/east: key lost is not in the ring\n" in told.out
    assert "key lost is missing for 1\n" in told.out
    assert await lab.rows("links") == before
    seen = await shell(tmp_path, "doctor", env=environ)
    assert seen.code == 1
    assert seen.findings()["secrets of lost"].startswith("FAIL 1 need this key, which is not in the ring; ")
    found = await shell(tmp_path, "keys", "rotate", env=environ | {"WALLTIME_SECRET_KEYS": f"{new},{lost}"})
    assert found.code == 0


async def test_a_rotation_without_keys_a_database_or_its_schema_makes_nothing(
    lab: World, tmp_path: Path
) -> None:
    environ = lab.environ()
    keyless = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (keyless.code, "there are no keys" in keyless.err) == (1, True), keyless
    environ["WALLTIME_SECRET_KEYS"] = new_key()
    nowhere = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (nowhere.code, "there is no database" in nowhere.err) == (1, True), nowhere
    assert not lab.data_dir.exists()
    lab.data_dir.mkdir()
    (lab.data_dir / "walltime.sqlite3").touch()
    old = await shell(tmp_path, "keys", "rotate", env=environ)
    assert (old.code, "walltime-bot db upgrade" in old.err) == (1, True), old
