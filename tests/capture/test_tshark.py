"""The decoders beside tshark: the same fields of the same files."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from pathlib import Path

import pytest

from harness.capture import events as ev
from harness.capture.timeline import Timeline, read
from tests.capture import tshark

DATA = Path(__file__).parent / "data"
PXE = [DATA / "pxe-uefi.pcapng", DATA / "pxe-bios.pcapng"]
VXLAN = DATA / "vxlan-linux.pcapng"
BIRD, FRR = DATA / "bgp-bird.pcap", DATA / "bgp-frr-evpn.pcap"
VRRP = DATA / "vrrp-keepalived.pcap"
QINQ = DATA / "qinq.pcap"

VXLAN_PORT = ("udp.port==8472,vxlan",)
"""Of VXLAN's ports, tshark knows 4789 only."""

NOT_QUOTED = "!(icmp.type == 3 && icmp.code == 4) && !(icmp.type == 11)"
"""Tshark decodes the packet that an error quotes as if it were there."""


def frame(layers: tshark.Layers) -> int:
    return int(layers["frame.number"][0])


def by_frame(timeline: Timeline, kind: type[ev.Event]) -> list[ev.Event]:
    return sorted(timeline.of(kind), key=lambda event: event.frame)


@pytest.mark.parametrize("path", [*PXE, QINQ], ids=lambda path: path.stem)
def test_dhcp(path: Path) -> None:
    names = (
        "type",
        "id",
        "hops",
        "secs",
        "flags",
        "ip.client",
        "ip.your",
        "ip.server",
        "ip.relay",
        "hw.mac_addr",
        "file",
    )
    options = {
        "dhcp.option.type": None,
        "dhcp.option.dhcp": 53,
        "dhcp.option.dhcp_server_id": 54,
        "dhcp.option.ip_address_lease_time": 51,
        "dhcp.option.requested_ip_address": 50,
        "dhcp.option.subnet_mask": 1,
        "dhcp.option.router": 3,
        "dhcp.option.domain_name_server": 6,
        "dhcp.option.vendor_class_id": 60,
        "dhcp.option.request_list_item": 55,
        "dhcp.option.client_system_architecture": 93,
        "dhcp.option.tftp_server_name": 66,
        "dhcp.option.bootfile_name": 67,
        "dhcp.option.dhcp_max_message_size": 57,
    }
    found = tshark.fields(path, "dhcp", *(f"dhcp.{name}" for name in names), *options)
    events = by_frame(read(path), ev.DhcpEvent)
    assert [event.frame for event in events] == [frame(layers) for layers in found]
    assert len(events) >= (2 if path == QINQ else 10)
    for event, layers in zip(events, found, strict=True):
        assert isinstance(event, ev.DhcpEvent)
        said = event.standard()
        numbers = [("op", "type"), ("xid", "id"), ("hops", "hops"), ("secs", "secs"), ("flags", "flags")]
        for ours, theirs in numbers:
            assert said[ours] == int(layers[f"dhcp.{theirs}"][0], 0)
        for ours, theirs in (("ciaddr", "client"), ("yiaddr", "your"), ("siaddr", "server"), ("giaddr", "relay")):
            assert str(said[ours]) == layers[f"dhcp.ip.{theirs}"][0]
        assert (said["chaddr"], said["file"]) == (layers["dhcp.hw.mac_addr"][0], layers.get("dhcp.file", [""])[0])
        codes = [int(code) for code in layers["dhcp.option.type"]]
        assert [code for code, _ in event.options] == [code for code in dict.fromkeys(codes) if code not in {0, 255}]
        types = ("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")
        for name, code in options.items():
            if code is not None and name in layers:
                theirs_said = layers[name]
                value = event.option(code)
                if code == 53:
                    assert value == types[int(theirs_said[0]) - 1]
                elif isinstance(value, tuple):
                    assert [int(one, 0) if one[0] != "1" or "." not in one else one for one in theirs_said] == [
                        one if isinstance(one, int) else str(one) for one in value
                    ]
                else:
                    # Tshark shows the parts of a long option one by one (RFC 3396 has them be one).
                    assert str(value) == "".join(theirs_said)


def test_tftp() -> None:
    path = PXE[0]
    names = ("opcode", "source_file", "destination_file", "type", "option.name", "option.value", "block.full")
    found = tshark.fields(path, "tftp", *(f"tftp.{name}" for name in names), "tftp.error.code", "udp.length")
    said = [layers for layers in found if layers["tftp.opcode"][0] in {"1", "2", "5", "6"}]
    events = [event for event in read(path) if isinstance(event, ev.TftpEvent)]
    assert [event.frame for event in events if not isinstance(event, ev.TftpComplete)] == [frame(one) for one in said]
    for layers in said:
        (event,) = [event for event in events if event.frame == frame(layers)]
        assert event.standard()["opcode"] == int(layers["tftp.opcode"][0])
        if isinstance(event, ev.TftpRequest):
            assert (event.file, event.mode) == (layers["tftp.source_file"][0], layers["tftp.type"][0])
        if isinstance(event, ev.TftpRequest | ev.TftpOptions):
            theirs = zip(layers["tftp.option.name"], layers["tftp.option.value"], strict=True)
            assert event.options == tuple((name.lower(), value) for name, value in theirs)
        if isinstance(event, ev.TftpError):
            assert event.code == int(layers["tftp.error.code"][0])
    blocks = {layers["tftp.block.full"][0]: layers for layers in found if layers["tftp.opcode"][0] == "3"}
    (complete,) = [event for event in events if isinstance(event, ev.TftpComplete)]
    assert complete.blocks == len(blocks) == max(int(block) for block in blocks)
    assert complete.octets == sum(int(layers["udp.length"][0]) - 12 for layers in blocks.values())
    sent = Counter(layers["tftp.block.full"][0] for layers in found if layers["tftp.opcode"][0] == "3")
    assert complete.retransmitted == sent.total() - len(blocks)


@pytest.mark.parametrize("path", PXE, ids=lambda path: path.stem)
def test_http(path: Path) -> None:
    names = ("http.request.method", "http.request.uri", "http.host", "http.user_agent")
    asked = tshark.fields(path, "http.request", *names)
    wire = read(path)
    requests = [
        [event.frame, event.method, event.target, event.host, event.user_agent] for event in wire.http.requests()
    ]
    assert sorted(requests) == sorted([[frame(one), *(one.get(name, [""])[0] for name in names)] for one in asked])
    assert requests
    answered = tshark.fields(
        path, "http.response", "http.response.code", "http.content_length_header", ports=VXLAN_PORT
    )
    theirs = Counter((int(one["http.response.code"][0]), int(one["http.content_length_header"][0])) for one in answered)
    ours = Counter((event.status, event.content_length) for event in wire.http.responses())
    # tshark tells a response at its end, and one whose bulk was taken out not at all.
    assert all(ours[response] >= count for response, count in theirs.items())


def test_vxlan() -> None:
    names = ("vxlan.vni", "vxlan.flags", "ip.src", "eth.src", "eth.dst", "udp.dstport", "ip.dst")
    found = tshark.fields(VXLAN, f"vxlan && {NOT_QUOTED}", *names, ports=VXLAN_PORT)
    events = by_frame(read(VXLAN), ev.VxlanFrame)
    assert [event.frame for event in events] == [frame(layers) for layers in found]
    assert {layers["vxlan.vni"][0] for layers in found} == {"200", "201"}
    for event, layers in zip(events, found, strict=True):
        assert isinstance(event, ev.VxlanFrame)
        assert event.vni == int(layers["vxlan.vni"][0])
        assert event.flags == int(layers["vxlan.flags"][0], 0) >> 8
        assert [event.sent_by, event.inner_sent_by] == layers["eth.src"]
        assert [event.sent_to, event.inner_sent_to] == layers["eth.dst"]
        assert [event.src, event.dst, event.dst_port] == [
            layers["ip.src"][0],
            layers["ip.dst"][0],
            int(layers["udp.dstport"][0]),
        ]
        if len(layers["ip.src"]) > 1:
            assert (event.inner_src, event.inner_dst) == (layers["ip.src"][1], layers["ip.dst"][1])


def test_what_did_not_get_through_a_tunnel() -> None:
    names = ("icmp.code", "icmp.mtu", "udp.dstport")
    found = tshark.fields(VXLAN, "icmp.type == 3", *names, ports=VXLAN_PORT)
    events = by_frame(read(VXLAN), ev.IcmpUnreachable)
    assert [event.frame for event in events] == [frame(layers) for layers in found]
    assert [event.code for event in events if isinstance(event, ev.IcmpUnreachable)] == [
        int(layers["icmp.code"][0]) for layers in found
    ]
    (too_big,) = [event for event in events if isinstance(event, ev.IcmpPacketTooBig)]
    (theirs,) = [layers for layers in found if "icmp.mtu" in layers]
    assert too_big.mtu == int(theirs["icmp.mtu"][0]) == 1400
    assert too_big.quoted_dst_port == int(theirs["udp.dstport"][0]) == 4789


def test_echoes_within_a_tunnel_are_whole_again() -> None:
    found = tshark.fields(
        VXLAN, f"(icmp.type == 8 || icmp.type == 0) && {NOT_QUOTED}", "icmp.ident", "icmp.seq", ports=VXLAN_PORT
    )
    events = by_frame(read(VXLAN), ev.IcmpEcho)
    ours = [(event.frame, event.identifier, event.sequence) for event in events if isinstance(event, ev.IcmpEcho)]
    theirs = [(frame(one), int(one["icmp.ident"][0]), int(one["icmp.seq"][0])) for one in found]
    assert ours == theirs
    assert {event.length for event in events if isinstance(event, ev.IcmpEcho)} == {56, 1400, 2000}


@pytest.mark.parametrize("path", [BIRD, FRR], ids=lambda path: path.stem)
def test_bgp(path: Path) -> None:
    names = ["type", "open.myas", "open.holdtime", "open.identifier", "cap.type", "cap.4as", "notify.major_error"]
    names += ["notify.minor_error_cease", "route_refresh.afi", "route_refresh.safi", "update.path_attribute.origin"]
    names += [
        "update.path_attribute.next_hop",
        "nlri_prefix",
        "withdrawn_prefix",
        "prefix_length",
        "mp_reach_nlri_ipv6_prefix",
    ]
    names += ["update.path_attribute.as_path_segment.as4", "update.path_attribute.multi_exit_disc", "evpn.nlri.rt"]
    found = tshark.fields(path, "bgp && !tcp.analysis.retransmission", *(f"bgp.{name}" for name in names))
    numbers = {ev.BgpOpen: 1, ev.BgpUpdate: 2, ev.BgpNotification: 3, ev.BgpKeepalive: 4, ev.BgpRouteRefresh: 5}
    events = [event for event in read(path) if isinstance(event, ev.BgpEvent)]
    ours: dict[int, list[ev.BgpEvent]] = {}
    for event in events:
        ours.setdefault(event.frame, []).append(event)
    assert list(ours) == [frame(layers) for layers in found]
    for layers in found:
        here = ours[frame(layers)]
        assert [numbers[type(event)] for event in here] == [int(one) for one in layers["bgp.type"]]
        for event in here:
            if isinstance(event, ev.BgpOpen):
                assert event.my_as == int(layers["bgp.open.myas"][0])
                assert event.hold_time == int(layers["bgp.open.holdtime"][0])
                assert event.bgp_id == layers["bgp.open.identifier"][0]
                assert len(event.capabilities) == len(layers["bgp.cap.type"])
                assert event.asn == int(layers["bgp.cap.4as"][0])
            if isinstance(event, ev.BgpNotification):
                assert event.error_code == int(layers["bgp.notify.major_error"][0])
                assert event.error_subcode == int(layers.get("bgp.notify.minor_error_cease", ["0"])[0])
        refreshes = [event for event in here if isinstance(event, ev.BgpRouteRefresh)]
        assert [event.afi for event in refreshes] == [int(one) for one in layers.get("bgp.route_refresh.afi", [])]
        assert [event.safi for event in refreshes] == [int(one) for one in layers.get("bgp.route_refresh.safi", [])]
        updates = [event for event in here if isinstance(event, ev.BgpUpdate)]
        four = [
            route.partition("/")[0]
            for update in updates
            for route in update.announced
            if "." in route and "[" not in route
        ]
        assert four == layers.get("bgp.nlri_prefix", [])
        gone = [route.partition("/")[0] for update in updates for route in update.withdrawn if "." in route]
        assert gone == layers.get("bgp.withdrawn_prefix", [])
        six = [
            route.partition("/")[0]
            for update in updates
            for route in update.announced
            if ":" in route and "[" not in route
        ]
        assert six == [str(ip_address(one)) for one in layers.get("bgp.mp_reach_nlri_ipv6_prefix", [])]
        origins = {"0": "IGP", "1": "EGP", "2": "INCOMPLETE"}
        assert [update.origin for update in updates if update.origin] == [
            origins[one] for one in layers.get("bgp.update.path_attribute.origin", [])
        ]
        path_numbers = " ".join(update.as_path for update in updates if update.as_path).split()
        assert path_numbers == layers.get("bgp.update.path_attribute.as_path_segment.as4", [])
        vpn = [route for update in updates for route in update.announced if "[" in route]
        assert [route.partition("[")[2][0] for route in vpn] == layers.get("bgp.evpn.nlri.rt", [])
    assert {type(event) for event in events} >= {ev.BgpOpen, ev.BgpUpdate, ev.BgpKeepalive}


def test_bfd() -> None:
    names = ["version", "diag", "sta", "flags.p", "flags.f", "detect_time_multiplier", "my_discriminator"]
    names += ["your_discriminator", "desired_min_tx_interval", "required_min_rx_interval", "required_min_echo_interval"]
    found = tshark.fields(BIRD, "bfd", *(f"bfd.{name}" for name in names))
    events = by_frame(read(BIRD), ev.BfdControl)
    assert [event.frame for event in events] == [frame(layers) for layers in found]
    states = ("AdminDown", "Down", "Init", "Up")
    for event, layers in zip(events, found, strict=True):
        assert isinstance(event, ev.BfdControl)
        theirs = {name: int(layers[f"bfd.{name}"][0], 0) for name in names}
        said = event.standard()
        assert (event.version, said["diag"], said["sta"]) == (theirs["version"], theirs["diag"], states[theirs["sta"]])
        assert ("poll" in event.flags, "final" in event.flags) == (theirs["flags.p"], theirs["flags.f"])
        assert event.multiplier == theirs["detect_time_multiplier"]
        assert event.my_discriminator == theirs["my_discriminator"]
        assert event.your_discriminator == theirs["your_discriminator"]
        for name in ("desired_min_tx_interval", "required_min_rx_interval", "required_min_echo_interval"):
            assert said[name] == theirs[name]
    assert {event.state for event in events if isinstance(event, ev.BfdControl)} >= {"Down", "Init", "Up"}
    assert {event.diagnostic for event in events if isinstance(event, ev.BfdControl)} >= {0, 1}


def test_vrrp() -> None:
    names = [
        "version",
        "virt_rtr_id",
        "prio",
        "addr_count",
        "adver_int",
        "short_adver_int",
        "auth_type",
        "ip_addr",
        "ipv6_addr",
    ]
    found = tshark.fields(VRRP, "vrrp", *(f"vrrp.{name}" for name in names))
    events = by_frame(read(VRRP), ev.VrrpAdvertisement)
    assert [event.frame for event in events] == [frame(layers) for layers in found]
    for event, layers in zip(events, found, strict=True):
        assert isinstance(event, ev.VrrpAdvertisement)
        assert event.version == int(layers["vrrp.version"][0])
        assert (event.vrid, event.priority) == (int(layers["vrrp.virt_rtr_id"][0]), int(layers["vrrp.prio"][0]))
        assert len(event.addresses) == int(layers["vrrp.addr_count"][0])
        assert list(event.addresses) == (layers.get("vrrp.ip_addr") or layers.get("vrrp.ipv6_addr"))
        if event.version == 2:
            assert event.interval == int(layers["vrrp.adver_int"][0]) * 1000
            assert event.authentication == int(layers["vrrp.auth_type"][0])
        else:
            assert event.interval == int(layers["vrrp.short_adver_int"][0]) * 10
    assert {event.vrid for event in events if isinstance(event, ev.VrrpAdvertisement)} == {51, 52, 53}
    assert any(event.resigns for event in events if isinstance(event, ev.VrrpAdvertisement))


def test_tags() -> None:
    found = tshark.fields(QINQ, "vlan || ieee8021ad", "ieee8021ad.id", "vlan.id")
    outer = {event.frame: event for event in read(QINQ) if not event.tunnels}
    theirs = {
        frame(layers): [int(one) for one in layers.get("ieee8021ad.id", []) + layers["vlan.id"]] for layers in found
    }
    assert len({tuple(tags) for tags in theirs.values()}) >= 3
    for number, event in outer.items():
        inner = event.inner_vlans if isinstance(event, ev.VxlanFrame) else ()
        assert [*event.vlans, *inner] == theirs[number]
