from pathlib import Path

import pytest

from sansang_agent.contract.report import Host, Nic, Why
from sansang_agent.disk import Disk
from sansang_agent.reporter import Draft, Frame
from sansang_agent.spool import Spool
from sansang_agent.writer import Writer

FRAME = Frame(boot="boot-1", start="process", version="0", config="")


def draft(mono: float, adapter: str) -> Draft:
    host = Host(uptime_s=mono, nics=(Nic(name=adapter, up=True),))
    return Draft(frame=FRAME, why=Why.PERIODIC, mono=mono, wall=mono, host=host)


async def test_a_report_that_cannot_be_written_down_keeps_no_other_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk(tmp_path / "spool.db")
    writer = Writer(disk)
    for mono, adapter in ((1.0, "eth0"), (2.0, "half a letter \ud800"), (3.0, "eth0")):
        await writer.write(draft(mono, adapter), contact=0.0)
    rows = await disk.do(lambda spool: spool.take(10, 10**6))
    state = await disk.do(Spool.state)
    await disk.close()

    assert [row.seq for row in rows] == [2, 1]
    assert (state.rows, writer.error) == (2, None)
    assert "cannot be written down" in caplog.text
