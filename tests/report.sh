#!/usr/bin/env bash
# forced-apart report as a user meets it, and its pages as a browser does: valid HTML, no console
# error, no request to anywhere, not wider than the window of a desk or a phone.
#
# usage: tests/report.sh PROGRAM SOURCE
. "$2/tests/program.sh"

# ---- the command ------------------------------------------------------------------------------

fa demo --samples 80 --epochs 1 -o demo
that demo_compares_its_runs test -s demo/report.html
try report_of_a_run 0 '^demo/multi/report.html$' . report demo/multi
run_has() {
    local file
    for file in "$@"; do [ -s "demo/multi/$file" ] || { echo "$file is missing"; return 1; }; done
}
that report_leaves_its_files run_has report.html clusters.csv vectors.tsv metadata.tsv \
    figures/{activation,ami,k,training}.gp figures/{activation,ami,k,training}-1.csv
that clusters_csv_has_a_line_for_each_row sh -c '[ "$(wc -l <demo/multi/clusters.csv)" -eq 21 ]'
that vectors_and_metadata_go_together sh -c \
    '[ "$(wc -l <demo/multi/vectors.tsv)" -eq "$(($(wc -l <demo/multi/metadata.tsv) - 1))" ]'
try_json report_as_json 'output figures warnings without_figures' report demo/multi
try report_of_several 0 '^compare.html$' . report demo/none demo/single demo/multi -o compare.html
that comparison_names_what_differs grep -q '<td>loss.kind</td>' compare.html
try report_of_several_wants_an_output 2 - '--output PLACE is missing: 2 runs' report demo/none demo/multi
try report_of_nothing 2 - 'RUN is missing' report
try report_of_a_missing_run 1 - 'nowhere: there is no such run folder' report nowhere
try report_of_an_unknown_figure 2 - '--figure takes activation\|pca\|ami\|k\|training' report demo/multi --figure pie
try report_k_out_of_range 2 - '--k-high takes a whole number' report demo/multi --k-high 2
try report_of_too_many_runs 2 - 'takes 32 operands' report $(yes demo/none | head -n 33) -o x.html
try explore_of_a_run 0 '^demo/multi/explore.html$' - report demo/multi --explore
try explore_into_a_file 0 '^work.html$' - report demo/multi --explore -o work.html
that explore_is_the_same_again cmp demo/multi/explore.html work.html
try_json explore_as_json 'output' report demo/multi --explore
printf 'cluster,name\n0,<b>wolves</b>\n' >names.csv
try report_with_names 0 'named.html$' 'warnings on the page' report demo/multi --names names.csv -o named.html
that names_are_on_the_page grep -q 'Cluster 0: &lt;b&gt;wolves' named.html
that names_are_in_the_table sh -c 'head -n 1 demo/multi/clusters.csv | grep -q cluster,cluster_name'
fa report demo/multi
try explore_with_names 0 '^named.html$' - report demo/multi --explore --names names.csv -o named.html
that names_are_in_their_boxes grep -q 'id="cluster-names">&lt;b&gt;wolves&lt;/b&gt;<hr>' named.html
try report_of_two_runs_with_names 2 - '--names are those of one run' \
    report demo/none demo/multi --names names.csv -o x.html
try report_names_from_nowhere 1 - 'nowhere.csv' report demo/multi --names nowhere.csv -o x.html
try explore_of_two_runs 2 - '--explore is a page of one run' report demo/none demo/multi --explore
try explore_with_a_figure 2 - 'takes no --figure' report demo/multi --explore --figure pca
try explore_of_a_missing_run 1 - 'nowhere: there is no such run folder' report nowhere --explore
cp -r demo/multi unfinished && rm unfinished/scores.json
try report_of_an_unfinished_run 1 - 'unfinished: scores.json is not there.*--resume' report unfinished
cp -r demo/multi damaged && head -c 100 demo/multi/embeddings.npy >damaged/embeddings.npy && rm damaged/report.html
try report_of_a_damaged_run 1 - 'damaged/embeddings.npy' report damaged
that failed_report_leaves_no_page sh -c '[ ! -e damaged/report.html ] && ! ls damaged | grep tmp'
try report_into_a_file 1 - 'cannot be made' report demo/multi -o compare.html/page.html

cp -r demo/none dull && rm -r dull/figures dull/report.html 2>/dev/null
try report_without_gnuplot 0 '^dull/report.html$' 'install gnuplot \(Debian: gnuplot-nox\)' \
    report dull --gnuplot no-such-gnuplot
that report_without_gnuplot_has_tables_and_scripts sh -c 'grep -q "normaliser max" dull/report.html &&
    ! grep -q "<img" dull/report.html && [ -s dull/figures/ami.gp ] && [ -s dull/figures/ami-1.csv ]'
try figure_without_gnuplot 1 - 'no-such-gnuplot was not found.*gnuplot-nox.*bare' \
    report --figure training dull --gnuplot no-such-gnuplot -o bare
that figure_without_gnuplot_has_data_and_script sh -c '[ -s bare/training.gp ] && [ -s bare/training-1.csv ]'

if command -v gnuplot >/dev/null; then
    figures='activation ami training pca'
    for figure in $figures; do
        try "figure_$figure" 0 '^pictures$' - report --figure $figure demo/none demo/multi -o pictures
        that "figure_${figure}_is_two_pictures" sh -c 'grep -q "</svg>" "pictures/$0.svg" &&
            head -c 4 "pictures/$0.png" | grep -q PNG' $figure
    done
    cp -r demo/multi renamed && rm renamed/classes.npy
    try report_after_its_classes_went 0 . . report renamed
    that report_shows_no_picture_of_other_data sh -c '[ -s renamed/figures/ami.svg ] &&
        ! grep -q "figure: ami" renamed/report.html &&
        grep -q "figure: training" renamed/report.html'
    cp pictures/ami.svg ami.svg
    that figure_script_draws_it_again \
        sh -c 'rm pictures/ami.svg && cd pictures && gnuplot ami.gp && cmp ami.svg ../ami.svg'
else
    skip figures_are_drawn "no gnuplot"
fi

# ---- the pages --------------------------------------------------------------------------------

# Hostile text wherever it can come from: the folder, the recipe, the names of classes.
hostile="<img src=x onerror=alert(1)>'"
cp -r demo/multi "$hostile"
sed -i "s|^train = .*|train = <script>alert(2)</script>\&'\"|" "$hostile/recipe.ini"
{ printf '<script>alert(%s)</script>\n' 0 1 2 3; yes "'; system 'touch hacked' #\`touch hacked\`" | head -n 6; } \
    >names.txt
try report_of_hostile_text 0 . . report "$hostile" --class-names names.txt -o hostile.html
that hostile_text_is_shown sh -c 'grep -q "&lt;script&gt;alert(2)&lt;/script&gt;" hostile.html &&
    grep -q "&lt;script&gt;alert(3)&lt;/script&gt;" hostile.html && ! grep -qi "<script" hostile.html'
that hostile_text_runs_nothing sh -c '! find . -name hacked | grep .'

# The samples of a validation split, named by rows.npy.
sed 's/^test = .*/test =/' demo/none/recipe.ini >validation.ini
fa train validation.ini -o validation -q --set cluster.k=3 --set data.validation=0.3
try report_of_a_validation_split 0 . . report validation
that report_shows_validation_samples grep -q 'aria-label="pen strokes"' validation/report.html

# A test split whose labels are counted otherwise than those of the training split: they are names.
colours=(red blue green)
for ((i = 0; i < 60; i++)); do
    printf '%d.%d,%d.5,%s\n' $((i % 3 * 9)) $((i % 7)) $((i % 5)) "${colours[i % 3]}"
done >rows.csv
{ echo a,b,colour && cat rows.csv; } >coloured.csv
{ echo a,b,colour && grep -v blue rows.csv; } >tested.csv
fa train vectors -o coloured -q --set data.train=coloured.csv --set data.test=tested.csv \
    --set data.label_column=colour --set cluster.k=2 --set train.epochs=2
try report_of_a_test_split 0 . . report coloured
that labels_of_a_test_split_are_names sh -c 'grep -q ",\"red\"," coloured/clusters.csv &&
    [ "$(cut -d, -f3 coloured/clusters.csv | sort | uniq -c | tr -d " \n")" = "20\"green\"20\"red\"1coarse" ] &&
    sed "s/<[^>]*>//g" coloured/report.html | grep -q "red: 100"'

# Numbers have a point whatever the locale and the settings of gnuplot say.
if command -v gnuplot localedef >/dev/null && mkdir -p locales home &&
    localedef -i de_DE -f UTF-8 locales/de_DE.UTF-8 >/dev/null 2>&1; then
    echo 'set decimalsign locale' >home/.gnuplot
    fa report --figure training demo/multi -o pictures-point
    env LOCPATH="$work/locales" LC_ALL=de_DE.UTF-8 "$program" report --figure training demo/multi \
        -o pictures-comma >/dev/null
    point=$(env LOCPATH="$work/locales" LC_ALL=de_DE.UTF-8 locale decimal_point)
    that figures_have_a_decimal_point sh -c '[ "$0" = , ] && grep -q "0\.[0-9]*</" pictures-comma/training.svg &&
        cmp pictures-point/training.svg pictures-comma/training.svg' "$point"
else
    skip figures_have_a_decimal_point "no gnuplot, or no locale of Germany"
fi

# What other kinds of samples look like. Pictures as CIFAR-10 has them: a class, then three planes,
# here stripes whose width is the class's.
mkdir -p pictures10 texts
batch() {
    local i
    for ((i = 0; i < $1; i++)); do
        printf "\\$(printf %o $((i % 4)))"
        yes "$(printf '%0*d' $((i % 4 + 2)) "$i")" | head -c 3072
    done
}
batch 12 >pictures10/data_batch_1.bin
for i in 2 3 4 5; do cp pictures10/data_batch_1.bin pictures10/data_batch_$i.bin; done
batch 32 >pictures10/test_batch.bin
printf 'stripe\n<b>bold</b>\nthree & more\nfour\n5\n6\n7\n8\n9\n10\n' >pictures10/batches.meta.txt
fa train "$source/recipes/cifar10.ini" -o pictures-run -q --set data.train="$work/pictures10" \
    --set data.groups='0-1 / 2-3' \
    --set data.test="$work/pictures10" --set train.epochs=2 --set train.batch=16 \
    --set 'network.layers=conv 4 3x3 relu, maxpool 4, linear 6 relu target, linear out'
try report_of_pictures 0 '^pictures-run/report.html$' . report pictures-run
thumbnails() {
    if "$program" info | grep -q 'libpng .*not built in'; then
        grep -q 'this build has no libpng' pictures-run/report.html
        return
    fi
    [ "$(grep -o '<img class="pixels"[^>]*src="data:image/png;base64,' pictures-run/report.html | wc -l)" -ge 32 ]
}
that report_shows_thumbnails thumbnails
that report_escapes_names_of_classes \
    sh -c 'grep -q "&lt;b&gt;bold&lt;/b&gt;" pictures-run/report.html && ! grep -q "<b>bold" pictures-run/report.html'

rows() {
    local i words=(river harbour violin orchestra)
    for ((i = 0; i < $1; i++)); do
        printf '"%d","%s %d","<script>alert(5)</script> & ""%s"" of %s %d"\n' $((i % 4 + 1)) "${words[i % 4]}" $i \
            "${words[i % 4]}" "${words[(i + i / 4) % 4]}" $((i % 7))
    done
}
rows 80 >texts/train.csv
rows 40 >texts/test.csv
printf 'rivers\n<script>alert(6)</script>\nviolins\norchestras\n' >texts/classes.txt
if "$program" info | grep -qE '(libcsv|utf8proc) .*not built in'; then
    skip report_of_texts "no libcsv, or no utf8proc"
else
    fa train "$source/recipes/dbpedia.ini" -o texts-run -q --set data.train="$work/texts" \
        --set data.test="$work/texts" --set data.groups='0-1 / 2-3' --set train.epochs=2 --set train.batch=16 \
        --set 'network.layers=embedding 6, lstm 6, linear 5 relu target, linear out'
    try report_of_texts 0 '^texts-run/report.html$' . report texts-run
    that report_shows_texts_and_runs_none sh -c '
        grep -q "&lt;script&gt;alert(5)&lt;/script&gt; &amp; " texts-run/report.html &&
        grep -q "&lt;script&gt;alert(6)&lt;/script&gt;" texts-run/report.html &&
        ! grep -qi "<script" texts-run/report.html'
fi

pages=(demo/multi/report.html dull/report.html validation/report.html compare.html hostile.html
    pictures-run/report.html)
[ ! -e texts-run/report.html ] || pages+=(texts-run/report.html)
browser=
for candidate in "${FA_BROWSER:-}" chromium chromium-browser google-chrome; do
    if [ -z "$browser" ] && [ -n "$candidate" ]; then browser=$(command -v "$candidate"); fi
done
valid() { said=$(tidy -q -e "$1" 2>&1); [ -z "$said" ] || { echo "$said" | head -n 5; return 1; }; }
fine() { python3 "$source/tests/report_page.py" "$browser" "$1" "$2"; }
cat >bad.html <<'BAD'
<!DOCTYPE html><title>bad</title><p>words enough to count as a page that shows something
<div style="width:3000px">wide</div><img src="http://127.0.0.1:9/x"><script>throw Error(1)</script>
BAD
for page in "${pages[@]}"; do
    if command -v tidy >/dev/null; then
        that "valid_html_${page//\//_}" valid "$page"
    else
        skip "valid_html_${page//\//_}" "no tidy"
    fi
    for width in 1280 390; do
        if [ -n "$browser" ] && command -v python3 >/dev/null; then
            that "browser_${width}_${page//\//_}" fine "$page" $width
        else
            skip "browser_${width}_${page//\//_}" "no browser, or no python3"
        fi
    done
done
if [ -n "$browser" ] && command -v python3 >/dev/null; then
    finds() { fine bad.html 390 >found; [ $? -eq 1 ] && grep -q "$1" found; }
    that browser_finds_an_error finds exception
    that browser_finds_a_request finds 'request: http'
    that browser_finds_a_wide_page finds '3[0-9]* wide'
fi

# ---- the page to work in ------------------------------------------------------------------------

# work_in RUN: clicked through, with as many samples and clusters as its scores say.
number() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1/scores.json" | head -n 1; }
work_in() {
    python3 "$source/tests/explore_page.py" "$browser" "$1/explore.html" "$(number "$1" samples)" "$(number "$1" k)"
}
runs=(demo/multi)
[ ! -e texts-run/report.html ] || runs+=(texts-run)
for run in "${runs[@]}"; do
    fa report "$run" --explore
    if command -v tidy >/dev/null; then
        that "valid_explore_${run//\//_}" valid "$run/explore.html"
    else
        skip "valid_explore_${run//\//_}" "no tidy"
    fi
    if [ -n "$browser" ] && command -v python3 >/dev/null; then
        that "work_in_${run//\//_}" work_in "$run"
    else
        skip "work_in_${run//\//_}" "no browser, or no python3"
    fi
done
tap_end
