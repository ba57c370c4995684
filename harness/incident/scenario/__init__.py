"""The scenario that shows an incident again, written as files: a topology, a schedule, a test."""
