"""The blocks and options of pcapng files, by their numbers (draft-ietf-opsawg-pcapng, sections 3 and 4)."""

from __future__ import annotations

import struct

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6

BYTE_ORDER_MAGIC = 0x1A2B3C4D
MAGIC = struct.pack("<I", SECTION_HEADER)
"""How a file begins, in either byte order."""

LARGEST_BLOCK = 1 << 24
"""Bytes; what claims to be larger is taken for damage."""

# Option codes: 1 to 4 mean the same in every block or depend on the block's type.
COMMENT = 1
IF_NAME = 2
EPB_FLAGS = 2
SHB_APPLICATION = 4
IF_TSRESOL = 9
IF_TSOFFSET = 14
END_OF_OPTIONS = bytes(4)

DIRECTIONS = {"in": 1, "out": 2}
"""What the lowest two bits of an enhanced packet block's flags mean (section 4.3.1)."""
