from __future__ import annotations

from harness.network.switch.table import ForwardingTable

A, B = b"\x02\0\0\0\0\x0a", b"\x02\0\0\0\0\x0b"


def test_a_station_is_found_where_it_was_heard_and_only_in_its_vlan() -> None:
    table = ForwardingTable()
    _, news = table.learn(10, A, 1, now=0.0)
    found = table.find(10, A, now=1.0)
    assert news
    assert found is not None
    assert found.port == 1
    assert table.find(20, A, now=1.0) is None
    assert table.find(10, B, now=1.0) is None


def test_a_silent_station_is_forgotten_after_the_ageing_time_and_not_before() -> None:
    table = ForwardingTable(ageing=300)
    table.learn(10, A, 1, now=0.0)
    assert table.find(10, A, now=300.0)
    assert table.find(10, A, now=300.1) is None
    assert table.learn(10, A, 1, now=301.0)[1], "what was forgotten is news"


def test_being_heard_again_is_no_news_and_starts_the_ageing_time_anew() -> None:
    table = ForwardingTable(ageing=300)
    table.learn(10, A, 1, now=0.0)
    assert table.learn(10, A, 1, now=200.0)[1] is False
    assert table.find(10, A, now=450.0)


def test_a_move_is_news_and_is_counted() -> None:
    table = ForwardingTable()
    table.learn(10, A, 1, now=0.0)
    entry, news = table.learn(10, A, 2, now=0.0)
    assert (news, table.moves) == (True, 1)
    assert entry is not None
    assert entry.port == 2


def test_a_full_table_learns_nothing_until_something_is_forgotten() -> None:
    table = ForwardingTable(ageing=300, capacity=1)
    table.learn(10, A, 1, now=0.0)
    assert table.learn(10, B, 2, now=100.0) == (None, False)
    assert table.learn(10, B, 2, now=301.0)[1]
    assert len(table) == 1


def test_a_port_takes_its_stations_with_it() -> None:
    table = ForwardingTable()
    table.learn(10, A, 1, now=0.0)
    table.learn(10, B, 2, now=0.0)
    table.forget_port(1)
    assert table.find(10, A, now=0.0) is None
    assert table.find(10, B, now=0.0)
