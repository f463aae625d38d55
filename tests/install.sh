#!/usr/bin/env bash
# Installs into a temporary prefix and builds a small consumer against it in every way that is
# promised: pkg-config (shared, static), CMake find_package (shared, static).
#
# usage: tests/install.sh SOURCE BUILD     (CC, and FA_CONSUMER_FLAGS for a sanitized build)
set -u
source=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
. "$source/tests/tap.sh"
cc=${CC:-cc}
flags=${FA_CONSUMER_FLAGS:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

that install cmake --install "$build" --prefix "$work/first"
mv first prefix # what was installed can be moved
prefix=$work/prefix

config=$(find "$prefix" -name forced_apart.pc)
library=$(dirname "$(find "$prefix" -name libforced_apart.a)")
export PKG_CONFIG_PATH=${config%/*} LD_LIBRARY_PATH=$library

cat >consumer.c <<'C'
#include <forced_apart.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    const float w[4] = {1, 2, 3, 4};
    const fa_loss_options options = {.size = sizeof options, .margin = 1};
    double loss = -1;
    if (fa_loss_single(&loss, NULL, w, 2, 2, &options) != FA_OK || !(loss > 0)) return 1;
    return printf("%s\n", fa_version()) < 0;
}
C
version=$(sed -n 's/^Version: //p' "$config")

# runs_as PROGRAM shared|static: prints the version, and links the shared library or does not.
runs_as() {
    [ "$("$1")" = "$version" ] || return 1
    if [ "$2" = shared ]; then ldd "$1" | grep -q libforced_apart; else ! ldd "$1" | grep -q libforced_apart; fi
}

# shellcheck disable=SC2046,SC2086 # flags are lists of words
by_pkg_config() {
    case $1 in
    shared) "$cc" $flags -o "$1" consumer.c $(pkg-config --cflags --libs forced_apart) ;;
    static)
        "$cc" $flags -o "$1" consumer.c $(pkg-config --static --cflags --libs forced_apart |
            sed 's/-lforced_apart/-l:libforced_apart.a/')
        ;;
    esac && runs_as "./$1" "$1"
}

by_cmake() {
    mkdir -p "cmake-$1" && cp consumer.c "cmake-$1" && cat >"cmake-$1/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.21)
project(consumer C)
find_package(forced_apart $version REQUIRED COMPONENTS $1)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE forced_apart::$1)
CMAKE
    cmake -S "cmake-$1" -B "cmake-$1/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_C_FLAGS="$flags" && cmake --build "cmake-$1/build" &&
        runs_as "cmake-$1/build/consumer" "$1"
}

for kind in shared static; do
    that "pkg_config_$kind" by_pkg_config $kind
    that "cmake_$kind" by_cmake $kind
done
that headers_of_topics sh -c '[ -e "$0/include/forced_apart.h" ] && [ -e "$0/include/forced_apart/loss.h" ]' "$prefix"
that command_runs "$prefix/bin/forced-apart" info
that man_page test -s "$prefix/share/man/man1/forced-apart.1"
that completion_bash bash -n "$prefix/share/bash-completion/completions/forced-apart"
that completion_zsh grep -q '^#compdef forced-apart' "$prefix/share/zsh/site-functions/_forced-apart"
that completion_fish grep -q '^complete -c forced-apart' "$prefix/share/fish/vendor_completions.d/forced-apart.fish"
that licence sh -c 'find "$0/share/doc" -name LICENSE | grep -q .' "$prefix"
that recipes sh -c 'cd "$0/share/forced-apart/recipes" && ls "$1"/recipes/*.ini | while read -r recipe; do
    cmp "$recipe" "$(basename "$recipe")" || exit 1; done' "$prefix" "$source"
that recipes_are_found sh -c '"$0/bin/forced-apart" info | grep -q "^recipes  *$0/share"' "$prefix"
tap_end
