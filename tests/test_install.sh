#!/bin/sh
# test_install.sh SOURCE BUILD: what `cmake --install` leaves is all that a stranger needs: the
# examples build against it by CMake and by pkg-config, also after the folder has moved, and the
# installed program runs their world. Embedding the sources gives the library without the tests.
set -eu
source=$1
build=$2
cached()
{
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
[ -z "$(cached PAVLOV_SANITIZE)" ] || exit 77 # strangers do not link with our sanitizers
compiler=$(cached CMAKE_C_COMPILER)
strict="-Werror -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes"
strict="$strict -Wmissing-prototypes -Wvla"

top=$(mktemp -d "${TMPDIR:-/tmp}/pavlov_install.XXXXXX")
trap 'rm -rf "$top"' EXIT
fail()
{
    echo "$*" >&2
    exit 1
}

# shown only if it fails
quietly()
{
    "$@" >"$top/log" 2>&1 || {
        cat "$top/log" >&2
        fail "failed: $*"
    }
}

quietly cmake --install "$build" --prefix "$top/first"
mv "$top/first" "$top/moved"
prefix=$top/moved
libdir=$(dirname "$(find "$prefix" -name libpavlov.a)")
for file in bin/pavlov include/pavlov/pavlov.h include/pavlov/env.h share/doc/pavlov/LICENSE; do
    [ -f "$prefix/$file" ] || fail "$file is not installed"
done
[ -d "$libdir/pavlov/envs" ] || fail "the folder for modules is not installed"
! find "$prefix/include" -path '*core*' | grep . || fail "internal headers are installed"

# the answers of examples/train.c: the greedy path along the cliff's edge
check_training()
{
    "$1" >"$top/answer"
    grep -q '^greedy return -13 in 13 steps' "$top/answer" || {
        cat "$top/answer" >&2
        fail "$1 did not learn the way"
    }
}

# --- by CMake ---

cp -R "$source/examples" "$top/examples"
quietly cmake -S "$top/examples" -B "$top/examples/build" -G Ninja -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$strict"
quietly cmake --build "$top/examples/build"
check_training "$top/examples/build/train"

# the static libraries, and the pictures and videos
mkdir "$top/static"
cat >"$top/static/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(static LANGUAGES C)
find_package(pavlov 0.1 REQUIRED COMPONENTS static media)
add_executable(static static.c)
target_link_libraries(static PRIVATE pavlov::pavlov_media pavlov::pavlov_static)
END
cat >"$top/static/static.c" <<'END'
#include <pavlov/media/plot.h>
#include <pavlov/media/video.h>
#include <pavlov/pavlov.h>
#include <stdio.h>
int main(void)
{
    pv_world *world = pv_world_open("Taxi-v4");
    const pv_plot nothing = {.title = "nothing"};
    const int refused = pv_plot_write(&nothing, "nothing.xyz") != PV_OK;
    printf("%s %s%d\n", pv_world_name(world), pv_video_endings(), refused);
    pv_world_close(world);
    return !refused;
}
END
quietly cmake -S "$top/static" -B "$top/static/build" -G Ninja -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$prefix"
quietly cmake --build "$top/static/build"
"$top/static/build/static" | grep -q '^Taxi-v4 ' || fail "the static library does not run"

# --- by pkg-config ---

export PKG_CONFIG_PATH="$libdir/pkgconfig"
cd "$top/examples"
# shellcheck disable=SC2046,SC2086 # lists of words
quietly $compiler -std=c11 $strict -o train train.c $(pkg-config --cflags --libs pavlov) \
    -Wl,-rpath,"$(pkg-config --variable=libdir pavlov)"
check_training ./train
# shellcheck disable=SC2046,SC2086
quietly $compiler -std=c11 $strict -o train_static train.c $(pkg-config --cflags pavlov) \
    "$libdir/libpavlov.a" $(pkg-config --static --libs-only-l pavlov | sed 's/-lpavlov//')
check_training ./train_static
# shellcheck disable=SC2046,SC2086
quietly $compiler -std=c11 $strict -fPIC -shared -o my_world.so my_world.c \
    $(pkg-config --cflags pavlov)

# --- the program and a world of one's own, by file and by the search path ---

pavlov=$prefix/bin/pavlov
quietly "$pavlov" info './my_world.so#MyWorld-v0'
quietly "$pavlov" check ./my_world.so
quietly "$pavlov" train q-learning './my_world.so#MyWorld-v0' --episodes 50 --out run --quiet
quietly "$pavlov" eval run
export PAVLOV_ENV_PATH="$top/examples"
"$pavlov" list envs | grep -q MyWorld-v0 || fail "a module on PAVLOV_ENV_PATH is not listed"
quietly "$pavlov" info MyWorld-v0

# --- embedding ---

mkdir "$top/embed"
cat >"$top/embed/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(embed LANGUAGES C)
include(CTest)
add_subdirectory("$source" pavlov)
add_executable(train "$source/examples/train.c")
target_link_libraries(train PRIVATE pavlov::pavlov_static)
install(TARGETS train)
END
quietly cmake -S "$top/embed" -B "$top/embed/build" -G Ninja -DCMAKE_C_COMPILER="$compiler"
ctest --test-dir "$top/embed/build" -N | grep -q 'Total Tests: 0' || fail "embedders get our tests"
! grep -q pavlov "$top/embed/build/cmake_install.cmake" || ! grep -rq libpavlov \
    "$top/embed/build/pavlov/cmake_install.cmake" || fail "embedders get our installation"
