#!/bin/sh
# A program that only decodes and prints takes libc from the system and at most 64 KiB of
# text from the archive: nothing of curl, SQLite, expat, zlib or threads comes along.
set -eu
case $SHUB_SANITIZE in ?*)
    echo "a sanitizer's runtime is not libc"
    exit 77
    ;;
esac
program=$PWD/decode_only
"$CC" -O2 -I"$SHUB_SOURCE/include" -I"$SHUB_BUILD/include" \
    "$SHUB_SOURCE/tests/install/consumer/consumer.c" "$SHUB_BUILD/libsensorhub.a" \
    -nodefaultlibs -lc -Wl,--gc-sections -o "$program"
"$program"

needed=$(readelf -d "$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
case $needed in
libc.so.* | libc.so.*ld-linux*) ;;
*)
    echo "needs $needed"
    exit 1
    ;;
esac
text=$(size "$program" | awk 'NR == 2 {print $1}')
echo "$text bytes of text"
[ "$text" -le 65536 ]
