#!/usr/bin/env bash
# More vectors than memory: training, clusters and assigning with a limit on memory beside the mapped files, and within
# one on all memory, where a control group of our own can be had. What each took is printed.
#
# Before that, the loss of many rows by one process and by two ranks, of which each has half of them, with what it took
# of memory and what passed between them.
#
# usage: tests/scale.sh PROGRAM SOURCE MAKER [FOLDER]
#
# Where FA_TEST_LONG is set: 8.2 GB under 2 GB, in FOLDER or $TMPDIR; else 164 MB under 64.
maker=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
. "$2/tests/program.sh"
rows=40000 columns=1024 limit_mb=64 parts=4
[ -z "${FA_TEST_LONG:-}" ] || rows=500000 columns=4096 limit_mb=2000 parts=16
if [ -n "${4:-}" ]; then
    rm -rf "$work"
    work=$(mktemp -d "$4/scale-XXXXXX")
    cd "$work" || exit 1
fi
kib=$((rows * columns * 4 / 1024))
if [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -lt $((kib + kib / 8)) ]; then
    skip scale "less than $((kib / 1000000 + 1)) GB are free in $work"
    tap_end
    exit
fi
if [ ! -r /proc/self/status ]; then
    skip scale "no /proc, by which memory is measured"
    tap_end
    exit
fi

# A control group below the one that we are in: what it keeps of the files counts there, too, as far as the maker
# of them has not kept it.
group='' group_limit=memory.max group_peak=memory.peak
for above in "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)" \
    "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)" /sys/fs/cgroup/memory; do
    { [ -z "$group" ] && [ -e "$above/cgroup.procs" ] && mkdir "$above/scale-$$" 2>/dev/null; } || continue
    group=$above/scale-$$
    [ -e "$group/memory.max" ] || group_limit=memory.limit_in_bytes group_peak=memory.max_usage_in_bytes
    [ -e "$group/$group_limit" ] && { echo "${limit_mb}000000" >"$group/$group_limit"; } 2>/dev/null && continue
    rmdir "$group"
    group=
done
trap '[ -z "$group" ] || rmdir "$group"; rm -rf "$work"' EXIT

# limited NAME ARGUMENT...: runs the program; passes where it succeeds, and prints what memory it took.
limited() {
    local name=$1 anon=0 now start=$SECONDS child kept=
    shift
    (
        [ -z "$group" ] || echo $BASHPID >"$group/cgroup.procs"
        ulimit -d $((limit_mb * 1000))
        exec "$program" "$@" >out 2>err </dev/null
    ) &
    child=$!
    while kill -0 $child 2>/dev/null; do
        now=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$child/status 2>/dev/null)
        [ "${now:-0}" -le $anon ] || anon=$now
        sleep 0.05
    done
    wait $child
    code=$?
    if [ $code = 0 ]; then pass "$name"; else miss "$name" "exit code $code" "$(tail -n 3 err)"; fi
    [ -z "$group" ] || kept=", $(($(cat "$group/$group_peak") / 1000000)) MB with what is kept of them"
    echo "# $name: $((SECONDS - start)) s, at most $((anon / 1000)) MB of memory beside the files$kept, of $limit_mb"
    [ -z "$group" ] || { echo 0 >"$group/$group_peak"; } 2>/dev/null
}

# A fast form keeps more than the sums of up to 131,072 rows: a bound is for more of them.
loss=${maker%/*}/scale_loss loss_rows=6000
[ -z "${FA_TEST_LONG:-}" ] || loss_rows=262144
"$loss" $loss_rows 64 1 2 2>said | sort >loss.one
that the_loss_is_there [ "$(wc -l <loss.one)" = 16 ]
sed 's/^/# /' said
# within MOST RANKS
within() {
    awk -v most="$1" -v ranks="$2" '/ matrices$/ { n++; bad += !($(NF - 1) <= most) }
        END { exit !(n == ranks && !bad) }' said
}
[ -z "${FA_TEST_LONG:-}" ] || that the_loss_takes_4_matrices_beside_the_rows within 4 1
if command -v mpirun >/dev/null && ! "$program" info | grep -q '^ *mpi *not built in'; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_plm=isolated
    mpirun --oversubscribe --bind-to none -n 2 "$loss" $loss_rows 64 1 1 2>said | sort >loss.two
    that the_loss_of_2_ranks_is_that_of_one cmp loss.one loss.two
    sed 's/^/# /' said
    # docs/cluster.md: 12 N d for the blocks, within a seventh; 12 N; and sorting, dealing and agreements.
    that what_passes_is_what_the_pages_say awk -v n=$loss_rows '/ from others/ { b = $(NF - 7) }
        END { exit !(b > 8 * n * 64 && b < 12 * n * 64 * 8 / 7 + 40 * n) }' said
    [ -z "${FA_TEST_LONG:-}" ] || that each_rank_takes_5_matrices_like_its_half_of_the_rows within 5 2
else
    skip the_loss_of_2_ranks "no mpirun (Debian: openmpi-bin), or built without MPI"
fi

mkdir x
that vectors_are_made "$maker" x $rows $columns $parts
printf '[data]\ntrain = x\nlabels = x.labels.txt\nscale = standard\nvalidation = 0.02\n
[network]\nlayers = linear 16 relu target, linear out\n[loss]\nkind = multi\nmargin = 1\n
[train]\nepochs = 1\nbatch = 512\n[optimizer]\nlearning_rate = 0.002\n[cluster]\nk = 5\nrestarts = 2\n' >x.ini
limited train train x.ini -o run -t 1
limited cluster cluster x -k 5 --restarts 2 -o clusters.npy -t 1
limited assign assign run x -o assigned.csv -t 1
fa score clusters.npy x.kinds.txt --json
that clusters_are_the_kinds awk -F '[:,]' '/"ami_max"/ { well = $2 > 0.85 } END { exit !well }' out
that every_row_is_assigned [ "$(wc -l <assigned.csv)" = $((rows + 1)) ]
[ -n "$group" ] || skip a_control_group "none can be made: the limit is on memory beside the files alone"
tap_end
