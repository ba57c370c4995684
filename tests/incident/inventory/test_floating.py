from __future__ import annotations

from harness.incident.inventory.floating import floating
from harness.incident.inventory.hosts import hosts, machine_of
from tests.incident.field import events, mac_of, said, wires

ONE, OTHER, CLIENT, VIRTUAL = "10.0.0.1", "10.0.0.2", "10.0.0.9", "10.0.0.100"
OWN = [said(ONE, CLIENT), said(OTHER, CLIENT)]
MOVED = [said(VIRTUAL, CLIENT, by=mac_of(ONE)), said(VIRTUAL, CLIENT, by=mac_of(OTHER))]


def test_an_address_that_two_machines_had_besides_their_own_is_nobodys() -> None:
    assert floating(wires(*OWN, *MOVED), []) == {VIRTUAL}
    found, notes = hosts(None, [], [], events(OWN + MOVED), wires(*OWN, *MOVED))
    known = machine_of(found)
    assert known[ONE] != known[OTHER]
    assert VIRTUAL not in known
    assert notes == [f"{VIRTUAL} moves from machine to machine, and is taken for nobody's own"]


def test_one_that_a_machine_has_all_the_time_is_its_own() -> None:
    found, _ = hosts(None, [], [], [], wires(*OWN, MOVED[0]))
    assert machine_of(found)[VIRTUAL] == machine_of(found)[ONE]


def test_a_card_that_was_replaced_moves_nothing() -> None:
    assert floating(wires(said(VIRTUAL, CLIENT, by=mac_of(ONE)), said(VIRTUAL, CLIENT, by=mac_of(OTHER))), []) == set()


def test_two_cards_that_answer_for_each_others_addresses_are_one_machines() -> None:
    both = [said(address, CLIENT, by=mac_of(card)) for address in (ONE, OTHER) for card in (ONE, OTHER)]
    assert floating(wires(*both), []) == set()
