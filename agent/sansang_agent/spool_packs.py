"""Old reports lie compressed together in the spool: alike as they are, dozens take the room of a few.

They come out byte for byte as they went in.
"""

import sqlite3
import zlib

import msgspec

PACK = 64
"""Reports in one pack."""
LOOSE = 64
"""The newest reports stay as they are: they are sent soon."""


def pack_old_rows(db: sqlite3.Connection) -> None:
    """Pack the oldest loose rows where there are enough of them; inside the caller's transaction."""
    if db.execute("SELECT count(*) FROM loose").fetchone()[0] < PACK + LOOSE:
        return
    rows: list[tuple[int, bytes]] = db.execute("SELECT id, body FROM loose ORDER BY id LIMIT ?", (PACK,)).fetchall()
    body = zlib.compress(msgspec.msgpack.encode(dict(rows)), 6)
    pack = db.execute("INSERT INTO pack (body) VALUES (?)", (body,)).lastrowid
    share = len(body) // PACK + 1
    db.executemany("UPDATE report SET pack = ?, size = ? WHERE id = ?", [(pack, share, id_) for id_, _ in rows])
    db.executemany("DELETE FROM loose WHERE id = ?", [(id_,) for id_, _ in rows])


def body_of(db: sqlite3.Connection, id_: int, pack: int | None, opened: dict[int, dict[int, bytes]]) -> bytes:
    """The bytes of the row ``id_``, which lies in ``pack`` or loose; ``opened`` remembers packs within one reading."""
    if pack is None:
        body: bytes = db.execute("SELECT body FROM loose WHERE id = ?", (id_,)).fetchone()[0]
        return body
    if pack not in opened:
        packed = db.execute("SELECT body FROM pack WHERE id = ?", (pack,)).fetchone()[0]
        opened[pack] = msgspec.msgpack.decode(zlib.decompress(packed), type=dict[int, bytes])
    return opened[pack][id_]
