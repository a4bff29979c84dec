#!/bin/sh
# run.sh NAME ORDER COMPILER EMULATOR OPTIONS...: the unit tests of the modules that need
# libc and libm alone, built by COMPILER once with each OPTIONS and run by EMULATOR (empty:
# by this machine), which must be big, little or any. They are run by runner.c, where
# stand_in/ has what they use of check and jansson; those that need OpenSSL are left out.
# Linked is every source of these modules, nothing else of the library, and no other one.
set -eu
name=$1
order=$2
compiler=$3
emulator=$4
shift 4

modules="base sample payload uplink clair"
support="cases memdisk memfs payload_cases samples suite tables uplink_cases"
tests=$SHUB_SOURCE/tests
# gcc takes each snprintf of a path for one that may be cut; clang does not know of it.
flags="-std=c11 -Wall -Wextra -Werror -Wno-format-truncation -Wno-unknown-warning-option
    -D_GNU_SOURCE= -D_FILE_OFFSET_BITS=64 -I. -I$tests/bigendian/stand_in -I$tests
    -I$SHUB_SOURCE/libsensorhub -I$SHUB_SOURCE/include -I$SHUB_BUILD/include"

# Lines: a source, its object, and what is said of it alone.
module_sources()
{
    for module in $modules; do
        for source in "$SHUB_SOURCE/libsensorhub/$module"/*.c; do
            echo "$source $module-$(basename "$source" .c).o"
        done
    done
}

test_sources()
{
    for module in $modules; do
        for source in "$tests/unit/test_${module}"_*.c; do
            program=$(basename "$source" .c)
            grep -q '^#include <openssl/' "$source" ||
                echo "$source $program.o -DSHUB_PROGRAM=$program"
        done
    done
    for source in $support; do
        echo "$tests/support/$source.c support-$source.o"
    done
    for source in runner stand_in/check stand_in/jansson; do
        echo "$tests/bigendian/$source.c $(basename "$source").o"
    done
}

folder=$PWD/bigendian/$name
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
{
    module_sources
    test_sources
} >sources
sed -n 's/.*-DSHUB_PROGRAM=\(.*\)/PROGRAM(\1)/p' sources >programs.h

for options; do
    echo "$name, $compiler $options: $(wc -l <sources) sources"
    # shellcheck disable=SC2016 # the words are the inner shell's
    xargs -P "$(nproc)" -L 1 sh -c '"$0" $1 -c "$2" -o "$3" $4 || exit 255' \
        "$compiler" "$flags $options" <sources
    "$compiler" -static ./*.o -lm -o runner
    ${emulator:+"$emulator"} ./runner "$order"
done
