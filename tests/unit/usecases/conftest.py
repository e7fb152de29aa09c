"""Fixtures for the tests of use cases."""

import pytest

from tests.unit.usecases.delivery_kit import World


@pytest.fixture
def world() -> World:
    """Delivery's world, at noon, with nothing owed."""
    return World()
