"""Evidence that can be handed over: the same incident under other addresses and names, without what was said."""

from harness.incident.scrub.folder import scrub as scrub
from harness.incident.scrub.report import Report as Report
