# Shipping to a bucket for long: every fault at every call and request; then thirty files,
# 600 MiB, to a real S3 server: twenty SIGKILLs of the shipper, twenty of the server's gateway,
# twenty cuts of every connection. SHUB_ROUNDS=1 is a tenth of the latter.
set -eu
SHUB_CRASH_FULL=1 "$SHUB_BUILD/tests/unit/test_ship_s3_crash"
exec "${PYTHON:-/usr/bin/python3}" "$SHUB_SOURCE/tests/torture/s3.py"
