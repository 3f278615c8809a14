#!/bin/sh
# check_floors.sh [ROOT]: fails, naming file and line, where a file includes a floor above its own.
# The floors are those of docs/architecture.md; a world (envs/NAME.c) sees only the plugin ABI and
# headers of its own beside it, and a public header only public headers, since it is installed
# without the rest.
set -eu
cd "${1:-$(dirname "$0")/..}"

status=0
find . -type d \( -name .git -o -name 'build*' -o -name runs -o -name tests -o -name examples \) -prune \
    -o \( -name '*.c' -o -name '*.h' \) -type f -print |
    sed 's|^\./||' | sort | xargs awk '
BEGIN {
    count = split("core nets replay envs agents media cli", names, " ")
    for (i = 1; i <= count; i++) {
        floors[names[i]] = i - 1
    }
    floors["pavlov/env.h"] = floors["pavlov/draw.h"] = floors["pavlov/status.h"] = 0
    floors["pavlov/world.h"] = 3
    floors["pavlov/agent.h"] = floors["pavlov/train.h"] = floors["pavlov/pavlov.h"] = 4
}

# "" for what is not ours
function floor_of(path, parts)
{
    sub(/^include\//, "", path)
    if (path ~ /^pavlov\//) {
        return path in floors ? floors[path] : ""
    }
    split(path, parts, "/")
    return parts[1] != path && parts[1] in floors ? floors[parts[1]] : ""
}

# a path relative to the folder of `file`, without its ".."
function beside(file, path)
{
    sub(/[^\/]*$/, "", file)
    path = file path
    while (sub(/(^|\/)\.\//, "/", path) || sub(/[^\/.]+\/\.\.\//, "", path)) {
    }
    return path
}

function complain(text)
{
    print FILENAME ":" FNR ": " text
    failed = 1
}

FNR == 1 {
    own = floor_of(FILENAME)
    if (own == "") {
        complain("this file belongs to no floor")
    }
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ && own != "" {
    quoted = $0 ~ /^[^<]*"/
    path = $0
    sub(/^[^"<]*["<]/, "", path)
    sub(/[">].*$/, "", path)
    if (quoted && floor_of(path) == "" && path !~ /^pavlov\//) {
        path = beside(FILENAME, path)
    }
    theirs = floor_of(path)
    sub(/^include\//, "", path)
    if (theirs == "") {
        if (quoted || path ~ /^pavlov\//) {
            complain("\"" path "\" belongs to no floor (system headers are written <...>)")
        }
    } else if (theirs > own) {
        complain("floor " own " includes \"" path "\" of floor " theirs)
    } else if (FILENAME ~ /^envs\/[^\/]*$/ && path !~ /^(pavlov\/(env|draw)|envs\/[^\/]*)\.h$/) {
        complain("a world includes \"" path "\"; it may include pavlov/env.h, pavlov/draw.h and " \
                 "headers beside it")
    } else if (FILENAME ~ /^include\// && path !~ /^pavlov\//) {
        complain("a public header includes \"" path "\", which is not installed")
    }
}

END {
    exit failed
}' || status=1
exit $status
