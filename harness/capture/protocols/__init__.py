"""Decoders, one module per protocol: bytes in, values out, no state but what a conversation needs."""
