"""Two real clusters: what is acknowledged is at both, and a lost one comes back as the follower."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from callflow.mirror.cluster import Cluster, ClusterFailed
from callflow.storage.engine import replication
from tests.support.stations.two_sites import private_folder
from tests.support.suite.ports import free_port


def until(fact: Callable[[], bool]) -> None:
    """Wait for what two servers do by themselves; the test's own limit bounds it."""
    while not fact():
        threading.Event().wait(0.05)


class Pair:
    """Two clusters, of which the first is written and the second follows, in step."""

    def __init__(self, folder: Path) -> None:
        self.urls = [f"postgresql://callflow:s3cret@127.0.0.1:{free_port()}/callflow" for _ in "12"]
        self.clusters = [
            Cluster(folder / f"c{n}", self.urls[n], self.urls[1 - n], ("127.0.0.1",), name=f"c{n}")
            for n in range(2)
        ]
        self.clusters[0].create()
        self.clusters[0].start()
        replication.create_database(self.urls[0])
        self.write(0, "CREATE TABLE kept (n integer)")
        self.follows(1)

    def follows(self, n: int, *, keep: bool = False) -> None:
        """Cluster ``n`` follows the other, and is awaited."""
        self.clusters[n].rejoin(keep=keep)
        self.clusters[n].stand_by()
        until(lambda: replication.following(self.urls[1 - n], f"c{n}").streams)
        replication.await_mirror(self.urls[1 - n], f"c{n}")

    def write(self, n: int, statement: str) -> None:
        with psycopg.connect(self.urls[n], autocommit=True) as own:
            own.execute(statement.encode())

    def read(self, n: int) -> list[int]:
        with psycopg.connect(self.urls[n]) as own:
            return [row[0] for row in own.execute("SELECT n FROM kept ORDER BY n")]

    def one_waits(self, n: int) -> bool:
        """A commit waits for the mirror."""
        with psycopg.connect(self.urls[n]) as own:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            row = own.execute(asked).fetchone()
            return row is not None and row[0] > 0

    def kill(self, n: int) -> None:
        """kill -9 of the server and all of its processes."""
        postmaster = int((self.clusters[n].folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not self.clusters[n].runs)

    def close(self) -> None:
        for cluster in self.clusters:
            with contextlib.suppress(ClusterFailed):
                cluster.stop()


@pytest.fixture
def pair() -> Iterator[Pair]:
    folder = private_folder()
    made = None
    try:
        made = Pair(folder)
        yield made
    finally:
        if made is not None:
            made.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_commit_waits_for_the_mirror_and_a_lost_site_comes_back_as_one(pair: Pair) -> None:
    pair.write(0, "INSERT INTO kept VALUES (1)")
    pair.kill(0)
    assert replication.is_standby(pair.urls[1])
    replication.become_primary(pair.urls[1])
    assert pair.read(1) == [1]
    pair.write(1, "INSERT INTO kept VALUES (2)")
    pair.follows(0)  # by pg_rewind: it was written, and killed
    pair.write(1, "INSERT INTO kept VALUES (3)")
    until(lambda: pair.read(0) == [1, 2, 3])
    assert replication.is_standby(pair.urls[0])


@pytest.mark.deep
def test_what_a_site_took_alone_is_set_aside_and_not_thrown_away(pair: Pair) -> None:
    pair.kill(1)
    replication.await_mirror(pair.urls[0], "")  # it goes on alone
    pair.write(0, "INSERT INTO kept VALUES (7)")
    pair.kill(0)
    pair.clusters[1].start()
    replication.become_primary(pair.urls[1])
    pair.follows(0, keep=True)
    assert pair.read(1) == []
    aside = [folder for folder in pair.clusters[0].folder.parent.iterdir() if "." in folder.name]
    assert len(aside) == 1
    assert (aside[0] / "PG_VERSION").exists()


def test_no_commit_is_acknowledged_nor_seen_without_the_mirror(pair: Pair) -> None:
    pair.kill(1)
    with ThreadPoolExecutor(1) as pool:
        writes = pool.submit(pair.write, 0, "INSERT INTO kept VALUES (9)")
        until(lambda: pair.one_waits(0))
        assert pair.read(0) == []
        assert not writes.done()
        replication.await_mirror(pair.urls[0], "")  # it goes on alone
        writes.result()
    assert pair.read(0) == [9]


@pytest.mark.deep
def test_a_cluster_is_never_made_over_another(pair: Pair) -> None:
    with pytest.raises(ClusterFailed, match="not empty"):
        pair.clusters[0].create()
