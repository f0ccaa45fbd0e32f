"""Who is told of a silent collector and of its end, without collector and database: every step, once, and each end."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from sansang_alerts import deadman_file, deadman_record
from sansang_alerts.channels import Channel
from sansang_alerts.dead_man import DeadMan
from sansang_alerts.notice import Answer, Message, Outcome
from sansang_alerts.rota import Override
from tests.alerts.rotas import at
from tests.support import deadman
from tests.support.channels import settings as channel

SINCE = at("2026-11-26 02:14")
BEGINS = at("2026-11-26 02:19")
ADDRESS = "{}@watch.invalid"
SENT = Answer(Outcome.SENT, "250 OK")


class StoppedError(Exception):
    """The time of the test is over: somebody has ended the program."""


class Box:
    """A channel at our own seam: what it was given, and what it answers."""

    def __init__(self, id_: str = "email", *answers: Answer) -> None:
        self.id = id_
        self.via: tuple[str, ...] = ("wan",)
        self.got: list[Message] = []
        self.answers = list(answers)
        self.dies = False

    async def send(self, message: Message) -> Answer:
        self.got.append(message)
        if self.dies:
            raise StoppedError
        return self.answers.pop(0) if self.answers else SENT

    @property
    def to(self) -> list[str]:
        return [message.to.partition("@")[0] for message in self.got]


class Night:
    """Hours that pass at once."""

    def __init__(self, folder: Path, *boxes: Box) -> None:
        self.now = BEGINS
        self._record = folder / "deadman.json.told"
        kinds = [box.id for box in boxes]
        channels = [
            deadman.mail(25) if kind == "email" else channel("sms", url="http://127.0.0.1:1/") for kind in kinds
        ]
        overrides = (Override("watch", "chief", at("2026-11-27 00:00"), at("2026-11-28 00:00"), 1),)
        path = deadman.write(folder / "deadman.json", deadman.settings(*channels), overrides=overrides)
        self.plan = deadman_file.read(path)
        self.channels: dict[str, Channel] = {box.id: box for box in boxes}

    def silent(self, minutes: float, since: float = SINCE) -> None:
        """The program runs for so long, and is killed."""
        last = self.now + minutes * 60

        async def wait(seconds: float) -> None:
            if self.now + seconds > last:
                raise StoppedError
            self.now += seconds

        man = self._man(since, wait)
        try:
            asyncio.run(man.tell())
        except StoppedError:
            self.now = last

    def over(self, since: float = SINCE) -> bool:
        async def wait(seconds: float) -> None:
            self.now += seconds

        return asyncio.run(self._man(since, wait).tell_end(self.now))

    def _man(self, since: float, wait: Callable[[float], object]) -> DeadMan:
        book = deadman_record.of_silence(self._record, since)
        return DeadMan(self.plan, self.channels, book, lambda: self.now, wait)  # type: ignore[arg-type]


def test_whoever_is_on_call_is_told_first_then_the_next_then_the_fallback(tmp_path: Path) -> None:
    box = Box()
    night = Night(tmp_path, box)

    night.silent(1)
    assert box.to == ["first"]
    night.silent(30)
    assert box.to == ["first", "second", "chief"]
    assert "không phản hồi từ 02:14" in box.got[0].body
    assert "không phản hồi từ 02:14" in box.got[0].subject


def test_a_silence_of_a_day_is_called_to_mind_every_four_hours(tmp_path: Path) -> None:
    box = Box()
    Night(tmp_path, box).silent(12 * 60)

    assert box.to == ["first", "second", "chief", "chief", "chief"]
    assert "(8 giờ 25 phút)" in box.got[-1].body


def test_a_program_that_is_started_again_tells_nobody_anew(tmp_path: Path) -> None:
    box = Box()
    night = Night(tmp_path, box)
    for _ in range(5):
        night.silent(5)

    assert box.to == ["first", "second", "chief"]


def test_everybody_who_was_told_and_nobody_else_is_told_of_the_end(tmp_path: Path) -> None:
    box = Box()
    night = Night(tmp_path, box)
    night.silent(12)
    box.got.clear()

    assert night.over()
    assert box.to == ["first", "second"]
    assert "02:14" in box.got[0].body
    assert "02:31" in box.got[0].body
    assert night.over()
    assert len(box.got) == 2


def test_an_end_of_which_nobody_had_heard_is_told_to_nobody(tmp_path: Path) -> None:
    box = Box("email", *[Answer(Outcome.AGAIN, "no route to host")] * 100)
    night = Night(tmp_path, box)
    night.silent(12)
    box.got.clear()
    box.answers.clear()

    assert night.over()
    assert box.got == []
    assert night.over(since=SINCE - 1)


def test_a_message_that_cannot_be_sent_now_is_sent_later_and_is_no_repeat(tmp_path: Path) -> None:
    box = Box("email", Answer(Outcome.AGAIN, "451"), Answer(Outcome.AGAIN, "451"))
    Night(tmp_path, box).silent(5)

    assert box.to == ["first"] * 3
    assert len({message.message_id for message in box.got}) == 1
    assert not any(message.repeat for message in box.got)


def test_one_that_may_have_arrived_says_that_it_comes_again_and_not_for_ever(tmp_path: Path) -> None:
    box = Box("email", *[Answer(Outcome.UNKNOWN, "no answer")] * 100)
    Night(tmp_path, box).silent(9)

    assert [message.repeat for message in box.got] == [False, True, True]
    assert box.got[1].subject.startswith("(gửi lại)")


def test_a_program_that_was_killed_while_it_sent_says_that_it_may_have_told_before(tmp_path: Path) -> None:
    box = Box()
    night = Night(tmp_path, box)
    box.dies = True
    night.silent(1)
    box.dies = False
    night.silent(1)
    night.silent(1)

    assert [message.repeat for message in box.got] == [False, True]
    assert len({message.message_id for message in box.got}) == 1


def test_where_nobody_is_reached_the_next_one_is_told_at_once(tmp_path: Path) -> None:
    box = Box("email", Answer(Outcome.REFUSED, "550"), Answer(Outcome.REFUSED, "550"))
    Night(tmp_path, box).silent(1)

    assert box.to == ["first", "second", "chief"]


def test_a_silence_after_another_is_told_anew(tmp_path: Path) -> None:
    box = Box()
    night = Night(tmp_path, box)
    night.silent(1)
    night.over()
    night.silent(1, since=SINCE + 7200)

    assert box.to == ["first"] * 3


def test_whoever_stands_in_is_told_and_every_channel_is_used(tmp_path: Path) -> None:
    mail, sms = Box(), Box("sms")
    night = Night(tmp_path, mail, sms)
    night.now = at("2026-11-27 03:00")
    night.silent(1)

    assert mail.to == ["chief"]
    assert len(sms.got) == 1
    assert len(sms.got[0].body) <= 160


def test_nobody_to_tell_is_no_endless_loop(tmp_path: Path) -> None:
    Night(tmp_path).silent(600)


def test_the_record_is_nobody_elses(tmp_path: Path) -> None:
    Night(tmp_path, Box()).silent(1)

    assert (tmp_path / "deadman.json.told").stat().st_mode & 0o777 == 0o600
