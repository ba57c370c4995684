"""Captures as files: pcap and pcapng in, pcapng out, parts of them cut out and put together."""
