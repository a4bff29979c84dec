# Thirty files, 600 MiB, to a real S3 server: twenty SIGKILLs of the shipper, twenty of the
# server's gateway, twenty cuts of every connection. SHUB_ROUNDS=1 is a tenth of it.
set -eu
exec "${PYTHON:-/usr/bin/python3}" "$SHUB_SOURCE/tests/torture/s3.py"
