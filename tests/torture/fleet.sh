# Two thousand gateways, some dead, slow or talking nonsense, for five minutes at six seconds;
# then the same with TLS. SHUB_FLEET_GATEWAYS and SHUB_FLEET_SECONDS make it shorter.
set -eu
ulimit -n "$(ulimit -Hn)"
export PYTHONPATH="$SHUB_BUILD/python:$SHUB_SOURCE/tests"
exec "${PYTHON:-/usr/bin/python3}" "$SHUB_SOURCE/tests/torture/fleet.py"
