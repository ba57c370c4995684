"""What an answer says, field by field: of DHCP, of TFTP, of HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp, dhcp_options, http_head, tftp
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.dhcp_questions import kind
from harness.incident.replay.dialogue import DHCP, TFTP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.capture.protocols.dhcp import Dhcp
    from harness.capture.protocols.dhcp_fields import Value
    from harness.incident.replay.datagram import Datagram
    from harness.incident.replay.dialogue import Message

END = b"\r\n\r\n"
NONE = "0.0.0.0"  # noqa: S104 - how a field says that there is no address

CONTENT = "content"

BROADCAST = "255.255.255.255"


def fields(message: Message) -> Mapping[str, Value]:
    """Return what a message says by the names of its fields. Raises `Malformed` where it can't be read.

    An HTTP answer's `content` and a TFTP block's are as much as was captured.
    """
    if message.protocol == DHCP:
        return _dhcp(dhcp.parse(message.payload), message.datagram)
    return _tftp(message) if message.protocol == TFTP else _http(message.payload)


def _dhcp(found: Dhcp, datagram: Datagram) -> dict[str, Value]:
    """Return the fields by the names of RFC 2131, and the options by IANA's."""
    said: dict[str, Value] = {
        "message": kind(found),
        "sent to": "everyone" if str(datagram.dst) == BROADCAST else "its address",
        "from port": datagram.src_port,
        "hops": found.hops,
        "xid": found.transaction,
        "secs": found.seconds,
        "broadcast flag": found.broadcast,
        "ciaddr": found.client_address or NONE,
        "yiaddr": found.address or NONE,
        "siaddr": found.next_server or NONE,
        "giaddr": found.relay or NONE,
        "chaddr": found.client,
        "sname": found.sname,
        "file": found.file,
    }
    vendor_class = found.options.get(dhcp.VENDOR_CLASS, b"")
    options = ((code, octets) for code, octets in found.options.items() if code != dhcp.MESSAGE_TYPE)
    return said | {option_name(code): dhcp_options.value(code, octets, vendor_class) for code, octets in options}


def option_name(code: int) -> str:
    """Return what an option is called in a comparison: by its code, with IANA's name where it is known."""
    name = dhcp_options.name(code)
    return f"option {code}" if name == str(code) else f"option {code}, {name}"


def _tftp(message: Message) -> dict[str, Value]:
    packet = tftp.parse(message.payload, message.length)
    match packet:
        case tftp.OptionAck():
            return {"packet": "options", **dict(packet.options)}
        case tftp.Data():
            return {"packet": "data", "block": packet.block, "size": packet.length, CONTENT: message.payload[4:]}
        case tftp.Error():
            return {"packet": "error", "code": packet.code, "message": packet.message}
        case tftp.Ack():
            return {"packet": "acknowledgement", "block": packet.block}
    raise Malformed("a TFTP request where an answer belongs")


def _http(data: bytes) -> dict[str, Value]:
    head, end, body = data.partition(END)
    if not end:
        raise Malformed(f"an HTTP answer's head that is cut after {len(head)} bytes")
    found = http_head.response(head)
    said: dict[str, Value] = {"status": found.status, **dict(found.fields)}
    return {**said, CONTENT: body}
