"""Journals, configurations and topologies under other names and addresses."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from harness.incident.scrub.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.incident.scrub.text import Text

SENSITIVE = re.compile(
    r"pass(word|wd|phrase)?|secret|token|private|credential|cookie|psk|api_?key|certificate|^key$", re.IGNORECASE
)
NUMBERS = words_of(
    "__REALTIME_TIMESTAMP __MONOTONIC_TIMESTAMP _SOURCE_REALTIME_TIMESTAMP _SOURCE_MONOTONIC_TIMESTAMP PRIORITY"
    " __SEQNUM _SOURCE_BOOTTIME_TIMESTAMP SYSLOG_FACILITY _PID SYSLOG_PID _UID _GID ERRNO EXIT_STATUS CODE_LINE"
    " COREDUMP_SIGNAL"
)
IDENTIFIERS = words_of("_BOOT_ID _MACHINE_ID INVOCATION_ID _SYSTEMD_INVOCATION_ID __SEQNUM_ID JOB_ID")
TEXTS = words_of(
    "MESSAGE SYSLOG_IDENTIFIER _COMM _SYSTEMD_UNIT UNIT USER_UNIT _SYSTEMD_SLICE COREDUMP_UNIT COREDUMP_COMM"
)
WORDS = words_of("_TRANSPORT MESSAGE_ID JOB_TYPE JOB_RESULT EXIT_CODE CODE_FUNC UNIT_RESULT _RUNTIME_SCOPE")
"""What programs say in words of their own."""

HOST, MESSAGE = "_HOSTNAME", "MESSAGE"
PLAIN_WORD = re.compile(r"[\w.:+-]{1,64}")
HOST_KEYS = frozenset({"node_id", "hostname", "host", "node", "name", "member", "domain"})
PEERS = re.compile(r"(?:^|//)([A-Za-z][A-Za-z0-9.-]*)(?=:\d+|$|/)")


def learn(fields: dict[str, Any], text: Text) -> None:
    """Take notice of the name of the host whose journal says something."""
    host = fields.get(HOST)
    if isinstance(host, str):
        text.names.learn(host)


def entry(fields: dict[str, Any], text: Text) -> tuple[dict[str, Any], int]:
    """Return a journal's entry scrubbed, with how many fields were left out: those of which nobody knows what is in."""
    found = {name: said for name, value in fields.items() if (said := _field(name, value, text)) is not None}
    return found, len(fields) - len(found)


def _field(name: str, value: Any, text: Text) -> object:  # noqa: ANN401 - whatever JSON has
    if isinstance(value, list) and value and all(isinstance(one, int) for one in value):
        value = bytes(one & 0xFF for one in value).decode(errors="replace")
    elif isinstance(value, list):
        return [one for one in (_field(name, each, text) for each in value) if one is not None]
    if not isinstance(value, str):
        return value if value is None and name == MESSAGE else None
    replace = FIELDS.get(name)
    return replace(value, text) if replace else None


def _host(value: str, text: Text) -> str:
    return text.names.domain(value)


def _number(value: str, text: Text) -> str | None:
    del text
    return value if value.lstrip("-").isdigit() else None


def _word(value: str, text: Text) -> str | None:
    del text
    return value if PLAIN_WORD.fullmatch(value) else None


def _identifier(value: str, text: Text) -> str:
    return text.identifier(value)


def _free(value: str, text: Text) -> str:
    return text.free(value)


FIELDS: dict[str, Callable[[str, Text], str | None]] = {
    HOST: _host,
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(WORDS, _word),
    **dict.fromkeys(IDENTIFIERS, _identifier),
    **dict.fromkeys(TEXTS, _free),
}
"""What stands for each field; one that is not here is left out."""


def configuration(value: Any, text: Text, key: str = "") -> Any:  # noqa: ANN401 - whatever JSON has
    """Return a JSON value scrubbed: secrets are known by the names of their keys."""
    if isinstance(value, dict):
        return {text.free(name): configuration(one, text, name) for name, one in value.items()}
    if isinstance(value, list):
        return [configuration(one, text, key) for one in value]
    if SENSITIVE.search(key) and isinstance(value, str | int | float) and not isinstance(value, bool):
        return text.blank(str(value))
    return text.free(value) if isinstance(value, str) else value


def learn_configuration(value: Any, text: Text, key: str = "") -> None:  # noqa: ANN401 - as above
    """Take notice of the hosts that a configuration names: whose it is, and its peers with their ports."""
    if isinstance(value, dict):
        for name, one in value.items():
            learn_configuration(one, text, name)
    elif isinstance(value, list):
        for one in value:
            learn_configuration(one, text, key)
    elif isinstance(value, str):
        if key in HOST_KEYS:
            text.names.learn(value)
        for found in PEERS.finditer(value):
            if found[0] != found[1] or value[found.end() : found.end() + 1] == ":":
                text.names.learn(found[1])


def topology(octets: bytes, text: Text, rename: Callable[[str], str]) -> bytes:
    """Return a topology scrubbed, without its comments; `rename` replaces what it calls its parts."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - loaded when there is a topology

    plain = YAML(typ="safe", pure=True).load(octets)
    writer = YAML()
    writer.default_flow_style = False
    writer.width = 1000
    target = io.StringIO()
    writer.dump(_walked(plain, text, rename), target)
    return target.getvalue().encode()


def parts(octets: bytes) -> Iterator[str]:
    """Yield what a topology calls its own parts, other than its machines: VLANs, sites, switches, itself."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - as above

    plain = YAML(typ="safe", pure=True).load(octets)
    if isinstance(plain, dict):
        for group in ("vlans", "sites", "switches", "racks"):
            yield from (str(one["name"]) for one in _mappings(plain.get(group)) if "name" in one)
        yield from (str(plain[key]) for key in ("name",) if key in plain)


def _mappings(value: Any) -> Iterable[dict[str, Any]]:  # noqa: ANN401 - as above
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _walked(value: Any, text: Text, rename: Callable[[str], str]) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        return {_walked(name, text, rename): _walked(one, text, rename) for name, one in value.items()}
    if isinstance(value, list):
        return [_walked(one, text, rename) for one in value]
    return rename(text.free(value)) if isinstance(value, str) else value


def lines(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield objects as lines of JSON."""
    return (json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in objects)
