from __future__ import annotations

import pytest

from harness.incident.files.configuration import Config, is_config, problem, without_clashes

VALUES = {"node_id": "node01", "raft_addr": "10.0.200.10:2380", "initial_peers": ["node01:2380"]}


def test_a_good_configuration_has_no_problem() -> None:
    assert is_config(VALUES)
    assert problem(VALUES) is None


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"node_id": None}, "node_id is None, expected a text"),
        ({"raft_addr": ["10.0.200.10:2380"]}, "raft_addr is ['10.0.200.10:2380'], expected a text"),
        ({"initial_peers": "node01:2380"}, "initial_peers is 'node01:2380', expected a list"),
        ({"flaredb_peers": [2480]}, "flaredb_peers is [2480], expected a list"),
    ],
)
def test_a_value_of_another_type_is_told(wrong: dict[str, object], why: str) -> None:
    assert why in str(problem(VALUES | wrong))


@pytest.mark.parametrize("other", [[], "node_id", {"name": "node01"}, None])
def test_what_names_no_member_is_no_configuration(other: object) -> None:
    assert not is_config(other)


def test_of_two_that_give_one_name_to_two_addresses_the_one_in_the_folder_of_that_name_counts() -> None:
    copied = Config("node00/cluster-config.json", VALUES | {"raft_addr": "10.0.200.9:2380"})
    right = Config("node01/cluster-config.json", VALUES)
    again = Config("node02/cluster-config.json", VALUES)
    good, bad = without_clashes([copied, right, again])
    assert good == [right, again]
    assert [one.file for one in bad] == ["node00/cluster-config.json"]
    assert "node01/cluster-config.json says otherwise" in bad[0].why
