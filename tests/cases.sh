#!/usr/bin/env bash
# Files and situations that people reported to programs like this one: each gives the right value, or is refused by the
# right words with nothing changed. Those that tests/first_hour.sh, system.sh and cli.sh have are not here again.
#
# usage: tests/cases.sh PROGRAM SOURCE
. "$2/tests/program.sh"
. "$source/tests/made_files.sh"

quick=(--epochs 2 -t 1 -q --overwrite)

# rows N HEAD BODY: a table of N rows below the line HEAD; BODY is awk's, which prints row i.
rows() {
    awk -v n="$1" -v head="$2" 'BEGIN { srand(11); if (head != "") print head; for (i = 0; i < n; i++) {'"$3"'} }'
}

# Three kinds of 20 samples each, two labels in turn.
rows 60 w,x,y,z,label,kind 'k = int(i / 20)
    printf "%.3f,%.3f,%.3f,%.3f,%s,%s\n", 5 * k + rand(), 3 * k + rand(), rand(), rand() - k, i % 2 ? "b" : "a",
           substr("pqs", k + 1, 1)' >base.csv
cut -d, -f1-4 base.csv >plain.csv

# has TEXT...: each is a pattern for grep -E that a line of the last run's output has.
has() {
    local text
    for text in "$@"; do
        grep -qE -- "$text" out err || { echo "nothing says '$text':"; cat out err; return 1; }
    done
}

# column N FILE: how often each value of a table of the program stands there; -1 is the last column.
column() {
    tail -n +2 "$2" | awk -F, -v n="$1" '{ print $(n < 0 ? NF : n) }' | sort | uniq -c |
        awk '{ printf "%d %s;", $1, $2 }'
}

# ==== Numbers on top of numbers ====

header() { # NAME FILE ROWS COLUMNS FIRST: what data info says of it
    try "$1" 0 "^count +$3\$" - data info "$2"
    that "$1_and_columns" has "^features +$4\$" "^note +row 1 \($5, \.\.\.\) is taken for names .*--header no"
}
{ echo 2019,2020,2021,2022; tail -n +2 plain.csv; } >years.csv
header column_a_year years.csv 60 4 2019
rows 40 "$(printf '0\t1\t2')" 'printf "%d\t%d\t%d\n", 1 + i * 7 % 5, 1 + i * 3 % 9, 2 + i * 5 % 7' >tabs.tsv
header counted_columns_with_tabs tabs.tsv 40 3 0
{ echo 0,1,2,3,label; tail -n +2 base.csv | cut -d, -f1-5; } >counted.csv
try counted_columns_and_a_named_label 0 '^clusters ' - discover counted.csv --labels 5 -k 3 "${quick[@]}" -o counted
that counted_columns_have_two_labels_of_thirty [ "$(column 3 counted/clusters.csv)" = '30 "a";30 "b";' ]
that rows_of_clusters_are_those_below_the_header \
    sh -c 'tail -n +2 counted/clusters.csv | awk -F, "\$2 != NR - 1 { exit 1 } END { exit NR != 60 }"'
{ echo 400.0,402.5,405.0,407.5,label; tail -n +2 base.csv | cut -d, -f1-5; } >waves.csv
try wavelengths_and_a_named_label 0 '^coarse labels +2: a 30, b 30$' - discover waves.csv --labels 5 --dry-run
that wavelengths_are_sixty_vectors has '^kind +60 vectors, 4 features'
{ echo ,0,1,2,3; tail -n +2 plain.csv | awk '{ print NR - 1 "," $0 }'; } >index.csv
for how in '' '--missing drop'; do
    # shellcheck disable=SC2086
    try "index_of_pandas_beside_counted_columns$how" 0 '^note +column 1 counts the rows and is not used' - \
        data info index.csv $how
    that "index_of_pandas_is_no_feature$how" has '^count +60$' '^features +4$' '^skipped +0$'
done

# ==== Values far from 0 ====

apart() { # NAME BODY...: KMeans finds the kinds where the values are kept apart
    rows 60 "$2,label,kind" \
        "k = int(i / 20); $3"'; printf ",%s,%s\n", i % 2 ? "b" : "a", substr("pqs", k + 1, 1)' >far.csv
    try "$1" 0 '^input +- +none .* 1\.0000 ' - discover far.csv --labels label --hidden kind "${quick[@]}" -o far
}
apart seconds_since_1970_are_kept_apart w,x 'printf "%.7f,%.3f", 1700000000 + 40 * k + 3 * rand(), rand()'
apart numbers_of_measurements_are_kept_apart id,v 'printf "%d,%.3f", 123456789 + i, rand()'
apart milliseconds_since_1970_are_kept_apart ms,v \
    'printf "%.0f,%.3f", 1700000000000 + 1000 * k + int(99 * rand()), rand() / 99'
try milliseconds_since_1970_are_not_constant 0 '^1 +ms +integer +feature' - data info far.csv --label-column label \
    --hidden-column kind
that milliseconds_since_1970_vary sh -c '! grep -q constant out'
# Four clusters 16 apart at 1e8, half a unit to either side of their centres: 40 squares of 1/2.
awk 'function number(twice,    m, b) { # twice / 2, from 2^26 to 2^27
        m = (twice / 134217728 - 1) * 4503599627370496
        for (b = 0; b < 6; b++) { printf "%d ", m % 256; m = int(m / 256) }
        printf "%d 65 ", m + 144
    }
    BEGIN { for (i = 0; i < 40; i++) { number(2e8 + 32 * (i % 4) + (i % 8 < 4 ? 1 : -1)); number(2e8) } }' | bytes |
    numpy offset.npy '40, 2' '<f8'
try array_far_from_0_has_the_inertia_of_doubles 0 '^inertia +10 ' 'columns far from 0 were moved there first' \
    cluster offset.npy -k 4 -o far.npy
that array_far_from_0_has_clusters_of_ten sh -c '[ "$(grep -cE "^  cluster [0-3] +10$" out)" = 4 ]'

# ==== Tables that are no texts ====

rows 40 '' 'print 1 + i % 5 "," 1 + i % 8 "," 2 + i % 7 "," (i % 2 ? "b" : "a")' >words.csv
try label_that_nobody_named_is_asked_for 1 - 'column 4 looks like labels.*--labels 4;.*--ignore-columns 4' \
    discover words.csv --dry-run
rows 40 '' 'print 1 + i % 5 "," (i % 2 ? "b" : "a") ",x," 2 + i % 7' >fungi.csv
try letters_among_numbers_are_categories 0 '^2 +category +feature +0 %, 2 features' - data info fungi.csv
that letters_among_numbers_are_forty_vectors has '^kind +vectors' '^count +40$' '^features +4$' \
    '^note +column 3 is the same word throughout and is not used'
rows 40 '' 'print 1 + i % 5 ",12/05/2020," 2 + i % 7' >days.csv
try date_that_may_be_two_is_named 1 '^2 +date' \
    'column 2 holds dates whose day and month cannot be told apart.*2020-05-12' data info days.csv
rows 40 '' 'print 10001 + i % 5 "," 1 + i % 8 ",N/A"' >zip.csv
try column_that_is_missing_throughout_is_not_used 0 '^3 +empty +unused +100 %' - data info zip.csv
that column_that_is_missing_throughout_is_named has '^features +2$' \
    '^note +column 3: missing in every row, and not used'
rows 40 '' 'printf "%d,\"%.3f\",\"%.3f\"\n", 1 + i % 3, rand(), rand()' >quoted.csv
try quoted_numbers_are_numbers 0 '^2 +number +feature' - data info quoted.csv
that quoted_numbers_are_forty_vectors has '^kind +vectors' '^count +40$' '^features +3$'
awk 'BEGIN { print "@relation Toy\n"; for (t = 0; t < 24; t++) print "@attribute att" t " numeric"
    print "@attribute target {1,2}\n\n@data"
    for (i = 0; i < 20; i++) { for (t = 0; t < 24; t++) printf "%.2f,", (1 + i % 2) * t; print 1 + i % 2 } }' >Toy.arff
try series_of_ucr_in_arff_have_their_class 0 '^25 +target +category +hidden' - data info Toy.arff
that series_of_ucr_in_arff_point_to_the_ts has '^count +20$' '^features +24$' '^  class 1 +10$' '^  class 2 +10$' \
    'the \.ts of the same name is read as series'
awk -F, -v OFS=, 'NR > 1 { $1 = sprintf("0x%x", 10 + NR * 7) } { print }' base.csv | cut -d, -f1-5 >hex.csv
try hexadecimal_is_no_number 1 '^1 +w ' "line 2, column 1 \('w'\): '0x18' is no number but hexadecimal" \
    data info hex.csv --label-column label
awk -F, -v OFS=, '{ print $1, $2, $5, NR == 1 ? "ok" : NR % 4 ? "False" : "True" }' base.csv >truths.csv
try true_and_false_are_numbers 0 '^4 +ok +boolean +feature' - data info truths.csv --label-column label
that true_and_false_are_one_feature has '^features +3$' '^count +60$' '^  coarse 0 +30  a$'
cut -d, -f1-5 base.csv | tr , '|' >bars.csv
try bars_and_a_label_that_nobody_named 1 '^5 +label +category +asked' '--labels label' data info bars.csv
try bars_and_a_named_label 0 '^features +4$' - data info bars.csv --label-column label

rows 40 '' 'printf "%s,%d;%d,5;%d,25\n", i % 3, i % 7, i % 5, i % 9' >marked.csv
try decimal_commas_without_names_are_parted_by_semicolons 0 '^features +3$' - data info marked.csv
that decimal_commas_without_names_lose_no_row has '^count +40$' 'column 1: a comma is the decimal mark'
rows 40 '' 'printf "%s\tso, it \"goes\", number %d, on\n", i % 3 ? "ham" : "spam", i' >sms.tsv
try texts_with_commas_and_quotes_behind_tabs 0 '^  coarse 0 +26  ham$' - data info sms.tsv --label-column 1
that texts_with_commas_and_quotes_are_the_samples has '^kind +text' '^count +40$' 'column 2 is taken for the texts'
rows 40 '' 'printf "\"%d\",\"%d\",\"day, no. %d\",\"a text of no. %d\"\n", i % 2 * 4, 9000 + i, i, i' >tweets.csv
try texts_beside_numbers_without_names_are_asked_for 1 . \
    'column 4 holds texts: --text-column 4 makes them the samples, --ignore-columns 4 leaves' data info tweets.csv

# ==== Labels ====

rows 60 '' 'print i % 2 ? "b" : "a"' >coarse.txt
sed -e 1,20s/.*/01/ -e 21,40s/.*/1/ -e '41,$s/.*/2/' coarse.txt >zeros.txt
try classes_that_differ_by_a_zero 0 '^hidden classes +3: 01 20, 1 20, 2 20$' - \
    discover plain.csv --labels coarse.txt --hidden zeros.txt --dry-run
try classes_that_differ_by_a_zero_are_scored 0 '^input +- +none .* 1\.0000 ' - \
    discover plain.csv --labels coarse.txt --hidden zeros.txt "${quick[@]}" -o zeros
that classes_that_differ_by_a_zero_stay_in_the_table \
    [ "$(column -1 zeros/clusters.csv)" = '20 "01";20 "1";20 "2";' ]
awk -F, -v OFS=, 'NR > 1 { $5 = NR % 2 ? "\"a\"\"b,c\nd\"" : "<b>x</b>" } { print }' base.csv >marks.csv
try label_of_quotes_commas_and_breaks 0 . - discover marks.csv --labels label --hidden kind "${quick[@]}" -o marks
that label_of_quotes_commas_and_breaks_is_kept sh -c '[ "$(grep -c "^d\",\"a\"\"b,c$" marks/clusters.csv)" = 30 ] &&
    [ "$(grep -c "^[0-9]*,[0-9]*,\"a\"\"b,c$" marks/clusters.csv)" = 30 ]'
rows 60 '' 'print i == 7 ? "0 0 0 0 0 0 248 127" : i % 2 ? "0 0 0 0 0 0 240 63" : "0 0 0 0 0 0 0 0"' | bytes |
    numpy lacking.npy '60,' '<f8'
try labels_of_pandas_of_which_one_is_missing 0 '^  coarse -1 +1  .no label' - data info plain.csv --labels lacking.npy
that labels_of_pandas_are_counted has '^  coarse 0 +30  0$' '^  coarse 1 +29  1$'
try classes_of_which_one_is_missing 1 . 'lacking.npy: row 7: the class is missing' \
    data info plain.csv --hidden lacking.npy
rows 60 '' 'print i % 2, 228, 11, 84, 2, 0, 0, 0' | bytes | numpy ids.npy '60,' '<i8'
try labels_beyond_32_bits_are_names 0 '^  coarse 1 +30  10000000001$' - data info plain.csv --labels ids.npy
awk -F, -v OFS=, 'NR > 1 { $5 = "a" } { print }' base.csv >one.csv
try one_label_alone 1 . '1 coarse label; at least two are needed \(discover --label-free' \
    discover one.csv --labels label --hidden kind -o one
that one_label_alone_leaves_no_run [ ! -e one ]
awk -F, -v OFS=, 'NR > 1 { $5 = "id" NR - 2 } { print }' base.csv >ids.csv
try label_a_sample_is_named_by_its_name 1 '^coarse labels +60: id0 1, id1 1' \
    "coarse label 'id[0-9]+' has one sample.*60 labels for 60 samples" \
    discover ids.csv --labels label --hidden kind -o ids
try classes_have_their_names_in_json 0 . - data info base.csv --label-column label --hidden-column kind --json
tr -d ' \n' <out >flat.json
that classes_of_json_are_named grep -qF '"classes":[{"class":0,"name":"p","count":20},'\
'{"class":1,"name":"q","count":20},{"class":2,"name":"s","count":20}]' flat.json

# ==== Folders ====

for i in 0 1 2 3 4 5; do
    awk -v s=$i 'BEGIN { srand(s); for (y = 0; y < 8; y++) { printf "0 "
        for (x = 0; x < 8; x++) printf "%d ", (s % 2 ? 60 : 180) + int(40 * rand()) } }' | bytes | png $i.png 8 8 8 0
done
mkdir -p deep/a/day1 deep/b small/thumbs beside/a beside/b texts/a texts/b flat
for i in $(seq 10 33); do
    cp $((i % 6)).png flat/$i.png
    cp flat/$i.png small/ && cp flat/$i.png small/thumbs/
    cp flat/$i.png deep/$([ $((i % 2)) = 0 ] && echo a || echo b)/
done
for i in $(seq 50); do cp 0.png deep/a/day1/$i.png; done
for i in 0 2 4; do cp $i.png beside/a && cp $((i + 1)).png beside/b; done
for i in 0 1 2 3; do cp $i.png beside/stray$i.png; done
try images_deeper_in_a_class_are_counted 0 '^skipped +50: 50 images in deeper folders \(the first: deep/a/day1/' - \
    data info deep
that images_of_the_classes_are_counted has '^count +24$' '^  class 0 +12  a$' '^  class 1 +12  b$'
try thumbs_beside_their_images 1 - 'small: holds 24 images and, in 1 folder \(the first: thumbs\), 24 more' \
    data info small
try images_beside_the_classes_are_counted 0 '^skipped +4: 4 beside the folders of the classes' - data info beside
that images_within_the_classes_are_taken has '^count +6$' '^  class 1 +3  b$'
for i in $(seq 20); do echo "one $i" >texts/a/$i.txt; echo "two $i" >texts/b/$i.txt; done
echo x >texts/stray.txt && echo x >texts/readme.md
try texts_beside_the_classes_are_counted 0 '^skipped +2: 2 files beside the folders of the classes' - data info texts
that texts_within_the_classes_are_taken has '^count +40$' '^  class 0 +20  a$'
mkdir -p texts/b/more && for i in 1 2 3; do echo "deep $i" >texts/b/more/$i.txt; done
try texts_in_deeper_folders_are_counted 0 \
    '^skipped +5: 2 files beside .*; 3 in folders within those of the classes \(the first: texts/b/more\)' - \
    data info texts
rows 24 file,label 'print 10 + i ".png," (i % 2 ? "b" : "a")' >flat/labels.csv
try run_into_its_own_data 0 . - discover flat --labels flat/labels.csv -o flat/run -k 2 "${quick[@]}"
try data_with_their_run_are_as_before 0 '^count +24$' - data info flat
that run_and_labels_are_told_apart has '^skipped +2: 1 folder of a run \(the first: flat/run\); 1 file that is no image'
cp -r beside shared && rm shared/*.png
try run_in_the_folder_of_its_data 0 . - discover shared -o shared -k 2 "${quick[@]}"
try figures_of_a_run_are_no_data 0 '^count +6$' - data info shared
that figures_of_a_run_are_no_class has '^classes +2$' '^  class 1 +3  b$'
mkdir -p nested/a/day1 nested/a/day2 nested/b/day1
cp 0.png nested/a/day1 && cp 2.png nested/a/day2 && cp 1.png nested/b/day1
try images_a_folder_too_deep 1 - 'where those of the classes are in nested/[ab] give that, else move the images up' \
    data info nested

# ==== Outputs ====

rows 160 '' 'for (j = 0; j < 4; j++) printf "%d ", 60 * (i % 4) + int(9 * rand())' | bytes | numpy k.npy '160, 4' '|u1'
cp k.npy kept.npy
try matrix_over_itself 2 - 'k.npy would be written over k.npy, which is read; name another file' \
    cluster k.npy -k 4 -o k.npy
that matrix_is_as_before cmp k.npy kept.npy
echo keep >closed.csv && chmod 444 closed.csv
try output_that_is_read_only 1 - 'closed.csv: is read-only: it stays as it is' cluster k.npy -k 4 -o closed.csv
that output_that_is_read_only_stays sh -c '[ "$(cat closed.csv) $(stat -c %a closed.csv)" = "keep 444" ]'
try run_for_devices 0 . - discover base.csv --labels label --hidden kind "${quick[@]}" -o run
cp base.csv base.kept
try page_over_the_data_of_its_run 2 - 'report: base.csv would be written over data.train of the run run; name another' \
    report run -o base.csv
try rows_over_the_data_of_their_run 2 - 'export: \./base.csv would be written over data.train of the run run; name' \
    export run --csv ./base.csv
that data_of_the_run_are_as_before cmp base.csv base.kept
if mknod node c 1 3 2>/dev/null && : 2>/dev/null >node; then # a node of our own, with the number of null
    is_null() { [ -c node ] && [ "$(stat -c '%t:%T' node)" = 1:3 ]; }
    try clusters_into_a_device 0 '^  cluster 3 +40$' - cluster k.npy -k 4 -o node
    that clusters_leave_the_device is_null
    try assigned_into_a_device 0 '^rows +60$' - assign run base.csv -o node
    that assigned_leave_the_device is_null
    try embedded_into_a_device 0 '^node: 60 x 4$' - embed run base.csv -o node
    that embedded_leave_the_device is_null
else
    skip clusters_into_a_device "nodes cannot be made here"
fi
if unshare -m true 2>/dev/null; then
    mkdir locked
    unshare -m sh -c 'mount -t tmpfs -o ro tmpfs locked && exec "$0" discover base.csv --labels label --hidden kind \
        -o locked/x' "$program" >out 2>err
    code=$?
    that run_on_a_disk_that_is_read_only sh -c '[ $0 = 1 ] &&
        grep -q "locked/x: the folder cannot be made: Read-only file system" err' $code
else
    skip run_on_a_disk_that_is_read_only "nothing can be mounted here"
fi
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work" && mkdir -m 755 ours
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" discover base.csv --labels label --hidden kind \
        -o ours/x >out 2>err
    code=$?
    that run_in_a_folder_of_another sh -c '[ $0 = 1 ] &&
        grep -q "ours/x: the folder cannot be made: Permission denied" err' $code
    mkdir -p theirs/a theirs/b && cp base.csv theirs && chmod 755 theirs theirs/b
    for i in 0 2 4; do cp $i.png theirs/a && cp $((i + 1)).png theirs/b; done
    chmod 700 theirs/a
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" data info theirs >out 2>err
    that class_in_a_folder_of_another sh -c '[ $0 = 1 ] && grep -q "theirs/a: cannot be read: Permission denied" err' $?
    chmod 700 theirs
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" data info theirs/base.csv >out 2>err
    that data_in_a_folder_of_another sh -c '[ $0 = 1 ] &&
        grep -q "theirs/base.csv: cannot be opened: Permission denied" err' $?
else
    skip run_in_a_folder_of_another "not root, or no setpriv"
    skip class_in_a_folder_of_another "not root, or no setpriv"
    skip data_in_a_folder_of_another "not root, or no setpriv"
fi

# ==== Little memory, another locale ====

# AddressSanitizer itself wants terabytes, and to be loaded first.
if nm "$program" 2>/dev/null | grep -q __asan; then
    skip run_within_little_memory "a sanitizer"
else
    for what in "discover base.csv --labels label --hidden kind -o little --overwrite" "report run"; do
        that "${what%% *}_within_little_memory_ends" sh -c 'ulimit -v 300000
            timeout -s KILL 60 "$0" $1 -t 1 -q >out 2>err
            code=$?; [ $code = 0 ] || { [ $code = 1 ] && grep -q "no memory" err; }' "$program" "$what"
    done
    cat >comma.c <<'END'
#include <locale.h>
#include <stdlib.h>
__attribute__((constructor)) static void begin(void) {
    setlocale(LC_ALL, getenv("COMMA"));
    if (*localeconv()->decimal_point == ',') setenv("FA_COMMA", "on", 1);
}
END
    localedef -c -i de_DE -f UTF-8 ./de_DE.UTF-8 >/dev/null 2>&1
    export LOCPATH=$work COMMA=de_DE.UTF-8
    if ${CC:-cc} -shared -fPIC -o comma.so comma.c 2>/dev/null &&
        LD_PRELOAD=./comma.so sh -c '[ "$FA_COMMA" = on ]' 2>/dev/null; then
        "$program" cluster k.npy -k 4 -o point.npy --tolerance 0.001 >point 2>err
        LD_PRELOAD=./comma.so "$program" cluster k.npy -k 4 -o comma.npy --tolerance 0.001 >out 2>err
        that numbers_have_a_point_in_any_locale sh -c 'cat err; cmp point.npy comma.npy &&
            sed s/point.npy/comma.npy/ point | cmp - out && grep -qE "^inertia +[0-9]+\.[0-9]+ " out'
    else
        skip numbers_have_a_point_in_any_locale "no compiler, or no locale with a comma"
    fi
    unset LOCPATH COMMA
fi

# ==== New rows ====

rows 40 a,city,label 'printf "%.3f,%s,%s\n", rand(), i % 3 ? "Rome" : "Oslo", i % 2 ? "b" : "a"' >cities.csv
try run_of_cities 0 . - discover cities.csv --labels label -k 2 "${quick[@]}" -o cities
{ head -5 cities.csv | cut -d, -f1,2; echo ,Rome; echo .5,Paris; } >new.csv
for command in embed assign; do
    "$program" $command cities new.csv --missing drop -o new.out >out 2>err
    that "${command}_says_what_of_new_rows_is_left_out" has '^forced-apart: new.csv: 1 left out: 1 of 6 samples lack'
    that "${command}_says_which_words_are_new" has "1 word is none that was trained on \\(the first: 'Paris', line 7"
done

# ==== Bytes among texts ====

{ printf '\377\376'; rows 40 '' 'print 97, 0, 32, 0, 98 + i % 20, 0, 10, 0' | bytes; } >wide.txt
try texts_in_utf16_are_named 1 - 'wide.txt: is UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8' data info wide.txt
review() { rows 40 text,label 'printf "%s,%s\n", i == 3 ? "page one@page two" : "words of text " i, i % 2 ? "b" : "a"' |
    tr @ "$1"; }
review '\0' >zero.csv
columns=(--text-column text --label-column label)
try zero_byte_in_a_text 1 - 'zero.csv: line 5, column 1: holds a zero byte' data info zero.csv "${columns[@]}"
for byte in '\f' '\v' '\033'; do
    review "$byte" >control.csv
    try "control_character_in_a_text$byte" 0 '^count +40$' - data info control.csv "${columns[@]}"
    cut -d, -f1 control.csv | tail -n +2 >control.txt
    try "control_character_in_a_line$byte" 0 '^count +40$' - data info control.txt
done
{ cat base.csv && head -c 3000 /dev/zero; } >stopped.csv
try zeros_at_the_end_of_a_table 1 - 'stopped.csv: line 62 holds a zero byte, and is text otherwise; take it out \(tr' \
    data info stopped.csv --label-column label
printf 'a\nb\0\na\n' >zero.txt
try zero_byte_in_labels 1 . 'zero.txt: line 2 holds a zero byte; take it out \(tr' data info plain.csv --labels zero.txt
try zero_byte_in_clusters 1 - 'zero.txt: line 2 holds a zero byte; take it out \(tr' score zero.txt zero.txt
printf '\0\1\0\1' >raw.labels
try bytes_that_are_no_labels 1 - 'raw.labels: line 1 is not UTF-8 text .*labels are an .npy' score raw.labels raw.labels
for data in k.npy texts; do
    try "labels_in_a_file_that_is_not_there_$data" 1 - "columns are named \\('kinds.txt'; there is no such file\\)" \
        discover "$data" --labels kinds.txt --dry-run
done
tail -n +2 base.csv | cut -d, -f5 >kinds && tail -n +2 plain.csv >bare.csv
try labels_in_a_file_that_is_not_there 1 - 'kinds.txt, but there is no such file, and line 1 has no names of columns' \
    discover bare.csv --labels kinds.txt --dry-run
try labels_of_a_command 0 '^coarse labels +2: a 30, b 30$' - discover bare.csv --labels <(cat kinds) --dry-run

# ==== Arrays and archives ====

rows 2 '' 'for (j = 0; j < 8 * 8 * 3; j++) printf "0 0 %s ", j % 2 ? "128 63" : "0 63"' | bytes |
    numpy floats.npy '2, 8, 8, 3' '<f4'
try images_of_floats_are_told_to_scale 1 - \
    'they go from 0 to 1: save \(array \* 255\).round\(\).astype\(.uint8.\)' data info floats.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "%d ", j % 2' | bytes >two
numpy truths.npy '2, 4, 4' '|b1' <two
try images_of_true_and_false_are_told_to_scale 1 - 'they are 0 and 1: save array.astype\(.uint8.\) \* 255' \
    data info truths.npy
numpy dark.npy '2, 4, 4' '|u1' <two
try images_that_a_cast_made_black_are_noted 0 '^note +no pixel is above 1 of 255: were numbers from 0 to 1' - \
    data info dark.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "%d 255 ", j' | bytes | numpy deep.npy '2, 4, 4' '<u2'
try images_of_16_bits_are_told_to_divide 1 - 'they go to 65295: save \(array // 257\).astype\(.uint8.\)' \
    data info deep.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "%d 15 ", j' | bytes | numpy camera.npy '2, 4, 4' '<u2'
try images_of_12_bits_keep_their_light 1 - 'they go to 3855: save \(array // 16\).astype\(.uint8.\) of 12 bits' \
    data info camera.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "0 0 %s ", j % 2 ? "128 191" : "0 64"' | bytes |
    numpy waves.npy '2, 2, 8' '<f4'
try series_as_one_array_are_told_their_form 1 - \
    'series, \[n, channels, steps\], are stored as .npz of points and offsets: np.savez' data info waves.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "0 0 %s ", j % 2 ? "128 191" : "0 64"' | bytes |
    numpy keras.npy '2, 8, 2' '<f4'
try series_with_steps_first_are_told_their_form 1 - \
    'series, \[n, steps, channels\], .*points=array.reshape\(-1, array.shape\[2\]\), .* \* array.shape\[1\]' \
    data info keras.npy
rows 2 '' 'for (j = 0; j < 16; j++) printf "0 0 %s ", j % 2 ? "128 191" : "0 64"' | bytes |
    numpy colours.npy '2, 2, 2, 4' '<f4'
try images_of_floats_are_no_series 1 - 'vectors are \[n, d\] \(array.reshape\(len\(array\), -1\)\)$' \
    data info colours.npy
rows 1 '' 'for (j = 0; j < 2 * 2 * 3 * 5; j++) printf "%d ", j' | bytes | numpy svhn.npy '2, 2, 3, 5' '|u1'
try images_with_samples_last_are_told_how 1 - 'samples last\? save array.transpose\(3, 0, 1, 2\).copy\(\)' \
    data info svhn.npy
cp k.npy X_train.npy && cp k.npy y_train.npy && cp k.npy X_test.npy
numpy_archive names.npz X_train.npy y_train.npy X_test.npy
try names_of_scikit_learn_are_listed 1 - \
    'names.npz: holds X_train, y_train, X_test, a train and a test split; say which' data info names.npz
rows 30 '' 'printf "0 0 %s 0 0 128 63 ", i == 3 ? "192 127" : "0 64"' | bytes | numpy points.npy '30, 2' '<f4'
echo 0 5 12 20 30 | bytes | numpy offsets.npy '5,' '|u1'
echo 0 1 0 1 | bytes | numpy labels.npy '4,' '|u1'
numpy_archive holes.npz points.npy offsets.npy labels.npy
try series_that_lack_a_value 1 - 'sequence 0, step 3, column 0.*is missing.*--missing' data info holes.npz
for how in forward zero; do
    try "series_that_lack_a_value_$how" 0 '^count +4$' - data info holes.npz --missing $how
    that "series_that_lack_a_value_are_whole_$how" has '^skipped +0$' '^steps +5 to 10'
done
try series_that_lack_a_value_drop 0 '^count +3$' - data info holes.npz --missing drop
that series_that_lack_a_value_are_named has '^skipped +1: 1 of 4 samples .*sequence 0, step 3, column 0' \
    '^  class 0 +1$' '^  class 1 +2$'
for i in $(seq 0 19); do printf '%b' "$(octal $((i == 2 ? 77 : i % 10)))"; head -c 3072 /dev/zero; done >class77.bin
head -c 61453 class77.bin >short.bin
try cifar_that_is_cut_short 1 - 'the file has 61453 bytes, which are no whole records of 3073' data info short.bin
try cifar_with_a_class_that_is_none 1 - 'record 2 begins with class 77, 0 to 9 are known' data info class77.bin
mkdir hundred && for i in train test meta; do printf '\200\002}q\001(X' >hundred/$i; done
try strokes_of_a_table 1 - 'strokes are made from images, got a data set of vectors' data strokes plain.csv -o none.npz
try cifar_100_for_python_is_not_the_binary_one 1 - 'of CIFAR-100 for Python, .* take the binary .*cifar-100-binary' \
    data info hundred

tap_end
