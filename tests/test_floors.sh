#!/bin/sh
# test_floors.sh SOURCE BUILD: the tree keeps its floors, and check_floors.sh sees a file that does
# not: each planted violation in a copy of the tree is named with its line.
set -eu
source=$1
check="$source/scripts/check_floors.sh"
copy=$(mktemp -d "${TMPDIR:-/tmp}/pavlov_floors.XXXXXX")
trap 'rm -rf "$copy"' EXIT

sh "$check" "$source"

for folder in include core nets replay envs agents media cli; do
    mkdir -p "$copy/$folder/host"
    if [ -d "$source/$folder" ]; then
        cp -R "$source/$folder" "$copy"
    fi
done
sh "$check" "$copy"

# planted FILE INCLUDE: the file's third line must be complained of, and nothing else
planted()
{
    printf '/* planted */\n#include <stdio.h>\n#include %s\n' "$2" >"$copy/$1"
    if output=$(sh "$check" "$copy"); then
        echo "$1 includes $2 and nothing complains" >&2
        exit 1
    fi
    case $output in
    *"
"*) echo "more than one complaint: $output" >&2 && exit 1 ;;
    "$1:3: "*) ;;
    *) echo "wrong complaint: $output" >&2 && exit 1 ;;
    esac
    rm "$copy/$1"
}

# allowed FILE INCLUDE: nothing must be complained of
allowed()
{
    printf '/* not an #include "cli/x.h" */\n#include %s\n' "$2" >"$copy/$1"
    sh "$check" "$copy"
    rm "$copy/$1"
}

planted core/planted.c '"nets/net.h"'
planted core/planted.c '"agents/agent.h"'
planted core/planted.h '"pavlov/world.h"'
planted core/planted.c '<pavlov/agent.h>'
planted core/planted.c '"../cli/run.h"'
planted nets/planted.c '"replay/ring.h"'
planted replay/planted.h '"envs/host/vector.h"'
planted envs/host/planted.c '"agents/agent.h"'
planted envs/host/planted.c '"pavlov/train.h"'
planted envs/planted.c '"core/rng.h"'
planted envs/planted.c '"envs/host/loader.h"'
planted envs/planted.c '"pavlov/world.h"'
planted envs/planted.c '"pavlov/status.h"'
planted envs/planted.c '"host/loader.h"'
planted agents/planted.c '"media/plot.h"'
planted agents/planted.c '  "cli/run.h"'
planted media/planted.c '"cli/run.h"'
planted include/pavlov/env.h '"pavlov/world.h"'
planted include/pavlov/world.h '"core/rng.h"'
planted cli/planted.c '"pavlov/nothing.h"'
cp -R "$source/include" "$copy"

allowed core/planted.c '"core/rng.h"'
allowed core/planted.c '"rng.h"'
allowed core/planted.c '<cjson/cJSON.h>'
allowed core/planted.c '"pavlov/env.h"'
allowed nets/planted.c '"core/rng.h"'
allowed envs/planted.c '"pavlov/draw.h"'
allowed envs/planted.c '"planted_part.h"'
allowed envs/planted.c '<math.h>'
allowed envs/host/planted.c '"../../core/rng.h"'
allowed agents/planted.c '"envs/host/vector.h"'
allowed cli/planted.c '"media/plot.h"'
allowed cli/planted.c '<pavlov/pavlov.h>'

mkdir "$copy/util"
echo 'int x;' >"$copy/util/planted.c"
if sh "$check" "$copy" >/dev/null; then
    echo "a folder that is no floor goes unnoticed" >&2
    exit 1
fi
