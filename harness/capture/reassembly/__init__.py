"""What the network took apart, put together again: IP datagrams and TCP streams."""
