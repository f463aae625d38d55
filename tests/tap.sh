# Counting for the shell tests, in TAP like cmocka's, so that scripts/check adds up all of them the
# same way. Source it; pass, miss and skip print one test each; end with tap_end.
tap_count=0
tap_failed=0

pass() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

# miss NAME WHY...
miss() {
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $1"
    shift
    printf '%s\n' "$@" | sed 's/^/#   /'
}

# skip NAME WHY
skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# that NAME COMMAND...: passes if the command succeeds; its output is shown if not.
that() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then pass "$name"; else miss "$name" "$* failed" "$said"; fi
}

tap_end() {
    echo "1..$tap_count"
    [ "$tap_failed" -eq 0 ]
}
