#!/bin/sh
# radosgw.sh COMMAND DIR: the S3 gateway of Ceph over one monitor and one store in memory.
# Commands and DIR/env: see server.sh. On Debian: radosgw ceph-mon ceph-osd ceph-common.
#
#   SHUB_TLS=1         TLS too, on a port of its own
#   SHUB_STORE_BYTES   what the store holds, 4 GiB when not given; a full one hangs
#   SHUB_RGW_CONF      more lines for the gateway, such as
#                      "rgw max concurrent requests = 2
#                       rgw scheduler type = throttler"       more at once get 503 SlowDown
#                      "rgw gc obj min wait = 1
#                       rgw gc processor period = 1
#                       rgw gc processor max time = 1"        what is overwritten goes at once;
#                                                             else it stays for two hours
. "$(dirname "$0")/server.sh"

# Those whose process id is in DIR/NAME.pid: osd is the store, and SIGSTOP of it hangs requests.
daemons="gateway osd mon"
gateways=gateway

check()
{
    need radosgw radosgw-admin ceph ceph-authtool ceph-mon ceph-osd monmaptool
}

# Without the short intervals a start takes ten seconds, with `auth = none` it never ends. One
# copy, no manager, no balancing: there is nothing to spread. No cache: else a change waits half
# a minute for a gateway that was killed to take note. Sockets for administration have long
# paths, and nobody uses them.
write_conf()
{
    cat >"$dir/ceph.conf" <<END
[global]
fsid = $1
mon host = $2
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth allow insecure global id reclaim = false
keyring = $dir/keyring
setuser match path =
run dir = $dir
crash dir = $dir
admin socket =
log file = $dir/log/\$name
log to syslog = false
mon cluster log file = $dir/log/cluster
objecter tick interval = 0.5
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
[mon]
mon data = $dir/mon
mon initial members = a
mon cluster log to syslog = false
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
mon osd full ratio = .99
mon osd nearfull ratio = .98
mon osd backfillfull ratio = .985
mon tick interval = 1
mon subscribe interval = 5
paxos propose interval = 0.05
paxos min wait = 0.01
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = ${SHUB_STORE_BYTES:-4294967296}
osd failsafe full ratio = .995
osd class load list = *
osd class default list = *
osd max object name len = 2048
osd mon report interval = 1
[client.rgw.a]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$(port 3)$(tls_frontend)
rgw thread pool size = 64
rgw dns name = $domain
rgw cache enabled = false
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
${SHUB_RGW_CONF:-}
END
}

tls_frontend()
{
    [ -z "${SHUB_TLS:-}" ] ||
        echo " ssl_endpoint=127.0.0.1:$(port 4) ssl_certificate=$dir/both.pem"
}

# The monitor's first start takes every entry over into its own table of keys.
write_keyring()
{
    for name in mon. client.admin client.rgw.a osd.0; do
        printf '[%s]\nkey = %s\n' "$name" "$(ceph-authtool --gen-print-key)"
        printf 'caps %s = "allow *"\n' mon osd mgr
    done >"$dir/keyring"
}

start_mon()
{
    fsid=$(cat /proc/sys/kernel/random/uuid)
    addresses="[v2:127.0.0.1:$(port 1),v1:127.0.0.1:$(port 2)]"
    write_conf "$fsid" "$addresses"
    write_keyring
    logged monmap monmaptool --create --fsid "$fsid" --addv a "$addresses" "$dir/monmap"
    logged mon-mkfs ceph-mon -c "$dir/ceph.conf" -i a --mkfs --monmap "$dir/monmap" \
        --keyring "$dir/keyring"
    launch mon ceph-mon -f -c "$dir/ceph.conf" -i a --keyring "$dir/keyring"
}

start_osd()
{
    uuid=$(cat /proc/sys/kernel/random/uuid)
    logged osd-new ceph -c "$dir/ceph.conf" --connect-timeout 30 osd new "$uuid"
    logged osd-mkfs ceph-osd -c "$dir/ceph.conf" -i 0 --mkfs --osd-uuid "$uuid"
    launch osd ceph-osd -f -c "$dir/ceph.conf" -i 0
}

# new_user NAME ACCESS SECRET
new_user()
{
    logged "user-$1" timeout 60 radosgw-admin -c "$dir/ceph.conf" -n client.rgw.a user create \
        --uid="$1" --display-name="$1" --access-key="$2" --secret="$3"
}

start_store()
{
    mkdir "$dir/mon" "$dir/osd" "$dir/rgw"
    reserve 4
    secret=$(new_secret)
    other=$(new_secret)
    start_mon
    start_osd
    new_user test AKTEST "$secret"
    new_user other AKOTHER "$other"
    write_env "$(port 3)" "$(port 4)" AKTEST "$secret" AKOTHER "$other"
}

launch_gateway()
{
    launch gateway radosgw -f -c "$dir/ceph.conf" -n client.rgw.a
}

answers()
{
    has_status 200 "http://127.0.0.1:$(port 3)/"
}

serve "$@"
