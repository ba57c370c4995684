"""What the plugin's parts leave for each other with pytest's configuration and nodes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

if TYPE_CHECKING:
    from harness.lab import Lab
    from harness.workbench import Workbench

workbench_key: pytest.StashKey[Workbench] = pytest.StashKey()
"""With the configuration: what all labs of this process share."""
lab_key: pytest.StashKey[Lab] = pytest.StashKey()
"""With the configuration: the lab that is there now."""
screen_key = pytest.StashKey[TextIO]()
"""With the configuration: where a user reads at once."""
summaries_key = pytest.StashKey[dict[str, str]]()
"""With the configuration: what each lab said at its end, by its evidence folder."""

evidence_key = pytest.StashKey[Path]()
"""With a module: the evidence folder of its lab."""
failed_key = pytest.StashKey[bool]()
"""With a module: one of its scenarios failed."""
broken_key = pytest.StashKey[str]()
"""With a module: why its lab can't be used any more."""
told_key = pytest.StashKey[set[tuple[str, str]]]()
"""With a module: the phases of its machines that are among the properties of a scenario by now."""
violated_key = pytest.StashKey[set[str]]()
"""With a module: the invariants that were broken on its lab's wire by now."""

REPRODUCED = "reproduced"
"""The property of a scenario from the field that says how often its signature came back."""
