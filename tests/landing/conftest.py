from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.landing.tables import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    opened = Warehouse(tmp_path)
    yield opened
    opened.connection.close()
