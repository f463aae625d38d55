#!/usr/bin/env bash
# Trainings on several ranks: the bytes of one process, whatever the number of ranks and threads, for each kind of data
# and of component; ranks that disagree, fail, or are killed.
#
# usage: tests/mpi.sh PROGRAM SOURCE      (where FA_TEST_LONG is set: 50 kills in place of 4)
. "$2/tests/program.sh"
. "$source/tests/made_files.sh"

if "$program" info | grep -q '^ *mpi *not built in'; then
    OMPI_COMM_WORLD_SIZE=2 try ranks_without_mpi_are_refused 1 - 'MPI is not built in: install libopenmpi-dev' info
    skip ranks "built without MPI"
    tap_end
    exit
fi
if ! command -v mpirun >/dev/null; then
    skip ranks "no mpirun (Debian: openmpi-bin)"
    tap_end
    exit
fi
kills=4
[ -z "${FA_TEST_LONG:-}" ] || kills=50
files="model.safetensors clusters.safetensors clusters.npy embeddings.npy scores.json recipe.ini"

# Open MPI keeps some memory to the end, and mistakes a container's root for a mishap.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# No network, no other machine: a start takes half the time.
export OMPI_MCA_pml=ob1 OMPI_MCA_plm=isolated

# Open MPI 5 has no such option, and says less by itself.
quiet=
! mpirun -q -n 1 true >/dev/null 2>&1 || quiet=-q

# on RANKS PROGRAM ARGUMENT...: as fa of program.sh; ranks share the cores of this machine.
become_ranks() { exec mpirun $quiet --oversubscribe --bind-to none -n "$@" >out 2>err </dev/null; }
on() {
    (become_ranks "$@")
    code=$?
}

# ---- data: 96 samples of 6 kinds and 2 colours, in turn ------------------------------------------

made() {
    awk -v what="$1" -v count="${2:-96}" 'BEGIN {
        srand(11)
        for (i = 0; i < count; i++) {
            kind = i % 6; colour = kind % 2 ? "red" : "blue"
            if (what == "vectors") {
                if (i == 0) print "a,b,c,d,colour,kind"
                printf "%.3f,%.3f,%.3f,%.3f,%s,k%d\n", kind + rand(), kind * kind / 5 + rand(), kind % 3 + rand(),
                       rand(), colour, kind
            } else if (what == "series") {
                if (i == 0) print "id,time,x,y,colour"
                for (t = 0; t < 3 + i % 5; t++)
                    printf "s%d,%d,%.3f,%.3f,%s\n", i, t, kind * t / 3 + rand() / 8, kind % 3 - t, colour
            } else if (what == "texts") {
                if (i == 0) print "text,colour"
                printf "\"%s", substr("onetwosixtenoldnew", 3 * kind + 1, 3)
                for (t = 0; t < 1 + i % 5; t++) printf " word%d", (i * 7 + t * 3) % 11
                printf "\",%s\n", colour
            } else if (what == "labels") print colour
            else
                for (p = 0; p < 64; p++)
                    printf "%d ", int(p / 8) == kind ? 255 : p % 8 == 7 * (kind % 2) ? 120 : 60 * rand()
        }
    }'
}
made vectors >vectors.csv
made series >series.csv
made texts >texts.csv
made labels >labels.txt
made pixels | bytes | numpy images.npy '96, 8, 8' '|u1'

# Recipes of few and small layers; the last batch of an epoch is smaller, and smaller than its shards in one.
common='[train]\nepochs = 2\nbatch = 24\nshards = 8\n[cluster]\nk = 6\nrows = all\nrestarts = 2\n[optimizer]
learning_rate = 0.01\n'
recipe() { printf "[data]\ntrain = %s\nvalidation = 0.2\n%s\n[network]\nlayers = %s\n$common[loss]\n%s\n" \
    "$2" "$3" "$4" "$5" >"$1.ini"; }
column='label_column = colour'
vectors="$column
ignore_columns = kind
scale = standard"
recipe vectors vectors.csv "$vectors" 'linear 16 relu, linear 8 relu target, linear out' 'kind = multi
margin = 0.5'
recipe series series.csv "$column" 'lstm 12, linear 8 relu target, linear out' 'kind = single
weight = 0.1'
recipe images images.npy 'labels = labels.txt' \
    'conv 4 3x3, batchnorm relu, maxpool 2, linear 8 relu target, linear out' 'kind = decov'
recipe texts texts.csv "$column
text_column = text" 'embedding 8, lstm 8, linear 8 relu target, linear out' 'kind = multi
labels = no
margin = 0.3'
recipe held vectors.csv "$vectors
views = vectors" 'linear 16 relu, linear 8 relu target, linear out' 'kind = multi
margin = 0.5
hold = kl'
made vectors 4600 >many.csv # a batch whose loss is worth sharing out
recipe wide many.csv "$vectors" 'linear 16 relu, linear 64 relu target, linear out' 'kind = multi
margin = 0.5'
sed -i 's/^batch.*/batch = 5000/; s/^rows.*/rows = held_out/' wide.ini
recipe micro texts.csv "$column
text_column = text" 'embedding 8, lstm 8, linear 8 relu target, linear out' 'kind = multi
labels = no
margin = 0.3'
sed -i 's/^batch.*/&\nmicro_batch = 6/' micro.ini
recipe free series.csv 'ignore_columns = colour' 'lstm 8, linear 6 relu target, repeat, lstm 8 every_step, linear out' \
    'kind = multi
margin = 0.3
weight = 0.1'
sed -i 's/^\[train\]/&\ntask = reconstruction/' free.ini

same_run() {
    local file
    for file in $files; do cmp "$1/$file" "$2/$file" || return 1; done
}

# ---- the same bytes ------------------------------------------------------------------------------

# trained NAME RANKS [ARGUMENT...]: into run, and that it is what one process made.
trained() {
    local name=$1 ranks=$2
    shift 2
    rm -rf run
    on "$ranks" "$program" train "$name.ini" -o run -q "$@"
    [ $code = 0 ] || miss "${name}_on_${ranks}_ranks" "exit code $code" "$(cat err)"
    that "${name}_on_${ranks}_ranks_is_that_of_one" same_run run "alone-$name"
}
for name in vectors series images texts held free wide micro; do
    fa train $name.ini -o alone-$name -t 1 -q
    [ $code = 0 ] || miss "${name}_alone" "$(cat err)"
    case $name in
        held | free | micro) trained $name 3 -t 2 ;;
        wide) for ranks in 2 3 4; do trained $name $ranks -t $((1 + ranks % 2)); done ;;
    esac
done
trained wide 8 -t 1
that micro_batches_make_the_model_of_a_batch cmp alone-micro/model.safetensors alone-texts/model.safetensors
trained texts 1
trained texts 8 -t 2
trained vectors 9 -t 1 # one more than there are shards
that ranks_say_one_result [ "$(grep -c '^model ' out)" = 1 ]

# Every component for every kind of data.
for component in 'multi margin=0.5' 'single weight=0.1 margin=5' 'decov weight=0.1' 'xcov weight=0.1' \
    'multi labels=no margin=0.3'; do
    read -ra words <<<"$component"
    settings=(--set "loss.kind=${words[0]}" --set loss.labels=yes --set loss.weight=1)
    for setting in "${words[@]:1}"; do settings+=(--set "loss.$setting"); done
    for kind in vectors series images texts; do
        name=${kind}_with_${component//[ =]/_}
        fa train $kind.ini -o one -t 1 -q --overwrite "${settings[@]}"
        [ $code = 0 ] || miss "${name}_alone" "$(cat err)"
        for ranks in 1 2 3 4; do
            rm -rf run
            on $ranks "$program" train $kind.ini -o run -q -t $((1 + ranks % 2)) "${settings[@]}"
            that "${name}_on_${ranks}_ranks_is_that_of_one" same_run run one
        done
    done
done

on 3 "$program" embed alone-series series.csv -o e.npy --logits l.npy -q
fa embed alone-series series.csv -o one-e.npy --logits one-l.npy -q
that embedding_on_3_ranks_is_that_of_one cmp e.npy one-e.npy
that logits_on_3_ranks_are_those_of_one cmp l.npy one-l.npy
on 2 "$program" cluster e.npy -k 6 -o c.npy -q
fa cluster e.npy -k 6 -o one-c.npy -q
that clusters_on_2_ranks_are_those_of_one cmp c.npy one-c.npy
# A matrix whose KMeans is worth sharing, n k d restarts from 2^28 on.
clustered() {
    local ranks=$1 name=$2
    shift 2
    fa cluster many-x.npy -k 100 --restarts 30 -o one-c.npy --centroids one-f.npy -t 1 -q "$@"
    cp out one-out
    on "$ranks" "$program" cluster many-x.npy -k 100 --restarts 30 -o c.npy --centroids f.npy -t $((1 + ranks % 2)) \
        -q "$@"
    sed -i 's/one-c/c/' one-out
    that "$name" eval 'cmp c.npy one-c.npy && cmp f.npy one-f.npy && cmp out one-out'
}
numbers() {
    awk -v rows="$1" 'BEGIN {
        for (i = 0; i < 24 * rows; i++) printf "%d ", i * 7 % 256 / (1 + i % 5) + int(i / 24) % 90
    }' | bytes | numpy "$2" "$1, 24" '|u1'
}
numbers 4600 many-x.npy
cut -d, -f5 many.csv | tail -n +2 >many-labels.csv
clustered 2 large_clusters_on_2_ranks_are_those_of_one
clustered 3 large_whitened_clusters_on_3_ranks_are_those_of_one --transform whiten
clustered 4 large_clusters_within_labels_on_4_ranks_are_those_of_one --within many-labels.csv
clustered 8 large_clusters_on_8_ranks_are_those_of_one
on 3 "$program" discover vectors.csv --labels colour --hidden kind --epochs 2 --search 1 -o found -q
that discover_on_3_ranks [ $code = 0 ]
fa discover vectors.csv --labels colour --hidden kind --epochs 2 --search 1 -o one-found -q
that discover_on_3_ranks_is_that_of_one same_run found one-found
that discover_on_3_ranks_searches_alike cmp found/candidates.csv one-found/candidates.csv
discovered() {
    local name=$1 ranks=$2
    shift 2
    on "$ranks" "$program" discover "$@" -k 6 --epochs 1 -o found -q --overwrite
    [ $code = 0 ] || miss "discover_${name}_on_${ranks}_ranks" "exit code $code" "$(cat err)"
    fa discover "$@" -k 6 --epochs 1 -o one-found -q --overwrite
    that "discover_${name}_on_${ranks}_ranks_is_that_of_one" same_run found one-found
}
that discover_on_3_ranks_has_its_page [ -s found/report.html ]

discovered series 2 series.csv --labels colour
discovered texts 4 texts.csv --labels colour
discovered images 3 images.npy --labels labels.txt
discovered free 2 vectors.csv --label-free --hidden kind

# What an epoch of one step brings to all ranks together, as docs/cluster.md has it: N rows of d units and c outputs, P
# parameters, n validation rows; 8 agreements of 8 bytes; one comparison of texts.
# counted RECIPE RANKS EPOCHS
counted() {
    on "$2" "$program" train "$1.ini" -o counted --set train.batch=5000 --set "train.epochs=$3" -t 1 -v --overwrite
    sed -n 's/.* ranks, \([0-9]*\) bytes between them.*/\1/p' err
}
fa train vectors.ini -o x --dry-run --json
N=$(sed -n 's/.*"fit": \([0-9]*\).*/\1/p' out) n=$(sed -n 's/.*"validation": \([0-9]*\).*/\1/p' out)
P=$((5 * 16 + 17 * 8 + 9)) d=8 c=1
for ranks in 2 4 8; do
    wanted=$(((ranks - 1) * (8 * P + 4 * (N + n) * (d + c) + 128 * ranks) + ranks * 8 * 8))
    got=$(($(counted vectors $ranks 3) - $(counted vectors $ranks 2)))
    that "bytes_of_an_epoch_on_${ranks}_ranks" [ "$got/$wanted" = "$wanted/$wanted" ]
done

# The loss of a large batch: gradient and loss of the rows of each rank, by two more gathers.
fa train wide.ini -o x --dry-run --json
N=$(sed -n 's/.*"fit": \([0-9]*\).*/\1/p' out) n=$(sed -n 's/.*"validation": \([0-9]*\).*/\1/p' out)
P=$((5 * 16 + 17 * 64 + 65)) d=64
wanted=$((3 * (8 * P + 4 * (N + n) * (d + c) + 4 * N * d + 8 * N + 128 * 4) + 4 * 10 * 8))
got=$(($(counted wide 4 3) - $(counted wide 4 2)))
that bytes_of_an_epoch_with_a_shared_loss [ "$got/$wanted" = "$wanted/$wanted" ]

# ---- ranks that disagree or fail -----------------------------------------------------------------

# refused NAME PATTERN: the last run failed with one line of this program, and left no run in `bad`.
refused() {
    local said
    said=$(grep -c '^forced-apart: ' err)
    if [ $code != 0 ] && [ "$said" = 1 ] && grep -qE -- "$2" err && [ ! -e bad/model.safetensors ]; then
        pass "$1"
    else
        miss "$1" "exit code $code, $said lines" "$(cat err)"
    fi
}
mkdir elsewhere nowhere
sed '5s/^[0-9.]*/9.999/' vectors.csv >elsewhere/vectors.csv
cp vectors.ini elsewhere && cp vectors.ini nowhere
export here=$PWD
# as_last COMMAND ARGUMENT...: the last rank evaluates $LAST before it runs the command. (Not several commands with ':'
# between: some mpirun crash over those.)
cat >as_last <<'LAST'
[ "$OMPI_COMM_WORLD_RANK" != $((OMPI_COMM_WORLD_SIZE - 1)) ] || eval "$LAST"
exec "$@"
LAST
# with_last RANKS DIFFERENCE: a training whose last rank differs.
with_last() {
    LAST=$2 on "$1" bash "$here/as_last" "$program" train vectors.ini -o "$here/bad" -q
}
started=$(date +%s)
FORCED_APART_START_SECONDS=2 with_last 3 'exec sleep 60'
refused a_rank_that_is_another_program_ends_the_start 'rank 0: not all ranks came within 2 s; start forced-apart'
that a_start_that_others_miss_ends_in_time [ $(($(date +%s) - started)) -lt 30 ]
FORCED_APART_START_SECONDS=2 LAST= on 2 bash -c \
    '[ $OMPI_COMM_WORLD_RANK = 1 ] || exec sleep 60; exec "$@"' - "$program" train vectors.ini -o bad -q
refused rank_0_that_is_another_program_ends_the_start 'rank 1: not all ranks came within 2 s'
version=$("$program" --version | sed 's/.* //') # another of as many bytes
LC_ALL=C sed "s/${version//./\\.}/$(tr 0-9 1-90 <<<"$version")/g" "$program" >other && chmod +x other
with_last 3 'shift; set -- "$here/other" "$@"'
refused another_version_is_refused 'rank 2 is forced-apart .*, rank 0 forced-apart .*; start one version'
with_last 2 'set -- "$@" --set train.seed=7'
refused another_recipe_is_refused 'rank 1 has another recipe than rank 0'
with_last 3 'cd elsewhere'
refused another_file_is_refused 'rank 2 has another data set to train on than rank 0'
with_last 2 'export FORCED_APART_SIMD=portable'
refused another_processor_is_refused 'rank 1 has another program than rank 0: .*portable'
with_last 3 'cd nowhere'
refused what_one_rank_lacks_ends_all 'rank 2: .*vectors.csv'
with_last 3 'set -- "$1" train none.ini -o "$here/bad" -q'
refused what_fails_before_the_training_ends_all 'rank 2: .*none'
on 3 "$program" train none.ini -o bad -q
refused what_all_ranks_lack_is_said_once 'none'
numbers 4000 elsewhere/many-x.npy
LAST='cd elsewhere' on 3 bash "$here/as_last" "$program" cluster \
    many-x.npy -k 100 -o bad -q
refused another_matrix_is_refused 'rank 2 has another matrix or options than rank 0: 4000 x 24, .*, not 4600 x 24, '
LAST='cd elsewhere' on 2 bash "$here/as_last" "$program" embed "$here/alone-vectors" vectors.csv -o bad -q
refused another_file_to_embed_is_refused 'rank 1 has another data set or model than rank 0: 96 samples, '
LAST='set -- "$@" --logits bad' on 2 bash "$here/as_last" "$program" embed alone-vectors vectors.csv -o x.npy -q
refused a_rank_that_goes_on_is_refused 'rank 1 does not do what rank 0 does: it has come to its data set or mod.* end'
LAST='set -- "$1" cluster e.npy -k 6 -o bad -q' on 3 bash "$here/as_last" "$program" train vectors.ini -o bad -q
refused another_command_is_refused 'rank 2 does not do what rank 0 does'
LAST='set -- "$@" --trainings 1' on 2 bash "$here/as_last" "$program" discover series.csv --labels colour -k 6 \
    --epochs 1 -o bad -q
refused another_option_of_discover_is_refused 'another set of options than rank 0: trainings 1, .* trainings 0'
on 2 "$program" score e.npy e.npy
refused a_command_of_one_process_says_so 'score: runs as one process; start it without mpirun'
that failures_of_memory_reach_every_rank mpirun $quiet --oversubscribe --bind-to none -n 3 \
    "${program%/*}/tests/test_ranks"

# ---- ranks that are killed -----------------------------------------------------------------------

made vectors 2000 >large.csv
sed 's/vectors.csv/large.csv/; s/^epochs.*/epochs = 35/; s/^rows.*/rows = held_out/' vectors.ini >large.ini
now() { date +%s%N; }
fa train large.ini -o alone-large -t 1 -q
[ $code = 0 ] || miss large_alone "$(cat err)"
trained large 3 -t 1
ended=0 slow='' unlike=''
RANDOM=17 # within an epoch: anywhere
for ((i = 1; i <= kills; i++)); do
    rm -rf run
    (become_ranks 3 "$program" train large.ini -o run -t 1 -q) &
    launcher=$!
    # Within the first epoch, then after ever more of them.
    after=$(((i - 1) * 30 / kills))
    while kill -0 $launcher 2>/dev/null; do
        [ -d run ] && [ "$(cat run/history.csv 2>/dev/null | wc -l)" -ge $after ] && break
        sleep 0.01
    done
    sleep "0.0$((RANDOM % 10))"
    victim=$(pgrep -P $launcher | sed -n "$((1 + i % 3))p")
    all=$(pgrep -P $launcher)
    started=$(now)
    [ -z "$victim" ] || kill -9 "$victim"
    wait $launcher 2>/dev/null
    for rank in $all; do
        while kill -0 "$rank" 2>/dev/null && [ $(($(now) - started)) -lt 10000000000 ]; do sleep 0.1; done
        ! kill -0 "$rank" 2>/dev/null || slow+=" moment $i: $rank;"
    done
    [ -n "$victim" ] && ended=$((ended + 1))
    again=--resume
    [ -e run/checkpoint.safetensors ] || again=--overwrite
    on $((1 + i % 4)) "$program" train large.ini -o run -t 1 -q $again
    [ $code = 0 ] && same_run run alone-large || unlike+=" moment $i: $(cat err)"
done
that every_rank_ends_within_10_seconds [ -z "$slow" ]
that some_kills_fall_within_the_training [ "$ended" -ge $((kills - 1)) ]
that a_resumed_run_equals_the_unbroken_one [ -z "$unlike" ]
[ -z "$slow$unlike" ] || printf '# %s\n' "$slow" "$unlike"
tap_end
