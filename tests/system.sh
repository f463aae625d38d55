#!/usr/bin/env bash
# What shells, disks, users and other programs around it do to the program: where an output goes, whose it is, which
# signal ends it, what a pipe or a closed descriptor gives.
#
# usage: tests/system.sh PROGRAM SOURCE
. "$2/tests/program.sh"
. "$source/tests/made_files.sh"

awk 'BEGIN { for (i = 0; i < 2000 * 8; i++) print i * 7919 % 251 }' | bytes >rows
numpy e.npy '2000, 8' '|u1' <rows
"$program" cluster e.npy -k 3 -o right.npy >out 2>err || miss setup "$(cat err)"
cluster=(cluster e.npy -k 3)

# ==== Where an output goes ====

"$program" "${cluster[@]}" -o >(cat >piped.npy) >out 2>err
code=$?
for ((i = 0; i < 50; i++)); do cmp -s piped.npy right.npy && break; sleep 0.1; done
that output_into_a_process_of_bash sh -c 'cat err; [ $0 = 0 ] && cmp piped.npy right.npy' $code
that output_into_an_open_file sh -c '"$0" cluster e.npy -k 3 -o /dev/fd/3 3>third.npy >out 2>err &&
    cmp third.npy right.npy' "$program"
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    [ $name = - ] || [ -e $name ] || continue
    try "output_to_standard_output$name" 2 - "standard output, '$name', has the result already" "${cluster[@]}" -o $name
done
that no_file_is_named_by_a_dash test ! -e ./-
that pipe_gets_no_mixture sh -c '"$0" cluster e.npy -k 3 -o /dev/stdout 2>err | cat >mixed; [ ! -s mixed ]' "$program"
for command in "discover e.npy --label-free" "train vectors" demo "data views e.npy"; do
    # shellcheck disable=SC2086
    try "dash_is_no_output_of_${command%% *}" 2 - 'has the result already' $command -o -
done
try empty_name_is_no_output 1 - "'' is no usable file name" "${cluster[@]}" -o ''
ln -s nowhere.npy dangling.npy
try outputs_that_a_link_makes_one 2 - 'are one file' "${cluster[@]}" -o nowhere.npy --centroids dangling.npy
long=$(printf 'n%.0s' $(seq 250))
try name_as_long_as_names_may_be 0 . - "${cluster[@]}" -o "$long"
that long_name_is_written cmp "$long" right.npy
that long_name_leaves_nothing_else sh -c '[ "$(ls | grep -c nnnnnnnn)" = 1 ]'
mkdir parts && cp e.npy parts/part-0.npy
try output_that_would_be_a_part 2 - 'would become a part of the data in parts' cluster parts -k 3 -o parts/part-1.npy
that parts_are_as_before sh -c '[ "$(ls parts)" = part-0.npy ]'
cp e.npy own.npy
try page_of_views_over_its_data 2 - 'would be written over own.npy' data views own.npy -o own.npy
that data_are_as_before cmp own.npy e.npy
echo x >plain
try run_in_a_file 1 . 'the folder cannot be made: something else is there' discover e.npy --label-free -k 2 -o plain/run

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    echo x >theirs && chmod 640 theirs && chown 65534:65534 theirs
    try file_of_another_is_replaced 0 . - "${cluster[@]}" -o theirs
    that file_of_another_stays_theirs sh -c '[ "$(stat -c "%u:%g %a" theirs)" = "65534:65534 640" ]'
    mkdir closed && echo x >closed/open && chmod 666 closed/open
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" "${cluster[@]}" -o closed/open >out 2>err
    code=$?
    that file_in_a_folder_that_takes_none sh -c '[ $0 = 1 ] && grep -q "in its folder, where a file is made" err &&
        grep -qx x closed/open' $code
    mkdir private && echo '[data]' >private/recipe.ini && chmod 700 private
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" report private >out 2>err
    that run_of_another_is_no_unfinished_one grep -q 'private: the folder cannot be looked into: Permission denied' err
else
    skip file_of_another_is_replaced "not root, or no setpriv"
fi

# ==== Signals ====

# ends SIGNAL: a clustering that has long to go is stopped by it, with a message and nothing left behind.
ends() {
    "$program" cluster e.npy -k 200 --restarts 100000 -t 1 -o "$1.npy" >out 2>err </dev/null &
    local child=$!
    sleep 0.5
    kill "-$1" $child
    wait $child
    code=$?
    that "ended_by_sig$1" sh -c '[ $0 = 1 ] && grep -q "^forced-apart: stopped by a signal" err &&
        [ -z "$(ls | grep "^$1.npy")" ]' $code "$1"
}
ends TERM
ends HUP
ends XCPU
(trap '' HUP; exec "$program" cluster e.npy -k 20 --restarts 200 -t 1 -o kept.npy >out 2>err </dev/null) &
child=$!
sleep 0.3
kill -HUP $child 2>/dev/null
wait $child
that nohup_is_respected test -s kept.npy
that limit_on_time_is_a_message sh -c 'ulimit -St 1; "$0" cluster e.npy -k 200 --restarts 100000 -t 1 >out 2>err
    [ $? = 1 ] && grep -q "stopped by a signal" err' "$program"

# A file that is mapped becomes shorter while it is read.
awk 'BEGIN { for (i = 0; i < 16384; i++) print i % 251, i * 7 % 251, i * 13 % 120, 63 }' | bytes >some
for ((i = 0; i < 8 * 64; i++)); do cat some; done >many
numpy mapped.npy '1048576, 8' '<f4' <many
"$program" cluster mapped.npy -k 50 --restarts 1000 -t 1 -o lost.npy >out 2>err </dev/null &
child=$!
sleep 1
: >mapped.npy
wait $child
code=$?
that mapped_file_that_is_cut_is_a_message sh -c 'cat err; [ $0 = 1 ] && [ ! -e lost.npy ] &&
    grep -q "^forced-apart: .* became shorter" err' $code
rm -f many mapped.npy

# ==== Descriptors and pipes ====

that closed_descriptors_do_not_get_into_files sh -c '"$0" cluster e.npy -k 3 -o closed.npy <&- >&- 2>&-
    cmp closed.npy right.npy' "$program"
printf 'a,b,label\n1.5,2,u\n2.5,3,v\n3.5,1,u\n0.5,2,v\n' >table.csv
"$program" data info /dev/stdin --label-column label <<<"$(cat table.csv)" >out 2>err
that table_from_a_file_that_is_gone_is_read grep -q '^count  *4' out
cat table.csv | "$program" data info /dev/stdin --label-column label >out 2>err
that table_from_a_pipe_is_read sh -c 'cat err; grep -q "^count  *4" out && grep -q "listed where it is a file" err'
try dash_is_no_data 1 - '-: standard input is named /dev/stdin' data info -
gzip -c table.csv | gzip >twice.csv.gz
try file_that_is_packed_twice 1 - 'packed twice' data info twice.csv.gz

# ==== What lies about in folders ====

mkdir -p shots/cat shots/dog shots/@eaDir/0.png 'shots/$RECYCLE.BIN' splits/train splits/test
for i in 0 1 2 3; do
    awk -v v=$((50 * i)) 'BEGIN { for (y = 0; y < 4; y++) print 0, v, y, v, y, v, y, v, y, v, y, v, y }' |
        bytes | png shots/$([ $((i % 2)) = 0 ] && echo cat || echo dog)/$i.png 4 4 8 2
done
cp shots/cat/0.png shots/@eaDir/0.png/thumb.png
cp shots/cat/0.png 'shots/$RECYCLE.BIN/1.png'
try folders_of_the_system_are_no_classes 0 '^classes +2' - data info shots
that folders_of_the_system_are_not_counted grep -qE '^skipped +0' out
cp shots/cat/*.png splits/train && cp shots/dog/*.png splits/test
echo 'id,label' >splits/train.csv
try parts_of_the_data_are_no_classes 1 - 'parts of the data, not classes.*splits/train' data info splits
mkdir -p words/a words/b words/run
for i in 1 2 3; do echo "one $i" >words/a/$i.txt; echo "two $i" >words/b/$i.txt; done
printf '[data]\n' >words/run/recipe.ini; echo epoch >words/run/history.csv
try run_among_texts_is_counted 0 'skipped +1: 1 folder of a run' - data info words
printf 'a word\n\n  \nanother\n' >gaps.txt
try empty_texts_are_told 0 '2 of 4 texts are empty.*--missing drop' - data info gaps.txt
try empty_texts_may_be_left_out 0 'skipped +2: 2 of 4 texts are empty' - data info gaps.txt --missing drop
printf '\n\n' >empty.txt
try texts_that_are_all_empty 1 - 'every text is empty' data info empty.txt --missing drop

# ==== Scores of labels as they come ====

printf '%s\n' red blue red blue green >a.txt
printf '%s\n' '?' blue red blue green >missing.txt
printf 'label\n%s\n' red >named.txt
printf 'sample,cluster\n0,1\n1,2\n' >clusters.csv
try score_of_a_missing_label 1 - "missing.txt: line 1: '\?' says that a label is missing" score a.txt missing.txt
try score_of_a_table_names_its_column 1 - "its column 2 \('cluster'\): tail -n \+2 FILE \| cut -d , -f 2" \
    score clusters.csv a.txt
printf 'label\nred\nblue\nred\nblue\ngreen\n' >named.txt
try score_with_a_name_on_top 1 - 'has 5 labels.*has 6.*a name on top' score a.txt named.txt
cp e.npy x.npy && numpy_archive x.npz x.npy
try score_of_an_archive 1 - 'x.npz: is an .npz' score a.txt x.npz

tap_end
