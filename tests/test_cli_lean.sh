#!/bin/sh
# A lean run learns the same as any other and keeps its tables only; what needs a checkpoint says why
# there is none, and an interrupted one begins anew to the same end. Usage: test_cli_lean.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "$1"
    failures=$((failures + 1))
}

refused() {
    words=$1
    shift
    "$pavlov" "$@" >out 2>err && fail "pavlov $*: not refused"
    grep -qF -- "$words" err || fail "pavlov $*: lacks \"$words\": $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "pavlov $*: not one line: $(cat err)"
}

learn="train sarsa CliffWalking-v1 --episodes 200 --eval-every 2000 --quiet"
"$pavlov" $learn --out full || fail "the full run failed"
"$pavlov" $learn --out lean --lean || fail "the lean run failed"
files=$(ls lean | tr '\n' ' ')
[ "$files" = "episodes.csv eval.csv metrics.csv run.json " ] || fail "a lean run keeps $files"
cmp -s full/episodes.csv lean/episodes.csv || fail "a lean run has other episodes"
cmp -s full/eval.csv lean/eval.csv || fail "a lean run has other evaluations"

refused 'trained with --lean' eval lean
refused 'trained with --lean' record lean -o lean.gif
refused 'give one of them' train sarsa CliffWalking-v1 --episodes 5 --lean --record --out never
[ ! -e never ] || fail "a refused run left a folder"

# a run too long to end by itself, cut short and begun anew with a smaller bound
long="train sarsa CliffWalking-v1 --quiet --lean"
"$pavlov" $long --steps 200000 --out whole || fail "the long run failed"
"$pavlov" $long --steps 5000000000 --out cut 2>err &
child=$!
until [ -e cut/episodes.csv ]; do
    sleep 0.05
done
sleep 0.1
kill -s INT $child
wait $child
[ $? = 130 ] || fail "Ctrl-C in a lean run: not exit code 130"
grep -q 'begin anew.*pavlov resume cut' err || fail "Ctrl-C in a lean run: $(cat err)"
"$pavlov" resume cut --steps 200000 --quiet || fail "a lean run cannot be resumed"
cmp -s whole/episodes.csv cut/episodes.csv || fail "a lean run begun anew has other episodes"

# rows of metrics at the steps asked for
"$pavlov" train q-learning CliffWalking-v1 --steps 1000 --metrics-every 400 --lean --quiet --out m
steps=$(tail -n +2 m/metrics.csv | cut -d, -f1 | uniq | tr '\n' ' ')
[ "$steps" = "400 800 " ] || fail "metrics at steps $steps"

echo "$failures failures"
[ "$failures" = 0 ]
