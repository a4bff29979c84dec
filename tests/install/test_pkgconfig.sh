#!/bin/sh
# Programs build against the installed library by pkg-config: in C99 and C++98, with the
# shared and with the static library.
. "$(dirname "$0")/stage.sh"
consumer=$SHUB_SOURCE/tests/install/consumer/consumer.c
warnings="-Wall -Wextra -Wpedantic -Werror"
expected='{"device":"0x00135003007c2d12","quantity":"power","time":"2015-03-10T17:54:01Z","value":0.944,"unit":"kW"}'
export LD_LIBRARY_PATH="$installed/$libdir"
export PKG_CONFIG_PATH="$installed/$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage"

# builds NAME COMPILER...: the rest of the command line, which must make $work/NAME.
builds()
{
    name=$1
    shift
    "$@" -o "$work/$name"
    got=$("$work/$name")
    [ "$got" = "$expected" ] || {
        echo "$name printed: $got"
        exit 1
    }
    echo "$name: built and ran"
}

[ "$(pkg-config --modversion sensorhub)" = "$(sed -n \
    's/^#define SHUB_VERSION  *"\(.*\)"/\1/p' "$installed/include/sensorhub/version.h")" ]
shared="$(pkg-config --cflags --libs sensorhub)"
static="$(pkg-config --static --cflags --libs sensorhub)"
mkdir "$work/static"
cp "$installed/$libdir/libsensorhub.a" "$work/static"

# shellcheck disable=SC2086 # flags are words
builds c99-shared "$CC" -std=c99 $warnings "$consumer" $shared
# shellcheck disable=SC2086
builds c99-static "$CC" -std=c99 $warnings "$consumer" -L"$work/static" $static
if command -v g++ >/dev/null; then
    # shellcheck disable=SC2086
    builds cxx98-shared g++ -x c++ -std=c++98 $warnings "$consumer" $shared
    # shellcheck disable=SC2086
    builds cxx98-static g++ -x c++ -std=c++98 $warnings "$consumer" -L"$work/static" $static
else
    echo "g++ is not installed: C++ was left out"
fi
readelf -d "$work/c99-shared" | grep -q 'NEEDED.*libsensorhub\.so\.0'
if readelf -d "$work/c99-static" | grep 'NEEDED.*libsensorhub'; then
    echo "c99-static is linked with the shared library"
    exit 1
fi
