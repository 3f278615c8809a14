#!/bin/sh
# What a plugin author includes compiles as C++11 as well as C11, without a warning.
# usage: test_headers_cxx.sh SOURCE_DIR BUILD_DIR
set -eu
root=$1
checked=0
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    checked=$((checked + 1))
    printf '#include "pavlov/draw.h"\n#include "pavlov/env.h"\n' |
        $compiler -std=c++11 -x c++ -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
            -Werror -I "$root/include" -
done
echo "checked with $checked C++ compilers"
