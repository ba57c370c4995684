"""The reference stack: Debian's etcd, serf and Python under the documents' names (see ``docs/stacks.md``)."""

from harness.stacks.reference.stack import ReferenceStack

__all__ = ["ReferenceStack"]
