"""What decoded messages mean in their order: from datagrams and streams to events, one module per protocol."""
