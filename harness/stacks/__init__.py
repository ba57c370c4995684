"""What is under test, and how to ask it.

`protocol` is what every stack offers: `Stack`, what is put on the machines; `Cluster`, how it is asked when it runs.
`reference` is the stack that comes with the harness; others are found by the entry point group ``harness.stacks``.
"""
