# Read by the tests here: installs the build into a folder of its own, $stage, as a package
# would, and says where things are below it. Needs SHUB_BUILD; leaves in $work.
set -eu
work=$PWD/$(basename "$0" .sh)
stage=$work/stage
rm -rf "$work"
mkdir -p "$work"
DESTDIR=$stage cmake --install "$SHUB_BUILD" >"$work/install.log" || {
    cat "$work/install.log"
    exit 1
}
prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$SHUB_BUILD/CMakeCache.txt")
libdir=$(sed -n 's/^CMAKE_INSTALL_LIBDIR:PATH=//p' "$SHUB_BUILD/CMakeCache.txt")
installed=$stage$prefix
