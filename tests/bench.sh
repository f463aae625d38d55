#!/usr/bin/env bash
# bench/run: every work at its small size against every peer, and what it makes of the results. Needs
# the Python that PYTHON names (python3) with numpy, torch and scikit-learn; skipped without.
#
# usage: tests/bench.sh SOURCE BUILD
set -u
source=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
. "$source/tests/tap.sh"
python=${PYTHON:-python3}
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! "$python" -c 'import importlib.util as u, sys
sys.exit(not all(map(u.find_spec, ("numpy", "torch", "sklearn"))))' 2>/dev/null; then
    skip bench_run "$python has no numpy, torch or scikit-learn"
    tap_end
    exit
fi
bench() { "$python" "$source/bench/run" --build "$build" -o "$work/out" "$@"; }

tables() { "$python" "$source/tests/bench_tables.py" "$source/bench" "$work"; }
that tables_and_goals tables

works=$(bench --list | awk '{print $1}')
that list_names_the_works test "$(echo "$works" | wc -l)" -ge 14
# pca and the convolutions need what may not be built in.
info=$("$build/forced-apart" info)
for what in $works; do
    case $what in
    cnn*) missing=onednn ;;
    *) missing=none ;;
    esac
    if grep -q "^ *$missing .*not built in" <<<"$info"; then
        skip "bench_$what" "no $missing"
    else
        that "bench_$what" bench --quick --repeats 1 --least 0 --works "$what"
    fi
done
has_rows() {
    grep -q ',kl,128 64 2,torch_paper,0,' "$work/out/results.csv" && grep -q '^### epoch' "$work/out/results.md"
}
that results_add_up has_rows

# refuses TEXT ARGUMENT...: ends with 2 and says why.
refuses() {
    local text=$1 said
    shift
    said=$(bench "$@" 2>&1 >"$work/stdout")
    [ $? -eq 2 ] && grep -qF -- "$text" <<<"$said"
}
that unknown_work_is_refused refuses 'known are fma gemm kl' --works kl,lstn
that size_of_two_works_is_refused refuses '--size goes with one' --works kl,js --size '8 8 2'
that short_size_is_refused refuses 'kl takes N D labels' --works kl --size '8 8'
that size_of_words_is_refused refuses 'whole numbers' --works kl --size '8 x 2'
that missing_build_is_refused refuses 'cmake --preset release' --build /nowhere
that missing_data_is_refused refuses 'no such file' --data nowhere.npz
piece() { "$python" "$source/bench/library.py" --build "$build" --seconds 0 "$@"; }
piece_is_timed() { piece "gemm 8 8 8" | grep -qE '^gemm 8 8 8: [0-9.]+ s, [0-9.]+ GFLOP/s$'; }
that piece_by_itself piece_is_timed
piece_is_refused() { ! piece "gem 8" 2>"$work/said" && grep -q "no work is named 'gem'" "$work/said"; }
that unknown_piece_is_refused piece_is_refused
tap_end
