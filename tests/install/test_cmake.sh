#!/bin/sh
# A CMake project uses sensorhub::sensorhub, ::shared and ::static the same way whether it finds
# the library installed, moved elsewhere after that, or makes it part of its own build.
. "$(dirname "$0")/stage.sh"
consumer=$SHUB_SOURCE/tests/install/consumer

# builds NAME CMAKE_OPTION...
builds()
{
    name=$1
    shift
    cmake -S "$consumer" -B "$work/$name" -G Ninja -DCMAKE_C_COMPILER="$CC" "$@" \
        >"$work/$name.log" &&
        cmake --build "$work/$name" --target consumer_sensorhub consumer_shared \
            consumer_static >>"$work/$name.log" || {
        tail -n 30 "$work/$name.log"
        exit 1
    }
    for kind in sensorhub shared static; do
        "$work/$name/consumer_$kind" | grep -q '"quantity":"power"'
    done
    if readelf -d "$work/$name/consumer_static" | grep 'NEEDED.*libsensorhub'; then
        echo "$name: consumer_static is linked with the shared library"
        exit 1
    fi
    echo "$name: built and ran"
}

builds installed -DCMAKE_PREFIX_PATH="$installed"
mv "$stage" "$work/moved"
builds moved -DCMAKE_PREFIX_PATH="$work/moved$prefix"
builds subdirectory -DSENSORHUB_SOURCE="$SHUB_SOURCE"
