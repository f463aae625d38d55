#!/usr/bin/env bash
# The command line as a user meets it: exit codes, who speaks on which stream, help, misuse, bad
# files, and one small job from end to end.
#
# usage: tests/cli.sh PROGRAM SOURCE
. "$2/tests/program.sh"

# ---- helpers ----------------------------------------------------------------------------------

# A .npy file of N x 2 float32 from the bytes in $2 (written with printf %b).
matrix() {
    local header
    header=$(printf '%-117s' "{'descr': '<f4', 'fortran_order': False, 'shape': ($3, 2), }")
    printf '\x93NUMPY\x01\x00\x76\x00%s\n%b' "$header" "$2" >"$1"
}
zero='\0\0\0\0' one='\0\0\x80\x3f' ten='\0\0\x20\x41' nan='\0\0\xc0\x7f'

# ---- the outside: help, version, man page -----------------------------------------------------


commands=$(sed -n 's/^ *\.name = "\([a-z0-9 ]*\)",$/\1/p' "$source"/cli/*/*.c "$source"/reproduce/*.c | grep -vx help)
# In options.h the rows are macros, and laid out otherwise.
options=$({ sed -n 's/.*{\.name = "\([a-z-]*\)",.*/\1/p' "$source"/cli/*/*.c "$source"/reproduce/*.c
            sed -n 's/.*\.name = "\([a-z-]*\)",.*/\1/p' "$source"/cli/core/options.h; } | sort -u)
"$program" help --man >man.1
while read -r command; do
    # shellcheck disable=SC2086 # two words are two arguments
    try "help_of_${command/ /_}" 0 "^usage: forced-apart $command" - $command --help
done <<<"$commands"
try help_overview 0 '^  train ' - --help
try help_of_a_group 0 '^  data fetch' - data --help
try help_by_name 0 '^usage: forced-apart data fetch' - help data fetch
try help_short_wins_over_what_is_missing 0 '^usage: forced-apart train' - train -h
try help_of_an_unknown_command_is_misuse 2 - "no command 'nix'" help nix
try version 0 '^forced-apart [0-9]+\.[0-9]+\.[0-9]+$' - --version

every_help() {
    local command
    while read -r command; do "$program" help $command; done <<<"$commands"
    "$program" help help
}
every_help >help.txt
undocumented() {
    local option missing=0
    for option in $options; do
        grep -qE -- "--(\[no-\])?$option( |\$)" "$1" || { echo "--$option is not in $1"; missing=1; }
    done
    return $missing
}
that every_option_is_in_the_help undocumented help.txt
sed 's/\\-/-/g' man.1 >man.txt
options=$(grep -vx man <<<"$options")
that every_option_is_in_the_man_page undocumented man.txt
commands_in_man() {
    local command
    while read -r command; do
        grep -q "^\.SS forced-apart $command" man.1 || { echo "$command"; return 1; }
    done <<<"$commands"
}
that every_command_is_in_the_man_page commands_in_man
if command -v groff >/dev/null; then
    that man_page_formats sh -c '[ -z "$(groff -man -Tascii -ww man.1 2>&1 >/dev/null)" ]'
else
    skip man_page_formats "no groff"
fi
that help_fits_80_columns sh -c '! grep -nE "^.{81}" help.txt'

printf '[loss]\nkind = none\n' >plain.ini

# ---- misuse: exit 2, one line, nothing on standard output -------------------------------------

usage_on_stderr() {
    fa "$@"
    [ "$code" -eq 2 ] && [ ! -s out ] && grep -q '^usage: ' err
}
that no_command_prints_the_usage usage_on_stderr
that group_alone_prints_the_usage usage_on_stderr data
try unknown_command 2 - "unknown command 'trian'; did you mean 'train'" trian
try unknown_command_far_from_all 2 - "unknown command 'xyzzy'; forced-apart --help" xyzzy
try unknown_word_of_a_group 2 - "unknown command 'data fetsh'; did you mean 'data fetch'" data fetsh
try option_before_the_command 2 - "'--json' stands before the command" --json info
try unknown_option 2 - "train: unknown option '--ouput'; did you mean '--output'" train --ouput x
try unknown_option_far_from_all 2 - "unknown option '--zzz'; .*--help" train --zzz
try unknown_letter 2 - "unknown option '-x'" train -x
try option_without_its_value 2 - '--output wants a value' train r -o
try flag_with_a_value 2 - "--json takes no value, got 'yes'" info --json=yes
try switch_with_a_value 2 - "--progress takes no value" info --progress=no
try count_that_is_no_number 2 - "--threads takes a whole number from 0 to 4096, got 'two'" info -t two
try count_with_a_tail 2 - "got '2x'" info --threads 2x
try count_out_of_range 2 - "got '5000'" info --threads=5000
try count_below_its_range 2 - "--clusters takes a whole number >= 1, auto, .*; got '0'" cluster e -k 0 -o c
try count_negative 2 - "got '-3'" cluster e -k -3 -o c
try count_too_long 2 - "got '99999999999999999999999'" cluster e -k 99999999999999999999999 -o c
try seed_that_is_none 2 - "--seed takes a whole number from 0 to 2\^64 - 1" cluster e -k 1 -o c -s -1
try number_that_is_nan 2 - "--tolerance takes a number >= 0, got 'nan'" cluster e -k 1 -o c --tolerance nan
try choice_outside_its_list 2 - "--split takes train\|test, got 'dev'" data info x --split dev
try operand_missing 2 - 'score: TRUTH is missing' score a
try operand_too_many 2 - "score: takes 2 operands, 'c' is one too many" score a b c
try operand_where_none_is_taken 2 - "info: takes no operand, got 'x'" info x
try required_option_missing 2 - 'cluster: --clusters K.auto.a=4,b=6 is missing' cluster e
try recipe_missing 2 - 'train: RECIPE is missing' train -o r
try message_keeps_to_one_line 2 - "unknown command 'a\?b'" $'a\nb'
try set_without_equals 2 - "--set takes KEY=VALUE, got 'loss'" train plain.ini -o r --set loss
try set_of_an_unknown_key 2 - '--set no.such=1: ' train plain.ini -o r --set no.such=1
try set_out_of_range 2 - '--set loss.margin=-1: ' train plain.ini -o r --set loss.margin=-1
try fetch_of_an_unknown_set 2 - "'minst' is no known data set; known: mnist" data fetch minst
try mirror_that_is_no_url 2 - "--mirror takes a URL, got '/tmp'" data fetch mnist --mirror /tmp

# ---- completion -------------------------------------------------------------------------------
try help_completion_of_an_unknown_shell 2 - '--completion takes bash|zsh|fish' help --completion csh
"$program" help --completion bash >completion.bash
"$program" help --completion zsh >completion.zsh
"$program" help --completion fish >completion.fish
that completion_bash_is_a_script bash -n completion.bash
that completion_bash_is_registered bash -c 'source ./completion.bash &&
    complete -p forced-apart | grep -q "_forced_apart forced-apart"'
that completion_zsh_is_a_script sh -c '! command -v zsh >/dev/null || zsh -n completion.zsh'
that completion_fish_is_a_script sh -c '! command -v fish >/dev/null || fish -n completion.fish'
# completes 'WANTED...' WORD...: what the last word becomes.
completes() {
    bash -c 'source ./completion.bash; wanted=$1; shift
        COMP_WORDS=(forced-apart "$@") COMP_CWORD=$#
        _forced_apart
        [ "${COMPREPLY[*]}" = "$wanted" ]' - "$@"
}
that completion_of_a_command completes 'discover' disc
that completion_of_a_group completes 'demo data discover' d
that completion_of_a_second_word completes 'list' data l
that completion_of_an_option completes '--labels --label-column' data info x --lab
that completion_of_a_switch completes '--no-progress' score --no-p
that completion_of_a_choice completes 'drop' discover x --missing d
that completion_of_a_choice_behind_equals completes 'median' discover x --missing = med
that completion_of_a_file_is_left_to_the_shell completes '' score u
every_option_is_completed() {
    local option
    "$program" discover --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | while read -r option; do
        for shell in bash zsh fish; do
            grep -qE -- "(--|-l )${option#--}\b" completion.$shell || { echo "$shell: $option" && exit 1; }
        done
    done
}
that completion_has_every_option every_option_is_completed

# ---- score and cluster ------------------------------------------------------------------------

printf '%s\n' 0 0 1 1 2 2 >u.txt
printf '%s\n' 5 5 7 7 9 9 >same.txt
printf '%s\n' 0 1 0 1 0 1 >v.txt
printf '%s\n' 0 1 >short.txt
matrix e.npy "$zero$zero$zero$one$ten$ten$ten$ten" 4
matrix three.npy "$zero$zero$zero$one$ten$ten" 3
matrix nan.npy "$zero$zero$nan$one" 2
printf '\x93NUMPY\x01\x00' >cut.npy

try score_of_equal_partitions 0 '^AMI_max +1\.000000 +normaliser max' - score u.txt same.txt
try score_names_both_normalisers 0 '^NMI_sqrt .*normaliser sqrt\(H\(U\) H\(V\)\)' - score u.txt v.txt
that score_starts_with_the_two_of_the_paper sh -c 'head -n 2 out | cut -d" " -f1 | tr "\n" " " |
    grep -qx "AMI_max NMI_sqrt "'
try_json score_as_json 'n ari ami_max ami_sqrt ami_arithmetic ami_min nmi_max nmi_sqrt nmi_arithmetic nmi_min' \
    score u.txt v.txt
printf 'cat\ndog\ncat\ndog\ncat\ndog\n' >words.txt
printf 'row,label\n0,a\n' >pairs.csv
printf '7\n9\n7\n9\n7\n9\n' >numbers.txt
try score_of_words 0 '^AMI_max +1\.000000' - score words.txt numbers.txt
try score_of_a_table 1 - 'a table; one label a line is wanted' score pairs.csv numbers.txt
try score_of_different_lengths 1 - 'u.txt has 6 labels and short.txt has 2' score u.txt short.txt
try score_of_a_missing_file 1 - 'nowhere.npy' score nowhere.npy u.txt
try score_of_garbage 1 - 'cut.npy' score cut.npy u.txt
try double_dash_ends_the_options 1 - '--json' score -- --json u.txt

try cluster_splits_what_is_apart 0 '^inertia +0\.5' - cluster e.npy -k 2 -o c.npy
cp c.npy first.npy
try cluster_value_forms 0 '^rows +4' - cluster -k2 --output=c.npy --seed=0 --restarts 10 --centroids f.npy e.npy
that cluster_same_seed_same_bytes cmp c.npy first.npy
printf '1.5,2.5\n3.5,4.5\n' >few.csv
awk 'BEGIN { for (i = 0; i < 400000; i++) print i % 7 + .125 "," i % 11 + .375 }' >many.csv
try cluster_of_a_table 1 - 'few\.csv: is no \.npy file' cluster few.csv -k 2
try cluster_of_a_large_table 1 - 'many\.csv: is no \.npy file' cluster many.csv -k 2
rm many.csv
try cluster_without_output 0 '^inertia +0\.5' - cluster e.npy -k 2
ln -s c.npy link.npy
mkdir run-like parts-like
printf '[data]\n' >run-like/recipe.ini && printf 'epoch\n' >run-like/history.csv && cp e.npy run-like/clusters.npy
cp e.npy parts-like/part-0.npy
try cluster_over_a_run 2 - 'run-like/clusters.npy is a file of the run' cluster e.npy -k 2 -o run-like/clusters.npy
try cluster_over_a_part 2 - 'part-0.npy is there already, in the folder parts-like' \
    cluster parts-like -k 2 -o ./parts-like/../parts-like/part-0.npy
that both_stay_as_they_were sh -c 'cmp e.npy run-like/clusters.npy && cmp e.npy parts-like/part-0.npy'
try cluster_into_a_folder_of_a_run 0 . - cluster e.npy -k 2 -o run-like/mine.npy
try cluster_over_its_input 2 - 'cluster: \./e\.npy would be written over e\.npy' cluster e.npy -k 2 -o ./e.npy
try cluster_two_outputs_of_one_name 2 - 'cluster: c\.npy and link\.npy are one file' \
    cluster e.npy -k 2 -o c.npy --centroids link.npy
try cluster_two_new_outputs_of_one_name 2 - 'are one file' cluster e.npy -k 2 -o new.npy --centroids ./new.npy
try cluster_through_a_link 0 . - cluster e.npy -k 2 -o link.npy
that link_is_still_a_link sh -c '[ -L link.npy ] && cmp c.npy first.npy && [ ! -e new.npy ]'
rm link.npy
# What waits for another, or for memory that is not there, ends.
mkfifo pipe
"$program" cluster pipe -k 2 >out 2>err </dev/null &
waiting=$!
sleep 0.3
kill -TERM $waiting
wait $waiting
code=$?
that sigterm_ends_the_wait_for_a_pipe sh -c '[ $0 = 1 ] && grep -q "^forced-apart: stopped by a signal" err' $code
cat e.npy >pipe &
try cluster_of_a_pipe 0 '^inertia +0\.5' - cluster pipe -k 2
(cat pipe >piped.npy) &
try cluster_into_a_pipe 0 . - cluster e.npy -k 2 -o pipe
wait $!
that pipe_is_still_a_pipe sh -c '[ -p pipe ] && cmp piped.npy first.npy'
rm pipe
that too_large_a_file_is_a_message sh -c 'ulimit -f 0; "$0" cluster e.npy -k 2 -o large.npy >out 2>&1
    [ $? = 1 ] && [ ! -e large.npy ]' "$program"
that cluster_threads_do_not_matter sh -c '"$0" cluster e.npy -k 2 -o c1.npy -t 1 >out &&
    "$0" cluster e.npy -k 2 -o c2.npy -t 2 >out && cmp c1.npy c2.npy' "$program"
printf '%s\n' 0 0 1 1 >t.txt
try cluster_output_scores 0 '^AMI_max +1\.0' - score c.npy t.txt
try_json cluster_as_json 'n k choice inertia sizes k_of_labels labels clusters' cluster e.npy -k 2 -o c.npy
try cluster_components_without_whiten 2 - '--components goes with --transform whiten and the like, not with unit' \
    cluster e.npy -k 2 -o x.npy --transform unit --components 1
try cluster_whiten 0 '^inertia +0\.00' - cluster e.npy -k 2 -o w.npy --transform whiten \
    --components 1 --centroids wf.npy
that cluster_whiten_threads_do_not_matter sh -c '"$0" cluster e.npy -k 2 \
    -o w1.npy --transform whiten --components 1 --centroids wf1.npy -t 1 >out &&
    cmp w.npy w1.npy && cmp wf.npy wf1.npy' "$program"
# AddressSanitizer itself wants terabytes.
if ! nm "$program" 2>/dev/null | grep -q __asan; then
    for memory in 120000 160000 200000 400000; do
        that "whiten_within_${memory}_kB_ends" sh -c 'ulimit -v $1; timeout -s KILL 20 "$0" cluster e.npy -k 2 \
            --transform whiten >out 2>&1; [ $? -le 1 ] || [ $? = 127 ]' "$program" $memory
    done
fi
try cluster_more_components_than_columns 1 - '3 components are asked for, 2 columns have at most 2' \
    cluster e.npy -k 2 -o x.npy --transform whiten --components 3
printf '%s\n' 0 1 0 1 >across.txt
try cluster_within_labels 0 '^  cluster 1 +1 +of label 0$' - cluster e.npy -k 4 -o k.npy --within across.txt
try cluster_within_is_exact 0 '^inertia +0\b' - cluster e.npy -k 4 -o k.npy --within across.txt
try cluster_within_scores 0 '^ARI +0' - score k.npy across.txt
printf '%s\n' cat dog cat dog >words.txt
try cluster_within_words 0 '^  cluster 1 +1 +of cat$' - cluster e.npy -k 4 -o kw.npy --within words.txt
that cluster_within_words_is_as_within_numbers cmp k.npy kw.npy
try_json cluster_within_as_json 'n k choice inertia sizes k_of_labels labels clusters' \
    cluster e.npy -k 2 -o k.npy --within across.txt
that cluster_of_one_each_is_the_labels sh -c '"$0" score k.npy across.txt | grep -q "^ARI  *1.0"' "$program"
try cluster_side_by_side 0 '^inertia +0\b' - cluster e.npy e.npy -k 4 -o k.npy
that cluster_side_by_side_is_as_one sh -c '"$0" cluster e.npy -k 2 -o k1.npy >out &&
    "$0" cluster e.npy e.npy e.npy -k 2 -o k2.npy >out && cmp k1.npy k2.npy' "$program"
try cluster_side_by_side_of_other_rows 1 - 'e.npy has 4 rows, three.npy has 3: side by side' \
    cluster e.npy three.npy -k 2 -o x.npy
try cluster_side_by_side_of_a_cut_file 1 - 'cut.npy' cluster e.npy cut.npy -k 1 -o x.npy
try cluster_within_too_few 1 - 'k is 1, to be shared by 2 labels' cluster e.npy -k 1 -o x.npy --within across.txt
printf '%s\n' 0 1 >two.txt
try cluster_within_of_another_length 1 - 'two.txt has 2 labels, e.npy has 4 rows' cluster e.npy -k 2 -o x.npy \
    --within two.txt
printf '%s\n' 0 1 0 70 >seventy.txt
try cluster_within_labels_far_apart 1 - 'row 3 is 70: number the labels' cluster e.npy -k 2 -o x.npy \
    --within seventy.txt
printf '%s\n' -1 -1 -1 -1 >none.txt
try cluster_within_a_word 1 - '--within: given: cannot be opened: .*; a file with a label for each row works, such as' \
    cluster e.npy -k 2 -o x.npy --within given
try cluster_within_no_label 1 - 'none.txt: no row has a label' cluster e.npy -k 2 -o x.npy --within none.txt
# A number for each label, by its word or number, or auto inside each.
printf '%s\n' cat cat cat dog >three-cats.txt
printf '%s\n' 0 0 0 3 >three-zeros.txt
uneven='--within three-cats.txt -o u.npy'
try cluster_within_counts 0 '^  cluster 2 +1 +of dog$' - cluster e.npy -k dog=1,cat=2 $uneven
try cluster_within_counts_by_number 0 '^  cluster 2 +1 +of label 3$' - \
    cluster e.npy -k '0 = 2, 3 = 1' --within three-zeros.txt -o un.npy
that cluster_within_counts_by_number_is_as_by_word cmp u.npy un.npy
try_json cluster_within_counts_as_json 'n k choice inertia sizes k_of_labels labels clusters' \
    cluster e.npy -k cat=1,dog=1 $uneven
that cluster_within_counts_and_words_are_in_the_json sh -c '"$0" cluster e.npy -k cat=2,dog=1 --json \
    --within three-cats.txt | tr -d " \n" | grep -q "\"k_of_labels\":\[2,1\],\"labels\":\[\"cat\",\"dog\"\]"' "$program"
try cluster_within_counts_no_such_label 1 - "-k cut=2,dog=1: no coarse label is named 'cut' .did you mean 'cat'" \
    cluster e.npy -k cut=2,dog=1 --within three-cats.txt -o x.npy
try cluster_within_counts_of_no_row 1 - "no row has the coarse label '1'; leave it out" \
    cluster e.npy -k 0=2,1=1,3=1 --within three-zeros.txt -o x.npy
try cluster_within_counts_left_out 1 - "says nothing of the coarse label 'dog'" \
    cluster e.npy -k cat=2 --within three-cats.txt -o x.npy
try cluster_within_counts_twice 1 - "the coarse label 'cat' is there twice" \
    cluster e.npy -k cat=2,dog=1,cat=1 --within three-cats.txt -o x.npy
try cluster_within_counts_above_rows 1 - "the coarse label 'cat' has 3 rows, 4 clusters are asked for" \
    cluster e.npy -k cat=4,dog=1 --within three-cats.txt -o x.npy
try cluster_within_counts_of_0 2 - '-k cat=0,dog=1: not one number from 1 on' \
    cluster e.npy -k cat=0,dog=1 --within three-cats.txt -o x.npy
try cluster_counts_without_within 2 - 'numbers for labels go with --within' cluster e.npy -k cat=2,dog=1 -o x.npy
try cluster_within_auto 0 '^k +2, confidence low: 1 in cat, 1 in dog$' - cluster e.npy -k auto $uneven
try cluster_within_auto_by_number 0 '^k +2, confidence low: 1 in label 0 .low., 1 in label 3' - \
    cluster e.npy -k auto --within three-zeros.txt -o x2.npy
try cluster_auto 0 '^k +2, confidence high: k = 2, sure' - cluster e.npy -k auto -o auto.npy
that cluster_auto_is_as_that_number cmp auto.npy c.npy
try cluster_auto_of_too_few 1 - '-k auto: 3 rows are too few to compare' cluster three.npy -k auto -o x.npy
try cluster_more_than_rows 1 - 'e.npy has 4 rows: -k must be 1 to 4, got 5' cluster e.npy -k 5 -o x.npy
try cluster_of_nan 1 - . cluster nan.npy -k 1 -o x.npy
try cluster_of_a_cut_file 1 - 'cut.npy' cluster cut.npy -k 1 -o x.npy
try cluster_into_a_missing_folder 1 - 'no/where' cluster e.npy -k 2 -o no/where/c.npy
that failed_commands_leave_no_file sh -c '[ ! -e x.npy ] && [ ! -e no ] && ! ls | grep tmp'

# ---- data -------------------------------------------------------------------------------------

# Two 8 x 8 images, a vertical and a horizontal bar, and their labels.
bars() {
    local i bar=''
    printf '\0\0\x08\x03\0\0\0\x02\0\0\0\x08\0\0\0\x08' >"$1"
    for i in 1 2 3 4 5 6 7 8; do bar+='\0\0\0\xff\xff\0\0\0'; done
    printf '%b' "$bar" >>"$1"
    printf '%b%b%b' "$(printf '\\0%.0s' {1..24})" "$(printf '\\xff%.0s' {1..16})" \
        "$(printf '\\0%.0s' {1..24})" >>"$1"
    printf '\0\0\x08\x01\0\0\0\x02\x01\x02' >"$2"
}
bars bars-images-idx3-ubyte labels.idx
head -c 50 bars-images-idx3-ubyte >cut-images-idx3-ubyte

try data_list_says_what_is_absent 0 '^mnist +absent +.*/xdg/forced-apart/mnist' 'data fetch mnist' data list
try_json data_list_as_json 'folder data' data list
in_home() {
    (unset XDG_DATA_HOME && "$program" data list -q) | grep -q "$HOME/.local/share/forced-apart/mnist"
}
that data_folder_is_in_the_home in_home
that data_folder_by_its_variable sh -c 'FORCED_APART_DATA=/elsewhere "$0" data list -q |
    grep -q " /elsewhere/mnist"' "$program"
that data_folder_unknown_is_a_failure sh -c '! env -u HOME -u XDG_DATA_HOME "$0" data list 2>err &&
    grep -q "FORCED_APART_DATA" err' "$program"

try data_info_of_images 0 '^shape +8 x 8 x 1' - data info bars-images-idx3-ubyte --hidden labels.idx
try data_info_counts_classes 0 '^  class 2 +1' - data info bars-images-idx3-ubyte --hidden labels.idx
try_json data_info_as_json 'path kind count features shape classes skipped why_skipped' data info bars-images-idx3-ubyte
printf 'row,label\n1,ant\n0,?\n' >marks.csv
try data_info_coarse_labels_of_a_file 0 '^  coarse 0 +1  ant' - data info bars-images-idx3-ubyte --labels marks.csv
try data_info_rows_without_a_label 0 '^  coarse -1 +1  .no label' - data info bars-images-idx3-ubyte --labels marks.csv
try data_info_of_nothing 1 - 'nowhere' data info nowhere
try data_info_of_a_cut_file 1 - 'cut-images-idx3-ubyte' data info cut-images-idx3-ubyte
try data_info_labels_of_another_length 1 - . data info bars-images-idx3-ubyte --hidden u.txt

try data_strokes 0 '^count +2' - data strokes bars-images-idx3-ubyte --hidden labels.idx -o bars.npz
try_json data_info_of_strokes 'path kind count features steps classes skipped why_skipped' data info bars.npz
cp bars.npz first.npz
try data_strokes_again 0 . - data strokes bars-images-idx3-ubyte --hidden labels.idx -o bars.npz --seed 0
that data_strokes_same_seed_same_bytes cmp bars.npz first.npz
try data_strokes_of_the_first 0 '^count +1$' - data strokes bars-images-idx3-ubyte -o one.npz --count 1
try data_strokes_of_more_than_there_are 1 - 'the first 1 to 2 samples.*got 3' \
    data strokes bars-images-idx3-ubyte -o x.npz --count 3
try data_strokes_of_a_cut_file 1 - 'cut-images-idx3-ubyte' data strokes cut-images-idx3-ubyte -o x.npz
try data_views 0 '^sheet.html' - data views bars-images-idx3-ubyte -o sheet.html --rows 1 --hidden labels.idx
try_json data_views_as_json 'output views samples' data views bars.npz -o sheet.html --views series --set views.crop=0
try data_views_of_another_kind 1 - 'images, photographs, auto or none works' \
    data views bars-images-idx3-ubyte -o x.html --views text
try data_views_unknown 2 - 'data.views must be one of' data views bars-images-idx3-ubyte -o x.html --views glyphs
try data_views_without_any 1 - 'auto works' data views bars-images-idx3-ubyte -o x.html --views none
try data_views_set_wrongly 2 - 'views.flip must be' data views bars-images-idx3-ubyte -o x.html --set views.flip=2
try data_views_of_nothing 1 - 'nowhere' data views nowhere -o x.html
try data_views_into_a_missing_folder 1 - 'no/where' data views bars-images-idx3-ubyte -o no/where/x.html
that data_views_leaves_no_part_of_a_sheet test ! -e x.html
try data_strokes_into_a_missing_folder 1 - 'no/where' data strokes bars-images-idx3-ubyte -o no/where/x.npz

if "$program" info | grep -q 'libcurl .*not built in'; then
    try fetch_without_libcurl 1 - 'libcurl4-openssl-dev' data fetch mnist
else
    mkdir empty wrong
    try fetch_from_an_empty_mirror 1 - 'file:///.*/empty/train-images-idx3-ubyte.gz: .*nothing was left there' \
        data fetch mnist -q --mirror "file://$work/empty"
    echo hello >wrong/train-images-idx3-ubyte.gz
    try fetch_of_another_size 1 - 'has 6 bytes, the official file has 9912422' data fetch mnist -q \
        --mirror "file://$work/wrong/"
    truncate -s 9912422 wrong/train-images-idx3-ubyte.gz
    sum=$(sha256sum <wrong/train-images-idx3-ubyte.gz | cut -c1-64)
    try fetch_of_another_content 1 - "its SHA-256 is $sum, the official file's is 440fcabf" \
        data fetch mnist -q --mirror "file://$work/wrong"
    truncate -s 9912423 wrong/train-images-idx3-ubyte.gz
    try fetch_of_too_much 1 - 'is longer than the official 9912422 bytes' data fetch mnist -q \
        --mirror "file://$work/wrong"
    that failed_fetch_leaves_nothing sh -c '[ -z "$(ls -A xdg/forced-apart/mnist)" ]'
    if [ -f "$real_data/mnist/t10k-labels-idx1-ubyte.gz" ]; then
        try fetch_from_a_mirror 0 'mnist/train-images-idx3-ubyte.gz$' 'fetched file:' data fetch mnist \
            --mirror "file://$real_data/mnist"
        try fetch_keeps_what_is_there 0 . 'is there already' data fetch mnist --mirror "file://$work/empty"
        try data_list_says_what_is_there 0 '^mnist +there' - data list
        try data_info_of_mnist 0 '^count +10000' - \
            data info "$XDG_DATA_HOME/forced-apart/mnist/t10k-images-idx3-ubyte.gz"
    else
        skip fetch_from_a_mirror "no real data (FORCED_APART_DATA)"
    fi
fi

# ---- recipes and training ---------------------------------------------------------------------

try recipe_that_is_not_there 1 - "nosuch: no such recipe" train nosuch -o r
try recipe_file_that_is_not_there 1 - 'no/such.ini' train no/such.ini -o r
printf '[loss]\nkind = none\nmargim = 2\n' >typo.ini
try recipe_with_an_unknown_key 1 - 'typo.ini.*margim' train typo.ini -o r
printf '[loss]\nmargin = -2\n' >range.ini
try recipe_with_a_value_out_of_range 1 - 'range.ini.*margin' train range.ini -o r
printf '[data]\ntrain = nowhere.npz\n' >nodata.ini
try recipe_with_missing_data 1 - 'nowhere.npz' train nodata.ini -o r
that failed_training_leaves_no_run sh -c '[ ! -e r/model.safetensors ]'
try recipe_keys 0 '^loss\.margin = ' - train --keys
try recipe_keys_say_what_they_need 0 '    m of Eq. 7; > 0; needs loss.kind=single\|multi$' - train --keys
try_json recipe_keys_as_json '' train --keys
try embed_of_a_missing_run 1 - 'nowhere' embed nowhere bars.npz -o x.npy

try demo_prints_a_table 0 '^multi +[01]\.[0-9]{4} ' 'epoch 1/1' demo --samples 60 --epochs 1 -o demo
that demo_table_has_three_networks \
    sh -c '[ "$(grep -cE "^(none|single|multi) +[01]\.[0-9]{4} +-?[01]\.[0-9]{4} " out)" -eq 3 ]'
run_is_complete() {
    local file
    for file in recipe.ini history.csv model.safetensors checkpoint.safetensors embeddings.npy \
        clusters.npy scores.json; do
        [ -s "demo/$1/$file" ] || { echo "demo/$1/$file is missing"; return 1; }
    done
}
for network in none single multi; do that "demo_leaves_a_run_$network" run_is_complete "$network"; done
try_json demo_as_json 'train test networks' demo --samples 60 --epochs 1 -o demo
try demo_with_too_few_samples 2 - "--samples takes a whole number from 40" demo --samples 3
touch file
try demo_into_a_file 1 - 'file: the folder cannot be made' demo --samples 60 --epochs 1 -o file/demo

# ---- reproduce table1 --------------------------------------------------------------------------

mkdir -p table
cp demo/train.npz table/strokes-train.npz
cp demo/test.npz table/strokes-test.npz
small="--columns strokes --methods none,multi --runs 2 --set train.epochs=1 --set data.limit=40"
# shellcheck disable=SC2086 # lists of words
{
    try table1_dry_run 0 - '^forced-apart: 4 cells, 0 finished already, 4 to train' reproduce table1 $small -o table \
        --dry-run
    that table1_dry_run_trains_nothing sh -c '! ls -d table/strokes-*-1 2>/dev/null'
    try table1_prints_mean_and_deviation 0 \
        '^\| L_multi +\|    2 \| +-?[01]\.[0-9]{3} \+- [01]\.[0-9]{3} +\| 0\.502 \|' \
        '^forced-apart: 4 of 4: strokes ' reproduce table1 $small --jobs 2 -o table
    that table1_writes_markdown \
        sh -c 'grep -q "^- command: .forced-apart reproduce table1 --columns strokes" table/table1.md &&
        grep -q "^- machine: " table/table1.md'
    that table1_writes_a_row_a_run sh -c '[ "$(wc -l <table/table1.csv)" -eq 5 ]'
    cp table/table1.csv first.csv
    try table1_needs_resume 1 - 'strokes-none-1 is there already; --resume goes on' reproduce table1 $small -o table
    rm -r table/strokes-multi-2
    try table1_resumes 0 . '^forced-apart: 4 cells, 3 finished already, 1 to train' reproduce table1 $small -o table \
        --resume
    that table1_resumed_is_the_same sh -c 'cut -d, -f1-5,7- table/table1.csv >a; cut -d, -f1-5,7- first.csv | cmp - a'
    try_json table1_as_json 'table csv runs' reproduce table1 $small -o table --resume
    try table1_of_another_recipe 1 - "was trained with data.limit = '40', now '50'" reproduce table1 $small \
        --set data.limit=50 -o table --resume
    number='[01]\.[0-9]{3}'
    try best_prints_ours_within_labels_too 0 "^\| held +\|    1 \| $number +\| - +\|.*\| $number +\| $number" \
        "strokes held, seed 1: AMI_max $number, about" reproduce best --columns strokes --runs 1 \
        --set train.epochs=1 --set data.limit=40 -o table
    try best_has_no_such_column 2 - "'cifar10' has none of the methods held" reproduce best --columns cifar10 -o table
    columns=strokes,strokes-paper,autoencoder,cifar10,cifar10-batchnorm,cifar10-features,dbpedia
    try table1_unknown_column 2 - "'mnist' is none of $columns" reproduce table1 --columns mnist -o table
    try figure_unknown_column 2 - "--column: 'mnist' is none of $columns" \
        reproduce figure2 --column mnist -o table
    try figure_of_another_column 0 - '2 cells, 0 finished already, 2 to train' \
        reproduce figure2 --column strokes-paper -o table --dry-run
    try table1_unknown_method 2 - "--methods: '' is none of none,decov" reproduce table1 --methods none, -o table
    try table1_wrong_setting 2 - '--set a=b: no key is named' reproduce table1 $small --set a=b -o table --resume
    rm table/strokes-multi-1/scores.json
    printf x >table/strokes-multi-1/checkpoint.safetensors
    try table1_with_a_damaged_cell 1 . 'strokes-multi-1 did not finish: .*checkpoint' reproduce table1 $small -o table \
        --resume -q
    that table1_keeps_the_others sh -c '[ "$(wc -l <table/table1.csv)" -eq 4 ]'
}

# ---- reproduce figureN -------------------------------------------------------------------------

# The runs of seed 2 are finished in table/, but for L_single.
few=(--seed 2 --set train.epochs=1 --set data.limit=40 -o table)
try figure2_dry_run 0 - '^forced-apart: 2 cells, 1 finished already, 1 to train' reproduce figure2 "${few[@]}" --dry-run
try figure2_lacks_a_finished_run 1 - \
    'figure2: 1 of 2 runs .*needs 2; .forced-apart reproduce table1 --columns strokes '\
'--methods none,single --runs 1 --seed 2 --resume -o table. trains them with the same --set' \
    reproduce figure2 "${few[@]}" --finished
that figure2_trained_nothing_yet test ! -e table/strokes-single-2
try figure2_dry_run_of_finished 2 - '--dry-run tells what would be trained' reproduce figure2 --finished --dry-run
try figure2_wrong_setting 2 - '--set a=b: no key is named' reproduce figure2 --set a=b -o table
try figure2_of_another_recipe 1 - "was trained with data.limit = '40', now '0'" reproduce figure2 --seed 2 \
    --set train.epochs=1 -o table
try figure3_dry_run 0 - '^forced-apart: 2 cells, 0 finished already, 2 to train: about .* h' \
    reproduce figure3 -o table --dry-run
try figure6_of_nothing 1 - 'figure6: 0 of 5 .*--columns cifar10 --methods none,decov,xcov,single,multi' \
    reproduce figure6 -o table --finished
# What CIFAR-10 is trained by, on what is small.
small=(--set data.train=table/strokes-train.npz --set data.test=table/strokes-test.npz --set train.epochs=1
    --set data.augment=none
    --set data.limit=40 --set 'network.layers=lstm 4, linear 3 relu target, linear out' -o table)
fa reproduce table1 --columns cifar10 --methods none,multi --runs 1 "${small[@]}" -q
if command -v gnuplot >/dev/null; then
    try figure2_trains_what_is_missing 0 '^table/figure2$' '^forced-apart: 2 cells, 1 finished already, 1 to train' \
        reproduce figure2 "${few[@]}"
    drawn() {
        [ -s "table/$1.svg" ] && [ -s "table/$1.png" ] && [ -s "table/$1.gp" ] && grep -q "$3" "table/$1-$2.csv"
    }
    that figure2_is_drawn drawn figure2/activation 2 ,
    try figure2_again_trains_nothing 0 '^table/figure2$' - reproduce figure2 "${few[@]}"
    try_json figure2_as_json 'output runs' reproduce figure2 "${few[@]}"
    try figure3_of_finished_runs 0 '^table/figure3$' - reproduce figure3 "${small[@]}" --finished
    that figure3_is_drawn drawn figure3/activation 2 ,
    try figure5_of_finished_runs 0 '^table/figure5$' - reproduce figure5 "${few[@]}" --finished
    that figure5_is_drawn drawn figure5/pca 2 ,
    try figure6_leaves_out_what_is_not_there 0 '^table/figure6$' 'cifar10 DeCov, seed 1, is not finished: left out' \
        reproduce figure6 "${small[@]}" --finished
    that figure6_is_drawn drawn figure6/ami 2 k,ami_max
else
    skip figures_of_the_paper_are_drawn "no gnuplot"
fi
try figure3_without_gnuplot 1 - 'no-such-gnuplot was not found.*gnuplot-nox' reproduce figure3 "${small[@]}" \
    --gnuplot no-such-gnuplot

try embed_writes_all_three 0 '^e2.npy: 15 x ' - embed demo/none demo/test.npz -o e2.npy --logits l.npy --classes t.npy
try embedding_clusters 0 '^rows +15' - cluster e2.npy -k 3 -o c2.npy
try clusters_score_against_classes 0 '^samples +15' - score c2.npy t.npy
try embed_of_a_lower_layer 0 '^e5.npy: 15 x 128$' - embed demo/none demo/test.npz --layer 1 -o e5.npy
try embed_of_no_layer 1 - 'there is no layer 4: those of the network are 1 to 3' embed demo/none demo/test.npz \
    --layer 4 -o e5.npy
try_json embed_as_json 'count units embedding logits classes' embed demo/none demo/test.npz -o e2.npy
try embed_of_changed_vectors 1 - 'the data hold no images; embed them as they are' embed demo/none demo/test.npz \
    -o x.npy --augment 2
try embed_of_images 1 - . embed demo/none bars-images-idx3-ubyte -o x.npy

# Vectors and labels as two files, as docs/guide.md has it.
seq 0 14 | awk 'BEGIN { print "row,label" } { print $1 "," ($1 % 2 ? "odd" : "even") }' >parity.csv
beside="train vectors --set data.train=e2.npy --set data.label_column= --set train.epochs=1 --set cluster.k=2"
try train_with_labels_beside 0 '^epochs +1,' 'epoch 1/1' $beside --set data.labels=parity.csv \
    --set train.balance=labels --set data.validation=0.2 -o beside
head -n 15 parity.csv >cut.csv
try train_with_a_row_that_has_no_label 1 - "cut.csv: has no row for '14', .*; add 14,\? to leave it" \
    $beside --set data.labels=cut.csv -o beside2
that train_refused_leaves_nothing [ ! -e beside2 ]
try train_from_a_runs_recipe 0 '^AMI_max ' 'epoch 1/1' train demo/none/recipe.ini -o again
try train_does_not_overwrite 1 - 'again: holds a run already; --resume' train demo/none/recipe.ini -o again
try train_overwrites_when_told 0 '^epochs +1' - train demo/none/recipe.ini -o again --overwrite -q
try train_resumes 0 '^epochs +2' 'epoch 2/2' train --resume -o again --set train.epochs=2
layers='lstm 4, linear 3 relu target, repeat, lstm 4 every_step, linear out'
try train_an_autoencoder 0 '^reconstruction +[0-9.]+ +mean squared' \
    'epoch 1/1  loss [0-9.]+  validation loss [0-9.]+  gradient' \
    train demo/none/recipe.ini -o ae --set train.task=reconstruction --set data.groups= --set "network.layers=$layers" \
    --set loss.weight=0.5
try autoencoder_embeds_its_errors 0 '^l.npy: 15 x 1$' - embed ae demo/test.npz -o e4.npy --logits l.npy
try_json autoencoder_as_json 'run scores validation_loss' train ae/recipe.ini -o ae --overwrite
try autoencoder_of_a_weight_above_1 1 - 'loss.weight = 2: .*\[0, 1\]' train ae/recipe.ini -o ae --overwrite \
    --set loss.kind=multi --set loss.weight=2
try_json train_as_json 'run epochs best_epoch stopped validation_accuracy words scores' train demo/none/recipe.ini \
    -o other
try train_clusters_a_lower_layer 0 '^AMI_max ' - train demo/none/recipe.ini -o lower -q --set cluster.layer=1 \
    --set cluster.transform=unit
that train_embeds_a_lower_layer sh -c 'head -c 128 lower/embeddings.npy | grep -qa "(15, 128)"'
try train_of_no_layer 1 - 'cluster.layer = 9: there is no layer 9' train demo/none/recipe.ini -o lower2 \
    --set cluster.layer=9
try train_into_a_file 1 - 'file' train demo/none/recipe.ini -o file/run
that bar_on_demand sh -c '"$0" train demo/none/recipe.ini -o bar --progress 2>&1 >out |
    tr "\r" "\n" | grep -qE "epoch 1/1 train \[[=> ]+\] +[0-9]+%.*samples/s.*left"' "$program"
that no_bar_without_a_terminal sh -c '! grep -q "$(printf "\r")" err'

# start_training ARGUMENT...: a long training in the background as $job, one epoch of which is done;
# its streams go to told and log.
start_training() {
    local tries=0
    : >log # what the last one left there
    "$program" train "$@" --set train.epochs=100000 >told 2>log &
    job=$!
    while ! grep -q '^epoch [0-9]' log && [ $tries -lt 300 ] && kill -0 $job 2>/dev/null; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

# A long training is told to stop: it ends with exit code 1 and a run that can be used and resumed.
stops_when_told() {
    start_training "${@:2}" -o stopped
    kill "-$1" $job 2>/dev/null
    wait $job
    code=$?
    [ $code -eq 1 ] && grep -q 'stopped is usable' log && grep -q '^epochs' told &&
        "$program" embed stopped demo/test.npz -o e3.npy >out
}
that interrupt_leaves_a_usable_run stops_when_told INT demo/none/recipe.ini
rm -rf stopped
that terminate_leaves_a_usable_run stops_when_told TERM demo/none/recipe.ini
rm -rf stopped

# One training at a time in a folder; reading it is free. One that was killed leaves no lock.
start_training demo/none/recipe.ini -o stopped
for how in '' --overwrite --resume; do
    try "train_where_another_is_at_work_is_refused$how" 1 - 'stopped: another training is at work' \
        train demo/none/recipe.ini -o stopped $how
done
try embed_where_another_is_at_work 0 '^e3.npy: 15 x ' - embed stopped demo/test.npz -o e3.npy
{ kill -KILL $job && wait $job; } 2>/dev/null
that killed_training_is_resumed stops_when_told TERM --resume

# ---- results that do not arrive ---------------------------------------------------------------

into_nowhere() {
    "$program" "$@" >/dev/full 2>err
    [ $? -eq 1 ] && grep -q 'forced-apart: standard output: .*No space' err
}
if [ -w /dev/full ]; then
    for arguments in --help --version 'info' 'info --json' 'score u.txt v.txt' 'data list -q'; do
        # shellcheck disable=SC2086
        that "full_output_is_a_failure_${arguments//[^a-z]/_}" into_nowhere $arguments
    done
else
    skip full_output_is_a_failure "no /dev/full"
fi
into_closed_pipe() {
    { sleep 0.2; "$program" --help 2>err; echo $? >code; } | true
    while [ ! -s code ]; do sleep 0.1; done
    [ "$(cat code)" -eq 1 ] && grep -q 'standard output: .*Broken pipe' err
}
that broken_pipe_is_a_failure into_closed_pipe

# ---- bench -----------------------------------------------------------------------------------

try bench_prints_a_line 0 '^kl +8 8 2 +[0-9.]+ ' - bench kl --size '8 8 2' --seconds 0 -q
while read -r what size; do
    try "bench_$what" 0 "^$what,$size,[0-9.e-]+,[0-9.e-]+,[0-9.e-]+,[0-9]+," - \
        bench "$what" --size "$size" --seconds 0 --csv -q
done <<'WORKS'
kl 20 5 2
kl-clustered 40 5 2
js 20 5 2
kmeans 30 4 3
neighbours 30 4 3
ami 50 4
epoch 40
WORKS
try bench_pca 0 '^pca +30 4 2 ' - bench pca --size '30 4 2' --seconds 0 -q
if "$program" info | grep -q 'csv .*not built in'; then
    try bench_read_without_libcsv 1 . 'libcsv-dev' bench read --size '30 4' --seconds 0 -q
else
    try bench_read 0 '^read +30 4 ' - bench read --size '30 4' --seconds 0 -q
fi
try_json bench_as_json 'version simd threads cpu load lines' bench ami,kmeans --seconds 0
try bench_of_two_sizes 0 '^ami,20 2,' - bench ami --size '10 2 | 20 2' --seconds 0 --csv -q
try bench_of_an_unknown_work 2 - "no work is named 'kmean'; did you mean 'kmeans'" bench kl,kmean
try bench_with_too_few_sizes 2 . "kl takes N D LABELS, whole numbers, got '8 8'" bench kl --size '8 8' -q
try bench_with_too_many_sizes 2 . "ami takes N CLASSES, got '8 8 8'" bench ami --size '8 8 8' -q
try bench_size_of_two_works 2 - '--size goes with one WHAT, got 2' bench kmeans,kl --size '8 8 8'
try bench_json_and_csv 2 - '--json or --csv' bench ami --json --csv
try bench_of_sizes_that_cannot_be 1 . 'clusters of 2 rows cannot be' bench kmeans --size '2 8 3' -q
try bench_without_labels 1 . 'kl: 8 rows of 0 labels cannot be' bench kl --size '8 8 0' -q
that bench_leaves_no_folder sh -c 'mkdir own && TMPDIR=$PWD/own "$0" bench epoch --size 40 --seconds 0 -q >/dev/null &&
    rmdir own' "$program"

# ---- info -------------------------------------------------------------------------------------

try info 0 '^simd +(amx|avx512|avx2|portable)' - info
try_json info_as_json 'version simd threads data recipes capabilities' info
try info_tells_the_recipes 0 "^recipes +$source/recipes$" - info
recipes_of() { FORCED_APART_RECIPES=$1 "$program" info | sed -n 's/^recipes  *//p' | grep -qx "$2"; }
that info_without_a_folder_of_recipes recipes_of "$work/nowhere" 'none found'
that no_recipe_without_its_folder sh -c 'FORCED_APART_RECIPES=nowhere "$0" train mnist-strokes -o never 2>&1 |
    grep -q "mnist-strokes: no such recipe.*FORCED_APART_RECIPES"' "$program"
try info_threads 0 '^threads +1$' - info --threads 1
that simd_can_be_lowered sh -c 'FORCED_APART_SIMD=portable "$0" info | grep -q "^simd  *portable"' "$program"
that no_colour_without_a_terminal sh -c '! env -u NO_COLOR "$0" info 2>&1 | grep -q "$(printf "\033")"' "$program"
tap_end
