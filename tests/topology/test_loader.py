from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import SpecError
from harness.topology.loader import load
from harness.topology.location import Location, render
from harness.topology.yaml_source import read

T036 = Path(__file__).parents[2] / "scenarios/topologies/t036.yaml"
TEXT = T036.read_text()
ERRORS = sorted((Path(__file__).parent / "errors").glob("*.yaml"))

junk_text = st.text(alphabet=st.characters(codec="utf-8"), max_size=8)
junk = st.sampled_from(
    ["*x", "&x ", "- ", "{", "}", "[", "]", "<<: ", "\t", "'", '"', "!!python/object:x ", "|\n", ": "]
)


def problems(text: str) -> list[str]:
    """Return the problems of a file with that text, each checked to be at a line of the file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "f.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        try:
            load(path)
        except SpecError as error:
            found = error.problems
        else:
            return []
    assert found
    lines = max(1, text.count("\n") + (not text.endswith("\n")))
    assert all(1 <= problem.line <= lines for problem in found)
    assert all(len(str(problem).splitlines()) == 1 for problem in found)
    return [f"{problem.line}: {problem.message}" for problem in found]


@pytest.mark.parametrize("example", ERRORS, ids=lambda path: path.stem)
def test_the_messages_are_exactly_these(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(example.parent)
    with pytest.raises(SpecError) as caught:
        load(Path(example.name))
    assert f"{caught.value}\n" == example.with_suffix(".txt").read_text()


def test_each_expected_output_has_its_input() -> None:
    folder = Path(__file__).parent / "errors"
    assert {path.stem for path in folder.iterdir()} == {path.stem for path in ERRORS}


def test_t036_is_what_the_documents_say() -> None:
    topology = load(T036)
    assert [str(machine.nics[0].address) for machine in topology.machines] == [f"192.168.100.{i}" for i in (11, 12, 13)]
    assert [machine.nics[0].mac for machine in topology.machines] == [f"52:54:00:00:01:0{i}" for i in (1, 2, 3)]
    assert str(topology.vlans[0].multicast) == "230.0.0.1:1234"


def test_anchors_and_merge_keys_save_typing() -> None:
    shorter = TEXT.replace("  - name: node01\n", "  - &node\n    name: node01\n").replace(
        "  - name: node02\n    role: control-plane\n    memory: 1 GiB\n    disk: 100 GiB\n",
        "  - <<: *node\n    name: node02\n",
    )
    assert len(shorter) < len(TEXT)
    assert problems(shorter) == []


def places(value: object, location: Location = ()) -> Iterator[Location]:
    yield location
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*location, key))
    if isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from places(item, (*location, i))


DATA: Any = read(T036).data
PLACES = [(T036.name, place) for place in list(places(DATA))[1:]]
LARGER = ("photoncloud.yaml", "three-sites.yaml")
WHOLE = {file: read(T036.parent / file).data for file in (T036.name, *LARGER)}


def one_of_each_kind() -> Iterator[tuple[str, Location]]:
    """Yield the first and the last place of each kind in the larger topologies."""
    for file in LARGER:
        kinds: dict[object, list[Location]] = {}
        for place in list(places(WHOLE[file]))[1:]:
            kinds.setdefault(tuple("*" if isinstance(step, int) else step for step in place), []).append(place)
        yield from ((file, place) for some in kinds.values() for place in dict.fromkeys([some[0], some[-1]]))


def with_value(file: str, location: Location, value: object) -> str:
    """Return a topology with another value at a location, as JSON, which is YAML (YAML 1.2.2, section 1.3)."""
    data: Any = json.loads(json.dumps(deepcopy(WHOLE[file])))
    place = data
    for step in location[:-1]:
        place = place[step]
    place[location[-1]] = value
    return json.dumps(data, indent=1)


@pytest.mark.parametrize("wrong", ["?", 0.5, [[]], {"?": 1}, float("nan")], ids=str)
@pytest.mark.parametrize("file,location", PLACES, ids=str)
def test_a_value_of_the_wrong_kind_anywhere_is_that_problem_and_no_other(
    file: str, location: Location, wrong: object, tmp_path: Path
) -> None:
    assert others(tmp_path / "f.yaml", file, location, wrong) == []


@pytest.mark.parametrize("file,location", list(one_of_each_kind()), ids=str)
def test_what_is_wrong_in_a_larger_topology_is_that_problem_and_no_other(
    file: str, location: Location, tmp_path: Path
) -> None:
    assert others(tmp_path / "f.yaml", file, location, [[]]) == []


def others(path: Path, file: str, location: Location, wrong: object) -> list[str]:
    """Return the problems of a topology with one wrong value that are not about that value."""
    path.write_text(with_value(file, location, wrong).replace("NaN", ".nan"))
    with pytest.raises(SpecError) as caught:
        load(path)
    subject = render(read(path).data, location)
    return [one.message for one in caught.value.problems if not one.message.startswith(subject)]


@given(st.text(alphabet=st.characters(codec="utf-8")))
@settings(deadline=None, max_examples=60)
def test_any_text_is_a_topology_or_has_problems(text: str) -> None:
    assert problems(text)


@given(st.binary())
@settings(deadline=None, max_examples=60)
def test_any_bytes_have_problems(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "f.yaml"
        path.write_bytes(content)
        with pytest.raises(SpecError):
            load(path)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_t036_with_a_stretch_of_it_replaced_is_a_topology_or_has_problems(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT)))
    length = data.draw(st.integers(0, 40))
    problems(TEXT[:start] + data.draw(junk | junk_text) + TEXT[start + length :])


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_t036_with_its_lines_shuffled_about_is_a_topology_or_has_problems(data: st.DataObject) -> None:
    lines = TEXT.splitlines(keepends=True)
    some = data.draw(st.lists(st.sampled_from(lines), min_size=1, max_size=12))
    at = data.draw(st.integers(0, len(lines)))
    cut = data.draw(st.integers(0, 12))
    problems("".join([*lines[:at], *some, *lines[at + cut :]]))


words = st.sampled_from(["name", "vlans", "machines", "nics", "stack", "raft", "disk_layout", "volumes", "?"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(values)
@settings(deadline=None, max_examples=60)
def test_any_value_is_a_topology_or_has_problems(value: object) -> None:
    problems(json.dumps(value, ensure_ascii=False))


def test_a_thousand_machines_load_in_seconds() -> None:
    nic = {"name": "eth0", "vlan": "cluster"}
    cards = (
        {"mac": f"52:54:00:00:{i >> 8:02x}:{i & 255:02x}", "address": f"10.0.{i >> 8}.{i & 255}"} for i in range(1000)
    )
    machines = [{"name": f"n{i}", "nics": [nic | card]} for i, card in enumerate(cards, 1)]
    data = {"name": "large", "vlans": [{"name": "cluster", "subnet": "10.0.0.0/16"}], "machines": machines}
    assert len(problems(json.dumps(data))) == 1  # the first address is that of the network
