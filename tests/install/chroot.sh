#!/bin/sh
# chroot.sh [WHAT...]: makes a fresh Debian 12 (minbase, nothing else), clones the project
# into it and runs `./dev WHAT` there, each in turn; without WHAT demo, then check. As root,
# with mmdebstrap and a network; run by hand. SHUB_KEEP=1 keeps the folder.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)

[ "$(id -u)" = 0 ] || {
    echo "needs root"
    exit 77
}
command -v mmdebstrap >/dev/null || {
    echo "mmdebstrap is not installed"
    exit 77
}
# In a mount namespace of our own nothing stays mounted, however this ends.
[ -n "${SHUB_CHROOT_INSIDE:-}" ] ||
    SHUB_CHROOT_INSIDE=1 exec unshare --mount --propagation private sh "$0" "$@"

work=$(mktemp -d "${TMPDIR:-/tmp}/shub-chroot.XXXXXX")
root=$work/root

finish()
{
    umount -R "$root/proc" "$root/dev/shm" "$root/dev/pts" 2>/dev/null || :
    if [ -n "${SHUB_KEEP:-}" ] || grep -q " $root/" /proc/self/mounts; then
        echo "kept: $root"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

timed()
{
    begin=$(date +%s)
    echo "== $*"
    "$@"
    echo "== $(($(date +%s) - begin)) s: $*"
}

# The packages come from where this machine gets them.
set -- "${@:-}"
sources=/etc/apt/sources.list.d/debian.sources
[ -s $sources ] || sources=/etc/apt/sources.list
[ -s $sources ] || sources=
options=$(grep -ls '^ *Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* | sed 's/^/--aptopt=/') || :
# shellcheck disable=SC2086
timed mmdebstrap --quiet --variant=minbase $options bookworm "$root" $sources

mount -t proc proc "$root/proc"
mkdir -p "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git clone -q "$source" "$root/src"

in_root()
{
    chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

if [ -z "$1" ]; then
    timed in_root /src/dev demo
    timed in_root /src/dev check
else
    for what; do
        # shellcheck disable=SC2086 # "check all" is two words
        timed in_root /src/dev $what
    done
fi
in_root sh -c 'test ! -e /usr/sbin/policy-rc.d' || {
    echo "policy-rc.d was left behind"
    exit 1
}
