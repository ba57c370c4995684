"""Texts that people and programs wrote: what names somebody or opens something is replaced, the rest stays readable."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address
from typing import TYPE_CHECKING

from harness.incident.scrub.vocabulary import DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.scrub.addresses import Addresses
    from harness.incident.scrub.key import Key
    from harness.incident.scrub.names import Names

MARK = "x"
SENSITIVE = (
    r"pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|auth[-_]?key|credentials?|cookie|psk"
    r"|community|session[-_]?id|signature|sig"
)
PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)(?:-----END \1-----|\Z)", re.DOTALL)
BEARER = re.compile(r"(?i)\b((?:bearer|basic|digest|negotiate)\s+)([A-Za-z0-9._~+/=-]{6,})")
AUTHORIZATION = re.compile(r"(?i)\b((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?)([^\s\"',]+)")
ASSIGNED = re.compile(
    rf"(?i)((?:{SENSITIVE})[\w-]*[\"']?\s*(?:=>|[:=])\s*|--[\w-]*?(?:{SENSITIVE})[\w-]*\s+)(\"[^\"]*\"|'[^']*'|[^\s\"',;&)}}\]]+)"
)
USER_INFORMATION = re.compile(r"(://)([^/\s@]+)(@)")
MAIL = re.compile(r"\b([A-Za-z0-9._%+-]+)@([A-Za-z0-9.-]+\.[A-Za-z]{2,})\b")
SSH_KEY = re.compile(r"\b((?:ssh|ecdsa|sk)-[a-z0-9@.-]+ )([A-Za-z0-9+/=]{16,})(?: \S+)?")
FINGERPRINT = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){7,}(?![0-9A-Fa-f:])")
"""Of a key or a card, as more octets than a MAC address has."""
SERIAL = re.compile(
    r"(?i)(\b(?:serial[ _-]?(?:number|num|no)\.?|serial(?=[\"']?\s*[:=#])|(?:service|asset)[ _-]?tag|s/n)"
    r"[\"']?\s*[:=#]?\s*[\"']?)"
    r"(?=[\w./-]*\d)([A-Za-z0-9][\w./-]{3,})"
)
HOME = re.compile(r"(/home/|/Users/)([^/\s:]+)")
USER = re.compile(r"(?i)(\b(?:invalid |for |unknown |by )?user[ =:]+['\"]?)([A-Za-z_][\w.-]*)")
IDENTIFIER = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9a-fA-F-]*[0-9])(?=[0-9a-fA-F-]*[a-fA-F])[0-9a-fA-F]{8}[0-9a-fA-F-]{4,}(?![0-9A-Za-z])"
)
BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+_-]*[0-9])(?=[A-Za-z0-9+_-]*[a-z])(?=[A-Za-z0-9+_-]*[A-Z])[A-Za-z0-9+_-]{20,}(?:\.[A-Za-z0-9_-]+)*={0,2}"
)
MAC = re.compile(r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:-])")
BOOT_MAC = re.compile(r"(?<![0-9A-Za-z])(01-)([0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5})(?![0-9A-Za-z-])")
"""As boot loaders name the card that they came by: the type of hardware first."""
BARE_MAC = re.compile(
    r"(?<![0-9A-Za-z.])(?:[0-9A-Fa-f]{12}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})(?![0-9A-Za-z]|\.[0-9])"
)
DASHED = re.compile(r"(?<![0-9])(?<![0-9]-)\d{1,3}(?:-\d{1,3}){3}(?![0-9-])")
"""An address in a name, as clouds give them."""
IPV6 = re.compile(
    r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![0-9A-Za-z:])"
)
IPV4 = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(?!\d|\.\d)")
HOST = re.compile(
    r"(?<![A-Za-z0-9._@-])(?<!(?<!:/)/)([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.([A-Za-z]{2,}))(?![A-Za-z0-9_(-]|\.[A-Za-z0-9])"
)
SAID_BY_ALL = frozenset({"root", "nobody", "unknown", "manager", "runtime", "slice", "session", "id", "service"})


class Text:
    """Replaces in texts; the same is replaced by the same wherever it stands."""

    def __init__(self, key: Key, addresses: Addresses, names: Names) -> None:
        self._key = key
        self.addresses = addresses
        self.names = names
        self.counts: Counter[str] = Counter()

    def free(self, text: str) -> str:
        """Return a text of any kind, such as a line of a journal: secrets, addresses and names are replaced."""
        text = self._secrets(text)
        text = MAIL.sub(lambda found: f"{self.names.label(found[1])}@{self.names.domain(found[2])}", text)
        text = HOME.sub(lambda found: found[1] + self.names.label(found[2]), text)
        text = USER.sub(self._user, text)
        text = HOST.sub(self._host, self.located(text))
        text = self.names.in_text(text, lambda part: DASHED.sub(self._dashed, part))
        return BARE_MAC.sub(self._bare_mac, IDENTIFIER.sub(self._identified, text))

    def located(self, text: str) -> str:
        """Return a text in which addresses are replaced."""
        text = BOOT_MAC.sub(lambda found: found[1] + MAC.sub(self._mac, found[2]), text)
        text = MAC.sub(self._mac, text)
        return IPV4.sub(self._ipv4, IPV6.sub(self._ipv6, text))

    def known(self, text: str) -> str:
        """Return a text of which only what is known to say nothing of anybody is left."""
        for found in IPV4.finditer(text):
            self.addresses.shown(found[1])
        text = BARE_MAC.sub(self._bare_mac, self.located(text))
        said, last = "", 0
        for start, end in sorted(self._addresses_in(text)):
            if start >= last:
                said += self.names.words(text[last:start]) + text[start:end]
                last = end
        return said + self.names.words(text[last:])

    def _addresses_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where addresses stand that have been replaced, so that they are the same as everywhere."""
        yield from (found.span(2) for found in BOOT_MAC.finditer(text))
        yield from (found.span() for pattern in (MAC, IPV4) for found in pattern.finditer(text))
        yield from (found.span() for found in IPV6.finditer(text) if _is_ipv6(found[0]))
        bare = ((found, bytes.fromhex(found[0].replace(".", ""))) for found in BARE_MAC.finditer(text))
        yield from (found.span() for found, octets in bare if self.addresses.stands_for_one(octets))

    def blank(self, text: str) -> str:
        """Return a text as long that says nothing."""
        self.counts["secrets"] += 1
        return MARK * len(text)

    def noise(self, octets: bytes, size: int) -> bytes:
        """Return octets that stand for an identifier of no known form."""
        return self._key.noise("octets", octets, size) if size > 0 else b""

    def identifier(self, text: str) -> str:
        """Return an identifier in hexadecimal digits that stands for another one of the same form."""
        digits = text.replace("-", "").lower()
        noise = iter(self._key.noise("identifier", digits.encode(), len(digits)).hex())
        self.counts["identifiers"] += 1
        return "".join("-" if one == "-" else next(noise) for one in text)

    def _secrets(self, text: str) -> str:
        text = FINGERPRINT.sub(lambda found: self.blank(found[0]), text)
        text = SERIAL.sub(lambda found: found[1] + self.blank(found[2]), text)
        text = PEM.sub(lambda found: found[0].replace(found[2], self.blank(found[2])), text)
        text = SSH_KEY.sub(lambda found: found[1] + self.blank(found[0][len(found[1]) :]), text)
        for pattern in (AUTHORIZATION, BEARER, ASSIGNED, USER_INFORMATION):
            text = pattern.sub(lambda found: found[1] + self._opened(found[2]) + "".join(found.groups()[2:]), text)
        return BASE64.sub(lambda found: found[0] if found[0].isalpha() else self.blank(found[0]), text)

    def _opened(self, value: str) -> str:
        """Return a secret's place, with the quotes that are around it."""
        quote = value[:1] if value[:1] in "\"'" else ""
        inner = value.strip("\"'") if quote else value
        return f"{quote}{self.blank(inner)}{quote}"

    def _user(self, found: re.Match[str]) -> str:
        name = found[2]
        return found[0] if name.lower() in SAID_BY_ALL else found[1] + self.names.label(name)

    def _host(self, found: re.Match[str]) -> str:
        return self.names.domain(found[1]) if found[2].lower() in DOMAINS else found[0]

    def _mac(self, found: re.Match[str]) -> str:
        octets = bytes.fromhex(found[0].replace(found[1], ""))
        return self.addresses.mac(octets).hex(found[1])

    def _identified(self, found: re.Match[str]) -> str:
        return found[0] if BARE_MAC.fullmatch(found[0]) and self._is_mac(found[0]) else self.identifier(found[0])

    def _is_mac(self, text: str) -> bool:
        return self.addresses.knows(bytes.fromhex(text.replace(".", "")))

    def _bare_mac(self, found: re.Match[str]) -> str:
        """Return a MAC address without the usual marks; what is none that was seen may be anything else."""
        if not self._is_mac(found[0]):
            return found[0]
        digits = self.addresses.mac(bytes.fromhex(found[0].replace(".", ""))).hex()
        return ".".join((digits[:4], digits[4:8], digits[8:])) if "." in found[0] else digits

    def _dashed(self, found: re.Match[str]) -> str:
        try:
            address = IPv4Address(found[0].replace("-", "."))
        except ValueError:
            return found[0]
        return str(IPv4Address(self.addresses.v4(address.packed))).replace(".", "-")

    def _ipv4(self, found: re.Match[str]) -> str:
        try:
            address = IPv4Address(found[1])
            if found[2]:
                self.addresses.network(IPv4Network(found[0], strict=False))
        except ValueError:
            return found[0]
        return f"{IPv4Address(self.addresses.v4(address.packed))}{found[2] or ''}"

    def _ipv6(self, found: re.Match[str]) -> str:
        try:
            return str(IPv6Address(self.addresses.v6(IPv6Address(found[0]).packed)))
        except AddressValueError:
            return found[0]


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
