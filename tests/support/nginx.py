"""A real nginx on loopback that runs the configuration this repository ships, on other ports and with other files."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.alerts.documents import ROOT

SHIPPED = ROOT / "deploy" / "nginx" / "sansang.conf"
START_SECONDS = 20.0


@contextmanager
def nginx(folder: Path, collector: int, certificate: Path, key: Path) -> Iterator[int]:
    """Its TLS port, before a collector on port ``collector`` of loopback."""
    tls, plain = free_port(), free_port()
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped, ours in (
        ("server 127.0.0.1:9640;", f"server 127.0.0.1:{collector};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl http2;"),
        ("/etc/nginx/sansang/fullchain.pem", str(certificate)),
        ("/etc/nginx/sansang/privkey.pem", str(key)),
    ):
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, ours)
    folder.mkdir()
    (folder / "sansang.conf").write_text(text, encoding="utf-8")
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(folder=folder), encoding="utf-8")
    with subprocess.Popen(["nginx", "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")]) as process:
        try:
            _wait(tls, process, folder)
            yield tls
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nginx did not start:\n{(folder / 'error.log').read_text(encoding='utf-8')}")


_MAIN = """daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sansang.conf;
}}
"""
