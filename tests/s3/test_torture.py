"""A tenth of torture/s3.py."""

import sys

from conftest import SOURCE, needs

sys.path.insert(0, str(SOURCE / "tests" / "torture"))

from s3 import Torture  # noqa: E402


@needs("radosgw")
def test_killed_and_cut_everything_arrives_once(server, bucket, tmp_path):
    print(Torture(server, bucket, 1, tmp_path).run())
