"""Readers who query the published file without pause while it is published anew."""

import multiprocessing
import os
from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.small_refresh import SmallWarehouse

READERS = 20
PUBLISHES = 5
PATIENCE_SECONDS = 60
FIRST_NIGHT = datetime(2026, 4, 1, 3)
# What one publish wrote into four tables, seen by one query.
ONE_PUBLISH = """
    select
        (select publish_id from reporting.publication),
        (select max_by(publish_id, published_at) from reporting.publications),
        (select sum(numerator) from reporting.kpi_values),
        (select sum(numerator) from kpis.kpi_revenue_v1),
        (select sum(amount)::double from core.fct_opportunities)
"""


def read_without_pause(folder: Path, is_over: Event, results: Queue) -> None:
    """Query until it is over; puts the set of what was seen, or the error."""
    os.nice(19)  # so that twenty of them leave the publishing process a processor
    warehouse = SmallWarehouse(folder)
    seen = set()
    try:
        while not is_over.is_set():
            seen.update(warehouse.read(warehouse.published_file, ONE_PUBLISH))
        results.put(seen)
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")


def test_every_query_sees_one_publish_and_none_fails(tmp_path: Path) -> None:
    warehouse = SmallWarehouse(tmp_path)
    warehouse.write_exports(1)
    warehouse.refresh(FIRST_NIGHT)
    published = set(warehouse.read(warehouse.published_file, ONE_PUBLISH))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.small_refresh"])
    is_over, results = context.Event(), context.Queue()
    readers = [
        context.Process(target=read_without_pause, args=(tmp_path, is_over, results), daemon=True)
        for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for night in range(2, 2 + PUBLISHES):
        warehouse.write_exports(night)
        warehouse.refresh(FIRST_NIGHT + timedelta(days=night))
        published.update(warehouse.read(warehouse.published_file, ONE_PUBLISH))
    is_over.set()
    seen_by_readers = [results.get(timeout=PATIENCE_SECONDS) for _ in readers]

    assert len({revenue for _, _, revenue, *_ in published}) == 1 + PUBLISHES
    for seen in seen_by_readers:
        assert not isinstance(seen, str), seen
        assert seen <= published
    for publish_id, newest_publish_id, *revenue in published:
        assert publish_id == newest_publish_id
        assert len(set(revenue)) == 1
    assert len(set().union(*seen_by_readers)) > 1
