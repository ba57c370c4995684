from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox.removal import remove_tree
from tests import ordinary


def test_a_folder_goes_with_all_in_it_and_one_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    remove_tree(tmp_path / "a")
    remove_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kernel
def test_what_other_ids_of_a_user_own_goes_too(open_folder: Path) -> None:
    script = """
from harness.sandbox import removal
folder = Path(sys.argv[1])
ordinary.grant(folder, 200000, 65536)
tree = folder / "tree"
(tree / "inner").mkdir(parents=True)
(tree / "inner" / "file").touch()
os.chown(tree, ordinary.USER, ordinary.USER)
os.chown(tree / "inner", 200010, 200010)
os.chown(folder, ordinary.USER, ordinary.USER)
ordinary.become()
sys.executable = "/usr/bin/python3"  # ours may lie where only root may look
removal.remove_tree(tree)
print(tree.exists())
"""
    assert ordinary.run(script, str(open_folder)) == "False\n"
