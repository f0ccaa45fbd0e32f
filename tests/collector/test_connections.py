"""Too many connections: strangers make room, the oldest idle one first, and machines that report stay."""

from sansang_collector.connections import GRACE_SECONDS, LOOKED_AT, VOUCH, Connections, Seat, vouch_for

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Crowd:
    """Connections, and which of them were closed."""

    def __init__(self, most: int = 4, each: int = 100) -> None:
        self.connections = Connections(most, each)
        self.closed: list[str] = []

    def enter(self, name: str, address: str = HERE, now: float = 0.0, *, idle: bool = True) -> Seat | None:
        seat = self.connections.admit(address, now, lambda: self.closed.append(name))
        if seat is not None:
            seat.is_idle = lambda: idle
        return seat

    def known(self, name: str) -> Seat:
        seat = self.enter(name)
        assert seat is not None
        self.connections.vouch(seat)
        return seat


def test_the_oldest_stranger_makes_room_for_a_newcomer() -> None:
    crowd = Crowd(most=2)
    for name in "abc":
        crowd.enter(name)

    assert (crowd.closed, len(crowd.connections), crowd.connections.take_shed()) == (["a"], 2, 1)


def test_one_with_a_request_under_way_stays_before_one_that_is_idle() -> None:
    crowd = Crowd(most=2)
    crowd.enter("busy", idle=False)
    crowd.enter("idle")
    crowd.enter("new")

    assert crowd.closed == ["idle"]


def test_where_all_strangers_are_busy_the_oldest_goes() -> None:
    crowd = Crowd(most=2 * LOOKED_AT, each=1000)
    for number in range(2 * LOOKED_AT + 1):
        crowd.enter(str(number), idle=False)

    assert crowd.closed == ["0"]


def test_whoever_showed_a_credential_stays_while_strangers_flood() -> None:
    crowd = Crowd(most=3)
    crowd.known("machine")
    for number in range(1000):
        crowd.enter(f"stranger {number}")

    assert "machine" not in crowd.closed
    assert (len(crowd.closed), len(crowd.connections)) == (998, 3)


def test_where_only_known_ones_are_left_a_newcomer_is_refused() -> None:
    crowd = Crowd(most=2)
    known = [crowd.known("a"), crowd.known("b")]

    assert crowd.enter("new") is None
    crowd.connections.leave(known[0])
    assert crowd.enter("new") is not None
    assert crowd.closed == []


def test_one_address_has_its_own_ceiling_and_keeps_no_other_out() -> None:
    crowd = Crowd(most=100, each=2)
    crowd.enter("a", HERE)
    crowd.enter("b", HERE)

    assert crowd.enter("too many", HERE) is None
    assert crowd.enter("other", THERE) is not None
    assert crowd.enter("later", HERE, now=GRACE_SECONDS) is not None
    assert crowd.closed == ["a"]


def test_known_ones_do_not_count_for_their_address() -> None:
    crowd = Crowd(most=100, each=2)
    for number in range(10):
        crowd.known(str(number))

    assert crowd.enter("stranger") is not None


def test_without_an_address_nobody_is_counted_by_it() -> None:
    crowd = Crowd(most=100, each=2)

    assert all(crowd.enter(str(number), "") for number in range(50))


def test_leaving_twice_or_after_being_shed_changes_nothing() -> None:
    crowd = Crowd(most=1)
    first = crowd.enter("first")
    second = crowd.enter("second")
    assert first is not None
    assert second is not None
    crowd.connections.leave(first)
    crowd.connections.vouch(first)
    assert len(crowd.connections) == 1
    crowd.connections.vouch(second)
    crowd.connections.vouch(second)
    crowd.connections.leave(second)
    crowd.connections.leave(second)

    assert len(crowd.connections) == 0
    assert not crowd.connections._by_address


def test_a_request_vouches_by_its_scope_if_its_connection_wants_to_know() -> None:
    told: list[bool] = []
    vouch_for({VOUCH: lambda: told.append(True)})
    vouch_for({})

    assert told == [True]
