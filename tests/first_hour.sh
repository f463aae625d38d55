#!/usr/bin/env bash
# The first hour of six persons, each with data as they have them and one command; then files that are
# not what they seem: each is read right, or refused with what to do.
#
# usage: tests/first_hour.sh PROGRAM SOURCE
. "$2/tests/program.sh"
. "$source/tests/made_files.sh"

quick="--epochs 2 -t 1 -q --overwrite"

# ==== Six persons ====

# A table from a colleague: an index, numbers, words, dates, gaps.
awk 'BEGIN {
    srand(3); print ",age,city,member,since,income,churn"
    for (i = 0; i < 400; i++)
        printf "%d,%s,%s,%s,20%02d-0%d-1%d,\"%d,%03d\",%s\n", i, i % 9 ? 20 + int(40 * rand()) : "",
               substr("RomeBernOslo", 4 * (i % 3) + 1, 4), i % 2 ? "yes" : "no", 10 + i % 9,
               1 + i % 8, i % 9, 1 + i % 4, int(1000 * rand()), i % 2 ? "stays" : "goes"
}' >people.csv
try person_with_a_mixed_table_is_told_everything_at_once 1 "age +integer +feature +11.2 %" \
    "45 values are missing: column 2 \('age'\).*--missing .*median.*" data info people.csv --label-column churn
# shellcheck disable=SC2086
try person_with_a_mixed_table_needs_two_commands 0 "400 vectors, 7 features" . \
    discover people.csv --labels churn --missing median --epochs 2 -t 1 -o people --overwrite
head -n 12 people.csv >new.csv
try person_with_new_rows_gets_their_clusters 0 "rows +11" - assign people new.csv -o new-clusters.csv -q

# A folder of photos, some of them deeper.
picture() { # FILE SEED: a PNG of 8 x 8 by its classes' shade
    awk -v s="$2" 'BEGIN { srand(s); for (y = 0; y < 8; y++) { printf "0 "
        for (x = 0; x < 8; x++) printf "%d ", (s % 2 ? 60 : 180) + int(40 * rand()) } }' | bytes | png "$1" 8 8 8 0
}
for i in $(seq 0 23); do
    class=$([ $((i % 2)) -eq 0 ] && echo cat || echo dog)
    mkdir -p photos/$class
    picture photos/$class/"$(printf %02d "$i")".png "$i"
done
# shellcheck disable=SC2086
try person_with_a_folder_of_images_needs_one_command 0 "AMI|clusters" - discover photos -k 2 $quick -o run-photos
mkdir photos/cat/later && cp photos/cat/00.png photos/cat/01x.png 2>/dev/null
cp photos/cat/00.png photos/cat/later/
echo x >photos/notes.txt; cp photos/cat/00.png photos/stray.png; cp photos/cat/00.png photos/dog/a.webp
try what_is_left_out_of_a_folder_is_counted 0 \
    "1 image in a deeper folder.*1 image of a kind.*1 beside the folders.*1 file" - data info photos
mv run-photos photos/run
try run_folder_among_the_classes_is_no_class 0 "classes +2" - data info photos

# Photos as cameras and phones leave them: of any size, one cut short, some with transparency.
cp -r photos mixed && rm -r mixed/run mixed/stray.png mixed/cat/later
awk 'BEGIN { for (y = 0; y < 12; y++) { printf "0 "; for (x = 0; x < 10; x++) printf "200 10 40 128 " } }' |
    bytes | png mixed/cat/large.png 10 12 8 6
head -c 20 photos/dog/01.png >mixed/dog/cut.png
try photo_that_cannot_be_read_is_named 1 - "dog/cut.png: the PNG.*--missing drop" data info mixed
try photos_of_any_size_are_told_the_command 1 - "12 x 10.*--resize 8 makes all of them 8 x 8" \
    data info mixed --missing drop
try photos_of_any_size_are_read 0 "^shape +8 x 8 x 3" - data info mixed --missing drop --resize 8
that photos_that_were_changed_are_told grep -qE \
    '^note +1 image of .* resized to 8 x 8; 1 image with transparency put onto white.*; 25 grey images made RGB' out
that photos_left_out_are_told grep -qE '^skipped .*1 image that cannot be read .*dog/cut.png' out
# shellcheck disable=SC2086
try person_with_photos_of_any_size_needs_one_command 0 "AMI|clusters" - \
    discover mixed --missing drop --resize 8 -k 2 $quick -o run-mixed
try photos_that_are_new_are_resized_alike 0 "rows +26" - assign run-mixed mixed -o mixed.csv -q
that photos_left_out_keep_the_names_of_the_others grep -q '"dog/23.png"' mixed.csv
try photos_resized_are_for_folders 1 . "holds no images, so --resize 8" data info people.csv --resize 8 \
    --label-column churn --missing median

# Texts out of pandas.
awk 'BEGIN { print ",review,stars"
    for (i = 0; i < 60; i++) printf "%d,\"the film number %d was %s, and so on\",%s\n", i, i,
        i % 2 ? "good and long" : "bad and short", i % 2 ? "many" : "few" }' >texts.csv
# shellcheck disable=SC2086
try person_with_texts_of_pandas_needs_one_command 0 "clusters" - discover texts.csv --labels stars \
    $quick -k 2 -o run-texts
that texts_are_told_by_their_first_words grep -q '"the film number 1 was good' run-texts/clusters.csv

# Sensors: a long table, times as people write them, one value a row.
awk 'BEGIN { print "sensor,when,variable,value,state"
    for (s = 0; s < 24; s++) for (t = 0; t < 5; t++) {
        printf "s%d,2024-03-01 10:0%d,temp,%d.%d,%s\n", s, t, 20 + s % 2 * 5, t, s % 2 ? "hot" : "cold"
        printf "s%d,2024-03-01 10:0%d,load,%d,%s\n", s, t, s % 3 * t, s % 2 ? "hot" : "cold" } }' >sensors.csv
try steps_of_sensors_are_not_taken_for_rows 1 . "look like steps of series" data info sensors.csv --label-column state
# shellcheck disable=SC2086
try person_with_sensors_needs_one_command 0 "clusters" - discover sensors.csv --id-column sensor \
    --time-column when --labels state $quick -k 2 -o run-sensors
that series_are_told_by_their_ids grep -q '"s23"' run-sensors/clusters.csv

# Embeddings with labels in CSV, columns named by numbers.
awk 'BEGIN { srand(5); for (k = 0; k < 8; k++) printf "%d,", k; print "label"
    for (i = 0; i < 80; i++) { for (k = 0; k < 8; k++) printf "%.4f,", (i + k) % 4 + rand() / 4
        print i % 2 ? "a" : "b" } }' >emb.csv
# shellcheck disable=SC2086
try person_with_embeddings_needs_one_command 0 "clusters" - discover emb.csv --labels label $quick -k 4 -o run-emb
try embeddings_are_eighty 0 "count +80" - data info emb.csv --label-column label

# No labels at all.
cut -d, -f1-8 emb.csv >free.csv
# shellcheck disable=SC2086
try person_without_labels_needs_one_command 0 "clusters" - discover free.csv $quick -k 4 -o run-free

# ==== Rows and names ====

awk 'BEGIN { print "name,a,b,label"; for (i = 0; i < 40; i++)
    printf "n%d,%s,%d.5,%s\n", i, i % 4 == 1 ? "" : i % 2 * 9, i % 3, i % 2 ? "u" : "v" }' >gaps.csv
# shellcheck disable=SC2086
try rows_may_be_left_out 0 . - discover gaps.csv --labels label --missing drop --id-column name $quick -k 2 -o run-gaps
that sample_is_the_row_of_the_file_and_has_its_name awk -F, \
    'NR > 1 && $NF != "\"n" $2 "\"" { exit 1 } END { exit NR != 31 }' run-gaps/clusters.csv
try assign_has_them_too 0 . - assign run-gaps gaps.csv -o assigned.csv -q
that assigned_rows_are_those_of_the_file awk -F, \
    'NR > 1 && $NF != "\"n" $2 "\"" { exit 1 } END { exit NR != 31 }' assigned.csv

printf 'a,label\n1,"x\ny"\n2,z\n3,"x\ny"\n4,z\n5,"x\ny"\n6,z\n7,"x\ny"\n8,z\n' >breaks.csv
# shellcheck disable=SC2086
try label_with_a_line_break_is_kept 0 . - discover breaks.csv --labels label $quick -k 2 -o run-breaks
that label_is_written_as_it_is awk 'NR > 1 && !/^[0-9]/ && !/^y",/ { exit 1 }' run-breaks/clusters.csv
that label_is_written_as_it_is_in_both_columns grep -qx 'y","x' run-breaks/clusters.csv

# A column of labels with its name on top, beside a table.
{ echo label; for i in $(seq 80); do echo $((i % 2)); done; } >top.csv
try label_file_may_have_its_name_on_top 0 "coarse 1 +40" - data info free.csv --labels top.csv
{ echo colour; for i in $(seq 80); do echo $((i % 2)); done; } >other.csv
try label_file_may_have_any_name_on_top 0 "line 1 \('colour'\) is taken for the name" - \
    data info free.csv --labels other.csv
for i in $(seq 81); do echo $((i % 2)); done >other.csv
try one_line_too_many_is_refused 1 . "has 81 labels" data info free.csv --labels other.csv

# ==== Files that are something else ====

printf '%s\n' '@RELATION x' '@attribute a numeric' '@attribute Class {u,v}' '@data' 1.5,u 2.5,v >x.arff
try arff_is_a_table_with_its_class 0 'Class +category +hidden' - data info x.arff
printf '%% a comment\n\n@relation y\n@data\n1\n' >y.arff
try arff_without_attributes_is_refused 1 - "line 4: no @attribute stands before @data" data info y.arff
printf '$FL2@(#) SPSS' >x.sav
try spss_is_named 1 - "SPSS.*read_spss" data info x.sav
printf 'X\n\0\0\0\3data' >x.rds
try r_is_named 1 - "file of R; write.csv" data info x.rds
printf '%%%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 0.5\n' >x.mtx
try matrix_market_is_named 1 - "mmread" data info x.mtx
printf '<table border="1"><tr><td>1</td></tr></table>' >x.html
try table_of_a_page_is_named 1 - "read_html" data info x.html
printf 'PAR1....PAR1' >x.parquet
try parquet_is_named 1 - "Parquet.*to_csv" data info x.parquet
printf '\211HDF\r\n\032\n....' >x.h5
try hdf5_is_named 1 - "HDF5.*np.save" data info x.h5
printf '{"a": [1, 2]}' >x.json
try json_is_named 1 - "is JSON" data info x.json
printf '\200\003}q\000X....' >batch
try pickle_is_named 1 - "Python pickle.*binary version" data info batch
printf 'a,b\n1,2\n' | iconv -f UTF-8 -t UTF-16 >x16.csv 2>/dev/null &&
    try utf16_is_named 1 - "UTF-16.*iconv" data info x16.csv
printf 'a,b\n1,2\n3,4\n' | iconv -f UTF-8 -t UTF-16LE >y16.csv 2>/dev/null &&
    try utf16_without_a_mark_is_named 1 - "UTF-16.*iconv" data info y16.csv
printf 'text,label\nun\0to,a\nb c,b\n' >nul.csv
try zero_byte_is_placed 1 - "line 2.*zero byte" data info nul.csv --text-column text --label-column label
printf 'one\033[0m\ntwo\f\nthree\v\n' >ctl.txt
try control_characters_are_text 0 "count +3" - data info ctl.txt
printf 'one\ntwo\n' >UP.TXT
try upper_case_endings_are_known 0 "count +2" - data info UP.TXT
printf 'w|x\n1.5|2\n2.5|4\n' >bars.csv
try bars_are_delimiters 0 "features +2" - data info bars.csv

# ==== .ts against its head ====

ts() { printf '@problemName t\n@timeStamps false\n%b' "$1" >x.ts; }
refuses() { ts "$2"; try "$1" 1 - "$3" data info x.ts; }

refuses ts_dimensions_of_a_case '@univariate false\n@dimensions 3\n@classLabel true 1 2\n@data\n1,2:3,4:5,6\n' \
    'line 7.*2 dimensions.*the head says 3'
refuses ts_univariate_is_held '@univariate true\n@classLabel true 1 2\n@data\n1,2:3,4:1\n' '@univariate true'
refuses ts_class_is_one_of_the_list '@dimensions 1\n@classLabel true walk run\n@data\n1,2:walk\n1,3:Walk\n' \
    "line 7: class 'Walk' is not one of"
refuses ts_equal_length_is_held '@equalLength true\n@classLabel true 1 2\n@data\n1,2:1\n1,2,3:2\n' '@equalLength true'
refuses ts_length_is_held '@equalLength true\n@seriesLength 3\n@classLabel true 1 2\n@data\n1,2:1\n' 'has 2 steps.*3'
refuses ts_missing_class_is_missing '@classLabel true 1 2\n@data\n1,2:1\n1,3:NaN\n' 'line 6: the class.*missing'
refuses ts_question_mark_is_missing '@classLabel true 1 2\n@data\n1,2:1\n1,3:?\n' 'line 6: the class.*missing'
refuses ts_zero_byte '@classLabel true a b\n@data\n1,2:a\0000b\n' 'line 5: holds a zero byte'
ts '@classLabel true 1 2\n@data\n1,2:1\n1,3:2\n  \n\t\n'
try ts_blank_lines_are_passed_over 0 "count +2" - data info x.ts
{ printf '\357\273\277'; cat x.ts; } >bom.ts
try ts_byte_order_mark_is_passed_over 0 "count +2" - data info bom.ts

# ==== Arrays ====

awk 'BEGIN { for (i = 0; i < 4 * 6; i++) printf "%d ", i % 250 }' | bytes >six
awk 'BEGIN { for (i = 0; i < 2 * 2 * 2 * 4; i++) print i }' | bytes >rgba
numpy rgba.npy '2, 2, 2, 4' '|u1' <rgba
try arrays_with_transparency_are_told_how 1 - "array\[..., :3\]" data info rgba.npy
numpy shorts.npy '2, 2, 3' '<u2' <six
try images_of_16_bits_are_told_how 1 - "// 257" data info shorts.npy
printf 'a\0\0\0b\0\0\0' | numpy words.npy '2,' '<U1'
try words_in_an_array_are_told_how 1 - "fmt='%s'" data info words.npy
printf '1,2\n3,4\n' >pair.csv
try words_in_an_array_are_labels 0 "^  coarse 1 +1  b" - data info pair.csv --labels words.npy
numpy objects.npy '2,' '|O' <six
try objects_are_told_how 1 - "Python objects.*toarray" data info objects.npy
numpy x_train.npy '2, 3' '<i4' <six
cp x_train.npy rows.npy
numpy_archive rows.npz rows.npy
try names_of_an_archive_are_listed 1 - "holds rows;" data info rows.npz
cp x_train.npy x_test.npy
numpy_archive keras.npz x_train.npy x_test.npy
try splits_of_an_archive_are_asked_for 1 - "--split train, or test" data info keras.npz
try a_split_of_an_archive_is_read 0 '^count +2' - data info keras.npz --split test
cp x_train.npy indptr.npy
numpy_archive sparse.npz indptr.npy
try sparse_matrices_are_named 1 - "sparse matrix of SciPy.*toarray" data info sparse.npz
printf '1\n2\n1\n2\n\n  \n' >blank.txt
printf '1\n1\n2\n2\n' >plain.txt
try blank_lines_at_the_end_are_passed_over 0 "samples +4" - score blank.txt plain.txt
printf '1\n\n1\n2\n' >hole.txt
try blank_line_within_is_refused 1 - "line 2" score hole.txt plain.txt

tap_end
