#!/bin/sh
# The modules that need libc and libm alone do on a big-endian machine what they do here, by
# the same tests: s390x, which is big-endian and has an unsigned char, under qemu, as in
# development and as released. No foreign architecture is added to the system.
set -eu
skip()
{
    echo "$1"
    exit 77
}

compiler=s390x-linux-gnu-gcc
emulator=qemu-s390x-static
[ -n "${SHUB_ALL:-}" ] || skip "left to check all (SHUB_ALL)"
for program in $compiler $emulator; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
[ -e "$("$compiler" -print-file-name=libc.a)" ] || skip "libc6-dev-s390x-cross is not installed"

# A vfork is a fork there, so that posix_spawn cannot tell that exec has failed.
SHUB_LEAVE_OUT=program_that_is_not_there
export SHUB_LEAVE_OUT
exec sh "$SHUB_SOURCE/tests/bigendian/run.sh" s390x big "$compiler" "$emulator" \
    -O1 "-O2 -DNDEBUG"
