# Read by the scripts here, each of which is one server for tests: its daemons on 127.0.0.1,
# as the user who calls, on ports of their own, with everything they write below one folder.
#
#   start DIR           DIR is new or empty; returns once the server answers
#   stop DIR            ends what `start` began; DIR stays, with log/ to look into
#   run DIR             start, say "ready", and stop when standard input ends; when the process
#                       that called this is gone, however it went, DIR goes, too
#   kill-gateway DIR    ends what clients talk to; what was stored stays
#   start-gateway DIR   and brings it back on the same ports
#
# DIR/env holds, as lines of shell, what a client needs:
#
#   SENSORHUB_S3_ENDPOINT            http://127.0.0.1:PORT
#   SENSORHUB_S3_TLS_ENDPOINT        https://127.0.0.1:PORT, with SHUB_TLS=1
#   SENSORHUB_S3_CA_FILE             the certificate to trust there
#   SENSORHUB_S3_DOMAIN              at BUCKET.domain, same ports, that bucket answers, too
#   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION
#   SENSORHUB_S3_OTHER_ACCESS_KEY_ID, SENSORHUB_S3_OTHER_SECRET_ACCESS_KEY
#                                    a second user, who may not see what the first one has
#
# A server that is not installed ends this with 77 and says what is missing.
#
# The script that reads this names its daemons, the first to be ended first, and those of them
# that are the gateway, in $daemons and $gateways, and has the functions check, start_store,
# launch_gateway and answers.
set -eu
umask 077
PATH=$PATH:/usr/sbin:/sbin
unset LD_PRELOAD # the tests' sanitizer is none of the daemons'
server=$(basename "$0" .sh)
domain=s3.localhost # below localhost alone no certificate may have a wildcard

say()
{
    printf '%s: %s\n' "$server" "$*"
}

die()
{
    say "$*" >&2
    exit 1
}

skip()
{
    say "$*"
    exit 77
}

# need PROGRAM...: ends as skipped when one of them is not installed.
need()
{
    for program; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# ---- daemons ------------------------------------------------------------------------

# launch NAME COMMAND...: in a session of its own; its process id and the time it began, which
# together are never another process's, go to DIR/NAME.pid.
launch()
{
    name=$1
    shift
    setsid "$@" </dev/null >"$dir/log/$name" 2>&1 &
    note "$name" $!
}

note()
{
    printf '%s %s\n' "$2" "$(began_at "$2")" >"$dir/$1.pid"
}

began_at()
{
    state_of "$1" | cut -d ' ' -f 2
}

# state_of PID: its state and when it began; nothing when it is gone.
state_of()
{
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 1,20
}

# alive PID BEGAN: a process that has ended may stay as a zombie for long, which is not alive.
alive()
{
    case $(state_of "$1") in
    [ZX]\ *) return 1 ;;
    *" $2") return 0 ;;
    *) return 1 ;;
    esac
}

running()
{
    [ -s "$dir/$1.pid" ] && read -r pid began <"$dir/$1.pid" && alive "$pid" "$began"
}

# end NAME...: at once, as nothing of it is to be kept.
end()
{
    for name; do
        if running "$name"; then
            kill -s KILL "$pid"
            while running "$name"; do
                sleep 0.01
            done
        fi
        rm -f "$dir/$name.pid"
    done
}

# await CONDITION...: until it holds, for a minute at most and while every daemon runs.
await()
{
    deadline=$(($(date +%s) + 60))
    until "$@"; do
        for name in $daemons; do
            [ ! -e "$dir/$name.pid" ] || running "$name" || fail "$name ended"
        done
        [ "$(date +%s)" -lt $deadline ] || fail "waited for a minute: $*"
        sleep 0.02
    done
}

# fail WHY: with the last words of every daemon.
fail()
{
    tail -n 5 "$dir"/log/* >&2
    die "$*"
}

# logged NAME COMMAND...: a step of the start, its output in DIR/log/NAME.
logged()
{
    name=$1
    shift
    "$@" >"$dir/log/$name" 2>&1 || fail "$name: $*"
}

# has_status STATUS URL: what it answers to an anonymous GET.
has_status()
{
    [ "$(curl -s -o "$dir/log/answer" -w '%{http_code}' -m 5 --noproxy '*' "$2")" = "$1" ]
}

# ---- ports, keys --------------------------------------------------------------------

# reserve COUNT: free ports to DIR/ports. They stay bound, but are not listened at, by a process
# that lives as long as the server: nobody else draws them, also while a gateway is down, and a
# daemon may take its own, as daemons set SO_REUSEADDR before they bind.
reserve()
{
    launch ports /usr/bin/python3 -c '
import os, signal, socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
with open(sys.argv[2] + ".new", "w") as file:
    print(*(one.getsockname()[1] for one in held), file=file)
os.rename(sys.argv[2] + ".new", sys.argv[2])
signal.pause()' "$1" "$dir/ports"
    await test -e "$dir/ports"
}

# port N: the N-th of the reserved ones.
port()
{
    cut -d ' ' -f "$1" "$dir/ports"
}

# As long as AWS's, and with + and / as those have.
new_secret()
{
    openssl rand -base64 30
}

new_certificate()
{
    logged certificate openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 2 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:$domain,DNS:*.$domain \
        -out "$dir/ca.pem" -keyout "$dir/key.pem"
    cat "$dir/key.pem" "$dir/ca.pem" >"$dir/both.pem"
}

# write_env PORT TLS_PORT ACCESS SECRET OTHER_ACCESS OTHER_SECRET
write_env()
{
    {
        echo "SENSORHUB_S3_ENDPOINT='http://127.0.0.1:$1'"
        if [ -n "${SHUB_TLS:-}" ]; then
            echo "SENSORHUB_S3_TLS_ENDPOINT='https://127.0.0.1:$2'"
            echo "SENSORHUB_S3_CA_FILE='$dir/ca.pem'"
        fi
        echo "SENSORHUB_S3_DOMAIN='$domain'"
        echo "AWS_ACCESS_KEY_ID='$3'"
        echo "AWS_SECRET_ACCESS_KEY='$4'"
        echo "AWS_REGION='us-east-1'"
        echo "SENSORHUB_S3_OTHER_ACCESS_KEY_ID='$5'"
        echo "SENSORHUB_S3_OTHER_SECRET_ACCESS_KEY='$6'"
    } >"$dir/env"
}

# ---- commands -----------------------------------------------------------------------

prepare()
{
    check
    need curl openssl setsid
    [ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not installed"
    case $dir in
    *[!A-Za-z0-9._/-]*) die "$dir: a folder's name is letters, digits and ._- here" ;;
    esac
    mkdir -p "$dir"
    [ -z "$(ls -A "$dir")" ] || die "$dir is not empty"
    mkdir "$dir/log"
}

# begin CLEANUP: which runs at every end of this script from here on. Who listens may be gone,
# and a shell that a signal ends runs no trap.
begin()
{
    # shellcheck disable=SC2064 # now is right
    trap "$1" EXIT
    trap 'exit 130' INT TERM PIPE
    [ -z "${SHUB_TLS:-}" ] || new_certificate
    start_store
    start_gateway
}

start()
{
    prepare
    begin stop
    trap - EXIT INT TERM PIPE
}

start_gateway()
{
    launch_gateway
    await answers
}

kill_gateway()
{
    # shellcheck disable=SC2086 # words are names
    end $gateways
}

stop()
{
    # shellcheck disable=SC2086
    end $daemons ports watch
}

run()
{
    prepare
    starter=$PPID
    starter_began=$(began_at "$starter")
    note run $$
    # No child of this script: who kills it with all its children must not get it.
    (launch watch sh "$0" watch "$dir" "$starter" "$starter_began")
    begin leave
    echo ready
    cat >/dev/null
}

# With the starter goes everything; else DIR stays, to look into.
leave()
{
    stop
    alive "$starter" "$starter_began" || rm -rf "$dir"
}

# watch STARTER BEGAN: in a process of its own beside `run`, which may have been killed, or wait
# for something that does not come.
watch()
{
    starter=$1
    starter_began=$2
    while alive "$starter" "$starter_began"; do
        sleep 1
    done
    if running run; then
        kill -s TERM "$pid"
        while running run; do
            sleep 0.1
        done
    fi
    rm -f "$dir/watch.pid" # it is not to end itself
    leave
}

# serve COMMAND DIR
serve()
{
    [ $# = 2 ] || [ "${1:-}" = watch ] || die "COMMAND DIR; COMMAND is start, stop, run, kill-gateway, start-gateway"
    dir=$(realpath -m "$2")
    case $1 in
    start | stop | run) $1 ;;
    kill-gateway) kill_gateway ;;
    start-gateway) start_gateway ;;
    watch) watch "$3" "$4" ;;
    *) die "no such command: $1" ;;
    esac
}
