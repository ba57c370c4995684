"""All signatures by name, and those that an incident shows, the most telling first."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.errors import Problem, SpecError
from harness.incident.signatures import journal_signatures
from harness.incident.signatures.boot_signatures import BootNeverEnds, DownloadStalls, NoOffer, TwoDhcpServers
from harness.incident.signatures.clock_signatures import ClockJumps
from harness.incident.signatures.gossip_signatures import HeldForDead
from harness.incident.signatures.journal_signatures import SAYS, MachineBoots, Says, ServiceDies
from harness.incident.signatures.quorum_signatures import SplitBrain, TwoMasters, TwoQuorateRings
from harness.incident.signatures.raft_signatures import LeaderChanged, TermRunsAway, TwoLeaders
from harness.incident.signatures.wire_signatures import (
    AnswersLate,
    ConnectionsRefused,
    FramesResent,
    MemberSilent,
)
from harness.incident.signatures.write_signatures import WriteLost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.signatures.signature import Sighting, Signature, Stage

BY_NAME: Mapping[str, Signature] = MappingProxyType(
    {
        one.name: one
        for one in (
            WriteLost(),
            TwoLeaders(),
            TwoMasters(),
            TwoQuorateRings(),
            TwoDhcpServers(),
            NoOffer(),
            BootNeverEnds(),
            DownloadStalls(),
            TermRunsAway(),
            LeaderChanged(),
            MachineBoots(),
            ServiceDies(),
            ClockJumps(),
            SplitBrain(),
            HeldForDead(),
            ConnectionsRefused(),
            MemberSilent(),
            AnswersLate(),
            FramesResent(),
        )
    }
)
"""Those that say most of what is wrong come first."""


BESIDE_A_FAULT = frozenset(
    {"machine boots", "member silent", "connections refused", "answers are late", "frames are resent"}
)
"""What counts beside a fault only: machines are rebooted in good order, and late or silent is who was not so before."""


def named(name: str) -> Signature:
    """Return the signature of a name; ``says: …`` names any message of a journal. Raises `SpecError` for others."""
    if name.startswith(SAYS) and len(name) > len(SAYS):
        return Says(name.removeprefix(SAYS))
    if name not in BY_NAME:
        near = difflib.get_close_matches(name, BY_NAME, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        expected = f"one of {', '.join(BY_NAME)}, or {SAYS}MESSAGE"
        raise SpecError([Problem("signature", 1, f"{name!r} is no signature{meant}", expected)])
    return BY_NAME[name]


def shown_alone(stage: Stage) -> list[tuple[Signature, Sighting]]:
    """Return the signatures that appeared and are a failure in themselves, where no fault is known."""
    looked = [(one, one.look(stage)) for one in BY_NAME.values() if one.name not in BESIDE_A_FAULT]
    return [(one, sighting) for one, sighting in looked if sighting.appeared]


def shown_by(stage: Stage) -> list[tuple[Signature, Sighting]]:
    """Return the signatures that appeared, the most telling first; a new complaint where there is no other."""
    looked = [(one, one.look(stage)) for one in BY_NAME.values()]
    if seen := [(one, sighting) for one, sighting in looked if sighting.appeared]:
        return seen
    says = journal_signatures.complaint(stage)
    return [(says, says.look(stage))] if says is not None else []
