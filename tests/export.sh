#!/usr/bin/env bash
# forced-apart export, and its files as the programs read them that they are for. Those come with
# pip install onnx onnxruntime tensorboard, for the Python in $FA_PYTHON (python3).
#
# usage: tests/export.sh PROGRAM SOURCE
. "$2/tests/program.sh"
python=${FA_PYTHON:-python3}
read_back() { "$python" "$source/tests/export_read.py" "$@"; }

# ---- the command ------------------------------------------------------------------------------

fa demo --samples 80 --epochs 2 -o demo
try export_of_a_run 0 '^m.onnx$' - export demo/multi --onnx m.onnx --tensorboard board --csv points.csv
that export_leaves_its_files test -s m.onnx -a -s board/vectors.tsv -a -s board/metadata.tsv \
    -a -s board/projector_config.pbtxt -a -s points.csv
try_json export_as_json 'onnx tensorboard csv' export demo/multi --csv again.csv
that csv_is_the_same_again cmp points.csv again.csv
that csv_has_a_line_for_each_row sh -c '[ "$(wc -l <points.csv)" -eq 21 ] &&
    [ "$(head -n 1 points.csv)" = id,x,y,cluster,confidence,coarse,class ]'
try export_again 0 "^n.onnx$" - export demo/multi -q --onnx n.onnx --tensorboard board
that onnx_is_the_same_again cmp m.onnx n.onnx
try export_of_nothing 2 - 'nothing to write: --onnx M.onnx' export demo/multi
try export_softmax_of_no_model 2 - '--softmax goes with --onnx' export demo/multi --softmax --csv x.csv
try export_twice_into_one_file 2 - 'x.csv' export demo/multi --onnx x.csv --csv x.csv
try export_of_a_missing_run 1 - 'nowhere: there is no such run folder' export nowhere --onnx x.onnx
cp -r demo/multi unfinished && rm unfinished/scores.json
try export_of_an_unfinished_run 1 - 'scores.json is not there' export unfinished --csv x.csv
try export_model_of_an_unfinished_run 0 . - export unfinished --onnx unfinished.onnx
try export_into_a_file 1 - 'cannot be made' export demo/multi --tensorboard m.onnx/board
that failed_export_leaves_nothing sh -c '[ ! -e x.csv ] && [ ! -e x.onnx ] && ! ls | grep -i tmp'

# Clusters within labels: the columns are those of clusters.csv, row by row.
awk 'BEGIN { srand(3); print "a,b,colour,kind"; for (i = 0; i < 60; i++) printf "%.3f,%.3f,%s,k%d\n",
    i % 4 + rand() / 4, i % 4 * 2 + rand() / 4, i % 4 < 2 ? "\"light, red\"" : "blue", i % 4 }' >people.csv
for within in given none; do
    fa discover people.csv --labels colour --hidden kind --epochs 2 -q -o "$within" --set cluster.within=$within
    try "export_within_$within" 0 '^points-' - export "$within" --csv "points-$within.csv" --tensorboard "board-$within"
done
that csv_of_clusters_within_labels_says_which sh -c '
    [ "$(head -n 1 points-given.csv)" = id,x,y,cluster,confidence,coarse,within,class ] &&
    sed "s/light, red/red/g" given/clusters.csv | tail -n +2 | cut -d, -f2-5,7-8 | sort -n >a &&
    sed "s/light, red/red/g" points-given.csv | tail -n +2 |
        awk -F, -v OFS=, "{ print \$1, \$6, \$7, \$4, \$5, \$8 }" | sort -n | diff a - &&
    [ "$(wc -l <a)" = 60 ] && [ "$(cut -d, -f3 a | sort -u | tr "\n" " ")" = "\"blue\" \"red\" " ]'
that metadata_of_clusters_within_labels_says_which sh -c '
    [ "$(head -n 1 board-given/metadata.tsv)" = "$(printf "row\tcoarse\twithin\tcluster\tconfidence\tclass")" ] &&
    sed "s/light, red/red/g" given/clusters.csv | tail -n +2 | tr -d "\"" | cut -d, -f1,3-5,7-8 | sort -n >a &&
    sed "s/light, red/red/g" board-given/metadata.tsv | tail -n +2 | tr "\t" , | sort -n | diff a -'
that over_all_rows_there_is_no_within sh -c '
    [ "$(head -n 1 points-none.csv)" = id,x,y,cluster,confidence,coarse,class ] &&
    [ "$(head -n 1 board-none/metadata.tsv)" = "$(printf "row\tcoarse\tcluster\tconfidence\tclass")" ]'

cp -r demo/multi alone && mv demo/test.npz elsewhere.npz
try export_without_the_data 0 '^alone.csv$' 'left out: demo/test.npz' export alone --csv alone.csv
try explore_without_the_data 0 'explore.html$' 'not on the page' report alone --explore
mv elsewhere.npz demo/test.npz

# ---- TensorBoard ------------------------------------------------------------------------------

if ! command -v "$python" >/dev/null; then
    skip events_by_their_definition "no $python"
else
    that events_by_their_definition read_back events board demo/multi/history.csv
fi
if read_back has tensorboard 2>/dev/null; then
    that events_by_tensorboard read_back tensorboard board demo/multi/history.csv
else
    skip events_by_tensorboard "$python has no tensorboard"
fi

# ---- ONNX: each layer, each kind of data --------------------------------------------------------

# network NAME DATA LAYERS SETTING...: trained, exported, and held against embed.
network() {
    local name=$1 data=$2 layers=$3 setting settings=()
    shift 3
    printf '[data]\ntrain = %s\ntest = %s\n[network]\nlayers = %s\n[train]\nepochs = 3\nbatch = 16\n' \
        "$work/$data" "$work/$data" "$layers" >"$name.ini"
    for setting; do settings+=(--set "$setting"); done
    fa train "$name.ini" -q -o "$name" --set loss.kind=none --set cluster.k=4 "${settings[@]}"
    [ "$code" -eq 0 ] || { miss "onnx_$name" "not trained" "$(cat err)"; return; }
    fa embed "$name" "$data" -q -o e.npy --logits l.npy
    fa export "$name" --onnx "$name.onnx" $softmax
    that "onnx_$name" read_back onnx "$name.onnx" "$data" e.npy l.npy
}
if read_back has numpy onnx onnxruntime 2>/dev/null; then
    read_back make .
    softmax=
    coarse=data.label_column=colour
    network vectors vectors.csv 'linear 12 relu, batchnorm relu, linear 8 relu target, linear out' $coarse
    network images images.npy 'conv 6 3x3 relu, batchnorm relu, conv 5 3x3 stride 2, maxpool 2, conv 8 1x1 relu,
        globalpool, linear 7 relu target, linear out' data.labels="$work/colours.txt"
    network pooled_units images.npy 'conv 5 3x3 relu, globalpool, linear 6 target, logsumexp 2' \
        data.labels="$work/colours.txt"
    network pixels images.npy 'linear 9 relu, linear 7 relu target, linear out' data.labels="$work/colours.txt"
    network flattened images.npy 'maxpool 2, conv 4 5x5, linear 6 target, linear out' data.labels="$work/colours.txt"
    coarse=data.label_column=road
    network series series.csv 'linear 6 relu, batchnorm, lstm 10 every_step, lstm 9, linear 8 relu target, linear out' \
        $coarse
    network steps series.csv 'lstm 9 every_step, mean, linear 8 relu target, linear out' $coarse
    network again_means series.csv 'mean, linear 5 target, repeat, lstm 7 every_step, mean, repeat, linear out' \
        $coarse train.task=reconstruction
    texts='data.label_column=stars data.text_column=review text.max_tokens=6'
    network texts texts.csv 'embedding 12, lstm 10, linear 8 relu target, linear out' $texts text.order=backward
    network means texts.csv 'embedding 12 fixed, mean, linear 8 relu target, linear out' $texts text.order=backward
    network forward texts.csv 'embedding 12, lstm 10, linear 8 relu target, linear out' $texts text.order=forward
    network again series.csv 'lstm 9, linear 5 target, repeat, lstm 7 every_step, linear out' \
        data.label_column=road train.task=reconstruction
    network text_again texts.csv 'embedding 12, lstm 9, linear 5 target, repeat, lstm 7 every_step, linear out' \
        $texts text.order=backward train.task=reconstruction
    network made_again vectors.csv 'linear 6 relu, linear 3 target, linear out' data.label_column=colour \
        train.task=reconstruction
    try onnx_probabilities_of_an_autoencoder 1 - 'the model is an autoencoder' export again --onnx x.onnx --softmax
    softmax=--softmax
    network softmax images.npy 'conv 4 3x3 relu, globalpool, linear 7 relu target, linear out' \
        data.labels="$work/colours.txt"
    network units vectors.csv 'linear 8 target, logsumexp 4' data.label_column=colour
    network sigmoid vectors.csv 'linear 7 relu target, linear out' data.label_column=colour
    that onnx_takes_numbers_that_float_cannot_hold read_back input vectors.onnx 'tensor(double)'
    that onnx_takes_numbers_as_float read_back input series.onnx 'tensor(float)'
    that onnx_takes_pixels read_back input images.onnx 'tensor(uint8)'
else
    skip onnx "$python has no numpy, onnx and onnxruntime"
fi
tap_end
