#!/bin/sh
# A video of a small screen is enlarged if no scale is given, and as wished if one is.
# Usage: test_cli_small_screen.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

"$pavlov" train random Pong-v0:obs=state,points=1 --episodes 1 --quiet --out run || exit 1
"$pavlov" record run -o usual.gif >out 2>err || {
    grep -qF 'built without giflib' err && exit 77
    cat err
    exit 1
}
"$pavlov" record run -o small.gif --scale 1 >out || exit 1
"$pavlov" record run -o large.gif --scale 3 >out || exit 1

# expect FILE WIDTH HEIGHT: as the head of a GIF has them
expect() {
    size=$(od -An -tu1 -j6 -N4 "$1" | awk '{ print $1 + 256 * $2, $3 + 256 * $4 }')
    [ "$size" = "$2 $3" ] || {
        echo "$1 has $size, not $2 $3"
        exit 1
    }
}
expect usual.gif 320 420
expect small.gif 160 210
expect large.gif 480 630
