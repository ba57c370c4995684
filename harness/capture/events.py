"""What was seen on the wire: one frozen value per thing that happened, each with the frame that proves it.

Every event carries the frame at which it was complete: for a message that spans several segments, the last of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from harness.capture.protocols import ethernet

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from harness.capture.frames import Frame

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Origin(NamedTuple):
    """Where an event comes from: the first fields of each event."""

    time: int
    link: str
    frame: int
    sent_by: str
    sent_to: str

    @classmethod
    def of(cls, frame: Frame) -> Origin:
        """Return a frame's own origin; what a frame is too short for is empty."""
        data = frame.data
        return cls(frame.time, frame.link, frame.number, ethernet.source(data), ethernet.destination(data))


class Endpoint(NamedTuple):
    """An address and a port."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was seen.

    `time` is in nanoseconds since 1970 (UTC), `link` the captured interface, `frame` the frame's number in the capture
    (from 1, as in Wireshark), `sent_by` and `sent_to` the MAC addresses in the frame.
    """

    protocol: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    time: int
    link: str
    frame: int
    sent_by: str
    sent_to: str

    def __init_subclass__(cls) -> None:
        cls.kind = _WORD_START.sub("-", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class Undecodable(Event):
    """Bytes that could not be read: of which protocol they should have been, and why they are not."""

    protocol = "undecodable"

    expected: str
    reason: str


# --- ARP (RFC 826) ---


@dataclass(frozen=True, slots=True)
class ArpEvent(Event):
    """A machine speaks for an address."""

    protocol = "arp"

    sender: IPv4Address
    target: IPv4Address


@dataclass(frozen=True, slots=True)
class ArpRequest(ArpEvent):
    """A machine asks who has `target`."""


@dataclass(frozen=True, slots=True)
class ArpReply(ArpEvent):
    """A machine says that it has `sender`."""


# --- DHCP (RFC 2131, 2132) ---


@dataclass(frozen=True, slots=True)
class DhcpEvent(Event):
    """A DHCP message about one client.

    `client` is the client's MAC address, whoever sent the frame. `address` is the address that is offered or leased,
    `requested` the one that the client asks for, `server` the server's identifier, `next_server` and `boot_file` what
    to boot, from the fixed fields or from options 66 and 67. `user_class` (option 77), `vendor_class` (60) and
    `architectures` (93, RFC 4578) say what the client is. `server_port` is 67, or 4011 for a PXE boot server.
    """

    protocol = "dhcp"

    client: str
    transaction: int
    address: IPv4Address | None
    requested: IPv4Address | None
    server: IPv4Address | None
    next_server: IPv4Address | None
    server_name: str
    boot_file: str
    user_class: tuple[str, ...]
    vendor_class: str
    architectures: tuple[int, ...]
    host_name: str
    server_port: int

    @property
    def from_ipxe(self) -> bool:
        """Whether the client calls itself iPXE by its user class."""
        return "iPXE" in self.user_class

    @property
    def from_pxe(self) -> bool:
        """Whether the client calls itself a PXE client by its vendor class, as firmware and iPXE do."""
        return self.vendor_class.startswith("PXEClient")


@dataclass(frozen=True, slots=True)
class DhcpDiscover(DhcpEvent):
    """A client looks for servers."""


@dataclass(frozen=True, slots=True)
class DhcpOffer(DhcpEvent):
    """A server offers an address or a boot file."""


@dataclass(frozen=True, slots=True)
class DhcpRequest(DhcpEvent):
    """A client asks for what was offered, or for what it had."""


@dataclass(frozen=True, slots=True)
class DhcpAck(DhcpEvent):
    """A server grants it."""


@dataclass(frozen=True, slots=True)
class DhcpNak(DhcpEvent):
    """A server refuses it."""


@dataclass(frozen=True, slots=True)
class DhcpDecline(DhcpEvent):
    """A client found the address in use."""


@dataclass(frozen=True, slots=True)
class DhcpRelease(DhcpEvent):
    """A client gives its address back."""


@dataclass(frozen=True, slots=True)
class DhcpInform(DhcpEvent):
    """A client has an address and asks for the rest."""


# --- TFTP (RFC 1350, 2347, 2348, 2349, 7440) ---


@dataclass(frozen=True, slots=True)
class TftpEvent(Event):
    """A step of a transfer, which is known by the client's endpoint and the file's name."""

    protocol = "tftp"

    client: Endpoint
    file: str


@dataclass(frozen=True, slots=True)
class TftpRequest(TftpEvent):
    """A client wants to read (or, where `write` is true, to write) a file."""

    write: bool
    mode: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TftpOptions(TftpEvent):
    """A server acknowledges options; `size` is the file's size in octets where `tsize` is among them."""

    options: tuple[tuple[str, str], ...]
    size: int | None


@dataclass(frozen=True, slots=True)
class TftpComplete(TftpEvent):
    """The last block of a file was acknowledged: `octets` in `blocks`, of which `missing` blocks were not captured."""

    octets: int
    blocks: int
    missing: int


@dataclass(frozen=True, slots=True)
class TftpError(TftpEvent):
    """Either side ends the transfer. A client that only wants a file's size does so, and nothing is wrong."""

    code: int
    message: str


# --- HTTP/1.x (RFC 9112) ---


@dataclass(frozen=True, slots=True)
class HttpEvent(Event):
    """A part of an exchange between a client and a server."""

    protocol = "http"

    client: Endpoint
    server: Endpoint
    method: str
    target: str


@dataclass(frozen=True, slots=True)
class HttpRequest(HttpEvent):
    """A request's header; `host` and `user_agent` are empty where it has none."""

    host: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class HttpResponse(HttpEvent):
    """A response's header; `content_length` is None where the header does not say.

    `method` and `target` are the request's, and empty where that was not captured.
    """

    status: int
    content_length: int | None


@dataclass(frozen=True, slots=True)
class HttpComplete(HttpEvent):
    """A response's body ended: `octets` were sent, of which `missing` were not kept or not captured.

    `whole` says whether that is all that the header promised.
    """

    status: int
    octets: int
    missing: int
    whole: bool


# --- Raft, as etcd's peers speak it ---


@dataclass(frozen=True, slots=True)
class RaftEntry:
    """An entry of the log: type 0 is a command, 1 and 2 are changes of the membership. `digest` is that of its data."""

    term: int
    index: int
    type: int
    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class RaftMessage(Event):
    """A message between members; see raftpb.Message for its fields.

    `port` is the peer port that it was seen on, `cluster` the cluster's identifier as its connection told it, empty
    where the connection's start was not captured. `sender` and `receiver` are member identifiers, None where neither
    the message nor its connection told.
    """

    protocol = "raft"

    port: int
    cluster: str
    sender: int | None
    receiver: int | None
    term: int
    index: int
    log_term: int
    commit: int
    reject: bool
    reject_hint: int
    entries: tuple[RaftEntry, ...]
    context: bytes


@dataclass(frozen=True, slots=True)
class RaftProposal(RaftMessage):
    """A follower forwards a client's command to the leader."""


@dataclass(frozen=True, slots=True)
class RaftAppend(RaftMessage):
    """The leader of `term` appends `entries` after `index`."""


@dataclass(frozen=True, slots=True)
class RaftAppendResponse(RaftMessage):
    """A follower's log matches up to `index`, or does not (`reject`)."""


@dataclass(frozen=True, slots=True)
class RaftVote(RaftMessage):
    """A candidate asks for a vote in `term`; its log ends at `index` and `log_term`."""


@dataclass(frozen=True, slots=True)
class RaftVoteResponse(RaftMessage):
    """A member grants its vote, or does not (`reject`)."""


@dataclass(frozen=True, slots=True)
class RaftPreVote(RaftMessage):
    """A member asks whether it could win `term`, which has not begun."""


@dataclass(frozen=True, slots=True)
class RaftPreVoteResponse(RaftMessage):
    """The answer to that."""


@dataclass(frozen=True, slots=True)
class RaftSnapshot(RaftMessage):
    """The leader of `term` sends its state up to `index` and `log_term`, in place of entries."""


@dataclass(frozen=True, slots=True)
class RaftHeartbeat(RaftMessage):
    """The leader of `term` is alive."""


@dataclass(frozen=True, slots=True)
class RaftHeartbeatResponse(RaftMessage):
    """A follower is alive."""


@dataclass(frozen=True, slots=True)
class RaftTransferLeader(RaftMessage):
    """A leader is asked to make way."""


@dataclass(frozen=True, slots=True)
class RaftTimeoutNow(RaftMessage):
    """A leader tells a follower to start an election at once."""


@dataclass(frozen=True, slots=True)
class RaftReadIndex(RaftMessage):
    """A follower asks up to where a read has to wait."""


@dataclass(frozen=True, slots=True)
class RaftReadIndexResponse(RaftMessage):
    """The answer to that."""


@dataclass(frozen=True, slots=True)
class RaftOther(RaftMessage):
    """A message of a type that has no meaning between members."""

    type: int


# --- gossip: memberlist, and serf within it ---


@dataclass(frozen=True, slots=True)
class GossipEvent(Event):
    """A message of memberlist; `port` is the gossip port that it was sent to."""

    protocol = "gossip"

    port: int


@dataclass(frozen=True, slots=True)
class GossipPing(GossipEvent):
    """A member probes `node`."""

    node: str
    sequence: int


@dataclass(frozen=True, slots=True)
class GossipIndirectPing(GossipEvent):
    """A member asks another one to probe `node`."""

    node: str
    sequence: int


@dataclass(frozen=True, slots=True)
class GossipAck(GossipEvent):
    """A probe is answered."""

    sequence: int


@dataclass(frozen=True, slots=True)
class GossipNack(GossipEvent):
    """An indirect probe found no answer."""

    sequence: int


@dataclass(frozen=True, slots=True)
class GossipAlive(GossipEvent):
    """Somebody says that `node` is alive."""

    node: str
    incarnation: int
    address: str
    node_port: int
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GossipSuspect(GossipEvent):
    """`accuser` suspects that `node` is dead."""

    node: str
    incarnation: int
    accuser: str


@dataclass(frozen=True, slots=True)
class GossipDead(GossipEvent):
    """`accuser` declares `node` dead; a node that declares itself dead leaves."""

    node: str
    incarnation: int
    accuser: str

    @property
    def left(self) -> bool:
        """Whether the node says so itself, because it leaves."""
        return self.accuser == self.node


@dataclass(frozen=True, slots=True)
class SerfMessage(GossipEvent):
    """A message of serf: its `type` in words, its Lamport time, and the node or the event's name that it is about."""

    type: str
    lamport_time: int
    about: str
