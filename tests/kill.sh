#!/usr/bin/env bash
# A finished run is resumed with more epochs and killed (kill -9) at 40 moments: what assign and report then tell is
# of the old model, or of the new one, or they refuse; never of both.
#
# usage: tests/kill.sh PROGRAM SOURCE
. "$2/tests/program.sh"

moments=40
old_epochs=2
new_epochs=7

awk 'BEGIN {
    srand(3)
    print "a,b,c,d,colour"
    for (i = 0; i < 1500; i++) {
        kind = i % 6
        printf "%.3f,%.3f,%.3f,%.3f,%s\n", kind + rand(), kind * kind / 5 + rand(), kind % 3 + rand(),
               rand(), kind % 2 ? "red" : "blue"
    } }' >data.csv
{ head -n 1 data.csv; tail -n 200 data.csv; } >new.csv

# A small network, so that most of the time goes into the files that a kill could tear apart.
become_training() {
    exec "$program" train mnist-strokes -o "$1" --set data.train=data.csv --set data.test= --set data.groups= \
        --set data.label_column=colour --set data.scale=standard --set data.validation=0.2 \
        --set "network.layers=linear 16 relu, linear 8 relu target, linear out" --set loss.kind=none \
        --set optimizer.learning_rate=0.01 --set train.keep=last \
        --set cluster.k=6 --set cluster.rows=all --set cluster.restarts=4 --set train.epochs="$2" \
        -q "${@:3}" >out 2>err </dev/null
}
train() { (become_training "$@"); }
tell() {
    rm -f assigned.csv
    "$program" assign "$1" new.csv -o assigned.csv -q >assign.out 2>assign.err </dev/null
    assign_code=$?
    "$program" report "$1" --gnuplot no-such-gnuplot -q >report.out 2>report.err </dev/null
    report_code=$?
}
now() { date +%s.%N; }

train old $old_epochs || miss old_run_is_trained "$(cat err)"
cp -r old full
started=$(now)
train full $new_epochs --resume || miss full_run_is_trained "$(cat err)"
whole=$(awk -v a="$started" -v b="$(now)" 'BEGIN { print b - a }')
for run in old full; do
    cp -r $run told-$run
    tell told-$run
    [ $assign_code = 0 ] && [ $report_code = 0 ] || miss "$run" "$(cat assign.err report.err)"
    mv assigned.csv $run.assigned && cp told-$run/clusters.csv $run.clusters
done
that the_two_models_differ sh -c '! cmp -s old.assigned full.assigned && ! cmp -s old.clusters full.clusters'

# same FILE SUFFIX: which of the two it is.
same() {
    cmp -s "$1" "old.$2" && echo old && return
    cmp -s "$1" "full.$2" && echo full && return
    echo neither
}

declare -A seen=()
wrong=
for ((i = 1; i <= moments; i++)); do
    rm -rf run && cp -r old run
    (become_training run $new_epochs --resume) &
    child=$!
    sleep "$(awk -v i=$i -v n=$moments -v whole="$whole" 'BEGIN { print i * whole * 1.1 / n }')"
    kill -9 $child 2>/dev/null
    wait $child 2>/dev/null
    tell run
    assigned=refused reported=refused
    [ $assign_code = 0 ] && assigned=$(same assigned.csv assigned)
    [ $report_code = 0 ] && reported=$(same run/clusters.csv clusters)
    case $assigned/$reported in
        old/old | full/full | refused/refused | full/refused | old/refused) ;;
        *) wrong+="moment $i: assign $assigned, report $reported; " ;;
    esac
    [ $assign_code = 0 ] || grep -q -- '--resume' assign.err || wrong+="moment $i: assign: $(cat assign.err); "
    [ $report_code = 0 ] || grep -q -- '--resume' report.err || wrong+="moment $i: report: $(cat report.err); "
    # What one refuses for want of results, no file left by a page may seem to tell.
    [ $report_code = 0 ] || [ ! -e run/report.html ] || wrong+="moment $i: an old page beside a new model; "
    seen[$assigned/$reported]=$((${seen[$assigned/$reported]:-0} + 1))
    [ "$reported" = refused ] && rm -rf torn && cp -r run torn
done
that no_moment_shows_a_mixture test -z "$wrong"
[ -z "$wrong" ] || printf '# %s\n' "$wrong"
for key in "${!seen[@]}"; do echo "# assign/report $key: ${seen[$key]}"; done
that some_moments_fall_within_the_training test "${seen[refused/refused]:-0}" -ge 1

# What was torn is mended by one more resume, with the bytes of a run that was never killed.
touch torn/model.safetensors.tmp-999999999-0 torn/scores.json.tmp-1-0
that a_killed_run_is_resumed train torn $new_epochs --resume
mended() {
    local file
    for file in model.safetensors clusters.safetensors clusters.npy embeddings.npy scores.json recipe.ini; do
        cmp torn/$file full/$file || return 1
    done
    ! find torn | grep tmp-
}
that it_ends_with_the_bytes_of_one_never_killed mended

# A model of one run beside the results of another is refused, and told how to mend.
cp -r full mixed && cp old/model.safetensors mixed/
try mixed_report_is_refused 1 - 'belongs to another model.*--resume -o mixed' report mixed
try mixed_assign_is_refused 1 - 'belongs to another model.*--resume -o mixed' assign mixed new.csv -o x.csv
rm mixed/scores.json
try mixed_clusters_are_refused 1 - 'clusters.safetensors belongs to another.*--resume -o mixed' \
    assign mixed new.csv -o x.csv
# Runs of versions that wrote no digest are taken as they are.
cp -r full older && sed -i '/"model"/d' older/scores.json
try older_run_is_read 0 'older/report.html' . report older --gnuplot no-such-gnuplot
tap_end
