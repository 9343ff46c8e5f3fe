#!/usr/bin/env bash
# Runs a command with a Docker engine of its own, which disturbs no other one: it has its own socket, folders and network. The
# engine and all it made are gone afterwards. Needs root, dockerd, runc and busybox (apt-get install docker.io busybox-static).
# docker.sh COMMAND...
set -euo pipefail

if [ "$(id -u)" != 0 ]; then
    echo "docker.sh: only root can start an engine" >&2
    exit 1
fi
for program in docker dockerd runc busybox; do
    command -v "$program" > /dev/null || { echo "docker.sh: needs $program (apt-get install docker.io busybox-static)" >&2; exit 1; }
done

# A machine without systemd may have no control groups yet.
if ! mountpoint -q /sys/fs/cgroup; then
    mount -t tmpfs cgroup /sys/fs/cgroup
    awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups | while read -r controller; do
        mkdir -p "/sys/fs/cgroup/$controller"
        mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
    done
fi

home=$(mktemp -d /tmp/seal-docker-XXXXXX)
engine='' command=''
finish() {
    local code=$?
    trap '' INT TERM HUP
    set +e
    if [ -n "$command" ]; then
        kill "$command" 2> /dev/null
        wait "$command"
    fi
    if [ -n "$engine" ]; then
        docker ps --all --quiet 2> /dev/null | xargs --no-run-if-empty docker rm --force --volumes > /dev/null 2>&1
        kill "$engine"
        wait "$engine"
    fi
    grep -F "$home/" /proc/mounts | cut -d ' ' -f 2 | sort -r | xargs --no-run-if-empty umount --lazy
    for _ in 1 2 3 4 5; do
        rm -rf "$home" && break
        sleep 0.5
    done
    exit "$code"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

export DOCKER_HOST=unix://$home/sock DOCKER_BUILDKIT=0 DOCKER_CONFIG=$home/config SEAL_REQUIRE_DOCKER=1
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
# In a session of its own: what ends the command at a terminal, must not end the engine before it is cleaned up.
setsid unshare --net sh -c 'busybox ip link set lo up && exec dockerd "$@"' sh \
    --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/pid" --host "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip-masq=false --storage-driver=overlay2 --log-level=warn > "$home/log" 2>&1 < /dev/null &
engine=$!
for _ in $(seq 150); do
    docker version > /dev/null 2>&1 && break
    kill -0 "$engine" 2> /dev/null || break
    sleep 0.2
done
if ! docker version > /dev/null 2>&1; then
    echo "docker.sh: the engine does not answer; the end of its log:" >&2
    tail -n 40 "$home/log" >&2
    exit 1
fi

# In the background, as a shell that waits for a program in the foreground holds back its traps until that has ended. What
# runs there starts with INT and QUIT ignored unless told otherwise, and with HUP under nohup; tests of signals need all.
env --default-signal=HUP,INT,QUIT,PIPE,TERM "$@" <&0 &
command=$!
code=0
wait "$command" || code=$?
command=''
exit "$code"
