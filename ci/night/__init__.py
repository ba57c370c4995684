"""The nightly matrix: cells as data, a run of each, and what is remembered of all nights.

It runs on Python alone, before anything is installed; what scenarios need is set up when the first cell runs.
"""
