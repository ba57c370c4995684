"""From power-on to installed, as the real data centre does it.

`boot_server` answers DHCP, TFTP and HTTP (Debian's dnsmasq and nginx); `installer` partitions, fills and restarts a
machine over SSH by the layout that the topology declares; `verify` asks the running machine whether it has that.
`boot_files`, `layout`, `node_files` and `files` are pure: they say what shall be done and written, and do nothing.
"""
