from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.incident.scrub.names import Names
from tests.incident.scrub.tools import key


def known(*names: str, keep: tuple[str, ...] = ()) -> Names:
    found = Names(key(), keep)
    for one in names:
        found.learn(one)
    return found


def test_a_name_has_the_same_length_and_the_same_kinds_of_characters() -> None:
    assert re.fullmatch(r"[a-z]{4}-[a-z]{2}\d\d", known().label("acme-db01"))
    assert known().label("ACME-DB01") == known().label("acme-db01")


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{3,8}", fullmatch=True), min_size=2, max_size=20, unique=True))
def test_no_two_names_become_one_and_none_becomes_another_original(names: list[str]) -> None:
    found = known(*names)
    images = [found.label(one) for one in names]
    assert len(set(images)) == len(names)
    assert set(found.originals).isdisjoint(images)


def test_names_are_replaced_in_text_as_words_of_their_own() -> None:
    found = known("acme01.plasma.local")
    one, domain = found.label("acme01"), found.label("plasma")
    text = "ACME01 and acme01.plasma.local:2380, xacme01, acme011, etcd-acme01"
    assert found.in_text(text) == f"{one} and {one}.{domain}.local:2380, xacme01, acme011, etcd-{one}"


def test_what_everybody_says_is_no_name() -> None:
    assert known("etcd", "time", "db", "x", "10", "10.0.0.1", "52:54:00:00:01:01", "").originals == []


def test_a_word_that_has_to_go_goes_however_common() -> None:
    found = known()
    found.insist("Storage")
    assert "storage" not in found.in_text("the storage of all").lower()


def test_what_is_kept_stays() -> None:
    found = known("acme01", keep=("ACME01",))
    assert (found.in_text("acme01"), found.label("acme01"), found.originals) == ("acme01", "acme01", [])


def test_domains_that_everybody_has_stay() -> None:
    assert known().domain("host.acme.example.com").endswith(".com")
    assert not known().domain("host.acme.com").endswith("acme.com")
    assert known().label_of_domain("arpa") == "arpa"


def test_only_words_that_say_nothing_of_anybody_stay() -> None:
    found = known("boot").words("GET /images/acme/vmlinuz-6.1 HTTP/1.1 850528 12345678901")
    assert found.startswith("GET /")
    assert "/vmlinuz-6.1 HTTP/1.1 850528 " in found
    assert not {"images", "acme", "12345678901"} & set(re.findall(r"\w+", found))


def test_files_and_cards_keep_what_is_plain() -> None:
    found = known("acme01")
    assert found.plain("acme01-eth0.pcapng") == f"{found.label('acme01')}-eth0.pcapng"
    assert found.plain("journals") == "journals"
    assert "customer" not in found.plain("customer-any.pcap")


def test_after_settling_no_name_is_one_that_was_learnt_meanwhile() -> None:
    found = known()
    drawn = found.label("aaaa")
    found.learn(drawn)
    found.settle()
    assert found.label("aaaa") != drawn
    assert found.replaced == 1
