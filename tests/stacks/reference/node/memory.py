"""FlareDB in memory, for IAM: the same promises, and it can go away."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.stacks.reference.node.etcd import Record, Written


@dataclass
class Memory:
    """A key-value store; while `failure` is set, every call raises it."""

    records: dict[str, tuple[str, int]] = field(default_factory=dict)
    leases: set[int] = field(default_factory=lambda: {0})
    failure: Exception | None = None

    def get(self, key: str) -> Record | None:
        self._check()
        return Record(self.records[key][0], 1) if key in self.records else None

    def put(self, key: str, value: str, *, lease: int = 0) -> Written:
        self._check()
        assert lease in self.leases
        self.records[key] = value, lease
        return Written(1, 1)

    def swap(self, key: str, expected: str | None, value: str) -> Written | None:
        self._check()
        found = self.records.get(key)
        return self.put(key, value) if (found and found[0]) == expected else None

    def delete(self, key: str) -> bool:
        self._check()
        return self.records.pop(key, None) is not None

    def grant(self, seconds: int) -> int:
        self._check()
        assert seconds > 0
        self.leases.add(len(self.leases))
        return len(self.leases) - 1

    def expire(self) -> None:
        """End all leases."""
        self.leases = {0}
        self.records = {key: record for key, record in self.records.items() if record[1] == 0}

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure
