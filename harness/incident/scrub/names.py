"""Names that stand for others: of the same length, with letters for letters and digits for digits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.incident.scrub.vocabulary import DOMAINS, PROGRAMS, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.incident.scrub.key import Key

CONSONANTS, VOWELS, DIGITS = "bcdfghjklmnprstvwz", "aeiou", "0123456789"
CARD = re.compile(
    r"(?:eth|en[ospx]|wl|bond|br|veth|tap|tun|vlan|vxlan|dummy|team|wg|lo|any|ib|usb)[0-9a-z]*|interface|pcapng|pcap|cap"
    r"|jsonl?|journals?|logs?|captures?|dumps?|switch|link|side|point|node|boot|messages|syslog|kern|part|first|second"
    r"|third|uefi|bios|topology|config|[a-z]\d?"
)
SHORTEST = 2
BLANK = "x"
LONGEST_NUMBER = 10
"""Digits of a number that is a size, a port or a version, and nobody's."""
MOST_TRIES = 1000
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*")


class Names:
    """What stands for each name. A name is learnt where it is known to be one, and replaced wherever it stands."""

    def __init__(self, key: Key, keep: Iterable[str] = ()) -> None:
        """Leave the names of `keep` as they are."""
        self._key = key
        self._keep = {one.lower() for one in keep}
        self._stands: dict[str, str] = {}
        self._taken: set[str] = set()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, name: str) -> None:
        """Take notice of a host's or a domain's name; each of its labels is one, but for what everybody says."""
        if not name or ADDRESS.fullmatch(name):
            return
        labels = [one for one in re.split(r"[.\s/]+", name.lower().strip(".")) if one]
        for at, label in enumerate(labels):
            common = label in WORDS or label in PROGRAMS or (at and label in DOMAINS)
            if len(label) >= SHORTEST and label not in self._keep and not label.isdigit() and not common:
                self._known.add(label)
        self._pattern = None

    def insist(self, word: str) -> None:
        """Take notice of a word that has to be replaced, however common it is."""
        if word:
            self._known.add(word.lower())
            self._pattern = None

    def settle(self) -> None:
        """Forget what stood for names so far: now that all are known, none is drawn that is one of the incident's."""
        self._stands.clear()
        self._taken.clear()

    @property
    def originals(self) -> list[str]:
        """The names that were replaced because they are known to be names."""
        return sorted(self._known)

    @property
    def replaced(self) -> int:
        """How many words something else stands for."""
        return len(self._stands)

    def label(self, name: str) -> str:
        """Return the name that stands for a name, whoever's it is, in lower case."""
        low = name.lower()
        if low in self._keep or not low:
            return low
        found = self._stands.get(low)
        if found is None:
            found = self._stands[low] = self._drawn(low)
        return found

    def domain(self, name: str) -> str:
        """Return what stands for a name of several labels; those of well-known domains stay."""
        first, *others = name.split(".")
        return ".".join([self.label(first), *(self.label_of_domain(one) for one in others)])

    def label_of_domain(self, label: str) -> str:
        """Return what stands for one label of a name: a well-known domain's own stays."""
        return label if label.lower() in DOMAINS or not label else self.label(label)

    def in_text(self, text: str, between: Callable[[str], str] = str) -> str:
        """Return a text in which known names are replaced, as words of their own, whatever their case.

        What stands between them is what `between` makes of it.
        """
        found, at = [], 0
        for name in self._every().finditer(text):
            if name[1]:
                found += [between(text[at : name.start()]), self.label(name[0])]
                at = name.end()
        return "".join([*found, between(text[at:])])

    def words(self, text: str) -> str:
        """Return a text in which every word is replaced that is not known to say nothing of anybody."""
        return self._every().sub(
            lambda found: self.label(found[0]) if found[1] or not self._says_nothing(found[0]) else found[0], text
        )

    def plain(self, text: str) -> str:
        """Return the name of a file or of a network card in which the same is done; what cards are called stays."""

        def replaced(found: re.Match[str]) -> str:
            stays = not found[1] and (CARD.fullmatch(found[0]) or self._says_nothing(found[0]))
            return found[0] if stays else self.label(found[0])

        return self._every().sub(replaced, text)

    def _every(self) -> re.Pattern[str]:
        """Return what finds known names, as its first group, and all other words."""
        if self._pattern is None:
            some = sorted(self._known, key=lambda one: (-len(one), one))
            known = "|".join(map(re.escape, some)) or r"(?!)"
            self._pattern = re.compile(
                rf"(?<![A-Za-z0-9])({known})(?![A-Za-z0-9])|[A-Za-z0-9]+", re.IGNORECASE | re.ASCII
            )
        return self._pattern

    def _says_nothing(self, word: str) -> bool:
        low = word.lower()
        number = word.isdigit() and len(word) <= LONGEST_NUMBER
        return low in WORDS or low in DOMAINS or low in self._keep or number or len(word) == 1 or not low.strip(BLANK)

    def _drawn(self, name: str) -> str:
        """Draw a name that is nobody else's, and none of the incident's own."""
        for attempt in range(MOST_TRIES):
            drawn = self._spelt(name, attempt)
            if drawn not in self._taken and drawn not in self._known and drawn != name:
                self._taken.add(drawn)
                return drawn
        return self._spelt(name, MOST_TRIES)  # of so short a name there are no more: two share one

    def _spelt(self, name: str, attempt: int) -> str:
        noise = self._key.noise("name", attempt.to_bytes(4) + name.encode(), len(name))
        return "".join(
            _like(one, octet, before) for one, octet, before in zip(name, noise, " " + name[:-1], strict=False)
        )


def _like(character: str, octet: int, before: str) -> str:
    """Return a character of the same kind; letters take turns, so that a name can be said."""
    if character.isdigit():
        return DIGITS[octet % len(DIGITS)]
    if not character.isascii() or not character.isalnum():
        return character if character in "-_." else "x"
    letters = CONSONANTS if before not in CONSONANTS else VOWELS
    return letters[octet % len(letters)]
