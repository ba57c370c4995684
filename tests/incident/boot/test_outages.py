from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from harness.capture import events as ev
from harness.capture.events import Endpoint, HttpEvent
from harness.faults.boot import BootServerDown, HttpStalled, LeasesExhausted, TftpStalled
from harness.incident.boot import faults as boot_faults
from tests.incident.dialogues import OTHER_MAC, Dialogue
from tests.incident.records import Journal, at

SILENT = (20.0, 22.0, 26.0)


def whole(dialogue: Dialogue, seconds: float, transaction: int) -> Dialogue:
    """Add a boot as it should be."""
    dialogue.lease(seconds, transaction).tftp(seconds + 1, answered=True, port=2000 + transaction)
    return dialogue.http(seconds + 3, seconds + 3.1, port=50000 + transaction)


def test_boots_that_go_well_tell_of_nothing() -> None:
    record = whole(whole(Dialogue(), 1, 1), 40, 2).record()
    assert (boot_faults.find(record), boot_faults.observe(record)) == ([], [])


def test_a_server_that_answers_nothing_is_down() -> None:
    dialogue = whole(Dialogue(), 1, 1).searches(*SILENT).tftp(21, answered=False).tftp(25, answered=False, port=2001)
    (found,) = boot_faults.find(whole(dialogue, 34, 2).record())
    assert (found.fault, found.began, found.ended) == (BootServerDown(), at(20), at(34.01))
    assert found.confidence == 0.9


def test_its_journal_says_when_it_ended_and_began() -> None:
    journal = Journal("pxe").says(19, "exiting on receipt of SIGTERM", by="dnsmasq")
    journal.says(31, "started, version 2.89 DNS disabled", by="dnsmasq")
    (found,) = boot_faults.find(whole(whole(Dialogue(), 1, 1).searches(*SILENT), 34, 2).record(journal))
    assert (found.fault, found.began, found.ended) == (BootServerDown(), at(19), at(31))


def test_a_server_that_is_restarted_to_serve_less_says_when() -> None:
    journal = Journal("pxe")
    for moment in (19.0, 31.0):
        journal.says(moment, "Nov 21 18:09:13 dnsmasq[74]: exiting on receipt of SIGTERM", by="dnsmasq")
        journal.says(moment + 0.1, "Nov 21 18:09:13 dnsmasq[75]: started, version 2.89 DNS disabled", by="dnsmasq")
    journal.says(20, "dnsmasq-dhcp[75]: DHCPDISCOVER(eth0) no address available", by="dnsmasq")
    (found,) = boot_faults.find(whole(whole(Dialogue(), 1, 1).searches(*SILENT), 34, 2).record(journal))
    assert (found.fault, found.began, found.ended) == (LeasesExhausted(), at(19), at(31.1))


def test_a_server_that_still_gives_files_has_no_addresses() -> None:
    dialogue = whole(Dialogue(), 1, 1).searches(*SILENT).http(23, 23.1, port=50009)
    (found,) = boot_faults.find(whole(dialogue, 34, 2).record())
    assert (found.fault, found.began, found.ended) == (LeasesExhausted(), at(20), at(34.01))


def test_a_server_that_says_so_has_no_addresses() -> None:
    journal = Journal("pxe").says(20, "DHCPDISCOVER(eth0) 52:54:00:00:01:01 no address available", by="dnsmasq-dhcp")
    (found,) = boot_faults.find(whole(Dialogue(), 1, 1).searches(*SILENT).record(journal))
    assert (found.fault, found.ended, found.confidence) == (LeasesExhausted(), None, 0.95)


def test_a_server_that_only_gives_no_files_over_tftp_is_stalled_there() -> None:
    dialogue = whole(Dialogue(), 1, 1).lease(19, 5)
    for place, moment in enumerate((20, 21, 23)):
        dialogue.tftp(moment, answered=False, port=3000 + place)
    (found,) = boot_faults.find(dialogue.lease(30, 6).tftp(31, answered=True, port=4000).record())
    assert (found.fault, found.began, found.ended) == (TftpStalled(), at(20), at(31))


@pytest.mark.parametrize("answered,ended", [(33.0, at(33)), (None, None)])
def test_a_server_that_takes_connections_and_answers_none_is_stalled(answered: float | None, ended: int | None) -> None:
    dialogue = whole(Dialogue(), 1, 1).lease(19, 5)
    dialogue.http(20, answered, port=50007).http(21, answered, "/initrd.img", port=50008)
    (found,) = boot_faults.find(dialogue.record())
    assert (found.fault, found.began, found.ended) == (HttpStalled(), at(20), ended)


def test_one_question_without_an_answer_is_chance() -> None:
    assert boot_faults.find(whole(whole(Dialogue(), 1, 1).searches(20), 22, 2).record()) == []


def test_a_client_that_nobody_knows_is_no_fault_of_the_servers() -> None:
    dialogue = whole(Dialogue(), 1, 1).searches(*SILENT, client=OTHER_MAC).lease(24, 3)
    record = whole(dialogue, 34, 2).record()
    assert boot_faults.find(record) == []
    (seen,) = boot_faults.observe(record)
    assert (seen.who, seen.what) == (OTHER_MAC, "it is never offered an address, though others are: no server knows it")


def test_while_nobody_else_asks_a_client_that_is_never_answered_may_meet_a_server_that_is_down() -> None:
    record = whole(whole(Dialogue(), 1, 1).searches(*SILENT, client=OTHER_MAC), 34, 2).record()
    (found,) = boot_faults.find(record)
    assert (found.fault, found.began, found.ended) == (BootServerDown(), at(20), at(34.01))
    assert found.confidence < 0.5


def test_several_that_are_never_answered_meet_one() -> None:
    dialogue = whole(Dialogue(), 1, 1).searches(*SILENT, client=OTHER_MAC).searches(21, 25, client="52:54:00:00:01:03")
    (found,) = boot_faults.find(whole(dialogue, 34, 2).record())
    assert (found.fault, found.began, found.confidence) == (BootServerDown(), at(20), 0.6)


def test_http_of_others_is_no_boot() -> None:
    dialogue = whole(Dialogue(), 1, 1)
    for place in range(3):
        dialogue.http(20 + place, None, port=51000 + place)
    elsewhere = Endpoint(IPv4Address("192.168.100.12"), 80)
    dialogue.said = [
        (moment, replace(event, server=elsewhere) if isinstance(event, HttpEvent) and moment >= 20 else event)
        for moment, event in dialogue.said
    ]
    assert boot_faults.find(dialogue.record()) == []


def test_a_server_that_answers_each_request_late_is_slow_and_not_down() -> None:
    dialogue = whole(Dialogue(), 1, 1)
    for number in range(3):
        dialogue.dhcp(20 + number, ev.DhcpDiscover, 9)
    for number in range(3):
        dialogue.dhcp(24.5 + number, ev.DhcpOffer, 9)
    assert boot_faults.find(whole(dialogue, 34, 2).record()) == []


def test_a_server_that_answers_all_at_once_stood_still() -> None:
    dialogue = whole(Dialogue(), 1, 1)
    for number in range(3):
        dialogue.dhcp(20 + number, ev.DhcpDiscover, 9)
    for number in range(3):
        dialogue.dhcp(25 + number / 100, ev.DhcpOffer, 9)
    (found,) = boot_faults.find(whole(dialogue, 34, 2).record())
    assert (found.began, found.ended) == (at(20), at(25))


def test_a_server_that_was_restarted_at_once_was_not_down() -> None:
    journal = Journal("pxe").says(19, "exiting on receipt of SIGTERM", by="dnsmasq")
    journal.says(19.2, "started, version 2.90 DNS disabled", by="dnsmasq")
    dialogue = whole(Dialogue(), 1, 1).dhcp(19.1, ev.DhcpDiscover, 9).dhcp(22.3, ev.DhcpOffer, 9)
    record = whole(dialogue, 34, 2).record(journal)
    assert boot_faults.find(record) == []
    assert any(one.what == "it was restarted, and answers again" for one in boot_faults.observe(record))
