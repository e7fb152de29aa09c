"""The key ring that is made when none is given."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE
from threading import Barrier

import pytest

from bot.store.vault import KeyRing, KeyRingFaulty
from bot.wiring.keys import KEY_FILE, key_ring
from tests.unit.kit import RING_KEY

GIVEN = KeyRing.parse(f"given:{RING_KEY}")


def test_a_given_ring_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert key_ring(GIVEN, tmp_path / "data") is GIVEN
    assert not (tmp_path / "data").exists()


def test_none_given_makes_one_that_lasts_and_that_only_we_read(tmp_path: Path) -> None:
    made = key_ring(None, tmp_path / "deep" / "data")
    path = tmp_path / "deep" / "data" / KEY_FILE
    assert S_IMODE(path.stat().st_mode) == 0o600
    assert key_ring(None, path.parent).sealing_id == made.sealing_id
    assert [file.name for file in path.parent.iterdir()] == [KEY_FILE]


def test_processes_that_start_together_get_the_same_ring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(15):
            together = Barrier(8)

            def start(folder: Path = tmp_path / str(number), together: Barrier = together) -> str:
                together.wait()
                return key_ring(None, folder).sealing_id

            ids = {future.result() for future in [pool.submit(start) for _ in range(8)]}
            assert len(ids) == 1
            assert len(list((tmp_path / str(number)).iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"canary", b"\xff\xfe", b"k:\xc3\xa4"])
def test_a_file_that_holds_no_ring_is_faulty(content: bytes, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(KeyRingFaulty) as caught:
        key_ring(None, tmp_path)
    assert "canary" not in str(caught.value)
