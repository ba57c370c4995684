"""The package archives that the host's own apt uses, read from its source lists. Pure: text in, values out.

The formats are those of sources.list(5): a line for each archive in `*.list`, a stanza for each in `*.sources`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ONE_LINE = re.compile(
    r"^(?P<types>deb)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s*(?P<components>.*)$"
)
OPTION_FIELDS = {
    "arch": "Architectures",
    "signed-by": "Signed-By",
    "trusted": "Trusted",
    "check-valid-until": "Check-Valid-Until",
}
NOT_LISTED = frozenset({"Types", "URIs", "Suites", "Components", "Enabled"})


@dataclass(frozen=True)
class Source:
    """Archives of packages: each of `uris` serves each of `suites`. `options` are further fields, by deb822 name."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)

    def stanza(self) -> str:
        """Return the source as a stanza of a `*.sources` file."""
        fields = {
            "Types": "deb",
            "URIs": " ".join(self.uris),
            "Suites": " ".join(self.suites),
            "Components": " ".join(self.components),
            **self.options,
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


@dataclass(frozen=True)
class Distribution:
    """A distribution that recipes know: `name` is `debian` or `ubuntu`, `codename` its release, as in `bookworm`."""

    name: str
    codename: str

    @property
    def suites(self) -> frozenset[str]:
        """The suites that make up the release. Backports are none of them: nothing is taken from there unasked."""
        aliases = {"stable", "oldstable"} if self.name == "debian" else set()
        bases = {self.codename, *aliases}
        return frozenset(base + pocket for base in bases for pocket in ("", "-updates", "-security", "/updates"))

    @property
    def components(self) -> tuple[str, ...]:
        """The components that hold the recipes' packages."""
        return ("main", "universe") if self.name == "ubuntu" else ("main",)


def parse_list(text: str) -> list[Source]:
    """Return the enabled binary sources of a `*.list` file. Lines that are no `deb` lines are passed over."""
    found = []
    for line in text.splitlines():
        match = ONE_LINE.match(line.split("#", 1)[0].strip())
        if match:
            components = tuple(match["components"].split())
            found.append(Source((match["uri"],), (match["suite"],), components, _options(match["options"] or "")))
    return found


def _options(text: str) -> dict[str, str]:
    pairs = (word.partition("=")[::2] for word in text.split())
    return {OPTION_FIELDS[name]: value.replace(",", " ") for name, value in pairs if name in OPTION_FIELDS}


def parse_deb822(text: str) -> list[Source]:
    """Return the enabled binary sources of a `*.sources` file. Stanzas without URIs or suites are passed over."""
    return [source for stanza in _stanzas(text) if (source := _source(stanza))]


def _source(fields: Mapping[str, str]) -> Source | None:
    by_name = {name.lower(): value for name, value in fields.items()}
    uris, suites = tuple(by_name.get("uris", "").split()), tuple(by_name.get("suites", "").split())
    enabled = by_name.get("enabled", "yes").strip().lower() not in {"no", "false", "without", "off", "disable", "0"}
    if "deb" not in by_name.get("types", "").split() or not uris or not suites or not enabled:
        return None
    listed = {name.lower() for name in NOT_LISTED}
    options = {name: value for name, value in fields.items() if name.lower() not in listed}
    return Source(uris, suites, tuple(by_name.get("components", "").split()), options)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    name = None
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, None
        elif line[0].isspace() and name is not None:
            # A continued value keeps its lines: an embedded key is one.
            fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def serving(sources: Iterable[Source], distribution: Distribution) -> list[Source]:
    """Return the sources that carry the distribution itself, narrowed to its suites and components.

    Other vendors' archives often name their suite after the distribution's release; they are told apart by the key
    that signs them, and by their components. What neither tells is told later, by the `Origin` of the archive.
    """
    narrowed = (_narrowed(source, distribution) for source in sources if not _foreign_key(source, distribution))
    return [source for source in narrowed if source is not None]


def _narrowed(source: Source, distribution: Distribution) -> Source | None:
    suites = tuple(suite for suite in source.suites if suite in distribution.suites)
    components = tuple(one for one in source.components if one in distribution.components)
    uris = tuple(uri for uri in source.uris if not uri.startswith("cdrom:"))
    return Source(uris, suites, components, source.options) if suites and components and uris else None


def _foreign_key(source: Source, distribution: Distribution) -> bool:
    key = next((value for name, value in source.options.items() if name.lower() == "signed-by"), "")
    return key.startswith("/") and f"{distribution.name}-archive" not in key.rsplit("/", 1)[-1]


def as_file(sources: Sequence[Source]) -> str:
    """Return the sources as the text of one `*.sources` file."""
    return "\n".join(source.stanza() for source in sources)
