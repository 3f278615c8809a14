#!/bin/sh
# Wrappers from the command line: they are part of the recipe, of the folder's name where they are
# not the usual ones, and of what compare tells apart; any number of threads gives the same bytes.
# Usage: test_cli_wrap.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "$*"
    failures=$((failures + 1))
}

# the recipe keeps the canonical line, and whoever opens the run has it
"$pavlov" train q-learning CliffWalking-v1 --wrap "sticky .1,limit  50" --steps 4000 --quiet ||
    fail "train --wrap failed"
run=runs/CliffWalking-v1+sticky-0.1+limit-50/q-learning/seed-1
grep -q '"wrap":.*"sticky 0.1, limit 50"' $run/run.json || fail "run.json lacks the wrappers"
awk -F, 'NR > 1 && $6 > 50 { exit 1 }' $run/episodes.csv || fail "an episode is longer than 50"
"$pavlov" eval $run --json | grep -q '"wrap":.*"sticky 0.1, limit 50"' || fail "eval lacks them"
"$pavlov" resume $run --steps 8000 --quiet || fail "resume failed"
awk -F, 'NR > 1 && $6 > 50 { exit 1 }' $run/episodes.csv || fail "a resumed episode is too long"

# the plain recipe has a folder of its own, and compare tells the two apart
"$pavlov" train q-learning CliffWalking-v1 --wrap none --steps 4000 --quiet || fail "plain train"
[ -e runs/CliffWalking-v1/q-learning/seed-1/run.json ] || fail "no wrappers name a folder"
"$pavlov" compare runs | grep -q 'wrap=sticky 0.1 + limit 50' || fail "compare mixes wrappers"

# the return is the world's own, whatever the agent is paid
"$pavlov" train q-learning CliffWalking-v1 --wrap "limit 50, clip 0.5" --episodes 30 --quiet --out c
awk -F, 'NR > 1 && $5 > -$6 { exit 1 }' c/episodes.csv || fail "the return is a clipped one"

# threads change nothing
for threads in 1 2 3; do
    "$pavlov" train q-learning CliffWalking-v1 --lanes 4 --wrap "limit 100, sticky 0.2" \
        --steps 20000 --eval-every 5000 --threads $threads --quiet --out threads-$threads ||
        fail "$threads threads failed"
    for file in episodes.csv eval.csv checkpoint.safetensors; do
        cmp -s threads-1/$file threads-$threads/$file || fail "$threads threads: another $file"
    done
done

# what needs the world's own table or states does without where wrappers change them
"$pavlov" train td RandomWalk-v0 --wrap "scale 2, limit 100" --episodes 20 --quiet --out td ||
    fail "td behind wrappers"
"$pavlov" train q-learning CliffWalking-v1 --wrap "limit 30, stack 2" --episodes 5 --quiet --out cliff ||
    fail "a table over two observations"
if grep -q '^PAVLOV_GIF:BOOL=ON' "$2/CMakeCache.txt"; then
    "$pavlov" record cliff -o cliff.gif --overlay >/dev/null || fail "an overlay without values"
fi

# what must hold behind wrappers
for line in "sticky 0.2, skip 2, stack 3, scale 2" "onehot, limit 9"; do
    "$pavlov" check FrozenLake-v1 --wrap "$line" | tail -n 1 | grep -qx '5 passed, 0 failed, 0 skipped' ||
        fail "check --wrap $line"
done
for bug in observation_outside_space:obs-in-space rng_not_saved:restore-continues \
    uses_rand:seed-decides mutable_global:lanes-apart; do
    "$pavlov" check "$2/tests/bad/${bug%:*}.so#" --wrap "scale 2" >bad && fail "$bug passes"
    grep -q "^failed .*wrapped-${bug#*:} " bad || fail "$bug: $(cat bad)"
done
"$pavlov" check CartPole-v1 --wrap "norm, norm-reward" | tail -n 1 |
    grep -qx '4 passed, 0 failed, 1 skipped' || fail "check --wrap norm"

# what else takes wrappers
"$pavlov" list wrappers --json | grep -q '"stands_for"' || fail "list wrappers lacks presets"
"$pavlov" info FrozenLake-v1 --wrap "onehot, stack 2" | grep -q 'u8 x 32' || fail "info --wrap"
"$pavlov" bench envs FrozenLake-v1 --wrap "onehot" --lanes 2 --seconds 0.02 --json |
    grep -q '"wrap":.*"onehot"' || fail "bench --wrap"

echo "$failures failures"
[ "$failures" = 0 ]
