"""average_power.py ARCHIVE: the mean power of each meter, from the sealed files below a folder."""

import collections
import gzip
import pathlib
import sys

import sensorhub

watts = collections.defaultdict(list)
for path in pathlib.Path(sys.argv[1]).glob("**/*.jl.gz"):
    batch = sensorhub.Batch()
    batch.add_jsonl(gzip.decompress(path.read_bytes()))
    for sample in batch:
        if sample.quantity == "power":
            watts[sample.device].append(1000 * sample.value)

for device, values in sorted(watts.items()):
    print(f"{device}  {sum(values) / len(values):8.1f} W over {len(values)} readings")
