from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture import events as ev
from harness.faults.rogue_dhcp import RogueDhcp
from harness.incident.boot import faults as boot_faults
from harness.incident.boot.rogue_servers import right_server
from tests.incident.dialogues import ROGUE, ROGUE_MAC, Dialogue
from tests.incident.records import T036, at, frames, record

GIVEN = IPv4Address("192.168.100.203")


def rivalled() -> Dialogue:
    dialogue = Dialogue().lease(1, 1)
    for moment, transaction in ((20.0, 2), (25.0, 3)):
        dialogue.lease(moment, transaction)
        dialogue.dhcp(moment + 0.005, ev.DhcpOffer, transaction, server=ROGUE, your_address=GIVEN, address=GIVEN)
    return dialogue


def test_a_second_server_is_the_one_that_the_topology_does_not_have() -> None:
    (found,) = boot_faults.find(rivalled().record())
    assert (found.fault, found.began, found.ended) == (RogueDhcp("192.168.100.200"), at(20.005), None)


def test_it_is_gone_once_somebody_asks_and_it_does_not_answer() -> None:
    (found,) = boot_faults.find(rivalled().lease(40, 9).record())
    assert found.ended == at(25.005)


def test_one_that_answers_all_by_broadcast_is_gone_once_it_does_not_answer_others() -> None:
    seen = Dialogue().lease(1, 1)
    for moment, client in ((20.0, "52:54:00:00:01:01"), (25.0, "52:54:00:00:01:02")):
        seen.lease(moment, 2, client=client)
        seen.dhcp(moment + 0.005, ev.DhcpOffer, 2, client=client, server=ROGUE, your_address=GIVEN, address=GIVEN)
    seen.dhcp(40, ev.DhcpDiscover, 4, client="52:54:00:00:01:03", broadcast=True)
    (found,) = boot_faults.find(seen.record())
    assert found.ended == at(25.005)


def test_a_box_that_was_there_before_serves_from_the_first_search_that_it_answers_on() -> None:
    seen = Dialogue().lease(1, 1)
    for moment, transaction in ((20.0, 2), (25.0, 3)):
        seen.lease(moment, transaction)
        seen.dhcp(moment + 0.005, ev.DhcpOffer, transaction, server=ROGUE, your_address=GIVEN, address=GIVEN)
    talk = frames(T036, "node01", [0.1, 10, 19, 24, 60], src=str(ROGUE))
    (found,) = boot_faults.find(
        seen.lease(40, 9).lease(42, 10).record(packets=[one._replace(src_mac=ROGUE_MAC) for one in talk])
    )
    assert (found.began, found.ended) == (at(10), at(25.005))


def test_a_twin_that_offers_the_same_is_no_rogue() -> None:
    dialogue = Dialogue().lease(1, 1)
    dialogue.dhcp(1.005, ev.DhcpOffer, 1, server=ROGUE, boot_file="ipxe.efi")
    assert boot_faults.find(dialogue.record()) == []
    (seen,) = boot_faults.observe(dialogue.record())
    assert seen.what == "a second DHCP server, which offers the same as 192.168.100.1"


def test_a_proxy_that_only_says_what_to_boot_is_no_rogue() -> None:
    dialogue = Dialogue().lease(1, 1).dhcp(1.005, ev.DhcpOffer, 1, server=ROGUE, your_address=None, address=None)
    assert boot_faults.find(dialogue.record()) == []


def test_without_a_topology_the_right_one_is_that_which_says_what_to_boot() -> None:
    unknown = T036.model_copy(update={"boot_server": None})
    dialogue = rivalled()
    first, second = (
        [one for one in dialogue.record().heard if getattr(one.event, "server", None) == server]
        for server in (IPv4Address("192.168.100.1"), ROGUE)
    )
    answers = {"192.168.100.200": second, "192.168.100.1": first}
    assert right_server(record(topology=unknown), answers) == "192.168.100.1"
