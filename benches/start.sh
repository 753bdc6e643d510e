#!/bin/bash
# start.sh - container start -> true -> exit -> cleanup, every runtime side by side, interleaved; the yardstick is
# container_start_limit.c, the cheapest start that we know how to write.
#   benches/start.sh [OUTDIR=/tmp/korobka-start] [ROUNDS=20] [RUNS_PER_ROUND=10] [HEAVY_RUNS_PER_ROUND=3] [PAUSE=0.1]
# Root. Needs: gcc, hyperfine, busybox-static, python3; uses what it finds of: unshare bwrap crun runc youki podman docker.
#   KOROBKA=FILE            the binary [default: target/*/release/korobka]: rows box and box_nocg
#   DOCKER_HOST=unix:///... a dockerd that holds image bb:1 (see --docker below), else the docker rows are left out
#   YOUKI=1                 also youki (built with: cargo install --locked youki --features v1)
#   GATE=15 GATE_WAIT=600   a block begins only when the machine is < GATE % busy; give up after GATE_WAIT s of noise
#   EXTRA='name=command ...'  one more row (repeatable with a newline between)
# benches/start.sh --docker DIR | --docker-stop DIR   starts dockerd by hand under DIR (pid in DIR/dk.pid), imports bb:1, prints DOCKER_HOST
# Everything runs in a private mount namespace; there (only there) an empty tmpfs covers /sys/fs/cgroup/unified, because
# crun refuses "hybrid" trees whose cgroup2 still holds a controller. Nothing on the host is unmounted.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
mkrootfs() { # busybox rootfs in $1
    mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,run}
    cp "$(command -v busybox)" "$1/bin/busybox"
    for a in sh true sleep cat ls ps ip mount hostname id; do ln -sf busybox "$1/bin/$a"; done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"; echo 'root:x:0:' >"$1/etc/group"
    : >"$1/etc/resolv.conf"; : >"$1/etc/hosts"; : >"$1/etc/hostname"
}
if [ "${1:-}" = --docker ]; then
    D=$2; mkdir -p "$D"; mkrootfs "$D/rootfs"
    setsid nohup dockerd --data-root "$D/data" --exec-root "$D/run" --host "unix://$D/dk.sock" --pidfile "$D/dk.pid" >"$D/dockerd.log" 2>&1 </dev/null &
    export DOCKER_HOST=unix://$D/dk.sock
    for _ in $(seq 100); do docker version >/dev/null 2>&1 && break; sleep 0.2; done
    tar -C "$D/rootfs" -c . | docker import - bb:1 >/dev/null
    echo "DOCKER_HOST=$DOCKER_HOST   # stop: $0 --docker-stop $D"; exit 0
fi
if [ "${1:-}" = --docker-stop ]; then   # ends that dockerd and takes back what it left on the machine
    D=$2; P=$(cat "$D/dk.pid"); kill "$P"; while [ -e "/proc/$P" ]; do sleep 0.2; done
    iptables -P FORWARD ACCEPT; ip link del docker0 2>/dev/null || true
    for t in filter nat; do for v in iptables; do
        $v -t $t -S | grep -E '^-A .*(DOCKER|docker0)' | sed 's/^-A/-D/' | while read -r l; do eval "$v -t $t $l" || true; done
        $v -t $t -S | sed -n 's/^-N \(DOCKER.*\)/\1/p' | while read -r c; do $v -t $t -F "$c"; done
        $v -t $t -S | sed -n 's/^-N \(DOCKER.*\)/\1/p' | while read -r c; do $v -t $t -X "$c"; done
    done; done
    findmnt -rno TARGET | grep "^$D/" | sort -r | while read -r m; do umount "$m"; done
    find /sys/fs/cgroup -mindepth 2 -depth -type d -path '*/docker*' -not -path '*process_api*' -exec rmdir {} + || true
    exit 0
fi
OUT=${1:-/tmp/korobka-start} ROUNDS=${2:-20} K=${3:-10} KH=${4:-3} PAUSE=${5:-0.1}
if [ -z "${LW_IN_NS:-}" ]; then
    exec env LW_IN_NS=1 unshare --mount --propagation private "$0" "$OUT" "$ROUNDS" "$K" "$KH" "$PAUSE"
fi
[ -d /sys/fs/cgroup/unified ] && mount -t tmpfs -o size=64m lwmask /sys/fs/cgroup/unified
mkdir -p "$OUT"; cd "$OUT"; rm -rf json rt; mkdir json
mkrootfs "$OUT/rootfs"
gcc -O2 -static -o limit "$HERE/container_start_limit.c"
RT=$OUT/rt; mkdir -p "$RT"
declare -A C; ORDER=(); HEAVY=" "
add() { C[$1]=$2; ORDER+=("$1"); }
# overlay dirs: on a tmpfs ("ram", the default: the disk's syncs would drown the runtimes' own cost) or on OUTDIR's own disk
mkdir -p ram disk; mount -t tmpfs -o size=256m lwram "$OUT/ram"
ov() { local d=$OUT/${2:-ram}/$1; mkdir -p "$d"/{up,wk,mg}; echo "--lower $OUT/rootfs --upper $d/up --work $d/wk --merged $d/mg"; }
bundle() {
    mkdir -p "$OUT/b/$1"; (cd "$OUT/b/$1"; rm -f config.json; runc spec)
    python3 - "$OUT/b/$1/config.json" "$OUT/$2/$1/mg" "/lwbench-$1" <<'PY'
import json, sys
f, root, cg = sys.argv[1:]
c = json.load(open(f)); c['process'].update(terminal=False, args=['/bin/true']); c['root'] = {'path': root, 'readonly': False}
c['linux']['namespaces'] = [{'type': t} for t in ('pid', 'network', 'ipc', 'uts', 'mount', 'cgroup')]; c['linux']['cgroupsPath'] = cg
json.dump(c, open(f, 'w'))
PY
}
L="$OUT/limit"; CG3=cpu,memory,pids; CG9=cpu,cpuacct,cpuset,memory,devices,freezer,blkio,pids,systemd
add exec_only         "$OUT/rootfs/bin/busybox true"
add harness_only      "$L wrap $(ov harness) -- $OUT/rootfs/bin/busybox true"
add limit             "$L once $(ov limit) --cg $CG3 -- /bin/true"
add limit_9cg         "$L once $(ov limit9) --cg $CG9 -- /bin/true"
add limit_nocg        "$L once $(ov limitc) -- /bin/true"
add limit_nocg_nonet  "$L once $(ov limitn) --ns mnt,pid,ipc,uts,cgroup -- /bin/true"
# the same on the host's own root: a dynamic true, as the box runs it
add limit_host        "$L once $(ov limith | sed "s|$OUT/rootfs|/|") --cg $CG3 -- /usr/bin/true"
add limit_host_nocg   "$L once $(ov limithc | sed "s|$OUT/rootfs|/|") -- /usr/bin/true"
add limit_disk        "$L once $(ov limitd disk) --cg $CG3 -- /bin/true"
add unshare           "$L wrap $(ov unshare) --cg $CG3 -- unshare --mount --pid --fork --net --ipc --uts --cgroup --root=$OUT/ram/unshare/mg --mount-proc /bin/true"
command -v bwrap >/dev/null && add bwrap "$L wrap $(ov bwrap) --cg $CG3 -- bwrap --bind $OUT/ram/bwrap/mg / --proc /proc --dev /dev --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup --die-with-parent /bin/true"
for t in crun runc ${YOUKI:+youki}; do   # youki 0.7.0 may hang on a container that exits at once, so only on demand
    command -v $t >/dev/null || continue
    bundle $t ram; mkdir -p "$RT/$t"
    add $t "$L wrap $(ov $t) -- $t --root $RT/$t run --bundle $OUT/b/$t lwbench-$t"
done
if command -v runc >/dev/null; then
    mkdir -p "$RT/runcd"; bundle runcd disk
    add runc_disk "$L wrap $(ov runcd disk) -- runc --root $RT/runcd run --bundle $OUT/b/runcd lwbench-runcd"
fi
if command -v podman >/dev/null; then
    printf '[storage]\ndriver = "overlay"\nrunroot = "%s"\ngraphroot = "%s"\n' "$OUT/pod/run" "$OUT/pod/graph" >storage.conf
    export CONTAINERS_STORAGE_CONF=$OUT/storage.conf
    # nofile/nproc: podman asks for more than the hard limit, and root may lack CAP_SYS_RESOURCE
    P="podman --cgroup-manager=cgroupfs --events-backend=none --runtime crun"; PR="run --rm --cgroupns private --ulimit nofile=1024:1024 --ulimit nproc=4096:4096"
    podman image exists localhost/bb:1 || tar -C rootfs -c . | $P import - bb:1 >/dev/null 2>&1
    add podman_none "$P $PR --network none localhost/bb:1 /bin/true"; add podman_bridge "$P $PR localhost/bb:1 /bin/true"; HEAVY+="podman_none podman_bridge "
fi
if [ -n "${DOCKER_HOST:-}" ] && docker version >/dev/null 2>&1; then
    add docker_none "docker run --rm --cgroupns private --network none bb:1 /bin/true"; add docker_bridge "docker run --rm --cgroupns private bb:1 /bin/true"; HEAVY+="docker_none docker_bridge "
fi
KOROBKA=${KOROBKA:-$(ls -t "$HERE"/../target/*/release/korobka 2>/dev/null | head -1)}
if [ -n "$KOROBKA" ]; then
    add box      "$KOROBKA box -- true"
    add box_nocg "$KOROBKA box --without cgroup -- true"
    # a static true; and the session's directory, which notes the cgroups, on a tmpfs as $XDG_RUNTIME_DIR usually is
    add box_static      "$KOROBKA box -- busybox true"
    add box_static_nocg "$KOROBKA box --without cgroup -- busybox true"
    add box_tmpfs       "env XDG_RUNTIME_DIR=$OUT/ram $KOROBKA box -- true"
fi
while IFS= read -r l; do [ -n "$l" ] && add "${l%%=*}" "${l#*=}"; done <<<"${EXTRA:-}"

GATE=${GATE:-15}   # a block begins when the machine is less than this % busy; blocks disturbed later are dropped below
for n in "${ORDER[@]}"; do   # each must work once before any is timed
    if ! ${C[$n]} >"json/$n.try" 2>&1 </dev/null; then echo "LEFT OUT $n: $(tail -1 "json/$n.try")" | tee -a json/left_out; unset "C[$n]"; fi
done
for r in $(seq "$ROUNDS"); do
    for n in $(printf '%s\n' "${!C[@]}" | shuf); do
        k=$K; [[ $HEAVY == *" $n "* ]] && k=$KH
        "$L" gate "$GATE" "${GATE_WAIT:-600}" || { echo "machine never quiet: stopping in round $r"; break 2; }
        read -r _ a <<<"$(head -1 /proc/stat)"
        hyperfine -N --style none --warmup 1 --runs "$k" --prepare "sleep $PAUSE" --export-json "json/$n.$r.json" "${C[$n]}" >/dev/null 2>json/$n.err || { rm -f "json/$n.$r.json"; echo "$n failed in round $r: $(${C[$n]} 2>&1 </dev/null | tail -1)"; }
        read -r _ b <<<"$(head -1 /proc/stat)"; echo "$a $b" >"json/$n.$r.busy"
    done
done
python3 - "$OUT" "${ORDER[@]}" <<'PY'
import glob, json, statistics as st, sys
out, order = sys.argv[1], sys.argv[2:]
res = {}
def busy(f):
    v = [int(x) for x in open(f).read().split()]; d = [b - a for a, b in zip(v[:8], v[10:18])]; return 100 * (sum(d) - d[3] - d[4]) / max(1, sum(d))
def blocks(n):
    """the blocks of n, less those in which the machine was >20 points busier than in its quietest block"""
    fs = sorted(glob.glob(f'{out}/json/{n}.*.json')); bz = {f: busy(f[:-5] + '.busy') for f in fs}
    return [f for f in fs if bz[f] <= min(bz.values()) + 20], len(fs)
for n in order:
    if not glob.glob(f'{out}/json/{n}.*.json'): continue
    used, total = blocks(n)
    t = [x * 1000 for f in used for r in json.load(open(f))['results'] for x in r['times']]
    u = [r['user'] + r['system'] for f in used for r in json.load(open(f))['results']]
    if t: t.sort(); res[n] = dict(n=len(t), min=t[0], median=st.median(t), mean=st.mean(t), p95=t[int(len(t) * .95)], cpu=st.mean(u) * 1000, blocks_used=len(used), blocks=total)
b = res['limit']
print(f"{'what':18}{'n':>5}{'min ms':>9}{'median':>9}{'mean':>9}{'p95':>9}{'cpu ms':>8}{'x limit (median)':>18}{'(min)':>8}")
for n, r in res.items():
    r['ratio_median'], r['ratio_min'] = r['median'] / b['median'], r['min'] / b['min']
    print(f"{n:18}{r['n']:5}{r['min']:9.2f}{r['median']:9.2f}{r['mean']:9.2f}{r['p95']:9.2f}{r['cpu']:8.2f}{r['ratio_median']:18.2f}{r['ratio_min']:8.2f}")
json.dump(res, open(f'{out}/start.json', 'w'), indent=1)
PY
