"""What ``make run`` starts: a collector and an agent for this machine, all stopped together by Ctrl-C.

With ``--sandbox`` every target is a stand-in on loopback made by world.py; ``--province`` loads a province's inventory
and ``--demo`` plays its machines as well. All files lie under .run/ in this checkout.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from launch_options import arguments
from launch_words import SAY

READY_S = 15.0
STOP_S = 8.0
TAKE_BACK_S = 60.0
"""The simulation takes back what it made at the collector before it ends."""
LANG_SON = "Lạng Sơn"
SIMULATION = "simulation"
IN_THE_SANDBOX = {"networks": ["127.0.0.0/8", "::1"], "hosts": ["*.hopcat.test"]}
"""What the collector may have the sandbox's agent ask: its stand-ins."""


class LaunchError(Exception):
    """Something that keeps the pair from starting, in the user's words."""


def program(package: str, *options: str) -> list[str]:
    """The command that runs one of our packages with this interpreter."""
    return [sys.executable, "-m", package, *options]


def ask(*command: str) -> str:
    """Run a short command of ours to its end and return what it printed; Ctrl-C reaches the launcher alone."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, encoding="utf-8", start_new_session=True
    )
    if done.returncode != 0:
        raise LaunchError((done.stderr or done.stdout).strip())
    return done.stdout.strip()


def start(name: str, command: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a long-running program; its log goes to ``<name>.log``, away from the ladder in the terminal."""
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        # Its own session, so that Ctrl-C reaches the launcher alone and both are stopped in order.
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True), log


async def until_ready(ready: Path, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
    """Wait until our own collector says it is ready; raises with the end of its log when it stops instead."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LaunchError(SAY["port"].format(port=port, log=tail(log)))
        if await asyncio.to_thread(ready.exists):
            return
        await asyncio.sleep(0.1)
    raise LaunchError(SAY["died"].format(name="sansang-collector", code="timeout", log=log))


def tail(log: Path) -> str:
    """The last line of a log file."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "…"


def token(scope: list[str], out: Path, data: Path) -> Path:
    """A token file, made once."""
    if not out.exists():
        ask(*program("sansang_collector", "token", *scope, "--data", str(data), "--out", str(out)))
    return out


@asynccontextmanager
async def agent_config(options: argparse.Namespace, folder: Path, url: str, token_file: Path) -> AsyncIterator[Path]:
    """The agent's configuration file; in the sandbox its targets live as long as the context."""
    file = folder / "agent.yml"
    settings: dict[str, object] = {
        "collector": {"url": url, "token_file": str(token_file)},
        "commune": {"code": options.commune},
        "data_dir": str(folder / "agent"),
    }
    if not options.sandbox:
        write_config(file, settings)
        yield file
        return
    from world import World  # noqa: PLC0415  # needs the packages of the `run` group, only in the sandbox

    world = World(folder / "world")
    await world.start()
    try:
        write_config(file, settings | world.settings() | {"policy": IN_THE_SANDBOX})
        yield file
    finally:
        await world.close()


def write_config(file: Path, settings: dict[str, object]) -> None:
    """Write ``settings`` as the YAML the agent reads."""
    import yaml  # noqa: PLC0415  # installed by now

    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def stop(process: subprocess.Popen[bytes], patience: float = STOP_S) -> None:
    """Ask a program to stop and wait; end it when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def first_ladder(config: Path) -> None:
    """Show the ladder once, as ``sansang check`` does; its exit code is its verdict, not an error of the launch."""
    check = program("sansang_agent", "check", "--config", str(config))
    shown = await asyncio.create_subprocess_exec(*check, start_new_session=True)
    try:
        await shown.wait()
    finally:
        if shown.returncode is None:
            shown.kill()
            await shown.wait()


async def watch(processes: dict[str, tuple[subprocess.Popen[bytes], Path]]) -> None:
    """Return only by raising: when one of the pair stops by itself."""
    while True:
        for name, (process, log) in processes.items():
            if process.poll() is not None:
                raise LaunchError(SAY["died"].format(name=name, code=process.returncode, log=log))
        await asyncio.sleep(0.5)


async def launch(options: argparse.Namespace) -> None:
    """Start both, show the first ladder and the link, and hold until one stops or the user does."""
    folder = (options.data / ("sandbox" if options.sandbox else "here")).resolve()
    data = folder / "collector"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # noqa: PTH101  # holds tokens
    url = f"http://127.0.0.1:{options.port}"
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    listen = ["--listen", f"127.0.0.1:{options.port}", "--ready-file", str(ready)]
    inventory = await asyncio.to_thread(load_inventory, options.province or LANG_SON * options.demo, folder)
    serve = program("sansang_collector", "serve", "--data", str(data), *listen, *inventory)
    processes: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
    try:
        processes["sansang-collector"] = start("collector", serve, folder)
        await until_ready(ready, *processes["sansang-collector"], options.port)
        print(SAY["collector"].format(url=url, data=data), flush=True)
        name = "hop-cat" if options.sandbox else "may-nay"
        agent_token = token(["agent", options.commune, name], folder / f"agent-{options.commune}.token", data)
        async with agent_config(options, folder, url, agent_token) as config:
            agent = program("sansang_agent", "run", "--config", str(config))
            processes["sansang"] = start("agent", agent, folder)
            await first_ladder(config)
            if vantage := vantage_config(folder, url, data):
                looking = program("sansang_agent", "run", "--vantage", "--config", str(vantage))
                processes["sansang --vantage"] = start("vantage", looking, folder)
            # before the simulation fills the ledger with its machines: nobody is to wait for it here
            how_to_look = announcement(url, folder, data)
            if options.demo:
                processes[SIMULATION] = start("simulation", demo(url, folder, data), folder)
                print(SAY["demo"].format(log=processes[SIMULATION][1]), flush=True)
            print(*how_to_look, sep="\n", flush=True)
            await watch(processes)
    finally:
        for name, (process, _) in reversed(processes.items()):
            stop(process, TAKE_BACK_S if name == SIMULATION else STOP_S)


def load_inventory(province: str, folder: Path) -> list[str]:
    """The collector's options for a province's inventory, made once and then the user's; none for no province."""
    if not province:
        return []
    place = folder / "inventory"
    if not (place / "province.yml").exists():
        init = program("sansang_collector", "inventory", "init", "--province", province, str(place))
        try:
            ask(*init)
        except LaunchError as problem:
            raise LaunchError(f"{problem}\n{refusal(*init, '--lang', 'en')}") from None
    there = province_of(place)
    if plain(there) != plain(province):
        raise LaunchError(SAY["other"].format(folder=place, there=there, wanted=province))
    print(SAY["province"].format(there=there, folder=place), flush=True)
    config = folder / "collector.yml"
    write_config(config, {"inventory_dir": str(place)})
    return ["--config", str(config)]


def vantage_config(folder: Path, url: str, data: Path) -> Path | None:
    """The configuration of the agent that looks into the communes, permitted what the inventory has addresses of.

    None without any: nothing is asked that nobody entered.
    """
    place = folder / "inventory"
    if not place.exists():
        return None
    addresses = addresses_in(place)
    if not addresses:
        print(SAY["no_vantage"].format(folder=place), flush=True)
        return None
    vantage = ["agent", "00000", "vantage", "--role", "vantage"]
    settings: dict[str, object] = {
        "collector": {"url": url, "token_file": str(token(vantage, folder / "vantage.token", data))},
        "commune": {"code": "00000"},
        "data_dir": str(folder / "vantage"),
        "policy": {"networks": addresses},
    }
    write_config(folder / "vantage.yml", settings)
    print(SAY["vantage"].format(count=len(addresses)), flush=True)
    return folder / "vantage.yml"


def addresses_in(inventory: Path) -> list[str]:
    """Every address of a terminal, an access node or the core somebody entered."""
    from sansang_agent.contract.settings import SettingsError  # noqa: PLC0415  # installed by now
    from sansang_collector.inventory import folder, units  # noqa: PLC0415

    try:
        read = folder.read_folder(inventory, units.official_names).inventory
    except SettingsError as mistakes:
        raise LaunchError(str(mistakes)) from None
    found = [read.topology.core.address, *(node.address for node in read.access_nodes)]
    return sorted({one for one in (*found, *(line.terminal_address for line in read.lines)) if one})


def refusal(*command: str) -> str:
    """What a command of ours that fails says."""
    try:
        return ask(*command)
    except LaunchError as problem:
        return str(problem)


def province_of(inventory: Path) -> str:
    """The name in an inventory's province.yml."""
    import yaml  # noqa: PLC0415  # installed by now

    read = yaml.safe_load((inventory / "province.yml").read_text(encoding="utf-8"))
    return str(read.get("name", "")) if isinstance(read, dict) else ""


def plain(name: str) -> str:
    """A province's name as people type it: without marks, case and what kind of unit it is."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    words = "".join(letter for letter in letters if not unicodedata.combining(letter)).split()
    return " ".join(words).removeprefix("tinh ").removeprefix("thanh pho ")


def demo(url: str, folder: Path, data: Path) -> list[str]:
    """The command that plays the province to this collector; its admin token is made beside it and revoked again."""
    options = ["--collector", url, "--data", str(data), "--inventory", str(folder / "inventory")]
    return program("sansang_collector", "simulate", *options)


def announcement(url: str, folder: Path, data: Path) -> list[str]:
    """How to look: the one-time link and two curl lines that name token files, never tokens."""
    metrics = token(["metrics"], folder / "metrics.token", data)
    read = token(["read"], folder / "read.token", data)
    link = ask(*program("sansang_collector", "link", "--data", str(data), "--url", url))
    lines = ("link", "curl", "read", "stop")
    return [SAY[line].format(link=link, url=url, metrics=metrics, read=read) for line in lines]


def obey_signals(task: asyncio.Task[None]) -> None:
    """Ctrl-C and a kill end ``task`` once; whoever asks twice does not disturb the orderly stop."""
    asked = asyncio.Event()

    def ask() -> None:
        if not asked.is_set():
            asked.set()
            task.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C cancels the task by itself
            asyncio.get_running_loop().add_signal_handler(name, ask)


async def run(options: argparse.Namespace) -> None:
    """Launch, and stop in order when asked."""
    task = asyncio.create_task(launch(options))
    obey_signals(task)
    with suppress(asyncio.CancelledError):
        await task
        return
    print("\nĐã dừng. · Stopped.")


def main() -> int:
    """Run until Ctrl-C (exit 0) or until something fails (exit 1, one clear sentence)."""
    options = arguments()
    try:
        asyncio.run(run(options))
    except KeyboardInterrupt:
        return 0
    except LaunchError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
