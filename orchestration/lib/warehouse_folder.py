"""The folder of a warehouse, which may be read-only, absent or on a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WarehouseFolderError(Exception):
    """Nothing can be written to the folder; the sentence names it and says what to check."""


@contextmanager
def writing_to_folder(warehouse_folder: Path) -> Iterator[None]:
    """Say in one sentence that the folder of a warehouse refuses what is written to it.

    Raises WarehouseFolderError for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise WarehouseFolderError(
            f"{warehouse_folder} cannot be written ({error.strerror or error}); check that"
            " SALES_KPIS_WAREHOUSE names the right folder, its permissions and the space on its"
            " disk."
        ) from error
