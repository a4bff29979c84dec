#!/bin/sh
# Python and Lua load the installed modules, and the installed command answers.
. "$(dirname "$0")/stage.sh"
export LD_LIBRARY_PATH="$installed/$libdir"
tried=0

if [ -x "$installed/bin/sensorhub" ]; then
    "$installed/bin/sensorhub" --help >/dev/null
    tried=1
fi
package=$(find "$installed" -type d -path '*-packages/sensorhub')
if [ -n "$package" ]; then
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(dirname "$package") "$PYTHON" -c '
import sensorhub
print("python", sensorhub.__file__)'
    tried=1
fi
for pair in 5.1:lua5.1 5.1:luajit 5.3:lua5.3 5.4:lua5.4; do
    module=$installed/$libdir/lua/${pair%:*}
    [ -e "$module/sensorhub.so" ] || continue
    command -v "${pair#*:}" >/dev/null || continue
    LUA_CPATH="$module/?.so" "${pair#*:}" -e 'assert(require("sensorhub")); print(_VERSION)'
    tried=1
done
[ $tried = 1 ] || exit 77
