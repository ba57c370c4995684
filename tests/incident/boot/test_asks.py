from __future__ import annotations

from harness.capture import events as ev
from harness.incident.boot.asks import asks
from harness.incident.record import Heard
from tests.incident.dialogues import Dialogue
from tests.incident.records import at


def heard(dialogue: Dialogue, capture: str = "a.pcap", late: float = 0.0) -> list[Heard]:
    return [Heard(at(moment + late), capture, event) for moment, event in dialogue.said]


def test_a_question_is_told_once_with_its_answer_wherever_it_was_captured() -> None:
    dialogue = Dialogue().lease(1, 7)
    both = sorted([*heard(dialogue), *heard(dialogue, "b.pcap", 0.001)], key=lambda one: one.time)
    found = asks(both)
    assert [(ask.kind, ask.time, ask.answered, ask.server) for ask in found] == [
        ("dhcp", at(1), at(1.01), "192.168.100.1"),
        ("dhcp", at(1.02), at(1.03), "192.168.100.1"),
    ]


def test_what_nobody_answers_has_no_answer() -> None:
    dialogue = Dialogue().searches(1, 3).tftp(5, answered=False).http(7, None)
    assert [(ask.kind, ask.answered) for ask in asks(heard(dialogue))] == [
        ("dhcp", None),
        ("dhcp", None),
        ("tftp", None),
        ("http", None),
    ]


def test_an_answer_that_comes_late_was_held_up() -> None:
    prompt, late = asks(heard(Dialogue().http(1, 1.1).http(2, 9, port=50001)))
    assert (prompt.in_time, late.in_time, late.answered) == (True, False, at(9))


def test_a_transfer_whose_server_fell_silent_is_a_question_without_an_answer() -> None:
    dialogue = Dialogue().tftp(1, answered=False)
    ends = {"octets": 512, "blocks": 1, "missing": 0, "retransmitted": 0, "reason": "it stopped"}
    request = dialogue.said[0][1]
    assert isinstance(request, ev.TftpRequest)
    dialogue.add(
        3, ev.TftpUnfinished, src=request.src, dst=request.dst, mac="", client=request.client, file="ipxe.efi", **ends
    )
    dialogue.lease(20, 9)
    found = [(ask.time, ask.answered) for ask in asks(heard(dialogue)) if ask.kind == "tftp"]
    assert found == [(at(1), at(1)), (at(3), None)]


def test_a_request_from_a_port_that_was_used_before_is_another_one() -> None:
    dialogue = Dialogue().tftp(1, answered=False).tftp(3, answered=False).tftp(5, answered=True)
    assert [(ask.time, ask.answered) for ask in asks(heard(dialogue))] == [(at(1), None), (at(3), None), (at(5), at(5))]


def test_nothing_heard_asks_for_nothing() -> None:
    assert asks([]) == []
