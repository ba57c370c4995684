from __future__ import annotations

from harness.topology import ports


def test_the_ports_are_those_of_the_deployment_guide() -> None:
    documented = {
        "CHAINFIRE_CLIENT": 2379,
        "CHAINFIRE_RAFT": 2380,
        "GOSSIP": 2381,
        "FLAREDB_CLIENT": 2479,
        "FLAREDB_RAFT": 2480,
        "IAM": 8080,
        "PLASMAVMC": 8081,
        "PRISMNET": 8082,
        "FLASHDNS": 8053,
        "FIBERLB": 8084,
        "LIGHTNINGSTOR": 8085,
        "K8SHOST": 8086,
    }
    assert {name: getattr(ports, name) for name in documented} == documented


def test_no_two_services_share_a_port() -> None:
    numbers = [value for name, value in vars(ports).items() if name.isupper()]
    assert len(set(numbers)) == len(numbers)
