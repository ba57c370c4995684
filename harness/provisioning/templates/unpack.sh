# Fetch a tar archive compressed by zstd and unpack it as it comes: sh -c SCRIPT sh URL TARGET [SHA256]
# POSIX sh has no pipefail, so every stage that fails says so itself; any of them fails the whole.
set -eu
url=$1 target=$2 expected=${3-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed() {
    echo "$1 failed" >>"$work/failures"
}

fetch() {
    wget -q -O - "$url" || failed "fetching $url"
}

fetch_and_hash() {
    mkfifo "$work/copy"
    sha256sum <"$work/copy" >"$work/sum" &
    fetch | tee "$work/copy" || failed "hashing $url"
    wait
}

# Long records (512 KiB) spare tar a quarter of its time in an emulated machine.
if [ -n "$expected" ]; then fetch_and_hash; else fetch; fi |
    { zstd -d -c -q || failed "decompressing"; } |
    { tar -x -p -b 1024 --xattrs --xattrs-include='*' -C "$target" || failed "unpacking into $target"; }

if [ -s "$work/failures" ]; then
    cat "$work/failures" >&2
    exit 1
fi
if [ -n "$expected" ]; then
    read -r found _ <"$work/sum"
    if [ "$found" != "$expected" ]; then
        echo "$url has SHA-256 $found, expected $expected" >&2
        exit 1
    fi
fi
