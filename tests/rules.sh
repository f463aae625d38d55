#!/usr/bin/env bash
# The house rules of CONTRIBUTING.md that a machine can check. Each rule is a function that prints
# what breaks it in the tree $1, and a function that makes a tree which breaks it: a rule that
# cannot fail is no rule.
#
# usage: tests/rules.sh SOURCE BUILD      (BUILD holds the libraries and compile_commands.json)
set -u
source=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
. "$source/tests/tap.sh"
cc=${CC:-cc}
cxx=${CXX:-c++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

longest_function=70
longest_file=700
longest_line=120

# Files of the tree $1 with these endings, without build folders and runs.
files() {
    local root=$1 ending names=()
    shift
    for ending in "$@"; do names+=(-o -name "*$ending"); done
    find "$root" \( -name 'build*' -o -name runs -o -name .git \) -prune -o -type f \
        \( "${names[@]:1}" \) -print
}

# ---- includes ---------------------------------------------------------------------------------

# The command line sees what a user of the library sees.
rule_cli_uses_the_public_header_only() {
    local file name
    for file in "$1"/cli/*/*.[ch] "$1"/reproduce/*.[ch]; do
        [ -f "$file" ] || continue
        sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file" | while read -r name; do
            [ -f "$1/include/$name" ] || [ -f "$1/cli/$name" ] || [ -f "${file%/*}/$name" ] ||
                echo "$file: \"$name\""
        done
    done
}
bad_cli_uses_the_public_header_only() {
    mkdir -p "$1/cli/core" && echo '#include "base/file.h"' >"$1/cli/core/x.c"
}

rule_onednn_lives_in_its_files() {
    files "$1/src" .c .h | grep -v '/engine/[a-z]*_onednn\.[ch]$' | xargs -r grep -nE '# *include.*dnnl'
}
bad_onednn_lives_in_its_files() {
    mkdir -p "$1/src/nn" && echo '#include <dnnl.h>' >"$1/src/nn/x.c"
}

# A pool that a fork leaves whole; OpenMP's does not outlive one.
rule_threads_start_in_one_file() {
    files "$1/src" .c .h | grep -v '/base/threads\.c$' |
        xargs -r grep -nE '# *include.*omp\.h|# *pragma +omp|pthread_create|thrd_create'
}
bad_threads_start_in_one_file() {
    mkdir -p "$1/src/nn" && echo '#pragma omp parallel for' >"$1/src/nn/x.c"
}

# The application may have a decimal comma: numbers become text, and text numbers, in one file. Formats of
# doubles are looked for from the call to the end of its statement.
rule_numbers_know_no_locale() {
    files "$1/src" .c .h | grep -v '/base/number\.c$' | while read -r file; do
        grep -nE '(^|[^_a-z])(strto(d|f|ld)|atof|v?s?scanf)\(' "$file" | sed "s|^|$file:|"
        awk -v file="$file" '
            /(^|[^_a-z])v?sn?printf\(/ { inside = 1; first = FNR }
            inside && /%[-+ #0-9.*]*[aefgAEFG]/ { print file ":" first ": a double by the locale"; inside = 0 }
            /;[ ]*($|\/\*)/ { inside = 0 }' "$file"
    done
}
bad_numbers_know_no_locale() {
    mkdir -p "$1/src/nn" && printf 'void f(char *t) { snprintf(t, 9,\n    "%%d %%.3g", 1, 2.0); }\n' >"$1/src/nn/x.c"
}

# Nor do letters (base/ascii.h): in Turkish the small letter of I is not i.
rule_letters_know_no_locale() {
    local calls='str(n)?casecmp|to(low|upp)er|is(alpha|alnum|digit|space|upper|lower)'
    files "$1/src" .c .h | while read -r file; do
        grep -nE "<ctype\\.h>|<strings\\.h>|(^|[^_a-z])($calls)\\(" "$file" | sed "s|^|$file:|"
    done
}
bad_letters_know_no_locale() {
    mkdir -p "$1/src/nn" && echo 'int f(int c) { return isalpha(c); }' >"$1/src/nn/x.c"
}

rule_mpi_lives_in_one_file() {
    files "$1/src" .c .h | grep -v '/comm/mpi\.c$' | xargs -r grep -nE '# *include *<mpi\.h>|\bMPI_[A-Z]'
}
bad_mpi_lives_in_one_file() {
    mkdir -p "$1/src/nn" && echo '#include <mpi.h>' >"$1/src/nn/x.c"
}

# libpng has two: the reader of images, and the writer of those in a report.
rule_libraries_live_in_their_files() {
    files "$1/src" .c .h |
        grep -vE '/(formats/(csv|zip|zip_read|image_(jpeg|png))|text/words|base/file_read|report/png)\.c$' |
        xargs -r grep -nE '# *include <(zlib|csv|utf8proc|jpeglib|png)\.h>'
}
bad_libraries_live_in_their_files() {
    mkdir -p "$1/src/engine" && echo '#include <csv.h>' >"$1/src/engine/x.c"
}

# Which rooms each room may use: the arrows of CONTRIBUTING.md, for includes and for symbols; and those of which it
# may use what the public header has, and nothing else.
arrows() {
    cat <<'ARROWS'
base base
comm base|comm
engine base|engine
loss base|comm|loss
cluster base|comm|cluster
nn base|engine|nn
data base|data
formats base|data|formats
text base|data|text
strokes base|data|strokes
augment base|data|augment
recipe base|formats|augment|recipe data
model base|comm|engine|nn|data|formats|text|cluster|augment|model loss
run base|formats|recipe|model|run cluster
train base|comm|loss|nn|engine|data|formats|text|cluster|augment|recipe|model|run|train
discover base|comm|cluster|data|text|augment|recipe|model|run|train|discover
export base|engine|nn|data|text|model|run|report|export formats
report base|formats|text|cluster|recipe|run|report data|loss|model
ARROWS
}
rule_arrows_run_one_way() {
    local room allowed _
    arrows | while read -r room allowed _; do
        [ -d "$1/src/$room" ] || continue
        files "$1/src/$room" .c .h |
            xargs -r grep -nE '^ *# *include "[a-z]+/' |
            grep -vE "# *include \"($allowed)/"
    done
}
bad_arrows_run_one_way() {
    mkdir -p "$1/src/base" && echo '#include "nn/network.h"' >"$1/src/base/x.c"
}

# What lies in a run folder is known to one file; all others go by fa_run_file.
rule_names_in_a_run_folder_stand_in_one_file() {
    local names
    names=$(sed -n 's/^ *\[FA_RUN_[A-Z]*\] = {"\([^"]*\.[a-z]*\)".*/\1/p' "$source/src/run/files.c" | sed 's/\./\\./' |
        paste -sd '|')
    [ -n "$names" ] || echo "src/run/files.c: no names found"
    find "$1/src" "$1/cli" "$1/reproduce" -name '*.[ch]' 2>/dev/null | grep -vE '/src/run/files\.c$|/src/formats/' |
        xargs -r grep -nE "\"(%s/)?($names)\"" | grep -vE '/cli/commands/assign\.c:[0-9]+: *\.fallback'
}
bad_names_in_a_run_folder_stand_in_one_file() {
    mkdir -p "$1/cli/core" && echo 'join_path(path, run, "scores.json");' >"$1/cli/core/x.c"
}

# ---- build flags ------------------------------------------------------------------------------

# Both would remove the guards against NaN.
rule_no_fast_math() {
    { files "$1" .cmake .sh CMakeLists.txt CMakePresets.json; ls "$1/compile_commands.json"; } \
        2>/dev/null | grep -v '/rules\.sh$' | xargs -r grep -nE -e '-ffast-math|-Ofast|-funsafe-math' |
        grep -vE ':[0-9]+: *#'
}
bad_no_fast_math() {
    echo 'set(CMAKE_C_FLAGS -Ofast)' >"$1/CMakeLists.txt"
}

rule_warnings_are_on() {
    local flag
    for flag in -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Wmissing-prototypes -Wvla; do
        grep '"command"' "$1/compile_commands.json" | grep -v -- "$flag " | sed "s/^/without $flag: /"
    done
}
bad_warnings_are_on() {
    echo '  "command": "cc -Wall -c x.c"' >"$1/compile_commands.json"
}

# ---- symbols ----------------------------------------------------------------------------------

shared_library() {
    find "$1" -maxdepth 1 -name 'libforced_apart.so' | head -n 1
}
make_library() {
    "$cc" -shared -fPIC -o "$1/libforced_apart.so" "$1/x.c" &&
        "$cc" -c -o "$1/x.o" "$1/x.c" && ar rc "$1/libforced_apart.a" "$1/x.o"
}

rule_exported_symbols_start_with_fa() {
    nm -D --defined-only "$(shared_library "$1")" | awk '{print $NF}' |
        grep -vE '^fa_[^_]|^(_init|_fini)$|^__(asan|ubsan|sanitizer)'
}
bad_exported_symbols_start_with_fa() {
    echo 'int fa__internal(void) { return 0; }' >"$1/x.c" && make_library "$1"
}

# Files are written by fprintf and its kin; the two standard streams, the exits, and functions with
# hidden state or without a range check have no place in a library.
rule_library_neither_prints_nor_exits() {
    local ends='_?exit|_Exit|quick_exit|abort|__assert_fail'
    local prints='stdout|stderr|(__)?v?printf(_chk)?|puts|putchar|perror'
    local hides='s?rand|s?random|[dlm]rand48|strtok|setlocale|signal'
    nm -u "$1/libforced_apart.a" | awk '{print $NF}' | sort -u | grep -xE "$ends|$prints|$hides|ato[ifl]|gets|system"
}
bad_library_neither_prints_nor_exits() {
    printf '#include <stdio.h>\nvoid fa_x(void);\nvoid fa_x(void) { puts("x"); }\n' >"$1/x.c" &&
        make_library "$1"
}

# ---- arrows between files ----------------------------------------------------------------------

# "FILE OTHER SYMBOL" for each of the library's files, as "room/name", that uses what another defines. An old build
# folder may hold objects of sources that are gone.
file_arrows() {
    (cd "$1" && grep -o 'CMakeFiles/fa_objects\.dir/src/[^" ]*\.o' compile_commands.json | sort -u | xargs nm -A -g) |
        sed -E 's/^.*fa_objects\.dir\/src\///; s/\.c\.o:[0-9a-f ]*/ /' |
        awk '$2 ~ /^[A-TV-Z]$/ { home[$3] = $1 }
             $2 == "U" { user[++count] = $1; used[count] = $3 }
             END { for (i = 1; i <= count; i++)
                       if (used[i] in home && home[used[i]] != user[i]) print user[i], home[used[i]], used[i] }'
}

# What goes through the public header is seen here, too.
rule_symbols_go_the_way_of_the_arrows() {
    { arrows | sed 's/^/room /'; file_arrows "$1"; } |
        awk '$1 == "room" { allowed[$2] = "^(" $3 ")$"; public[$2] = "^(" $4 ")$"; next }
             { split($1, from, "/"); split($2, to, "/") }
             to[1] ~ allowed[from[1]] && from[1] in allowed { next }
             to[1] ~ public[from[1]] && $3 ~ /^fa_[^_]/ { next }
             { print $1 " uses " $3 " of " $2 }'
}
bad_symbols_go_the_way_of_the_arrows() {
    make_objects "$1" base/a 'int fa__b(void); int fa__a(void); int fa__a(void) { return fa__b(); }' \
        nn/b 'int fa__b(void); int fa__b(void) { return 1; }'
}

# Files that reach each other, by whatever way: those of a circle on one line.
rule_no_circle_of_files() {
    file_arrows "$1" | awk '
        function reach(start, file,    i) {
            for (i = 1; i <= degree[file]; i++)
                if (!((start, next_of[file, i]) in reached)) {
                    reached[start, next_of[file, i]]
                    reach(start, next_of[file, i])
                }
        }
        !(($1, $2) in seen) { seen[$1, $2]; next_of[$1, ++degree[$1]] = $2; files[$1] }
        END { for (file in files) reach(file, file)
              for (file in files) {
                  if (!((file, file) in reached) || file in told) continue
                  line = "circle:"
                  for (other in files)
                      if ((file, other) in reached && (other, file) in reached) { told[other]; line = line " " other }
                  print line
              } }'
}
bad_no_circle_of_files() {
    make_objects "$1" nn/a 'int fa__b(void); int fa__a(void); int fa__a(void) { return fa__b(); }' \
        nn/b 'int fa__c(void); int fa__b(void); int fa__b(void) { return fa__c(); }' \
        nn/c 'int fa__a(void); int fa__c(void); int fa__c(void) { return fa__a(); }'
}

# make_objects TREE FILE TEXT...: objects where a build puts them, and its list of them.
make_objects() {
    local tree=$1 object
    shift
    while [ $# -gt 0 ]; do
        object="CMakeFiles/fa_objects.dir/src/$1.c.o"
        mkdir -p "$tree/${object%/*}" && echo "$2" | "$cc" -x c -c -o "$tree/$object" - &&
            echo "\"command\": \"cc -o $object\"" >>"$tree/compile_commands.json" || return
        shift 2
    done
}

# ---- header -----------------------------------------------------------------------------------

# compile_headers LANGUAGE TREE COMPILER OPTION...: each by itself.
compile_headers() {
    local language=$1 tree=$2 compiler=$3 header
    shift 3
    find "$tree/include" -name '*.h' | while read -r header; do
        echo "#include \"$header\"" | "$compiler" -x "$language" "-I$tree/include" "$@" -Wall -Wextra -Wpedantic \
            -Wconversion -Wshadow -Werror -fsyntax-only - 2>&1
    done
}
rule_headers_compile_alone_as_c11() {
    compile_headers c "$1" "$cc" -std=c11 -Wstrict-prototypes
}
bad_headers_compile_alone_as_c11() {
    mkdir -p "$1/include" && echo 'size_t fa_x();' >"$1/include/forced_apart.h"
}
rule_headers_compile_alone_as_cpp17() {
    compile_headers c++ "$1" "$cxx" -std=c++17
}
bad_headers_compile_alone_as_cpp17() {
    mkdir -p "$1/include" && echo 'int fa_x(int class);' >"$1/include/forced_apart.h"
}

# ---- text -------------------------------------------------------------------------------------

# A function runs from the line that opens it in the first column to its closing brace there.
rule_functions_are_short() {
    local file
    files "$1" .c .h | while read -r file; do
        awk -v file="$file" -v most="$longest_function" '
            /^[a-z].*\(/ && !/;$/ { start = NR; name = $0 }
            /^}/ { if (start && NR - start + 1 > most)
                       printf "%s:%d: %d lines: %s\n", file, start, NR - start + 1, name
                   start = 0 }' "$file"
    done
}
bad_functions_are_short() {
    { echo 'int f(void) {'; yes '    g();' | head -n 80; echo '}'; } >"$1/x.c"
}

rule_files_are_short() {
    files "$1" .c .h .sh | xargs -r wc -l |
        awk -v most="$longest_file" '$2 != "total" && $1 > most { print $2 ": " $1 " lines" }'
}
bad_files_are_short() {
    yes '/* x */' | head -n 701 >"$1/x.c"
}

# In characters, not bytes. Data and tables of pages are as wide as what they hold.
rule_lines_are_short() {
    { files "$1" .c .h .sh .py .ini .cmake .md CMakeLists.txt
      find "$1/scripts" "$1/bench" "$1/.ci" -type f ! -name '*.*' 2>/dev/null; } |
        LC_ALL=C.UTF-8 xargs -r grep -nHE ".{$((longest_line + 1))}" | grep -vE '^[^:]*\.md:[0-9]+: *\|' | cut -c1-200
}
bad_lines_are_short() {
    printf 'int x; /*%120s*/\n' '' >"$1/x.c"
}

rule_no_tabs_nor_trailing_spaces() {
    files "$1" .c .h .sh .md .ini .cmake CMakeLists.txt | grep -v /tests/data/ | xargs -r grep -nE "$(printf '\t')| +\$"
}
bad_no_tabs_nor_trailing_spaces() {
    printf 'int x;\t\n' >"$1/x.c"
}

# What a test or a trial made and `git add` took along. Of what is not committed the rule says nothing.
rule_root_holds_no_made_files() {
    git -C "$1" ls-files 2>/dev/null |
        grep -vE '^(\.[a-z-]+|CMake[A-Za-z]+\.(txt|json)|[A-Z]+\.md|LICENSE)$|^\.ci/' |
        grep -vE '^(bench|cli|cmake|docs|examples|fuzz|include|python|recipes|reproduce|scripts|src|tests)/'
}
bad_root_holds_no_made_files() {
    echo 1 >"$1/people.csv" && git -C "$1" init -q && git -C "$1" add people.csv
}

rule_nothing_is_left_open() {
    files "$1" .c .h .sh .md .ini .cmake | grep -v '/rules\.sh$' | xargs -r grep -nwE 'TODO|FIXME|XXX'
}
bad_nothing_is_left_open() {
    echo '/* TODO */' >"$1/x.c"
}

# A name in the pages or recipes that neither the header, the sources nor the build has is a dead
# one. The changelog may speak of the past.
rule_pages_name_living_functions() {
    local file name
    files "$1" .md .ini | grep -v '/CHANGELOG\.md$' | while read -r file; do
        grep -oE '\bfa_[a-z0-9_]*[a-z0-9]\b' "$file" | sort -u | while read -r name; do
            grep -rqw -- "$name" "$1/include" "$1/src" "$1/CMakeLists.txt" "$1/cmake" 2>/dev/null ||
                echo "$file: $name"
        done
    done
}
bad_pages_name_living_functions() {
    mkdir -p "$1/include" && echo 'int fa_alive(void);' >"$1/include/forced_apart.h" &&
        echo '`fa_alive` and `fa_dead`' >"$1/page.md"
}

# ---- the run ----------------------------------------------------------------------------------

# check RULE TREE: keeps on TREE; then breaks on a tree made to break it.
check() {
    local rule=$1 tree=$2 said bad="$work/$1"
    said=$("rule_$rule" "$tree")
    if [ -z "$said" ]; then pass "$rule"; else miss "$rule" "$said"; fi
    mkdir -p "$bad"
    "bad_$rule" "$bad" || miss "${rule}_can_fail" "the bad sample could not be made"
    if [ -n "$("rule_$rule" "$bad")" ]; then
        pass "${rule}_can_fail"
    else
        miss "${rule}_can_fail" "the rule found nothing in a tree that breaks it"
    fi
}

for rule in cli_uses_the_public_header_only onednn_lives_in_its_files threads_start_in_one_file \
    numbers_know_no_locale mpi_lives_in_one_file libraries_live_in_their_files arrows_run_one_way \
    names_in_a_run_folder_stand_in_one_file no_fast_math headers_compile_alone_as_c11 \
    functions_are_short files_are_short lines_are_short \
    no_tabs_nor_trailing_spaces nothing_is_left_open pages_name_living_functions; do
    check "$rule" "$source"
done
if command -v git >/dev/null; then
    check root_holds_no_made_files "$source"
else
    skip root_holds_no_made_files "git is not here"
fi
if command -v "$cxx" >/dev/null; then
    check headers_compile_alone_as_cpp17 "$source"
else
    skip headers_compile_alone_as_cpp17 "no C++ compiler ($cxx)"
fi
check warnings_are_on "$build"
check library_neither_prints_nor_exits "$build"
check symbols_go_the_way_of_the_arrows "$build"
check no_circle_of_files "$build"
if nm -D "$(shared_library "$build")" >/dev/null 2>&1; then
    check exported_symbols_start_with_fa "$build"
else
    skip exported_symbols_start_with_fa "no ELF shared library in $build"
fi
tap_end
