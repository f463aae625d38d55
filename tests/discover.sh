#!/usr/bin/env bash
# discover and assign: the examples of docs/guide.md as they stand there, on small made data; what
# they leave behind; and what is refused.
#
# usage: tests/discover.sh PROGRAM SOURCE
. "$2/tests/program.sh"
. "$source/tests/made_files.sh"

# ---- made data: 120 samples of 6 kinds and 2 colours, in turn -----------------------------------

made() {
    awk -v what="$1" 'BEGIN {
        srand(7)
        for (i = 0; i < 120; i++) {
            kind = i % 6; colour = kind % 2 ? "red" : "blue"
            if (what == "table") {
                if (i == 0) print "size,weight,age,colour,kind"
                printf "%.3f,%.3f,%.3f,%s,k%d\n", kind + rand() / 4, kind * kind / 5 + rand() / 4,
                       kind % 3 + rand() / 4, colour, kind
            } else if (what == "colours") print colour
            else if (what == "kinds") { if (i == 0) print "row,label"; print i ",k" kind }
            else if (what == "series") {
                if (i == 0) print "id,time,x,y,road"
                for (t = 0; t < 4 + i % 3; t++)
                    printf "s%d,%d,%.3f,%.3f,%s\n", i, t, kind * t / 3 + rand() / 8, kind % 3 - t,
                           kind % 2 ? "wet" : "dry"
            } else if (what == "texts") {
                if (i == 0) print "review,stars"
                printf "\"%s %s, word%d\",%s\n", kind % 2 ? "a good book" : "a bad film",
                       substr("onetwosixtenoldnew", 3 * kind + 1, 3), i % 5, kind % 2 ? "many" : "few"
            } else if (what == "ts") {
                if (i == 0) print "@problemName gait\n@timeStamps false\n@classLabel true dry wet\n@data"
                for (d = 0; d < 2; d++)
                    for (t = 0; t < 4 + i % 3; t++)
                        printf "%.3f%s", (d ? kind % 3 - t : kind * t / 3) + rand() / 8, t < 3 + i % 3 ? "," : ":"
                print kind % 2 ? "wet" : "dry"
            } else if (what == "lines")
                printf "%s word%d of the kind\n", substr("onetwosixtenoldnew", 3 * kind + 1, 3), i % 5
            else if (what == "flat") {
                if (i == 0) print "file,label,class"
                printf "%03d.png,%s,k%d\n", i, colour, kind
            } else if (what == "steps")
                for (t = 0; t < 8; t++) printf "%d 0 %d 0 ", kind * t, 100 - kind * (t % 3)
            else if (what == "floats")
                for (j = 0; j < 4; j++) printf "0 %d %d 64 ", int(256 * rand()) , 32 * (int(kind / (j + 1)) % 4)
            else
                for (p = 0; p < 64; p++) printf "%d ", int(p / 8) == kind ? 255 : p % 8 == 7 * (kind % 2) ? 120 : 0
        }
    }'
}
made table >people.csv
head -n 7 people.csv | cut -d, -f1-3 >new.csv
made colours >colours.txt
made kinds >kinds.csv
made series >walks.csv
made texts >reviews.csv
made floats | bytes | numpy features.npy '120, 4' '<f4'
made pixels | bytes | numpy photos.npy '120, 8, 8' '|u1'
made ts >gait.ts
made lines >lines.txt
cp features.npy x.npy
awk 'BEGIN { for (i = 0; i < 120; i++) printf "%d ", i % 2 }' | bytes | numpy coarse.npy '120,' '|i1'
numpy_archive features.npz x.npy coarse.npy
made steps | bytes | numpy points.npy '960, 2' '<i2'
awk 'BEGIN { for (i = 0; i <= 120; i++) printf "%d %d 0 0 ", 8 * i % 256, int(8 * i / 256) }' | bytes |
    numpy offsets.npy '121,' '<i4'
numpy_archive strokes.npz points.npy offsets.npy

# Images of one kind differ by a dot: six files of each folder, the rest are copies.
made flat >flat.csv
mkdir -p shots/red shots/blue flat
for i in 0 1 2 3 4 5; do
    awk -v kind=$i 'BEGIN { for (y = 0; y < 8; y++) { printf "0 "; for (x = 0; x < 8; x++)
        printf "%d %d %d ", y == kind ? 255 : 0, x == 7 * (kind % 2) ? 120 : 0, x == y ? 60 : 0 } }' |
        bytes | png "kind$i.png" 8 8 8 2
done
for i in $(seq 0 119); do
    cp "kind$((i % 6)).png" "$(printf flat/%03d.png "$i")"
    [ $((i % 2)) = 1 ] && folder=red || folder=blue
    cp "kind$((i % 6)).png" "shots/$folder/$i.png"
done
{ printf '\0\0\10\3'; printf '%b' "$(big 120)$(big 8)$(big 8)"; made pixels | bytes; } >digits-images-idx3-ubyte
{ printf '\0\0\10\1'; printf '%b' "$(big 120)"; awk 'BEGIN { for (i = 0; i < 120; i++) printf "%d ", i % 6 }' | bytes
} >digits-labels-idx1-ubyte
mkdir cifar-10-batches-bin
for batch in data_batch_{1..5} test_batch; do
    awk 'BEGIN { for (i = 0; i < 20; i++) { class = i % 10; printf "%d ", class
        for (p = 0; p < 3072; p++) printf "%d ", (p % 1024 / 102 > class) ? 200 : 30 } }' |
        bytes >"cifar-10-batches-bin/$batch.bin"
done
number=0
while read -r line; do
    kind=$(((number += 1) % 2))
    mkdir -p news/group.$kind
    echo "$line" >news/group.$kind/$((10000 + number))
done <lines.txt

# ---- the examples as they stand in docs/guide.md ---------------------------------------------

# Lines that continue are joined. A few epochs are enough to see that they run.
awk '/^## discover/ || /^## Matrices and features/ { on = 1; next } /^## / { on = 0 } on' "$source/docs/guide.md" |
    sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' |
    grep -E '^forced-apart (discover|assign|embed) ' >examples
that docs_have_examples [ "$(wc -l <examples)" -ge 22 ]
number=0
while read -r _ command rest; do
    number=$((number + 1))
    # shellcheck disable=SC2086 # the words of a line of the docs
    if [ "$command" = discover ]; then
        try "docs_example_${number}_discover" 0 '^clusters +[^ ]+/clusters.csv$' - discover $rest --epochs 2 -q
    else
        try "docs_example_${number}_$command" 0 '^(clusters |[^ ]+: [0-9]+ x [0-9]+$)' - "$command" $rest -q
    fi
done <examples

# ---- what is left behind ------------------------------------------------------------------------

for run in people features features-npz photos flat digits walks gait strokes reviews lines; do
    that "discover_${run}_left_its_files" sh -c 'for f in recipe.ini model.safetensors clusters.safetensors \
        clusters.csv candidates.csv report.html scores.json; do
        [ -s "runs/$0/$f" ] || { echo "no $f"; exit 1; }; done' "$run"
    that "discover_${run}_has_a_row_a_sample" [ "$(wc -l <"runs/$run/clusters.csv")" -eq 121 ]
done
that clusters_csv_has_its_columns sh -c 'head -n 1 runs/people/clusters.csv |
    grep -qx "row,sample,coarse,within,cluster,distance,confidence,class"'
that clusters_csv_names_the_coarse_labels sh -c 'tail -n +2 runs/people/clusters.csv | cut -d, -f3 |
    sort -u | tr -d "\"\n" | grep -qx bluered'
that confidences_are_shares sh -c 'tail -n +2 runs/people/clusters.csv |
    awk -F, "\$7 < 0 || \$7 > 1 || \$6 < 0 { exit 1 }"'
that texts_start_from_their_own_vectors grep -qx 'vectors = ppmi' runs/reviews/recipe.ini
that texts_are_means_of_fixed_word_vectors grep -q '^layers = embedding 100 fixed, mean,' runs/reviews/recipe.ini

# Its own rows get the clusters they have.
fa assign runs/people people.csv -o again.csv
cut -d, -f1-6 again.csv >a.want
that assign_gives_a_run_its_own_clusters \
    sh -c 'cut -d, -f1-6 again.csv >a; cut -d, -f1-6 runs/people/clusters.csv >b; cmp a b'
try assign_without_the_label_columns 0 '^rows +6$' 'new.csv: read without columns that are not there: colour, kind$' \
    assign runs/people new.csv -o new-clusters.csv
# Columns of a table go by their names.
awk -F, -v OFS=, '{ print $5, $3, $1, $4, $2 }' people.csv >other.csv
try assign_in_another_order_of_columns 0 '^rows +120$' - assign runs/people other.csv -o other-clusters.csv
cut -d, -f1-3,5 other.csv >colourless.csv
try assign_without_the_labels 0 '^within +.*: 0 rows say theirs, 120 predicted$' 'not there: colour$' \
    assign runs/people colourless.csv -o colourless-clusters.csv
that assign_takes_columns_by_name \
    sh -c 'cut -d, -f1,2,4-6 other-clusters.csv >a; cut -d, -f1,2,4-6 again.csv >b; cmp a b'
try embed_in_another_order_of_columns 0 . - embed runs/people people.csv -o e1.npy -q
try embed_takes_columns_by_name 0 . - embed runs/people other.csv -o e2.npy -q
that embedded_alike cmp e1.npy e2.npy
tail -n +2 people.csv | cut -d, -f1-3 >nameless.csv
try assign_a_table_without_names 0 '^rows +120$' 'nameless.csv names no columns: they are taken in the order' \
    assign runs/people nameless.csv --labels colours.txt -o nameless-clusters.csv
that nameless_columns_go_by_place sh -c 'cut -d, -f1,2,4-6 nameless-clusters.csv | cmp - b'
awk -F, '{ for (i = 1; i <= 3; i++) printf "%d ", $i * 20 }' nameless.csv | bytes | numpy new.npy '120, 3' '|u1'
try assign_an_array_to_a_run_on_a_table 0 '^rows +120$' 'new.npy names no columns' assign runs/people new.npy \
    -o array-clusters.csv
cut -d, -f1-3 people.csv >unlabelled.csv
try assign_with_labels_in_a_file 0 '^rows +120$' - assign runs/people unlabelled.csv --labels colours.txt \
    --hidden kinds.csv -o labelled-clusters.csv -q
that labels_of_a_file_are_in_the_table sh -c 'cut -d, -f1-6 labelled-clusters.csv | cmp - a.want'
cut -d, -f1,2 people.csv >narrow.csv
try assign_a_missing_column 1 - "the column 'age', which was trained on, is not there" assign runs/people narrow.csv \
    -o x.csv -q
sed -e '1s/$/,shoe/' -e '2,$s/$/,44/' people.csv >wider.csv
try assign_a_column_too_many 1 - "the column 'shoe' was not trained on; leave it out" assign runs/people wider.csv \
    -o x.csv -q
try assign_leaves_a_column_out 0 '^rows +120$' - assign runs/people wider.csv --ignore-columns shoe \
    -o wider-clusters.csv -q
try assign_a_column_that_is_not_there 1 - "new.csv: there is no column 'color'" assign runs/people new.csv \
    --label-column color -o x.csv -q
printf 'cluster,name\n1,"wolves, ""old"""\n0,\n' >names.csv
try assign_names_clusters 0 '^  cluster 1 .*  wolves, "old"$' - \
    assign runs/people people.csv --names names.csv -o called.csv
that names_are_in_the_table sh -c '[ "$(head -n 1 called.csv)" = \
    row,sample,coarse,within,cluster,cluster_name,distance,confidence,class ] &&
    [ "$(awk -F, "\$5 == 1" called.csv | wc -l)" = "$(grep -c "\"wolves, \"\"old\"\"\"" called.csv)" ] &&
    [ "$(grep -c wolves called.csv)" -gt 0 ]'
try_json assign_names_as_json 'n k sizes' assign runs/people people.csv --names names.csv -o called.csv
echo 7000,x >>names.csv
try assign_names_of_other_clusters 1 - 'names.csv: line 4: there is no cluster 7000; the run has 0 to' \
    assign runs/people people.csv --names names.csv -o x.csv
printf 'cluster,name\n1,a\n1,b\n' >names.csv
try assign_names_twice 1 - 'names.csv: line 3: cluster 1 has a name already, in line 2' \
    assign runs/people people.csv --names names.csv -o x.csv
try assign_names_from_nowhere 1 - 'nowhere.csv' assign runs/people people.csv --names nowhere.csv -o x.csv
try assign_names_over_the_table 2 - 'names.csv' assign runs/people people.csv --names names.csv -o names.csv
that refused_names_leave_nothing test ! -e x.csv

that assign_new_rows_have_no_label sh -c '[ "$(sed -n 2p new-clusters.csv | cut -d, -f3)" = "" ]'

try discover_texts_without_labels 0 '^reconstruction +[0-9.]+' - discover reviews.csv --text-column review \
    --ignore-columns stars -k 6 --epochs 2 -o t -q
that words_of_an_autoencoder_start_from_the_texts grep -qx 'vectors = ppmi' t/recipe.ini

people='discover people.csv --labels colour --hidden kind --epochs 2'
try_json discover_as_json 'data views training candidates why clusters report' $people -o j
try discover_prints_kmeans_on_the_input 0 \
    '^input +- +given( +-?[01]\.[0-9]{3}| +-)+ +-?[01]\.[0-9]{4}' - $people -o beside -q
try discover_says_why 0 '^chosen +input: clusters of rows and of their nearest agree by AMI' - \
    $people -o beside --overwrite -q
that discover_says_why_not_the_target_layer grep -qE \
    '^chosen .*; the target layer has a consistency of [0-9.]+, not 0.091 more than its .* .fewer than 1,000 rows.$' out
that clusters_that_were_compared_are_kept sh -c '
    kept=$(awk "/^AMI_max  /{print \$2}" out) compared=$(awk "/ chosen\$/{print \$(NF - 1)}" out)
    [ -n "$kept" ] && [ "$kept" = "$compared" ] && grep -q "of at most 5,000 samples; of more" beside/report.html'
that the_page_says_what_was_clustered \
    grep -q 'KMeans with k = [0-9]* on the input, 3 numbers a sample' beside/report.html
try discover_prints_the_layers 0 '^ +1  linear 3 target +3 +12  clustered' - discover people.csv \
    --labels colour --ignore-columns kind --dry-run
try dry_run_of_a_table_names_no_views 0 '^task ' - discover people.csv --labels colour --ignore-columns kind --dry-run
that views_are_not_named_where_there_are_none sh -c '! grep -E "^(views|look at them) " out'
turned='turned, stretched, sheared, bent, moved; at random, taken to be no matter of class$'
try dry_run_says_what_views_assume 0 "^views +data.views = images: $turned" - discover photos.npy --labels colours.txt \
    -k 6 --dry-run
that dry_run_says_how_to_look_at_views grep -qxE 'look at them +forced-apart data views DATA -o sheet.html' out
try dry_run_says_what_augment_assumes 0 '^views +data.augment = flip-crop: mirrored, moved by up to 4 pixels; at' - \
    discover shots -k 6 --dry-run
that augment_is_not_looked_at sh -c '! grep "^look at them" out'
try dry_run_says_it_of_views_that_are_set 0 '^views +data.views = photographs: mirrored; at random, taken' - \
    discover shots -k 6 --dry-run --set data.augment=none --set data.views=auto --set views.crop=0 --set views.aspect=0
fa data strokes digits-images-idx3-ubyte --hidden digits-labels-idx1-ubyte -o pen.npz -q
try dry_run_of_strokes 0 '^views +data.views = strokes: turned, .*, strokes in another order; at random' - \
    discover pen.npz --set data.groups=0-2/3-5 --dry-run
try_json dry_run_as_json 'fit views layers' discover photos.npy --labels colours.txt -k 6 --dry-run
that json_says_what_views_assume grep -q '"views": "data.views = images: turned, ' out
that the_page_says_what_views_assume grep -q 'Samples in training: data.views = images: turned, ' \
    runs/photos/report.html
that the_page_of_a_table_names_no_views sh -c '! grep "Samples in training" runs/people/report.html'
that dry_run_writes_nothing [ ! -e runs/discover ]
try discover_chooses_k 0 '^k +[0-9]+, confidence (low|medium|high): ' - $people -k auto -o auto -q
try discover_part_of_the_data 0 '^AMI_max' - $people --set data.limit=60 -o part -q
that part_knows_its_samples sh -c 'tail -n +2 part/clusters.csv | cut -d, -f2 | tail -n 1 | awk "{ exit !(\$1 > 59) }"'
try discover_same_seed 0 . - $people -o one -q
try discover_same_seed_again 0 . - $people -o two -q -t 1
that discover_same_seed_same_bytes cmp one/clusters.csv two/clusters.csv
try discover_seed_0 0 . - $people --seed 0 -o zero -q
that discover_seed_0_is_no_other_seed sh -c '
    grep -A 9 "^.train" zero/recipe.ini | grep -q "^seed = 0" && ! cmp -s zero/model.safetensors one/model.safetensors'

# The search judges by what needs no hidden classes: without them it chooses the same.
try discover_search 0 ' chosen$' . $people --search 2 -k 4 -o s1
try discover_search_without_classes 0 ' chosen$' . discover people.csv --labels colour --ignore-columns kind \
    --epochs 2 --search 2 -k 4 -o s2
that search_does_not_see_the_classes sh -c 'cut -d, -f1-18 s1/candidates.csv >a
    cut -d, -f1-18 s2/candidates.csv >b; cmp a b'
that search_has_one_winner sh -c '[ "$(sed -n 2,4p s1/candidates.csv | cut -d, -f19 | grep -cx 1)" = 1 ]'
that one_space_is_chosen sh -c '[ "$(tail -n +5 s1/candidates.csv | cut -d, -f19 | grep -cx 1)" = 1 ]'
that candidates_have_their_signals sh -c 'tail -n +2 one/candidates.csv |
    awk -F, "\$6 == \"given\" && !(\$8 > 0 && \$8 <= 1) { exit 1 }"'
try discover_over_all_rows 0 '^chosen ' - $people --set cluster.within=none -o over -q
that over_all_rows_has_no_labels_within sh -c 'head -n 1 over/clusters.csv |
    grep -qx "row,sample,coarse,cluster,distance,confidence,class"'
try discover_clusters_by_label 0 '^AMI_max' - $people -k red=2,blue=4 -o by -q
that labels_have_their_numbers sh -c 'tail -n +2 by/clusters.csv | cut -d, -f4,5 | sort -u | tr -d "\"" |
    cut -d, -f1 | sort | uniq -c | tr -s " \n" " " | grep -qx " 4 blue 2 red "'

# ---- refusals -----------------------------------------------------------------------------------

try discover_nothing_there 1 - 'nix.csv' discover nix.csv -q
try discover_no_such_column 1 - "color" discover people.csv --labels color -q
try discover_no_such_file_of_labels 1 - 'nix.txt' discover features.npy --labels nix.txt -q

# One line each: the file, the place in it, what would work.
printf 'a,b,colour\n1,2,red\n3,blue\n' >ragged.csv
try discover_ragged_row 1 - 'ragged.csv: line 3 has 2 columns, the first row has 3; a field that holds' \
    discover ragged.csv --labels colour -q
printf 'a,b,a,colour\n1,2,3,red\n' >double.csv
try discover_column_named_twice 1 - "double.csv: columns 1 and 3 are both named 'a'; rename one" discover double.csv \
    --labels colour -q
mkdir deep
cp -r shots deep/
echo "$(for y in 1 2 3 4 5 6 7 8; do echo 0 0 9 0 9 0 9 0 9 0 9 0 9 0 9 0 9; done)" | bytes |
    png deep/shots/red/77.png 8 8 16 0
try discover_grey_of_16_bits_among_colours 1 - \
    'deep/shots/red/77.png: has 16 bits a channel; 8 are taken \(ImageMagick: mogrify -depth 8' discover deep/shots -q
printf '' | numpy huge.npy '1099511627776, 64' '<f4'
try discover_matrix_that_claims_too_much 1 - \
    'huge.npy: .*claims 1099511627776 x 64 elements of 4 bytes, but only 0 bytes' discover huge.npy -q
printf 'gASV' | numpy objects.npy '1, 1' '|O'
try discover_matrix_of_objects 1 - "objects.npy: .*'\|O' is Python objects; numbers of" discover objects.npy -q
awk 'BEGIN { for (i = 0; i < 480; i++) printf "%d 0 ", i * 7 % 6 * 8 + 60 }' | bytes | numpy halves.npy '120, 4' '>f2'
try discover_reads_big_endian_halves 0 '^kind +120 vectors, 4 features$' - discover halves.npy --labels colours.txt \
    --dry-run
printf 'id,time,x,road\na,0,1,wet\nb,0,2,dry\na,0,3,wet\n' >again.csv
try discover_time_of_an_id_twice 1 - "again.csv: lines 2 and 4 both hold time 0 of id 'a'; keep one of them" \
    discover again.csv --labels road -q
{ cat kinds.csv; echo 7,k1; } >rows-twice.csv
try discover_row_of_labels_twice 1 - "rows-twice.csv: lines 9 and 122 both label '7'; keep one of them" \
    discover features.npy --labels colours.txt --hidden rows-twice.csv -q
{ cat flat.csv; echo 007.png,red,k1; } >flat-twice.csv
try discover_file_named_twice 1 - "flat-twice.csv: lines 9 and 122 both label '007.png'; keep one of them" \
    discover flat --labels flat-twice.csv -q
head -n 119 colours.txt >short.txt
try discover_labels_of_another_length 1 - 'short.txt.*119' discover features.npy --labels short.txt -q
try discover_too_many_clusters 1 - 'cluster.k: 121 clusters are asked for, data.train has 120 samples; one each' \
    discover people.csv \
    --labels colour --ignore-columns kind -k 121 -q
try discover_k_is_no_number 2 - 'cluster.k must be a number .*auto works$' discover people.csv -k many
try discover_views_of_another_kind 1 - 'data.views = images is not .*; vectors, auto or none works' \
    discover people.csv --labels colour --ignore-columns kind --set data.views=images -q
try discover_views_unknown 2 - 'data.views must be one of none.auto.strokes.*got .photo' discover people.csv \
    --set data.views=photo
try discover_hold_unknown 2 - 'loss.hold must be one of none.kl.js, got .views' discover people.csv \
    --set loss.hold=views
try discover_positives_unknown 2 - 'loss.positives must be one of views.neighbours' discover people.csv \
    --set loss.positives=neighbors
try discover_range_below_0 2 - 'views.rotation must be >= 0, or auto, got -5; auto works' discover people.csv \
    --set views.rotation=-5
try discover_within_unknown 2 - 'cluster.within must be one of none.given.predicted' discover people.csv \
    --set cluster.within=label
try discover_wrong_key 2 - "no key is named 'loss.margn'" discover people.csv --set loss.margn=1
try discover_does_not_overwrite 1 - 'one: holds a run already' $people -o one -q
try assign_no_run 1 - 'nix' assign nix people.csv
try assign_other_width 1 - '.' assign runs/people features.npy -o x.csv -q
mkdir empty
try assign_empty_run 1 - 'empty' assign empty people.csv
that refused_left_nothing [ ! -e x.csv ]

# ---- clusters within coarse labels --------------------------------------------------------------

inside="discover people.csv --labels colour --ignore-columns kind --epochs 2 -q --set cluster.within=given"
try discover_within 0 '^within +clusters lie within given' - $inside -k red=2,blue=4 -o inside
that within_stands_in_the_scores grep -q '"within": "given"' inside/scores.json
that within_has_a_column sh -c 'head -n 1 inside/clusters.csv |
    grep -qx row,sample,coarse,within,cluster,distance,confidence'
that within_is_the_given_label sh -c 'tail -n +2 inside/clusters.csv | awk -F, "\$3 != \$4 { exit 1 }"'
that within_counts_are_those_asked_for sh -c 'tail -n +2 inside/clusters.csv | cut -d, -f4,5 | sort -u |
    cut -d, -f1 | uniq -c | tr -s " \n" " " | grep -qx " 4 .blue. 2 .red. "'
try assign_within 0 'of the run: 120 rows say theirs, 0 predicted' - assign inside people.csv -o inside.csv
that assign_within_gives_a_run_its_own_clusters sh -c 'cut -d, -f1-7 inside.csv | cmp - inside/clusters.csv'
try assign_within_unlabelled 0 'of the run: 0 rows say theirs, 6 predicted' 'not there: colour, kind$' \
    assign inside new.csv -o inside-new.csv
try discover_within_auto 0 '^k +[0-9]+, confidence .*in blue, [0-9]+ in red' - $inside -k auto -o inside-auto
try discover_within_search 0 '^within +' - $inside -k 6 --search 1 -o inside-search
try discover_within_wrong_signs 1 - "no coarse label is named 'red=2;blue' .2 labels.*as blue=4, red=6$" $inside \
    -k 'red=2;blue=4' -o no
try discover_fewer_than_labels 1 - 'for each of the 2 coarse labels; 2 works, or cluster.within = none' $inside \
    -k 1 -o no
try discover_within_no_such_label 1 - "no coarse label is named 'rad' .did you mean 'red'" $inside -k rad=2,blue=4 -o no
try discover_within_too_many 1 - "119 clusters are asked for within the coarse label 'red', which [0-9]+ of" \
    $inside -k red=119,blue=1 -o no
try discover_counts_without_within 1 - 'cluster.within = given or predicted, not none' discover people.csv \
    --labels colour --ignore-columns kind --set cluster.within=none -k red=2,blue=4 -q -o no
try discover_counts_no_numbers 2 - 'not one number from 1 on for each name' discover people.csv -k red=,blue=
that refused_within_left_nothing [ ! -e no ]

# ---- keys without effect ------------------------------------------------------------------------

idle='has no effect: data.views is none; it needs data.views!=none'
look="--labels colour --ignore-columns kind --dry-run"
again="train inside/recipe.ini -o no --dry-run"
try set_without_effect_is_noted 0 . "^forced-apart: --set views.rotation=30 $idle$" $again --set views.rotation=30
try set_without_effect_when_quiet 0 . - $again --set views.rotation=30 -q
try set_to_the_default_is_not_noted 0 . - $again --set views.rotation=auto
try set_with_what_it_needs_is_not_noted 0 . - $again --set loss.kind=multi --set loss.margin=3
try key_of_the_recipe_is_not_noted 0 . - $again --set loss.kind=none --set loss.hold=none
try verbose_tells_of_keys_of_the_recipe 0 . \
    '^forced-apart: loss.temperature = 0.3 has no effect: loss.kind is none; it needs loss.kind=infonce$' \
    $again --set loss.kind=none --set loss.hold=none -v
try discover_set_without_effect_is_noted 0 . "^forced-apart: --set views.rotation=30 $idle$" discover people.csv $look \
    --set views.rotation=30
try discover_set_with_effect_is_not_noted 0 . - discover people.csv $look --set loss.neighbours=3
tap_end
