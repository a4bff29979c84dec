#!/bin/sh
# influxdb.sh COMMAND DIR: InfluxDB 1, without users. Commands: see server.sh; DIR/env holds
# SENSORHUB_INFLUX_URL. On Debian: influxdb.
. "$(dirname "$0")/server.sh"

daemons=influxd
gateways=influxd

check()
{
    need influxd
}

write_conf()
{
    cat >"$dir/influxdb.conf" <<END
reporting-disabled = true
bind-address = "127.0.0.1:$(port 2)"
[meta]
dir = "$dir/meta"
[data]
dir = "$dir/data"
wal-dir = "$dir/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:$(port 1)"
log-enabled = false
[monitor]
store-enabled = false
END
}

start_store()
{
    reserve 2
    write_conf
    echo "SENSORHUB_INFLUX_URL='http://127.0.0.1:$(port 1)'" >"$dir/env"
}

launch_gateway()
{
    launch influxd influxd run -config "$dir/influxdb.conf"
}

answers()
{
    has_status 204 "http://127.0.0.1:$(port 1)/ping"
}

serve "$@"
