"""Words that say nothing of anybody: what programs, formats and protocols call things."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


DOMAINS = words_of(
    "local localdomain localhost lan home internal intranet arpa in-addr ip6 com net org edu gov mil int io dev"
    " info biz cloud cluster svc corp lab example test de uk fr jp cn us eu ch at nl se no fi dk pl it es ru br ca"
    " au in"
)
"""Labels at the end of names that stay, since everybody has them."""

WORDS = words_of(
    # boot programs and files
    "ipxe efi undionly kpxe kkpxe pxe boot bootx64 grub grubx64 shimx64 pxelinux lpxelinux syslinux snponly snp"
    " vmlinuz initrd initramfs kernel bzimage linux rootfs root squashfs img iso cfg conf config default ipxelinux"
    " script http https tftp nfs iscsi tar zst gz xz zip json yaml yml txt sh authorized keys"
    # clients and servers
    " pxeclient httpclient arch undi udhcp dhcpcd dhclient systemd networkd msft anaconda debian ubuntu fedora x86"
    " x64 aarch64 arm64 amd64 busybox curl wget python urllib go client nginx apache server dnsmasq"
    # HTTP
    " get head post put delete ok not found found moved permanently temporarily bad request forbidden internal"
    " error unauthorized unavailable gateway timeout partial content no host user agent accept encoding ranges"
    " range bytes connection keep alive close upgrade length type date last modified etag text plain html"
    " application octet stream gzip deflate identity chunked transfer location cache control max age none gmt mon"
    " tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec charset utf 8 v1 v2 v3 v3beta kv"
    " range txn lease grant revoke watch cluster member members list version health healthz livez readyz metrics"
    " status raft stream message msgapp msgappv2 probing snapshot api pprof debug authorization token cookie set"
    " etcd peerurls from to min"
    # TFTP
    " octet netascii tsize blksize windowsize timeout file user aborted the transfer access violation unknown id"
    " disk full option negotiation failed only looking illegal operation"
    # DHCP
    " address in use wrong lease declined requested available static"
)

PROGRAMS = words_of(
    "systemd systemctl journald journal logind udevd kernel cron sshd sudo login init chronyd chrony ntpd ntp"
    " timesyncd time clock etcd etcdctl serf redis sentinel corosync pacemaker consul raft chainfire flaredb iam"
    " fiberlb flashdns haproxy keepalived bird frr nginx dnsmasq docker containerd kubelet qemu libvirtd node"
    " nodes host hosts server servers client leader follower peer peers router switch gateway master slave primary"
    " secondary data db sql cache web api app test prod stage dev admin user users root disk memory network"
    " interface link carrier lost down up timeout error failed failure start started stop stopped starting"
    " stopping reached target service unit process main exited signal status code killed boot reboot power"
    " shutdown watchdog oom invoked out of memory"
)
"""What a host may be called as much as anything else: it is no name in a text."""

PARTS = words_of(
    "management mgmt provisioning cluster client clients storage compute app observability dev test dmz overlay data"
    " backend frontend public private internal external core wan lan tor1 tor2 tor3 spine leaf rack1 rack2 rack3"
)
"""What parts of a network are called anywhere."""
