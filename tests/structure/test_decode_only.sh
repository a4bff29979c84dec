#!/bin/sh
# A program that only decodes and prints takes libc from the system and at most 64 KiB of
# text from the archive: nothing of curl, SQLite, expat, zlib or threads comes along. One
# prints a sample, the other decodes payloads by any decoder. (Not position-independent: size
# counts the relocations of the tables' pointers as text.)
set -eu
case $SHUB_SANITIZE in ?*)
    echo "a sanitizer's runtime is not libc"
    exit 77
    ;;
esac
check()
{
    program=$PWD/$1
    "$CC" -O2 -I"$SHUB_SOURCE/include" -I"$SHUB_BUILD/include" "$2" \
        "$SHUB_BUILD/libsensorhub.a" \
        -no-pie -nodefaultlibs -lc -Wl,--gc-sections -o "$program"
    "$program"
    needed=$(readelf -d "$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
    case $needed in
    libc.so.* | libc.so.*ld-linux*) ;;
    *)
        echo "$1 needs $needed"
        exit 1
        ;;
    esac
    text=$(size "$program" | awk 'NR == 2 {print $1}')
    echo "$1: $text bytes of text"
    [ "$text" -le 65536 ]
}

check decode_only "$SHUB_SOURCE/tests/install/consumer/consumer.c"
check decode_payload "$SHUB_SOURCE/tests/structure/decode_payload.c"
