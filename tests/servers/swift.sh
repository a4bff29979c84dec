#!/bin/sh
# swift.sh COMMAND DIR: OpenStack Swift with its S3 interface, one server of each kind and one
# copy. Commands and DIR/env: see server.sh. On Debian: swift-proxy swift-account
# swift-container swift-object memcached.
#
#   SHUB_TLS=1         TLS too, by a second proxy server on a port of its own
#
# Objects are files below DIR, which has to be on a file system with extended attributes.
. "$(dirname "$0")/server.sh"

daemons="proxy proxy-tls object container account memcached"
gateways="proxy proxy-tls"

check()
{
    need swift-proxy-server swift-account-server swift-container-server swift-object-server \
        memcached
}

# rings ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT: one device, one copy.
rings()
{
    /usr/bin/python3 - "$dir" "$@" <<'END'
import sys
from swift.common.ring import RingBuilder

folder, *ports = sys.argv[1:]
for name, port in zip(("account", "container", "object"), map(int, ports)):
    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=1)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "device": "d1", "weight": 100.0,
                     "meta": "", "ip": "127.0.0.1", "port": port,
                     "replication_ip": "127.0.0.1", "replication_port": port})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{name}.ring.gz")
END
}

# What every one of its servers is told.
default_conf()
{
    cat <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
user = $(id -un)
swift_dir = $dir
workers = 0
log_address = $dir/no-syslog
log_level = WARNING
END
}

# launch_server KIND PORT: one of account, container, object.
launch_server()
{
    {
        default_conf "$2"
        cat <<END
devices = $dir/srv
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
END
    } >"$dir/$1.conf"
    launch "$1" "swift-$1-server" "$dir/$1.conf" -v
}

# filters NAME...: those without settings.
filters()
{
    for name; do
        printf '[filter:%s]\nuse = egg:swift#%s\n' "$name" "$name"
    done
}

# proxy_conf PORT [LINES]
proxy_conf()
{
    default_conf "$1"
    printf '%s\n' "${2:-}"
    cat <<END
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy
    slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = $secret .admin .reseller_admin
user_other_other = $other .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
storage_domain = $domain
s3_acl = false
dns_compliant_bucket_names = true
allow_multipart_uploads = true
min_segment_size = 5242880
max_upload_part_num = 10000
force_swift_request_proxy_log = false
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$(port 4)
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
$(filters catch_errors gatekeeper healthcheck listing_formats bulk copy dlo symlink)
END
}

start_store()
{
    mkdir -p "$dir/srv/d1"
    /usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.test", b"1")' \
        "$dir/srv" 2>"$dir/log/xattr" || skip "$dir: no extended attributes"
    reserve 6
    secret=$(new_secret)
    other=$(new_secret)
    printf '[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n' \
        >"$dir/swift.conf"
    printf '[swift-constraints]\nmax_file_size = 5368709122\n' >>"$dir/swift.conf"
    : >"$dir/internal-client.conf"
    logged rings rings "$(port 1)" "$(port 2)" "$(port 3)"
    launch_server account "$(port 1)"
    launch_server container "$(port 2)"
    launch_server object "$(port 3)"
    launch memcached memcached -l 127.0.0.1 -p "$(port 4)" -U 0 -m 64 -u "$(id -un)"
    proxy_conf "$(port 5)" >"$dir/proxy.conf"
    [ -z "${SHUB_TLS:-}" ] ||
        proxy_conf "$(port 6)" "cert_file = $dir/ca.pem
key_file = $dir/key.pem" >"$dir/proxy-tls.conf"
    write_env "$(port 5)" "$(port 6)" test:tester "$secret" other:other "$other"
}

launch_gateway()
{
    for name in $gateways; do
        [ ! -e "$dir/$name.conf" ] || launch "$name" swift-proxy-server "$dir/$name.conf" -v
    done
}

# listens PORT: somebody does.
listens()
{
    curl -s -m 5 --noproxy '*' -o "$dir/log/answer" "http://127.0.0.1:$1/" ||
        [ $? != 7 ]
}

# The stores behind it, too: a proxy that finds none answers 503.
answers()
{
    has_status 200 "http://127.0.0.1:$(port 5)/healthcheck" || return 1
    for number in 1 2 3 ${SHUB_TLS:+6}; do
        listens "$(port "$number")" || return 1
    done
}

serve "$@"
