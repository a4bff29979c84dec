import datetime
import logging
from types import TracebackType
from typing import (
    Any,
    Callable,
    Final,
    Iterable,
    Iterator,
    Literal,
    Mapping,
    Sequence,
    TypedDict,
    overload,
    type_check_only,
)

from _typeshed import StrPath, structseq
from typing_extensions import Self, final

_Text = str | bytes | bytearray | memoryview
_Value = float | int | bool | str
_Quality = Literal["measured", "replaced", "error"]
_Level = Literal["off", "error", "warn", "info", "debug"]
_Read = Literal["demand", "summation", "price", "network"]
_Durability = Literal["every", "interval", "none"]
_Transport = Literal["auto", "relay", "eagle100", "eagle200"]
_Layout = Literal["long", "wide"]
_Precision = Literal["ns", "us", "ms", "s"]
_Naming = Literal["fields", "chirpstack"]
_SenmlUnits = Literal["registered", "omit"]
_LogState = Literal["live", "open", "sealing", "sealed", "shipped", "torn", "temp"]
_VerifyState = Literal["complete", "pending", "open", "missing", "damaged", "doubled", "torn"]

__version__: str

# "Not given", where 0 is a meaningful number or means the default.
NONE: int

# ---- errors: ERRORS is the table, {code: exception class}; E_NOMEM is MemoryError ------

ERRORS: Mapping[int, type[BaseException]]
E_INVALID: int
E_CLOSED: int
E_FORKED: int
E_NOT_FOUND: int
E_EXISTS: int
E_FORMAT: int
E_CONTENT: int
E_TRUNCATED: int
E_RANGE: int
E_UNEXPECTED: int
E_EMPTY: int
E_CORRUPT: int
E_UNSUPPORTED: int
E_NOMEM: int
E_LIMIT: int
E_FULL: int
E_IO: int
E_NETWORK: int
E_TIMEOUT: int
E_TLS: int
E_CIRCUIT: int
E_AUTH: int
E_OVERLOADED: int
E_HTTP: int
E_REDIRECT: int
E_REMOTE: int
E_NOT_JOINED: int
E_AGAIN: int
E_BUSY: int

class Error(Exception):
    code: int
    name: str
    http_status: int | None
    pos: int | None
    index: int | None
    retry_after_us: int | None
    # of Log.seal, recover, retain and Ship.run that failed in part
    report: LogReport | ShipReport | None
    # of Batch.add_jsonl, add_influx, add_senml: lines or records passed over
    refused: int

class UsageError(Error): ...
class InvalidArgument(UsageError, ValueError): ...
class Closed(UsageError): ...
class Forked(UsageError): ...
class NotFound(UsageError, LookupError): ...
class InputError(Error, ValueError): ...
class ResourceError(Error): ...
class IOFailure(Error, OSError): ...
class NetworkError(Error, ConnectionError): ...
class Timeout(NetworkError, TimeoutError): ...
class RemoteError(Error): ...
class NotReady(Error): ...
class Busy(NotReady): ...

# ---- time, names, diagnostics ----------------------------------------------------------

def now_us() -> int: ...
def parse_time(text: str, /) -> int: ...
def format_time(time_us: int, /) -> str: ...
def name_valid(name: str, /) -> bool: ...
def trace(level: _Level = ..., logger: logging.Logger | None = ...) -> None: ...

# ---- samples ---------------------------------------------------------------------------

@final
class Sample:
    device: Final[str]
    quantity: Final[str]
    unit: Final[str]
    value: Final[_Value]
    time_us: Final[int]
    @property
    def time(self) -> datetime.datetime: ...
    @property
    def quality(self) -> _Quality: ...
    @property
    def time_assumed(self) -> bool: ...
    def __new__(
        cls,
        device: str,
        quantity: str,
        value: _Value,
        time_us: int,
        unit: str = ...,
        quality: _Quality = ...,
        time_assumed: bool = ...,
    ) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Group(structseq[Any], tuple[int, int, str, int]):
    __match_args__: Final = ("first", "count", "device", "time_us")
    @property
    def first(self) -> int: ...
    @property
    def count(self) -> int: ...  # type: ignore[override]
    @property
    def device(self) -> str: ...
    @property
    def time_us(self) -> int: ...

@final
class Quantity(structseq[Any], tuple[str, str, str, str, bool, float, float]):
    __match_args__: Final = ("name", "unit", "what", "kind", "senml", "min", "max")
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def senml(self) -> bool: ...
    @property
    def min(self) -> float: ...
    @property
    def max(self) -> float: ...

def quantities() -> list[Quantity]: ...
def find_quantity(name: str, /) -> Quantity | None: ...

@final
class Batch:
    def __new__(cls) -> Self: ...
    @overload
    def append(self, sample: Sample, /) -> None: ...
    @overload
    def append(
        self,
        *,
        device: str,
        quantity: str,
        value: _Value,
        time_us: int,
        unit: str = ...,
        quality: _Quality = ...,
        time_assumed: bool = ...,
    ) -> None: ...
    def clear(self) -> None: ...
    def to_jsonl(self) -> bytes: ...
    def add_jsonl(self, text: _Text, /) -> int: ...
    def to_csv(
        self, *, layout: _Layout = ..., no_header: bool = ..., lf: bool = ...
    ) -> bytes: ...
    def to_influx(
        self,
        *,
        measurement: str = ...,
        device_tag: str = ...,
        tags: Mapping[str, str] | None = ...,
        precision: _Precision = ...,
        naming: _Naming = ...,
        no_units: bool = ...,
        one_line: bool = ...,
    ) -> bytes: ...
    def add_influx(
        self,
        text: _Text,
        /,
        *,
        device_tag: str = ...,
        precision: _Precision = ...,
        now_us: int = ...,
    ) -> int: ...
    def to_senml(self, *, units: _SenmlUnits = ..., now_us: int = ...) -> bytes: ...
    def add_senml(self, text: _Text, /, *, now_us: int = ...) -> int: ...
    # Of numpy arrays; devices, quantities, units are lists of str.
    def to_numpy(self) -> dict[str, Any]: ...
    # The Arrow PyCapsule interface.
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = ...
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = ...) -> object: ...
    def groups(self) -> list[Group]: ...
    # Writable buffers of 8-byte items: array.array("q"), array.array("d"), numpy, memoryview.
    def read_into(self, times: Any, values: Any, /, first: int = ...) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, i: int, /) -> Sample: ...
    def __iter__(self) -> Iterator[Sample]: ...

# ---- EAGLE gateways --------------------------------------------------------------------

def eagle_request(
    command: str,
    *,
    mac_id: str | None = ...,
    hardware_address: str | None = ...,
    variables: Iterable[str] = ...,
    component: str | None = ...,
    json: bool = ...,
    local: bool = ...,
    event: str | None = ...,
    period: str | None = ...,
    price: str | None = ...,
    value: str | None = ...,
    start_us: int = ...,
    end_us: int = ...,
    frequency_s: int = ...,
    duration_min: int = ...,
    message_id: int = ...,
    count: int = ...,
    received: bool = ...,
    disable: bool = ...,
    allow_control: bool = ...,
) -> bytes: ...
def eagle_upload_answer(
    command: str,
    *,
    mac_id: str | None = ...,
    hardware_address: str | None = ...,
    variables: Iterable[str] = ...,
    component: str | None = ...,
    json: bool = ...,
    local: bool = ...,
    event: str | None = ...,
    period: str | None = ...,
    price: str | None = ...,
    value: str | None = ...,
    start_us: int = ...,
    end_us: int = ...,
    frequency_s: int = ...,
    duration_min: int = ...,
    message_id: int = ...,
    count: int = ...,
    received: bool = ...,
    disable: bool = ...,
    allow_control: bool = ...,
) -> bytes: ...
def eagle_uploader_add(
    provider: str,
    hostname: str,
    *,
    path: str | None = ...,
    port: int = ...,
    tls: bool = ...,
    format: str | None = ...,
    description: str | None = ...,
    header: str | None = ...,
    upload_size: int = ...,
    upload_period_s: int = ...,
) -> bytes: ...
def eagle_uploader_delete(provider: str, /) -> bytes: ...
def parse_eagle(body: _Text, /, *, part: bool = ...) -> Reply: ...

@final
class Reply:
    @property
    def family(
        self,
    ) -> Literal["unknown", "fragment", "device_list", "device", "upload", "cgi"]: ...
    @property
    def truncated(self) -> bool: ...
    @property
    def gateway(self) -> str: ...
    @property
    def time_us(self) -> int | None: ...
    @property
    def readings(self) -> list[Reading]: ...
    def samples(
        self,
        arrival_us: int,
        batch: Batch | None = ...,
        *,
        meter: str | None = ...,
        zone_us: int | None = ...,
        multiplier: int = ...,
        divisor: int = ...,
        guard: EagleGuard | None = ...,
    ) -> Batch: ...

def eagle_guard() -> EagleGuard: ...
@final
class EagleGuard: ...

class _Message(TypedDict):
    text: str
    priority: str
    queue: str
    id: int
    confirmation_required: bool
    confirmed: bool

@final
class Reading:
    @property
    def name(self) -> str: ...
    @property
    def root(
        self,
    ) -> Literal[
        "unknown",
        "demand",
        "summation",
        "price",
        "network",
        "device",
        "message",
        "time",
        "device_info",
        "schedule",
        "block_price",
        "demand_peaks",
        "profile",
        "billing_period",
        "fast_poll",
        "meter_info",
        "attributes",
        "wifi",
        "mdns",
        "interval",
        "cgi",
        "rfa",
        "simple",
    ]: ...
    @property
    def meter(self) -> str: ...
    @property
    def time_us(self) -> int | None: ...
    @property
    def connected(self) -> bool | None: ...
    @property
    def message(self) -> _Message | None: ...
    @property
    def fields(self) -> dict[str, str]: ...
    @property
    def units(self) -> dict[str, str]: ...
    def field(self, name: str, /) -> str: ...
    def u64(self, name: str, /) -> int: ...

@type_check_only
class _Handle:
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

@final
class Loop(_Handle):
    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def timeout_ms(self) -> int | None: ...
    def run_once(self, timeout_ms: int | None = ...) -> None: ...

@final
class Eagle(_Handle):
    def __new__(
        cls,
        url: str | None = ...,
        *,
        loop: Loop | None = ...,
        transport: _Transport = ...,
        cloud_id: str | None = ...,
        install_code: str | None = ...,
        user: str | None = ...,
        password: str | None = ...,
        meter: str | None = ...,
        reads: Sequence[_Read] = ...,
        ca_file: StrPath | None = ...,
        pin: str | None = ...,
        insecure: bool = ...,
        retries: int = ...,
        timeout_ms: int = ...,
        min_gap_ms: int = ...,
        circuit_failures: int = ...,
        circuit_rest_ms: int = ...,
        unstick_ms: int = ...,
        seed: int = ...,
        clock: Callable[[], int] | None = ...,
    ) -> Self: ...
    @property
    def loop(self) -> Loop: ...
    @property
    def transport(self) -> _Transport: ...
    @property
    def last_replies(self) -> list[Reply]: ...
    def start(self) -> None: ...
    def take(self, batch: Batch | None = ...) -> Batch: ...
    def poll(self, batch: Batch | None = ...) -> Batch: ...
    def detect(self) -> _Transport: ...

@final
class FleetResult(structseq[Any], tuple[str, Batch, Exception | None, int]):
    __match_args__: Final = ("id", "batch", "error", "duplicates")
    @property
    def id(self) -> str: ...
    @property
    def batch(self) -> Batch: ...
    @property
    def error(self) -> Exception | None: ...
    @property
    def duplicates(self) -> int: ...

@final
class FleetStats(
    structseq[Any],
    tuple[int, int, int, int, dict[str, int], int, int, int, int | None, int],
):
    __match_args__: Final = (
        "gateways",
        "polls",
        "successes",
        "failures",
        "failed",
        "missed",
        "samples",
        "duplicates",
        "last_success_us",
        "lateness_max_ms",
    )
    @property
    def gateways(self) -> int: ...
    @property
    def polls(self) -> int: ...
    @property
    def successes(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def failed(self) -> dict[str, int]: ...
    @property
    def missed(self) -> int: ...
    @property
    def samples(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def last_success_us(self) -> int | None: ...
    @property
    def lateness_max_ms(self) -> int: ...

@final
class Fleet(_Handle):
    def __new__(
        cls,
        *,
        loop: Loop | None = ...,
        interval_ms: int = ...,
        spread_ms: int = ...,
        shard: int = ...,
        shards: int = ...,
        keep_duplicates: bool = ...,
        seed: int = ...,
        clock: Callable[[], int] | None = ...,
    ) -> Self: ...
    @property
    def loop(self) -> Loop: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> FleetResult: ...
    def add(
        self,
        id: str,
        url: str | None = ...,
        *,
        transport: _Transport = ...,
        cloud_id: str | None = ...,
        install_code: str | None = ...,
        user: str | None = ...,
        password: str | None = ...,
        meter: str | None = ...,
        reads: Sequence[_Read] = ...,
        ca_file: StrPath | None = ...,
        pin: str | None = ...,
        insecure: bool = ...,
        retries: int = ...,
        timeout_ms: int = ...,
        min_gap_ms: int = ...,
        circuit_failures: int = ...,
        circuit_rest_ms: int = ...,
        unstick_ms: int = ...,
        seed: int = ...,
        interval_ms: int = ...,
    ) -> None: ...
    def remove(self, id: str, /) -> None: ...
    def owns(self, id: str, /) -> bool: ...
    def note(self, id: str, batch: Batch, /) -> None: ...
    def take(self, batch: Batch | None = ...) -> FleetResult: ...
    def stats(self, id: str | None = ...) -> FleetStats: ...
    def lateness_ms(self, share: float = ..., id: str | None = ...) -> int: ...

# ---- hourly files ----------------------------------------------------------------------

@final
class LogStats(structseq[int], tuple[int, int, int, int, int, int, int, int]):
    __match_args__: Final = (
        "lines",
        "bytes",
        "acknowledged",
        "late",
        "refused",
        "writes",
        "syncs",
        "torn",
    )
    @property
    def lines(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def acknowledged(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def writes(self) -> int: ...
    @property
    def syncs(self) -> int: ...
    @property
    def torn(self) -> int: ...

@final
class LogReport(structseq[int], tuple[int, int, int, int, int, int, int, int, int, int, int]):
    __match_args__: Final = (
        "sealed",
        "lines",
        "bytes_in",
        "bytes_out",
        "busy",
        "recovered",
        "torn",
        "failed",
        "removed",
        "removed_unshipped",
        "removed_bytes",
    )
    @property
    def sealed(self) -> int: ...
    @property
    def lines(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def busy(self) -> int: ...
    @property
    def recovered(self) -> int: ...
    @property
    def torn(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def removed(self) -> int: ...
    @property
    def removed_unshipped(self) -> int: ...
    @property
    def removed_bytes(self) -> int: ...

@final
class Log(_Handle):
    def __new__(
        cls,
        root: StrPath | bytes,
        *,
        prefix: str | None = ...,
        durability: _Durability = ...,
        unbuffered: bool = ...,
        interval_ms: int = ...,
        buffer_bytes: int = ...,
        max_files: int = ...,
        max_file_bytes: int = ...,
        min_free_bytes: int = ...,
        late_us: int = ...,
        grace_us: int = ...,
        gzip_level: int = ...,
        clock: Callable[[], int] | None = ...,
    ) -> Self: ...
    def append(self, stream: str, what: Sample | Batch, /) -> None: ...
    def append_line(self, stream: str, time_us: int, line: _Text, /) -> None: ...
    def flush(self) -> None: ...
    def tick(self) -> None: ...
    def tail(self, stream: str, lines: int = ...) -> bytes: ...
    def stats(self) -> LogStats: ...
    def seal(self) -> LogReport: ...
    def recover(self) -> LogReport: ...
    def retain(
        self, *, max_age_us: int = ..., max_bytes: int = ..., unshipped_too: bool = ...
    ) -> LogReport: ...

@final
class LogFile(structseq[Any], tuple[str, str, str, int, int, int, _LogState]):
    __match_args__: Final = (
        "path",
        "name",
        "stream",
        "hour_us",
        "bytes",
        "number",
        "state",
    )
    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def stream(self) -> str: ...
    @property
    def hour_us(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def state(self) -> _LogState: ...

def log_files(root: StrPath | bytes, prefix: str | None = ...) -> Iterator[LogFile]: ...

# ---- sealed files to where they are kept -----------------------------------------------

@final
class ShipReport(structseq[int], tuple[int, int, int, int, int, int]):
    __match_args__: Final = ("files", "bytes", "found", "renumbered", "failed", "waiting")
    @property
    def files(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def found(self) -> int: ...
    @property
    def renumbered(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def waiting(self) -> int: ...

@final
class VerifyRow(structseq[Any], tuple[str, str, str, int, int, _VerifyState]):
    __match_args__: Final = ("stream", "where", "detail", "hour_us", "bytes", "state")
    @property
    def stream(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def hour_us(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def state(self) -> _VerifyState: ...

@final
class Ship(_Handle):
    def __new__(
        cls,
        root: StrPath | bytes,
        dest: str,
        *,
        prefix: str | None = ...,
        key: str | None = ...,
        host: str | None = ...,
        journal: StrPath | bytes | None = ...,
        keep: bool = ...,
        clock: Callable[[], int] | None = ...,
    ) -> Self: ...
    def run(self) -> ShipReport: ...
    def verify(self, deep: bool = ...) -> Iterator[VerifyRow]: ...
