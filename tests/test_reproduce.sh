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

rm docs/results/example-6.2.csv
if ! scripts/reproduce example-6.2 >out 2>err; then
    grep -q 'without cairo' err || fail "scripts/reproduce: $(cat err)"
    echo "this program draws no figures: nothing to compare"
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

echo "$failures failures"
[ "$failures" = 0 ]
