#!/bin/sh
# test_demo.sh SOURCE BUILD: what scripts/demo does after building, with fewer runs: it ends well,
# also the second time, and leaves curves and videos that are what their names say.
set -eu
source=$1
build=$2
for part in CAIRO VPX PNG; do
    grep -q "^PAVLOV_$part:BOOL=ON" "$build/CMakeCache.txt" || exit 77 # nothing to draw or film with
done
folder=$(mktemp -d "${TMPDIR:-/tmp}/pavlov_demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT

export PAVLOV="$build/pavlov" PAVLOV_DEMO="$folder/de mo" PAVLOV_DEMO_SEEDS=2
"$source/scripts/demo"
"$source/scripts/demo" >/dev/null

# begins FILE OFFSET HEX: the bytes at that offset
begins()
{
    length=$((${#3} / 2))
    found=$(od -An -tx1 -j "$2" -N "$length" "$PAVLOV_DEMO/$1" | tr -d ' \n')
    if [ "$found" != "$3" ]; then
        echo "$1 has $found at byte $2, not $3" >&2
        exit 1
    fi
}

begins curve.png 0 89504e470d0a1a0a
grep -q '<svg' "$PAVLOV_DEMO/curve.svg"
grep -q '</svg>' "$PAVLOV_DEMO/curve.svg"
for agent in q-learning sarsa; do
    begins $agent.webm 0 1a45dfa3
    rows=$(wc -l <"$PAVLOV_DEMO/$agent/seed-2/episodes.csv")
    if [ "$rows" -ne 501 ]; then
        echo "$agent: $rows lines in episodes.csv, not a title and 500 episodes" >&2
        exit 1
    fi
done
if command -v ffprobe >/dev/null; then
    frames=$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 \
        "$PAVLOV_DEMO/q-learning.webm")
    echo "q-learning.webm: $frames frames"
    # three times 13 steps and the start
    [ "$frames" -ge 42 ]
fi
