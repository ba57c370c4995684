"""A network boot that was captured, asked again of a boot server of today, and compared answer by answer."""

from harness.incident.replay.comparison import Comparison as Comparison
from harness.incident.replay.comparison import Outcome as Outcome
from harness.incident.replay.dialogue import DHCP as DHCP
from harness.incident.replay.dialogue import HTTP as HTTP
from harness.incident.replay.dialogue import TFTP as TFTP
from harness.incident.replay.dialogue import Dialogue as Dialogue
from harness.incident.replay.extraction import dialogue_of as dialogue_of
from harness.incident.replay.extraction import dialogues as dialogues
from harness.incident.replay.play import replay as replay
