#!/bin/sh
# The numbers in docs/results.md and README.md are those that scripts/reproduce makes: one experiment,
# run again in a copy, leaves both pages and its table as they are; run once more it finds all done.
# Usage: test_reproduce.sh SOURCE BUILD
set -u
cd "$1" || exit 1
source=$PWD
PAVLOV=$(cd "$2" && pwd)/pavlov
export PAVLOV
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r README.md docs scripts "$work" || exit 1
cd "$work" || exit 1
failures=0

fail() {
    echo "$1"
    failures=$((failures + 1))
}

scripts/reproduce example-6.1 >out 2>err && fail "an unknown experiment is not refused"
grep -q 'unknown experiment "example-6.1"' err || fail "an unknown experiment: $(cat err)"
[ ! -e runs ] || fail "a refused experiment left runs"

draws=yes
rm docs/results/example-6.2.csv
if ! scripts/reproduce example-6.2 >out 2>err; then
    grep -q 'without cairo' err || fail "scripts/reproduce: $(cat err)"
    echo "this program draws no figures: nothing to compare"
    draws=no
else
    for file in README.md docs/results.md docs/results/example-6.2.csv; do
        cmp "$source/$file" "$file" || fail "$file is not what scripts/reproduce makes"
    done
    before=$(ls -l --time-style=full-iso runs/reproduce/example-6.2/td-0.1/seed-7)
    scripts/reproduce example-6.2 >out 2>err || fail "a second time: $(cat err)"
    after=$(ls -l --time-style=full-iso runs/reproduce/example-6.2/td-0.1/seed-7)
    [ "$before" = "$after" ] || fail "what was done is done again"
    rm runs/reproduce/example-6.2/td-0.1/command runs/reproduce/example-6.2/td-0.1/seed-7/episodes.csv
    scripts/reproduce example-6.2 >out 2>err || fail "a third time: $(cat err)"
    [ -e runs/reproduce/example-6.2/td-0.1/seed-7/episodes.csv ] || fail "what was cut short is not made whole"
fi

# --- a long experiment, made up: three runs of some seconds ---

cat >scripts/experiments <<'END'
quick=
long=fake-walk
fake_walk()
{
    also="--y td_error"
    learn cliff 2 sarsa CliffWalking-v1 --steps "${STEPS:-2000000}" --checkpoint-every 0.05
    also= exact=yes
    learn lake 1 q-learning FrozenLake-v1 --steps 400000 --checkpoint-every 0.05
    train_asked
    picture returns "Two worlds" cliff lake --
    reports "return on the cliff" "about -50" 2 cliff
    reports "greedy return on the lake" "0.74" 3 lake --y exact_return --last 1
    at_least "seeds with at least -13" "" cliff greedy_return -13
}
END
printf '<!-- fake-walk -->\n<!-- /fake-walk -->\n' >>docs/results.md
cp -r . "$work.peace"
trap 'rm -rf "$work" "$work.peace"' EXIT

# wait_for FILE: until a script in the background has got there
wait_for() {
    tries=0
    while [ ! -e "$1" ] && [ $tries -lt 3000 ]; do
        sleep 0.01
        tries=$((tries + 1))
    done
    [ -e "$1" ] || fail "no $1: $(cat out err)"
}

# kept FOLDER: what runs have told; a report of metrics begins anew where a run is gone on with
kept() {
    cat "$1"/docs/results/fake-walk/*/seed-*/curve.csv | grep -v td_error
}

if [ $draws = yes ]; then
    (cd "$work.peace" && scripts/reproduce fake-walk --jobs 2 >out 2>err) ||
        fail "a long experiment: $(cat "$work.peace/err")"
    curves=$(kept "$work.peace" | sha256sum)
    [ "$(find "$work.peace/docs/results/fake-walk" -name curve.csv | wc -l)" = 3 ] || fail "not three runs are kept"
    grep -q '^!\[Two worlds\](results/fake-walk/returns.svg)$' "$work.peace/docs/results.md" || fail "no picture"
    grep -q '^| return on the cliff | about -50 | -[0-9.]* | .* | 2 | ' "$work.peace/docs/results.md" ||
        fail "no row: $(grep 'return on the cliff' "$work.peace/docs/results.md")"
    grep -q '^| greedy return on the lake | 0.74 | 0.[67]' "$work.peace/docs/results.md" || fail "no exact return"
    grep -q 'return on the cliff' "$work.peace/README.md" || fail "README has not the published row"

    # stopped, the script says how to go on; killed, a run does so all the same
    scripts/reproduce --jobs 1 fake-walk >out 2>err &
    script=$!
    wait_for runs/reproduce/fake-walk/cliff/seed-1/resume.safetensors
    kill -TERM $script
    wait $script && fail "stopped, it says nothing"
    grep -q 'goes on with' err || fail "stopped: $(cat err)"
    [ ! -e docs/results/fake-walk ] || fail "a run that was stopped is kept"
    grep -q '"status":.*"interrupted"' runs/reproduce/fake-walk/cliff/seed-1/run.json || fail "not interrupted"
    scripts/reproduce --jobs 1 fake-walk >out 2>err &
    script=$!
    sleep 0.2
    kill -KILL "$(cat runs/reproduce/fake-walk.claims/1.pid)" 2>/dev/null
    wait $script # whichever way it ended

    # some now, the rest another day
    scripts/reproduce --seeds 1-1 fake-walk/cliff >out 2>err || fail "one seed of one part: $(cat err)"
    scripts/reproduce --tables fake-walk >out 2>err || fail "--tables: $(cat err)"
    scripts/reproduce fake-walk --jobs 3 >out 2>err || fail "the rest: $(cat err)"
    [ "$(kept . | sha256sum)" = "$curves" ] || fail "interrupted runs keep other curves"
    cmp docs/results.md "$work.peace/docs/results.md" || fail "interrupted runs make another table"
    before=$(ls -lR --time-style=full-iso docs/results/fake-walk/*/)
    rm -r runs
    scripts/reproduce fake-walk >out 2>err || fail "once more: $(cat err)"
    grep -q 'to train' out && fail "what is kept is trained again"
    [ "$(ls -lR --time-style=full-iso docs/results/fake-walk/*/)" = "$before" ] || fail "what is kept is changed"
    STEPS=1000000 scripts/reproduce fake-walk >out 2>err && fail "kept runs of another recipe are taken"
    grep -q 'made with other settings' err || fail "another recipe: $(cat err)"
fi

echo "$failures failures"
[ "$failures" = 0 ]
