# Files in the forms of other programs, from nothing but the shell, for the tests. Source it in a
# folder that scratch files may be written to.
#
# Numbers pass as text for printf %b ("\0377" is the byte 255), because a variable holds no zero byte.

# octal NUMBER...: a byte each.
octal() { printf '\\0%03o' "$@"; }
# big NUMBER, little NUMBER, short NUMBER: four bytes, the highest first; four, two, the lowest first.
big() { octal $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)); }
little() { octal $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
short() { octal $(($1 & 255)) $(($1 >> 8 & 255)); }
size_of() { echo $(($(wc -c <"$1"))); }

# bytes: numbers on standard input, one byte each.
bytes() {
    awk '{ for (i = 1; i <= NF; i++) printf "\\0%03o", $i }' | {
        IFS= read -r text
        printf '%b' "$text"
    }
}

# checksum FILE: its CRC-32, the lowest byte first: gzip writes it behind what it packs.
checksum() {
    local four
    read -r -a four < <(gzip -c "$1" | tail -c 8 | head -c 4 | od -An -tu1)
    octal "${four[@]}"
}

# numpy FILE SHAPE DTYPE: an .npy of the bytes on standard input.
numpy() {
    local header
    header=$(printf '%-117s' "{'descr': '$3', 'fortran_order': False, 'shape': ($2), }")
    { printf '\x93NUMPY\x01\x00\x76\x00%s\n' "$header"; cat; } >"$1"
}

# numpy_archive FILE MEMBER...: an .npz, that is a zip of .npy files, stored.
numpy_archive() {
    local file=$1 member facts at count=0
    shift
    : >"$file"
    : >directory.part
    for member in "$@"; do
        at=$(size_of "$file")
        facts="$(short 20)$(short 0)$(short 0)$(short 0)$(short 33)$(checksum "$member")"
        facts="$facts$(little "$(size_of "$member")")$(little "$(size_of "$member")")"
        facts="$facts$(short ${#member})$(short 0)"
        { printf 'PK\3\4'; printf '%b' "$facts"; printf %s "$member"; cat "$member"; } >>"$file"
        { printf 'PK\1\2'; printf '%b' "$(short 20)$facts$(short 0)$(short 0)$(short 0)$(little 0)$(little "$at")"
          printf %s "$member"; } >>directory.part
        count=$((count + 1))
    done
    at=$(size_of "$file")
    { cat directory.part; printf 'PK\5\6'
      printf '%b' "$(short 0)$(short 0)$(short $count)$(short $count)"
      printf '%b' "$(little "$(size_of directory.part)")$(little "$at")$(short 0)"
    } >>"$file"
}

# png FILE WIDTH HEIGHT DEPTH COLOUR_TYPE: of its rows on standard input, each after a 0 for "no
# filter", 64 KiB at most: they go into one stored block.
png_chunk() {
    printf '%b' "$(big $(($(size_of "$1") - 4)))"
    cat "$1"
    printf '%b' "$(checksum "$1" | sed 's/\(.....\)\(.....\)\(.....\)\(.....\)/\4\3\2\1/')"
}
png() {
    local size adler
    cat >rows.part
    size=$(size_of rows.part)
    adler=$(od -An -v -tu1 rows.part | awk 'BEGIN { a = 1 }
        { for (i = 1; i <= NF; i++) { a = (a + $i) % 65521; b = (b + a) % 65521 } }
        END { printf "%.0f", b * 65536 + a }')
    { printf IHDR; printf '%b' "$(big "$2")$(big "$3")$(octal "$4" "$5" 0 0 0)"; } >head.part
    { printf IDAT; printf '%b' "$(octal 120 1 1)$(short "$size")$(short $((~size & 65535)))"
      cat rows.part; printf '%b' "$(big "$adler")"; } >body.part
    printf IEND >end.part
    { printf '\x89PNG\r\n\x1a\n'; png_chunk head.part; png_chunk body.part; png_chunk end.part; } >"$1"
}
