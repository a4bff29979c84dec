import builtins
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
    Protocol,
    Sequence,
    TypedDict,
    overload,
    type_check_only,
)

from _typeshed import StrPath, structseq
from typing_extensions import Self, final

_Text = str | bytes | bytearray | memoryview
_Value = float | int | bool | str
_Secrets = str | bytes | Sequence[str | bytes]
_Quality = Literal["measured", "replaced", "error"]
_Level = Literal["off", "error", "warn", "info", "debug"]
_Read = Literal["demand", "summation", "price", "network"]
_Durability = Literal["every", "interval", "none"]
_Transport = Literal["auto", "relay", "eagle100", "eagle200", "cgi"]
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
E_NO_PAYLOAD: int
E_MAC_ONLY: int
E_ENCRYPTED: int
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
E_SIGNATURE: int
E_SKEWED: int
E_CHECKSUM: int
E_PRECONDITION: int
E_AGAIN: int
E_BUSY: int
E_CONFLICT: int
E_DENIED: int
E_EXPIRED: int
E_REPLAYED: int

class Error(Exception):
    code: int
    name: str
    http_status: int | None
    pos: int | None
    index: int | None
    retry_after_us: int | None
    # of Log.seal, recover, retain and Ship.run that failed in part, of S3.delete_many a
    # status a key
    report: LogReport | ShipReport | list[int] | None
    # of Batch.add_jsonl, add_influx, add_senml: lines or records passed over
    refused: int
    # of decode: has what was read before the error
    batch: Batch | None
    # of clair_bodies: what could be written
    bodies: list[bytes] | None

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
class PreconditionFailed(RemoteError): ...
class Conflict(RemoteError): ...
class ChecksumMismatch(RemoteError): ...
class AccessDenied(RemoteError, PermissionError): ...
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

# ---- payloads of sensors ---------------------------------------------------------------

@final
class Decoder(structseq[Any], tuple[str, str, str, str, int | None, bool]):
    __match_args__: Final = ("name", "vendor", "what", "document", "port", "keeps_part")
    @property
    def name(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def document(self) -> str: ...
    @property
    def port(self) -> int | None: ...
    @property
    def keeps_part(self) -> bool: ...

@final
class Frame(structseq[Any], tuple[bytes, str, int, int | None, str, bool]):
    __match_args__: Final = ("payload", "device", "time_us", "port", "rate", "time_assumed")
    @property
    def payload(self) -> bytes: ...
    @property
    def device(self) -> str: ...
    @property
    def time_us(self) -> int: ...
    @property
    def port(self) -> int | None: ...
    @property
    def rate(self) -> str: ...
    @property
    def time_assumed(self) -> bool: ...

@final
class Downlink(structseq[Any], tuple[int, bytes]):
    __match_args__: Final = ("port", "payload")
    @property
    def port(self) -> int: ...
    @property
    def payload(self) -> bytes: ...

def decoders() -> list[Decoder]: ...
def decode(
    decoder: str,
    payload: bytes | bytearray | memoryview,
    /,
    *,
    device: str,
    time_us: int,
    port: int | None = ...,
    rate: str = ...,
    time_assumed: bool = ...,
    batch: Batch | None = ...,
) -> Batch: ...
def register_decoder(
    name: str,
    function: Callable[[Frame], Iterable[Sample]],
    /,
    *,
    vendor: str = ...,
    what: str = ...,
    document: str = ...,
    port: int | None = ...,
    keeps_part: bool = ...,
) -> None: ...
def ers_settings(rate: str, rx_port: int = ...) -> Downlink: ...
def elsys_settings(settings: Mapping[str, int], rx_port: int = ...) -> Downlink: ...
def cayenne_downlink(values: Mapping[int, float], port: int, /) -> Downlink: ...
def osm_command(command: str, /, confirmed: bool = ...) -> Downlink: ...
def osm_firmware_begin(chunks: int, /) -> Downlink: ...
def osm_firmware_chunk(number: int, data: bytes | bytearray | memoryview, /) -> Downlink: ...
def osm_firmware_end(crc: int, /) -> Downlink: ...

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
    provider: str | None = ...,
    hostname: str | None = ...,
    path: str | None = ...,
    port: int = ...,
    tls: bool = ...,
    format: str | None = ...,
    description: str | None = ...,
    header: str | None = ...,
    upload_size: int = ...,
    upload_period_s: int = ...,
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
    provider: str | None = ...,
    hostname: str | None = ...,
    path: str | None = ...,
    port: int = ...,
    tls: bool = ...,
    format: str | None = ...,
    description: str | None = ...,
    header: str | None = ...,
    upload_size: int = ...,
    upload_period_s: int = ...,
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
        rest_url: str | None = ...,
    ) -> Self: ...
    @property
    def loop(self) -> Loop: ...
    @property
    def transport(self) -> _Transport: ...
    @property
    def last_replies(self) -> builtins.list[Reply]: ...
    def start(self) -> None: ...
    def take(self, batch: Batch | None = ...) -> Batch: ...
    def poll(self, batch: Batch | None = ...) -> Batch: ...
    def detect(self) -> _Transport: ...
    def list(self) -> Reply: ...
    def start_list(self) -> None: ...
    def send(
        self,
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
        provider: str | None = ...,
        hostname: str | None = ...,
        path: str | None = ...,
        port: int = ...,
        tls: bool = ...,
        format: str | None = ...,
        description: str | None = ...,
        header: str | None = ...,
        upload_size: int = ...,
        upload_period_s: int = ...,
    ) -> Reply | None: ...
    def start_send(
        self,
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
        provider: str | None = ...,
        hostname: str | None = ...,
        path: str | None = ...,
        port: int = ...,
        tls: bool = ...,
        format: str | None = ...,
        description: str | None = ...,
        header: str | None = ...,
        upload_size: int = ...,
        upload_period_s: int = ...,
    ) -> None: ...
    def take_reply(self) -> Reply | None: ...

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
        rest_url: str | None = ...,
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

# ---- requests to S3 --------------------------------------------------------------------

_Headers = Mapping[str, str] | Iterable[tuple[str, str]]

@final
class S3Signature(structseq[str], tuple[str, str]):
    __match_args__: Final = ("authorization", "date")
    @property
    def authorization(self) -> str: ...
    @property
    def date(self) -> str: ...

def s3_sign(
    method: str,
    url: str,
    payload: str,
    *,
    access_key: str,
    secret_key: str,
    time_us: int,
    session_token: str | None = ...,
    region: str | None = ...,
    service: str | None = ...,
    headers: _Headers = ...,
) -> S3Signature: ...
def s3_presign(
    method: str,
    url: str,
    *,
    access_key: str,
    secret_key: str,
    time_us: int,
    expires_s: int = ...,
    session_token: str | None = ...,
    region: str | None = ...,
    service: str | None = ...,
    headers: _Headers = ...,
) -> str: ...

# ---- stores ----------------------------------------------------------------------------

_Addressing = Literal["auto", "path", "virtual"]
_Integrity = Literal["auto", "none", "md5", "sha256", "crc32c", "crc64nvme"]
_Bytes32 = bytes  # a record has a field of that name
_Bytes = bytes | bytearray | memoryview
_Keys = tuple[str, str] | tuple[str, str, str | None] | tuple[str, str, str | None, int | None]

@type_check_only
class _Writes(Protocol):
    def write(self, bytes: bytes, /) -> object: ...

@type_check_only
class _S3Options(TypedDict, total=False):
    endpoint: str | None
    region: str | None
    access_key: str | None
    secret_key: str | None
    session_token: str | None
    profile: str | None
    credentials: Callable[[], _Keys] | None
    ca_file: StrPath | None
    pin: str | None
    journal: StrPath | bytes | None
    insecure: bool
    anonymous: bool
    addressing: _Addressing
    integrity: _Integrity
    unsigned_payload: bool
    in_flight: int
    retries: int
    part_bytes: int
    connect_timeout_ms: int
    answer_timeout_ms: int
    stall_ms: int
    stall_bytes: int
    seed: int

@final
class S3Object(structseq[Any], tuple[str, int | None, str, int | None, str, str, str, str, str, str, str, int | None, bool, _Bytes32 | None, dict[str, str]]):
    __match_args__: Final = (
        "key",
        "bytes",
        "etag",
        "modified_us",
        "content_type",
        "content_encoding",
        "cache_control",
        "storage_class",
        "sse",
        "version_id",
        "upload_id",
        "part",
        "is_prefix",
        "sha256",
        "metadata",
    )
    @property
    def key(self) -> str: ...
    @property
    def bytes(self) -> int | None: ...
    @property
    def etag(self) -> str: ...
    @property
    def modified_us(self) -> int | None: ...
    @property
    def content_type(self) -> str: ...
    @property
    def content_encoding(self) -> str: ...
    @property
    def cache_control(self) -> str: ...
    @property
    def storage_class(self) -> str: ...
    @property
    def sse(self) -> str: ...
    @property
    def version_id(self) -> str: ...
    @property
    def upload_id(self) -> str: ...
    @property
    def part(self) -> int | None: ...
    @property
    def is_prefix(self) -> bool: ...
    @property
    def sha256(self) -> _Bytes32 | None: ...
    @property
    def metadata(self) -> dict[str, str]: ...

@final
class S3Progress(structseq[Any], tuple[int | None, int, int, int, int, int, int]):
    __match_args__: Final = (
        "bytes",
        "sent",
        "reused",
        "parts",
        "parts_done",
        "in_flight",
        "restarts",
    )
    @property
    def bytes(self) -> int | None: ...
    @property
    def sent(self) -> int: ...
    @property
    def reused(self) -> int: ...
    @property
    def parts(self) -> int: ...
    @property
    def parts_done(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def restarts(self) -> int: ...

@final
class S3Stats(structseq[Any], tuple[int, int, int, int, int, int, int, int, bool]):
    __match_args__: Final = (
        "requests",
        "retries",
        "throttled",
        "bytes_sent",
        "bytes_received",
        "refreshes",
        "orphans",
        "skew_us",
        "conditions_ignored",
    )
    @property
    def requests(self) -> int: ...
    @property
    def retries(self) -> int: ...
    @property
    def throttled(self) -> int: ...
    @property
    def bytes_sent(self) -> int: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def refreshes(self) -> int: ...
    @property
    def orphans(self) -> int: ...
    @property
    def skew_us(self) -> int: ...
    @property
    def conditions_ignored(self) -> bool: ...

@final
class S3Upload(_Handle):
    @property
    def progress(self) -> S3Progress | None: ...
    @property
    def object(self) -> S3Object | None: ...
    def poll(self, timeout_ms: int = ...) -> bool: ...
    def wait(self) -> S3Object: ...
    def abort(self) -> None: ...

@final
class S3Writer(_Handle):
    @property
    def object(self) -> S3Object | None: ...
    def write(self, bytes: _Bytes, /) -> int: ...
    def abort(self) -> None: ...
    def flush(self) -> None: ...
    def readable(self) -> Literal[False]: ...
    def seekable(self) -> Literal[False]: ...
    def writable(self) -> Literal[True]: ...

@final
class S3(_Handle):
    def __new__(
        cls,
        *,
        endpoint: str | None = ...,
        region: str | None = ...,
        access_key: str | None = ...,
        secret_key: str | None = ...,
        session_token: str | None = ...,
        profile: str | None = ...,
        credentials: Callable[[], _Keys] | None = ...,
        ca_file: StrPath | None = ...,
        pin: str | None = ...,
        journal: StrPath | bytes | None = ...,
        insecure: bool = ...,
        anonymous: bool = ...,
        addressing: _Addressing = ...,
        integrity: _Integrity = ...,
        unsigned_payload: bool = ...,
        in_flight: int = ...,
        retries: int = ...,
        part_bytes: int = ...,
        connect_timeout_ms: int = ...,
        answer_timeout_ms: int = ...,
        stall_ms: int = ...,
        stall_bytes: int = ...,
        seed: int = ...,
        clock: Callable[[], int] | None = ...,
    ) -> Self: ...
    def put(
        self,
        bucket: str,
        key: str,
        body: _Bytes,
        /,
        *,
        content_type: str | None = ...,
        content_encoding: str | None = ...,
        cache_control: str | None = ...,
        storage_class: str | None = ...,
        sse: str | None = ...,
        sse_kms_key_id: str | None = ...,
        if_match: str | None = ...,
        metadata: _Headers | None = ...,
        tags: _Headers | None = ...,
        sha256: _Bytes = ...,
        if_none_match: bool = ...,
        no_sha256: bool = ...,
    ) -> S3Object: ...
    def put_file(
        self,
        bucket: str,
        key: str,
        path: StrPath | bytes,
        /,
        *,
        content_type: str | None = ...,
        content_encoding: str | None = ...,
        cache_control: str | None = ...,
        storage_class: str | None = ...,
        sse: str | None = ...,
        sse_kms_key_id: str | None = ...,
        if_match: str | None = ...,
        metadata: _Headers | None = ...,
        tags: _Headers | None = ...,
        sha256: _Bytes = ...,
        if_none_match: bool = ...,
        no_sha256: bool = ...,
    ) -> S3Object: ...
    def upload_file(
        self,
        bucket: str,
        key: str,
        path: StrPath | bytes,
        /,
        *,
        content_type: str | None = ...,
        content_encoding: str | None = ...,
        cache_control: str | None = ...,
        storage_class: str | None = ...,
        sse: str | None = ...,
        sse_kms_key_id: str | None = ...,
        if_match: str | None = ...,
        metadata: _Headers | None = ...,
        tags: _Headers | None = ...,
        sha256: _Bytes = ...,
        if_none_match: bool = ...,
        no_sha256: bool = ...,
    ) -> S3Upload: ...
    def open(
        self,
        bucket: str,
        key: str,
        mode: Literal["wb"] = ...,
        /,
        *,
        content_type: str | None = ...,
        content_encoding: str | None = ...,
        cache_control: str | None = ...,
        storage_class: str | None = ...,
        sse: str | None = ...,
        sse_kms_key_id: str | None = ...,
        if_match: str | None = ...,
        metadata: _Headers | None = ...,
        tags: _Headers | None = ...,
        sha256: _Bytes = ...,
        if_none_match: bool = ...,
        no_sha256: bool = ...,
    ) -> S3Writer: ...
    @overload
    def get(
        self,
        bucket: str,
        key: str,
        into: None = ...,
        *,
        offset: int = ...,
        length: int = ...,
        version_id: str | None = ...,
        if_match: str | None = ...,
    ) -> bytes: ...
    @overload
    def get(
        self,
        bucket: str,
        key: str,
        into: _Writes | StrPath | bytes,
        *,
        offset: int = ...,
        length: int = ...,
        version_id: str | None = ...,
        if_match: str | None = ...,
    ) -> S3Object: ...
    def head(self, bucket: str, key: str, /) -> S3Object: ...
    def delete(self, bucket: str, key: str, /) -> None: ...
    def delete_many(self, bucket: str, keys: Iterable[str], /) -> None: ...
    def copy(
        self,
        from_bucket: str,
        from_key: str,
        to_bucket: str,
        to_key: str,
        /,
        *,
        storage_class: str | None = ...,
        sse: str | None = ...,
        sse_kms_key_id: str | None = ...,
        if_match: str | None = ...,
        if_none_match: bool = ...,
    ) -> S3Object: ...
    def rename(self, bucket: str, from_key: str, to_key: str, /) -> S3Object: ...
    def list(
        self,
        bucket: str,
        prefix: str | None = ...,
        *,
        delimiter: str | None = ...,
        start_after: str | None = ...,
        page: int = ...,
    ) -> Iterator[S3Object]: ...
    def list_uploads(self, bucket: str, prefix: str | None = ...) -> Iterator[S3Object]: ...
    def list_parts(self, bucket: str, key: str, upload_id: str, /) -> Iterator[S3Object]: ...
    def abort(self, bucket: str, key: str, upload_id: str, /) -> None: ...
    def abort_stale(
        self,
        bucket: str,
        prefix: str | None = ...,
        *,
        before_us: int | None = ...,
        all: bool = ...,
    ) -> int: ...
    def presign(
        self,
        method: Literal["GET", "HEAD", "PUT", "DELETE"],
        bucket: str,
        key: str,
        expires_s: int = ...,
    ) -> str: ...
    def stats(self) -> S3Stats: ...

# ---- sealed files to where they are kept -----------------------------------------------

@final
class ShipReport(structseq[Any], tuple[int, int, int, int, int, int, int, int | None]):
    __match_args__: Final = (
        "files",
        "bytes",
        "found",
        "renumbered",
        "failed",
        "waiting",
        "waiting_bytes",
        "oldest_us",
    )
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
    @property
    def waiting_bytes(self) -> int: ...
    @property
    def oldest_us(self) -> int | None: ...

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
        s3: _S3Options | None = ...,
    ) -> Self: ...
    def run(self) -> ShipReport: ...
    def verify(self, deep: bool = ...) -> Iterator[VerifyRow]: ...

# ---- Clair -----------------------------------------------------------------------------

def clair_node(protocol: str, dev_eui: str, /) -> str: ...
def clair_bodies(batch: Batch, protocol: str = ..., /) -> list[bytes]: ...
def clair_add_body(batch: Batch, body: _Text, /) -> int: ...
def clair_add_fixtures(batch: Batch, text: _Text, /) -> int: ...
def clair_add_mongo(
    batch: Batch, text: _Text, devices: Iterable[tuple[str, str]] = ..., /
) -> int: ...
@final
class ClairReport(structseq[int], tuple[int, int, int, int]):
    __match_args__: Final = ("added", "known", "doubled", "refused")
    @property
    def added(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def doubled(self) -> int: ...
    @property
    def refused(self) -> int: ...

@final
class ClairFixtures(_Handle):
    def __new__(cls) -> Self: ...
    def known(self, dump: _Text, /) -> None: ...
    def add(self, batch: Batch, protocol: str = ..., /) -> None: ...
    def to_json(self) -> bytes: ...
    def report(self) -> ClairReport: ...

# ---- signed calls ----------------------------------------------------------------------

def webhook_verify(
    header: _Text | None,
    body: _Text,
    secrets: _Secrets,
    *,
    now_us: int | None = ...,
    window_us: int = ...,
    replay: WebhookReplay | None = ...,
) -> str: ...
def webhook_sign(secret: _Text, body: _Text, *, now_us: int | None = ...) -> str: ...
def webhook_replay(calls: int = ..., /) -> WebhookReplay: ...
@final
class WebhookReplay:
    def forget(self, id: str, /) -> None: ...

def webhook_pipe_verify(
    signature: _Text | None, url: _Text, json: _Text, secrets: _Secrets, /
) -> None: ...
def webhook_pipe_sign(secret: _Text, url: _Text, json: _Text, /) -> str: ...
def webhook_lambda_verify(
    signature: _Text | None, document: _Text, secrets: _Secrets, /
) -> None: ...
def webhook_lambda_sign(secret: _Text, document: _Text, /) -> str: ...
def webhook_form_field(body: _Text, name: _Text, /) -> bytes: ...

# ---- uplinks of network servers --------------------------------------------------------

_Dialect = Literal[
    "ttn_v3",
    "ttn_v2",
    "chirpstack_v4",
    "chirpstack_v4_protobuf",
    "chirpstack_v3",
    "chirpstack_json_v3",
    "osm",
]
_Event = Literal[
    "none",
    "up",
    "normalized",
    "join",
    "ack",
    "nack",
    "txack",
    "queued",
    "failed",
    "invalid",
    "status",
    "location",
    "log",
    "integration",
    "service",
    "connection",
    "response",
]
_TimeSource = Literal["none", "network", "server", "gateway", "device", "arrival"]
_DownlinkForm = Literal[
    "ttn_v3",
    "ttn_v2",
    "chirpstack_v4",
    "chirpstack_v3",
    "chirpstack_v4_http",
    "chirpstack_v3_http",
]

def uplink(
    body: _Text,
    /,
    *,
    topic: str | None = ...,
    event: str | None = ...,
    arrival_us: int = ...,
) -> Uplink: ...
def uplinks(
    body: _Text,
    /,
    *,
    topic: str | None = ...,
    event: str | None = ...,
    arrival_us: int = ...,
) -> Uplinks: ...
def uplink_downlink(
    form: _DownlinkForm,
    payload: bytes | bytearray | memoryview = ...,
    port: int = ...,
    *,
    confirmed: bool = ...,
    dev_eui: str | None = ...,
    priority: str | None = ...,
    id: str | None = ...,
) -> bytes: ...

@final
class Uplink:
    @property
    def dialect(self) -> _Dialect: ...
    @property
    def event(self) -> _Event: ...
    @property
    def payload_status(self) -> int: ...
    @property
    def time_us(self) -> int | None: ...
    @property
    def time_source(self) -> _TimeSource: ...
    @property
    def port(self) -> int: ...
    @property
    def counter(self) -> int | None: ...
    @property
    def application(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def dev_eui(self) -> str: ...
    @property
    def dev_addr(self) -> str: ...
    @property
    def session(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def object(self) -> str | None: ...
    @property
    def normalized(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def rate(self) -> str: ...
    @property
    def rate_index(self) -> int | None: ...
    @property
    def spreading_factor(self) -> int: ...
    @property
    def bandwidth_hz(self) -> int: ...
    @property
    def bit_rate(self) -> int: ...
    @property
    def frequency_hz(self) -> int: ...
    @property
    def gateway(self) -> str: ...
    @property
    def gateway_count(self) -> int: ...
    @property
    def rssi_dbm(self) -> float | None: ...
    @property
    def snr_db(self) -> float | None: ...
    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...
    @property
    def altitude_m(self) -> float | None: ...
    @property
    def battery(self) -> float | None: ...
    @property
    def margin_db(self) -> float | None: ...
    @property
    def confirmed(self) -> bool: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def retry(self) -> bool: ...
    def samples(self, batch: Batch | None = ..., /) -> Batch: ...
    def decode(self, decoder: str, batch: Batch | None = ..., /) -> Batch: ...

@final
class Uplinks:
    @property
    def refused(self) -> list[Error]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Uplink: ...
