from __future__ import annotations

from dataclasses import replace

import pytest

from harness.incident.inventory.shared_journals import told_apart
from harness.incident.record import Logged
from tests.incident.clocks.test_walls import LINE

ENDS = {("127.0.0.1", 24801): "member-24801", ("127.0.0.1", 24802): "member-24802"}
MEMBERS = {0x5CAE315174DE75B1: ("127.0.0.1", 24802)}
LEADS = "raft2026/11/21 03:00:03 INFO: 5cae315174de75b1 became leader at term 2"


def lines(*said: tuple[str, str]) -> list[Logged]:
    return [Logged(at, replace(LINE, host="ci", unit=unit, message=message)) for at, (unit, message) in enumerate(said)]


@pytest.mark.parametrize(
    "own,member",
    [
        (LEADS, "member-24802"),
        ('{"msg":"starting","local-member-id":"5cae315174de75b1"}', "member-24802"),
        ("etcdmain: listening for peers on http://127.0.0.1:24801", "member-24801"),
        ('{"listen-peer-urls":["http://127.0.0.1:24801"]}', "member-24801"),
        ("    Bind addr: '127.0.0.1:24801'", "member-24801"),
    ],
)
def test_a_unit_that_tells_which_member_it_is_has_all_its_lines(own: str, member: str) -> None:
    unit = "etcd@n2.service"
    died = "etcd@n2.service: Main process exited, code=killed, status=9/KILL"
    first, last, other = told_apart(lines((unit, own), (unit, died), ("cron.service", "hello")), MEMBERS, ENDS)
    assert {(one.entry.host, one.entry.unit) for one in (first, last)} == {(member, "etcd.service")}
    assert last.entry.message == "etcd.service: Main process exited, code=killed, status=9/KILL"
    assert (other.entry.host, other.entry.unit) == ("", "cron.service")


def test_other_hosts_keep_their_lines() -> None:
    said = lines(("etcd@n2.service", "hello"), ("etcd.service", "local-member-id is not known"))
    assert told_apart(said, MEMBERS, ENDS) is said
    elsewhere = Logged(9, replace(LINE, host="far", message="hello"))
    assert told_apart([*lines(("a.service", LEADS)), elsewhere], MEMBERS, ENDS)[1] is elsewhere
