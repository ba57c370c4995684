"""What runs on the machines of the reference stack: Debian's Python and its standard library, nothing else.

The harness imports the same modules, so that a machine and a scenario speak to a service in one way.
"""
