# Running the program in the shell tests, whose arguments are PROGRAM SOURCE: source it first. It goes
# to an empty folder that is removed at the end, and shuts out what the caller's environment would
# change; the caller's data are in $real_data.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source=$(cd "$2" && pwd)
. "$source/tests/tap.sh"
real_data=${FORCED_APART_DATA:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export NO_COLOR=1 HOME=$work/home XDG_DATA_HOME=$work/xdg FORCED_APART_RECIPES=$source/recipes
unset FORCED_APART_DATA

# fa ARGUMENT...: runs the program; $code, and the files out and err.
fa() {
    "$program" "$@" >out 2>err </dev/null
    code=$?
}

# What is wrong with the last run, nothing if all is well. OUT and ERR are patterns for grep -E;
# "-": the stream is empty. A failure says exactly one line, and it starts with the program's name.
judge() {
    local wanted=$1 out=$2 err=$3
    [ "$code" -eq "$wanted" ] || echo "exit code $code, wanted $wanted"
    if [ "$out" = - ]; then
        [ ! -s out ] || echo "standard output is not empty: $(head -n 3 out)"
    else
        grep -qE -- "$out" out || echo "standard output does not say '$out': $(head -n 5 out)"
    fi
    if [ "$err" = - ]; then
        [ ! -s err ] || echo "standard error is not empty: $(head -n 5 err)"
    else
        grep -qE -- "$err" err || echo "standard error does not say '$err': $(head -n 5 err)"
        [ "$code" -eq 0 ] || [ "$(grep -c '^forced-apart: ' err)/$(wc -l <err)" = 1/1 ] ||
            echo "not one line that starts with 'forced-apart: ': $(head -n 5 err)"
    fi
}

# case NAME CODE OUT ERR ARGUMENT...
try() {
    local name=$1 wanted=$2 out=$3 err=$4 wrong
    shift 4
    fa "$@"
    wrong=$(judge "$wanted" "$out" "$err")
    if [ -z "$wrong" ]; then pass "$name"; else miss "$name" "forced-apart $*" "$wrong"; fi
}

# Quiet success that leaves valid JSON with these keys on standard output.
try_json() {
    local name=$1 keys=$2 wrong
    shift 2
    fa "$@" --json -q
    wrong=$(judge 0 '^[{[]' -; cmake -DKEYS="$keys" -P "$source/tests/json.cmake" 2>&1)
    if [ -z "$wrong" ]; then pass "$name"; else miss "$name" "forced-apart $* --json" "$wrong"; fi
}
