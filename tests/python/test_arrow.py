"""Batch as Arrow capsules, read by numpy over ctypes, and by DuckDB where there is one; and
as numpy arrays."""

import ctypes
import glob
import os

import pytest

import sensorhub
from conftest import METER, T, batch_of, sample

try:
    import numpy
except ImportError:
    numpy = None

needs_numpy = pytest.mark.skipif(numpy is None, reason="numpy is not installed")
ROWS = 1_000_000


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


class ArrowArrayStream(ctypes.Structure):
    pass


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))),
    ("private_data", ctypes.c_void_p)]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))),
    ("private_data", ctypes.c_void_p)]
ArrowArrayStream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream),
                                    ctypes.POINTER(ArrowSchema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowArrayStream),
                                  ctypes.POINTER(ArrowArray))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(ArrowArrayStream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArrayStream))),
    ("private_data", ctypes.c_void_p)]


def pointer(capsule, name, struct):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype = ctypes.c_void_p
    get.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return ctypes.cast(get(capsule, name), ctypes.POINTER(struct))


def taken(capsule, name, struct):
    """What is in a capsule, moved out as a consumer does."""
    source = pointer(capsule, name, struct)
    moved = struct()
    ctypes.memmove(ctypes.byref(moved), source, ctypes.sizeof(struct))
    source.contents.release = type(source.contents.release)()
    return moved


def buffer(column, i, dtype, count):
    size = numpy.dtype(dtype).itemsize * count
    address = column.buffers[i]
    if not size:
        return numpy.empty(0, dtype)
    return numpy.frombuffer((ctypes.c_char * size).from_address(address), dtype)


def bits(column, i):
    if not column.buffers[i]:
        return numpy.ones(column.length, bool)
    packed = buffer(column, i, "u1", (column.length + 7) // 8)
    return numpy.unpackbits(packed, bitorder="little")[:column.length].astype(bool)


def texts(column):
    offsets = buffer(column, 1, "i8", column.length + 1)
    data = buffer(column, 2, "u1", int(offsets[-1])).tobytes()
    return [data[a:b].decode() for a, b in zip(offsets, offsets[1:])]


def columns_of(schema, struct):
    """{name: (values, valid)}; a dictionary's values are the texts themselves."""
    result = {}
    assert schema.format == b"+s" and schema.n_children == struct.n_children
    for i in range(schema.n_children):
        field, column = schema.children[i].contents, struct.children[i].contents
        assert column.offset == 0 and column.length == struct.length
        kind = field.format
        if kind == b"U":
            values = numpy.array(texts(column), object)
        elif kind == b"b":
            values = bits(column, 1)
        else:
            values = buffer(column, 1, {
                b"tsu:UTC": "M8[us]", b"i": "i4", b"l": "i8", b"g": "f8", b"C": "u1"}[kind],
                column.length)
        valid = bits(column, 0)
        assert column.null_count == column.length - valid.sum()
        if field.dictionary:
            assert field.dictionary.contents.format == b"U"
            names = numpy.array(texts(column.dictionary.contents) + [None], object)
            values = names[numpy.where(valid, values, -1)]
        result[field.name.decode()] = (values, valid)
    return result


def million():
    batch = sensorhub.Batch()
    batch.add_influx("".join(
        f"m,device=d{i % 7},unit=kW power={i % 1000}.5 {T + i}\n" if i % 10 else
        f"m,device=d{i % 7} pulses={i}i {T + i}\n" for i in range(ROWS)), precision="us")
    assert len(batch) == ROWS
    return batch


def check_million(columns):
    times, _ = columns["time"]
    assert times.dtype == numpy.dtype("M8[us]") and len(times) == ROWS
    assert times[0] == numpy.datetime64(T, "us") and times[-1] == numpy.datetime64(T + ROWS - 1, "us")
    i = numpy.arange(ROWS)
    values, valid = columns["value"]
    assert (valid == (i % 10 != 0)).all()
    assert values[valid].sum() == ((i % 1000) + 0.5)[i % 10 != 0].sum()
    counts, counted = columns["int64"]
    assert (counted == ~valid).all() and counts[counted].sum() == i[i % 10 == 0].sum()
    units, has_unit = columns["unit"]
    assert (has_unit == valid).all() and set(units[has_unit]) == {"kW"}
    devices, _ = columns["device"]
    assert (devices == numpy.array([f"d{n}" for n in range(7)], object)[i % 7]).all()
    assert not columns["bool"][1].any() and not columns["text"][1].any()
    assert not columns["flags"][0].any()


@needs_numpy
def test_numpy_reads_the_array():
    batch = batch_of(
        sample(), sample(5, quantity="pulses", unit="", quality="error"),
        sample(True, quantity="door", unit=""), sample("é", quantity="note", unit="V"))
    schema, struct = batch.__arrow_c_array__()
    columns = columns_of(taken(schema, b"arrow_schema", ArrowSchema),
                         pointer(struct, b"arrow_array", ArrowArray).contents)
    assert list(columns["device"][0]) == [METER] * 4
    assert list(columns["quantity"][0]) == ["power", "pulses", "door", "note"]
    assert list(columns["unit"][0]) == ["kW", None, None, "V"]
    for name, value, row in [("value", 0.944, 0), ("int64", 5, 1), ("bool", True, 2),
                             ("text", "é", 3)]:
        values, valid = columns[name]
        assert list(valid) == [i == row for i in range(4)] and values[row] == value
    assert list(columns["flags"][0]) == [0, 2, 0, 0]
    assert len(batch) == 4


@needs_numpy
def test_numpy_reads_a_stream_of_a_million_rows():
    stream = taken(million().__arrow_c_stream__(None), b"arrow_array_stream", ArrowArrayStream)
    schema, struct, end = ArrowSchema(), ArrowArray(), ArrowArray()
    at = ctypes.byref(stream)
    assert stream.get_schema(at, schema) == 0 and stream.get_next(at, struct) == 0
    assert stream.get_next(at, end) == 0 and not end.release
    stream.release(at)
    check_million(columns_of(schema, struct))
    schema.release(schema)
    struct.release(struct)
    assert not struct.release


@needs_numpy
def test_to_numpy():
    arrays = million().to_numpy()
    assert arrays["time"].dtype == numpy.dtype("M8[us]") and len(arrays["time"]) == ROWS
    assert arrays["value"].sum() == sum(
        i % 1000 + 0.5 if i % 10 else i for i in range(ROWS))
    assert arrays["devices"] == [f"d{n}" for n in range(7)]
    assert (arrays["device"] == numpy.arange(ROWS) % 7).all()
    assert arrays["quantities"] == ["pulses", "power"] and arrays["units"] == ["kW"]
    assert (arrays["unit"] == numpy.where(numpy.arange(ROWS) % 10, 0, -1)).all()
    assert set(arrays["kind"]) == {1, 2} and not arrays["flags"].any()


@needs_numpy
def test_to_numpy_of_what_is_special():
    batch = batch_of(sample("text"), sample(True, quality="replaced"))
    arrays = batch.to_numpy()
    batch.clear()
    assert numpy.isnan(arrays["value"][0]) and arrays["value"][1] == 1.0
    assert list(arrays["flags"]) == [0, 1] and list(arrays["kind"]) == [4, 3]
    arrays["value"][0] = 5.0  # they are the caller's own
    many = batch_of(sample(2**63 - 1, quantity="total"), sample(2**53 + 1, quantity="total"),
                    sample(-(2**63), quantity="total"), sample(0.5), sample(True)).to_numpy()
    assert many["int64"].tolist() == [2**63 - 1, 2**53 + 1, -(2**63), 0, 1]
    assert many["value"].tolist() == [2.0**63, 2.0**53, -(2.0**63), 0.5, 1.0]
    assert all(len(a) == 0 for a in sensorhub.Batch().to_numpy().values())


def test_capsules_that_nobody_takes_from_are_freed(no_leak):
    batch = batch_of(sample(), sample("text"))

    def export():
        batch.__arrow_c_schema__()
        batch.__arrow_c_array__()
        batch.__arrow_c_array__(requested_schema=None)
        batch.__arrow_c_stream__()

    no_leak(export)


@needs_numpy
def test_what_is_taken_is_freed_by_its_taker(no_leak):
    batch = batch_of(sample(), sample("text"))

    def export():
        schema, struct = batch.__arrow_c_array__()
        schema = taken(schema, b"arrow_schema", ArrowSchema)
        struct = taken(struct, b"arrow_array", ArrowArray)
        schema.release(schema)
        struct.release(struct)
        batch.to_numpy()

    no_leak(export)


def test_without_numpy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    with pytest.raises(ImportError):
        sensorhub.Batch().to_numpy()


# ---- DuckDB ----------------------------------------------------------------------------------


def duckdb():
    """libduckdb.so, from $SENSORHUB_DUCKDB or where libraries are."""
    named = os.environ.get("SENSORHUB_DUCKDB")
    places = ["/usr/lib/*/libduckdb.so*", "/usr/lib/libduckdb.so*", "/usr/local/lib/libduckdb.so*"]
    found = [named] if named else [p for place in places for p in glob.glob(place)]
    if not found:
        pytest.skip("no libduckdb.so")
    return ctypes.CDLL(found[0])


class DuckResult(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint64 * 6)]


def test_duckdb_reads_the_stream():
    library = duckdb()
    library.duckdb_value_varchar.restype = ctypes.c_void_p
    library.duckdb_value_varchar.argtypes = [ctypes.POINTER(DuckResult), ctypes.c_uint64,
                                             ctypes.c_uint64]
    database, connection = ctypes.c_void_p(), ctypes.c_void_p()
    assert library.duckdb_open(None, ctypes.byref(database)) == 0
    assert library.duckdb_connect(database, ctypes.byref(connection)) == 0
    capsule = million().__arrow_c_stream__()
    stream = pointer(capsule, b"arrow_array_stream", ArrowArrayStream)
    assert library.duckdb_arrow_scan(connection, b"samples", stream) == 0
    result = DuckResult()
    query = (b"select count(*), count(value), sum(value), sum(int64), typeof(any_value(time)), "
             b"epoch_us(max(time)), count(distinct device) from samples")
    assert library.duckdb_query(connection, query, ctypes.byref(result)) == 0
    row = [ctypes.string_at(library.duckdb_value_varchar(ctypes.byref(result), i, 0)).decode()
           for i in range(7)]
    counts = [i for i in range(ROWS) if i % 10]
    assert row[:2] == [str(ROWS), str(len(counts))]
    assert float(row[2]) == sum(i % 1000 + 0.5 for i in counts)
    assert int(row[3]) == sum(range(0, ROWS, 10))
    assert row[4] == "TIMESTAMP WITH TIME ZONE" and int(row[5]) == T + ROWS - 1
    assert row[6] == "7"
    library.duckdb_destroy_result(ctypes.byref(result))
    library.duckdb_disconnect(ctypes.byref(connection))
    library.duckdb_close(ctypes.byref(database))
