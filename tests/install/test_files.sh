#!/bin/sh
# What is installed is what files.txt lists, no more and no less, and no file remembers the
# build tree. With SHUB_UPDATE=1 the list is written anew.
. "$(dirname "$0")/stage.sh"
list=$SHUB_SOURCE/tests/install/files.txt
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$SHUB_BUILD/CMakeCache.txt")

# The parts of a path that differ between machines, versions and build types, by name.
(cd "$installed" && find . ! -type d) |
    sed -e 's|^\./||' \
        -e 's|^lib/python3[.0-9]*/[a-z]*-packages/|PYTHON/|' \
        -e "s|^$libdir/|LIBDIR/|" \
        -e "s|\.so\.$version\$|.so.VERSION|" \
        -e 's|targets-[a-z]*\.cmake|targets-BUILD.cmake|' |
    LC_ALL=C sort >"$work/installed.txt"

if [ -n "${SHUB_UPDATE:-}" ]; then
    cp "$work/installed.txt" "$list"
    exit
fi

# Of the optional parts only those that were built are expected.
parts='s/^/&/'
[ -e "$SHUB_BUILD/bin/sensorhub" ] || parts="$parts; /^bin\//d"
[ -e "$SHUB_BUILD/python" ] || parts="$parts; /^PYTHON/d"
for lua in 5.1 5.3 5.4; do
    [ -e "$SHUB_BUILD/lua/$lua" ] || parts="$parts; /lua\/$lua/d"
done
sed "$parts" "$list" >"$work/expected.txt"
diff -u "$work/expected.txt" "$work/installed.txt" || {
    echo "what is installed differs from files.txt (+ is new)"
    exit 1
}

status=0
for file in $(find "$installed" -type f); do
    if readelf -d "$file" 2>/dev/null | grep -E 'RUNPATH|RPATH'; then
        echo "$file has a run path"
        status=1
    fi
    case $file in
    *.cmake | *.pc | *.h | *.py)
        if grep -nF "$SHUB_BUILD" "$file"; then
            echo "$file names the build tree"
            status=1
        fi
        ;;
    esac
done
exit $status
