"""What was seen on the wire: one frozen value per thing that happened, each with the frame that proves it.

Every event carries the frame at which it was complete: for a message that spans several segments, the last of them.
"""

from harness.capture.events.arp import ArpEvent as ArpEvent
from harness.capture.events.arp import ArpReply as ArpReply
from harness.capture.events.arp import ArpRequest as ArpRequest
from harness.capture.events.dhcp import DhcpAck as DhcpAck
from harness.capture.events.dhcp import DhcpDecline as DhcpDecline
from harness.capture.events.dhcp import DhcpDiscover as DhcpDiscover
from harness.capture.events.dhcp import DhcpEvent as DhcpEvent
from harness.capture.events.dhcp import DhcpInform as DhcpInform
from harness.capture.events.dhcp import DhcpNak as DhcpNak
from harness.capture.events.dhcp import DhcpOffer as DhcpOffer
from harness.capture.events.dhcp import DhcpRelease as DhcpRelease
from harness.capture.events.dhcp import DhcpRequest as DhcpRequest
from harness.capture.events.event import Endpoint as Endpoint
from harness.capture.events.event import Event as Event
from harness.capture.events.event import Origin as Origin
from harness.capture.events.event import Tunnel as Tunnel
from harness.capture.events.event import Undecodable as Undecodable
from harness.capture.events.gossip import GossipAck as GossipAck
from harness.capture.events.gossip import GossipAlive as GossipAlive
from harness.capture.events.gossip import GossipDead as GossipDead
from harness.capture.events.gossip import GossipEvent as GossipEvent
from harness.capture.events.gossip import GossipIndirectPing as GossipIndirectPing
from harness.capture.events.gossip import GossipNack as GossipNack
from harness.capture.events.gossip import GossipPing as GossipPing
from harness.capture.events.gossip import GossipSuspect as GossipSuspect
from harness.capture.events.gossip import SerfMessage as SerfMessage
from harness.capture.events.harness import HarnessEvent as HarnessEvent
from harness.capture.events.http import HttpComplete as HttpComplete
from harness.capture.events.http import HttpEvent as HttpEvent
from harness.capture.events.http import HttpRequest as HttpRequest
from harness.capture.events.http import HttpResponse as HttpResponse
from harness.capture.events.raft import RaftAppend as RaftAppend
from harness.capture.events.raft import RaftAppendResponse as RaftAppendResponse
from harness.capture.events.raft import RaftEntry as RaftEntry
from harness.capture.events.raft import RaftHeartbeat as RaftHeartbeat
from harness.capture.events.raft import RaftHeartbeatResponse as RaftHeartbeatResponse
from harness.capture.events.raft import RaftMessage as RaftMessage
from harness.capture.events.raft import RaftOther as RaftOther
from harness.capture.events.raft import RaftPreVote as RaftPreVote
from harness.capture.events.raft import RaftPreVoteResponse as RaftPreVoteResponse
from harness.capture.events.raft import RaftProposal as RaftProposal
from harness.capture.events.raft import RaftReadIndex as RaftReadIndex
from harness.capture.events.raft import RaftReadIndexResponse as RaftReadIndexResponse
from harness.capture.events.raft import RaftSnapshot as RaftSnapshot
from harness.capture.events.raft import RaftTimeoutNow as RaftTimeoutNow
from harness.capture.events.raft import RaftTransferLeader as RaftTransferLeader
from harness.capture.events.raft import RaftVote as RaftVote
from harness.capture.events.raft import RaftVoteResponse as RaftVoteResponse
from harness.capture.events.tftp import TftpComplete as TftpComplete
from harness.capture.events.tftp import TftpError as TftpError
from harness.capture.events.tftp import TftpEvent as TftpEvent
from harness.capture.events.tftp import TftpOptions as TftpOptions
from harness.capture.events.tftp import TftpRequest as TftpRequest
