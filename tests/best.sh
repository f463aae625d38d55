#!/usr/bin/env bash
# forced-apart reproduce best: its columns on little data, and on the real ones where FORCED_APART_DATA
# has them.
#
# usage: best.sh PROGRAM SOURCE
. "$(dirname "$0")/program.sh"
scored="[01]\.[0-9]{3}"

# big NUMBER...: its bytes, four each, as IDX has them.
big() { for one in "$@"; do printf "\\x$(printf %02x $((one >> 24)))\\x$(printf %02x $((one >> 16 & 255)))\\x$(
    printf %02x $((one >> 8 & 255)))\\x$(printf %02x $((one & 255)))"; done; }

# digits NAME COUNT: as many pictures of 28 x 28, by class in turn, with their labels.
digits() {
    { big 2051 "$2" 28 28; for ((i = 0; i < $2; i++)); do yes "$((i % 10 * 1000 + i))" | head -c 784; done; } \
        >"mnist/$1-images-idx3-ubyte.gz"
    { big 2049 "$2"; for ((i = 0; i < $2; i++)); do printf "\\x0$((i % 10))"; done; } >"mnist/$1-labels-idx1-ubyte.gz"
}
mkdir mnist
digits train 120
digits t10k 60
trial=(--runs 1 --set train.epochs=1 -o best)

# ---- digits made unequal -----------------------------------------------------------------------

try unequal_images_are_made_and_clustered 0 "^\| held +\|    1 \| $scored +\| - +\|.*\| $scored +\| $scored +\|$" \
    'making unequal-10 from the images of MNIST' reproduce best --columns images-unequal "${trial[@]}"
# Twelve of each digit: the first and the eleventh of the odd ones stay.
try unequal_images_are_few 0 '^count +70$' - data info best/unequal-10-train-images-idx3-ubyte
that unequal_images_of_even_digits_stay sh -c '[ "$(grep -cE "^  class [02468] +12$" out)" -eq 5 ]'
that unequal_images_of_odd_digits_are_cut sh -c '[ "$(grep -cE "^  class [13579] +2$" out)" -eq 5 ]'
try unequal_test_images_are_cut_alike 0 '^count +35$' - data info best/unequal-10-test-images-idx3-ubyte
cp best/unequal-10-train-images-idx3-ubyte kept
try unequal_images_are_kept 0 . '1 finished already, 0 to train' reproduce best --columns images-unequal \
    "${trial[@]}" --resume
that unequal_images_are_the_same cmp kept best/unequal-10-train-images-idx3-ubyte
mv mnist/train-labels-idx1-ubyte.gz labels.gz
try unequal_images_without_labels 1 - 'unequal-50 could not be made: .*no labels beside it' \
    reproduce best --columns images-unequal-50 "${trial[@]}" -q
mv labels.gz mnist/train-labels-idx1-ubyte.gz

# ---- trained again on its own clusters ---------------------------------------------------------

# Layers as the recipe has them, and narrow.
two='conv 4 3x3, batchnorm relu'
narrow="conv 4 3x3 stride 2, batchnorm relu, $two, maxpool 2, $two, $two, maxpool 2, conv 6 3x3, batchnorm relu"
again=(--columns cifar10-batchnorm "${trial[@]}"
    --set data.train=mnist/train-images-idx3-ubyte.gz --set data.test=mnist/t10k-images-idx3-ubyte.gz
    --set "network.layers=$narrow, globalpool, linear 5 relu target, linear out")
cell=best/cifar10-batchnorm-held-1
if "$program" info | grep -q 'oneDNN .*not built in'; then
    skip trained_again "no oneDNN"
else
    try trained_again_has_all_scores 0 "^\| held +\|    1 \| $scored +\|.*(\| $scored +){4}\|$" \
        'cifar10-batchnorm held, seed 1: AMI_max' reproduce best "${again[@]}"
    for n in 1 2 3; do that "training_${n}_is_a_run" test -s $cell/training-$n/scores.json; done
    that trained_again_on_clusters grep -qx "labels = $cell/labels-3.npy" $cell/training-3/recipe.ini
    that trained_again_not_on_groups grep -qx 'groups = ' $cell/training-3/recipe.ini
    try clusters_of_a_round_lie_within_labels 0 '^samples +120$' - score $cell/labels-2.npy $cell/labels-3.npy
    cp $cell/result.json first.json
    cp -p $cell/training-1/model.safetensors first.safetensors

    # As after a stop: the last training is not there, nor its labels.
    rm -r $cell/training-3 $cell/labels-3.npy
    try trained_again_goes_on 0 . '1 cells, 0 finished already, 1 to train' reproduce best "${again[@]}" --resume
    that trained_again_keeps_what_is_finished test ! $cell/training-1/model.safetensors -nt first.safetensors
    that trained_again_is_the_same sh -c 'grep -v seconds first.json >a && grep -v seconds "$0" | cmp - a' \
        $cell/result.json
    try trained_again_is_finished 0 . '1 cells, 1 finished already, 0 to train' reproduce best "${again[@]}" --resume
    try trained_again_by_another_recipe 1 - "training-1 was trained with optimizer.weight_decay = '0.3', now '0.1'" \
        reproduce best "${again[@]}" --resume --set optimizer.weight_decay=0.1
    try trained_again_needs_resume 1 - 'training-1 is there already; --resume goes on' reproduce best "${again[@]}"
    rm $cell/training-2/scores.json
    printf x >$cell/training-2/checkpoint.safetensors
    rm $cell/result.json
    try trained_again_with_a_damaged_training 1 - "$cell did not finish: .*training-2/checkpoint" \
        reproduce best "${again[@]}" --resume -q
fi

# ---- features: discover, and assign -------------------------------------------------------------

# rows COUNT: two labels of two kinds each, side by side.
rows() {
    awk -v n="$1" 'BEGIN { print "a,b,c,colour,kind"; for (i = 0; i < n; i++) {
        kind = i % 4; noise = (i * 7919 % 101) / 101
        printf "%.3f,%.3f,%.3f,%s,k%d\n", kind % 2 * 6 + noise, int(kind / 2) * 6 - noise, noise * noise,
            kind < 2 ? "red" : "blue", kind } }'
}
rows 400 >train.csv
rows 80 >test.csv
found=(--columns clinc "${trial[@]}" --set data.train=train.csv --set data.test=test.csv
    --set data.label_column=colour --set data.hidden_column=kind)
try discovered_is_assigned_by_told_labels 0 "^\| told +\|    1 \| 1\.000 +\| 1\.000 +\| 1\.000 +\| - +\|$" \
    'clinc held, seed 1: AMI_max 1.000' reproduce best "${found[@]}"
that discovered_is_assigned_by_predicted_labels grep -qE "^\| predicted \|    1( \| 1\.000 +){4}\|$" out
that discovered_is_a_run test -s best/clinc-held-1/discover/clusters.safetensors
try discovered_is_kept 0 . '1 cells, 1 finished already, 0 to train' reproduce best "${found[@]}" --resume
try discovered_by_another_request 1 - "clinc-held-1 was trained with data.validation = '0.1', now '0.2'" \
    reproduce best "${found[@]}" --resume --set data.validation=0.2
rm best/clinc-held-1/result.json
try discovered_anew_without_a_result 0 '^\| told +\|    1 \| 1\.000' '0 finished already, 1 to train' \
    reproduce best "${found[@]}" --resume
try_json best_as_json 'table csv runs' reproduce best "${found[@]}" --resume
that best_json_has_all_scores grep -q nmi_arithmetic_predicted out
try discovered_without_data 1 - 'clinc-held-1 did not finish: .*features/clinc-minilm.npz: neither here nor in' \
    reproduce best --columns clinc --runs 1 -o elsewhere -q

# ---- all columns --------------------------------------------------------------------------------

try best_tells_the_time_of_each 0 - '^forced-apart: images: 10 cells, 10 to train: about' reproduce best --dry-run \
    -o new
that best_has_nine_columns sh -c '[ "$(wc -l <err)" -eq 10 ]'
that best_dry_run_makes_nothing test ! -e new
that best_names_its_command sh -c 'grep -q "^- command: .forced-apart reproduce best --columns clinc" best/table1.md'

# ---- the real data ------------------------------------------------------------------------------

plausible="0\.[1-9][0-9]{2}"
if [ -d "$real_data/mnist" ] && [ -d "$real_data/cifar10" ]; then
    export FORCED_APART_DATA=$real_data
    rm -r mnist best
    try real_unequal_images 0 "^\| held +\|    1 \| $plausible +\|.*\| $plausible +\| $plausible +\|$" . \
        reproduce best --columns images-unequal "${trial[@]}" --set data.limit=2000
    if [ -f "$real_data/features/dbpedia-minilm.npz" ]; then
        try real_features 0 "^\| predicted \|    1( \| 0\.[5-9][0-9]{2} +){4}\|$" . \
            reproduce best --columns dbpedia-features "${trial[@]}" --set data.limit=1000
    fi
fi
tap_end
