# Twenty SIGKILLs of eagle_logger under load.
set -eu
SHUB_KILLS=20 exec "${PYTHON:-/usr/bin/python3}" "$SHUB_SOURCE/tests/examples/test_eagle_logger.py"
