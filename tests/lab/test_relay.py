from lab.relay import Held


def test_packets_go_on_in_their_order_and_none_before_its_time() -> None:
    held = Held(0.040)
    held.take(b"first", 1.000)
    held.take(b"second", 1.010)
    held.take(b"third", 1.010)
    assert list(held.due(1.039)) == []
    assert list(held.due(1.045)) == [b"first"]
    assert list(held.due(1.060)) == [b"second", b"third"]
    assert list(held.due(9.000)) == []


def test_a_packet_that_comes_again_is_held_again() -> None:
    held = Held(0.005)
    held.take(b"same", 1.0)
    held.take(b"same", 1.001)
    assert list(held.due(1.1)) == [b"same", b"same"]
