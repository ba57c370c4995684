"""Raft messages for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.capture.protocols.raftpb import Entry, Message

unsigned = st.integers(0, 2**64 - 1)
entries = st.builds(Entry, st.integers(0, 2), unsigned, unsigned, st.binary(max_size=40))
messages = st.builds(
    Message,
    type=st.integers(2, 18),
    receiver=st.integers(1, 2**64 - 1),
    sender=st.integers(1, 2**64 - 1),
    term=unsigned,
    log_term=unsigned,
    index=unsigned,
    entries=st.lists(entries, max_size=3).map(tuple),
    commit=unsigned,
    snapshot_index=unsigned,
    snapshot_term=unsigned,
    reject=st.booleans(),
    reject_hint=unsigned,
    context=st.binary(max_size=16),
)
