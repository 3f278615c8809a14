#!/bin/sh
# What keep leaves of a run tells plot and compare what the run told: the last 100 episodes to six digits,
# metrics as they were, the rest as means; it is small, and nothing is lost by keeping. And what
# train --dry-run prints is the recipe of the run. Usage: test_cli_keep.sh SOURCE BUILD
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

# near WHAT OURS THEIRS: equal to five digits
near() {
    awk -v a="$2" -v b="$3" 'BEGIN { d = a - b; exit !(a != "" && b != "" && d * d <= 1e-9 * (1e-9 + b * b)) }' ||
        fail "$1: $2, not $3"
}

refused() {
    code=$1 words=$2
    shift 2
    "$pavlov" "$@" >out 2>err
    got=$?
    [ "$got" = "$code" ] || fail "pavlov $*: code $got, not $code"
    grep -qF -- "$words" err || fail "pavlov $*: lacks \"$words\": $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "pavlov $*: not one line: $(cat err)"
}

# told FIELD COMPARE-ARGUMENT...: a number of compare's answer
told() {
    field=$1
    shift
    "$pavlov" compare "$@" --json | awk -F: -v f="\"$field\"" '$1 ~ f { sub(/,$/, "", $2); print $2 + 0 }'
}

"$pavlov" train sarsa WindyGridWorld-v0 --steps 20000 --seeds 3 --lean --quiet --out run || fail "train"
for seed in 1 2 3; do
    "$pavlov" keep run/seed-$seed --out kept/seed-$seed --points 50 --y length --y td_error \
        --add greedy_return=-1$seed.5 || fail "keep run/seed-$seed"
    [ "$(cat kept/seed-$seed/* | wc -c)" -lt 12000 ] || fail "seed $seed keeps $(cat kept/seed-$seed/* | wc -c) bytes"
done

for last in 100 1000000; do
    for y in return length; do
        near "mean $y of the last $last" "$(told final_$y kept --y $y --last $last)" "$(told final_$y run --y $y --last $last)"
    done
done
near "interval" "$(told final_low kept)" "$(told final_low run)"
near "episodes" "$(told final_episodes kept --y episodes --last 1)" "$(told final_episodes run --y episodes --last 1)"
near "steps" "$(told steps kept)" 20000
near "seconds" "$(told seconds kept)" "$(told seconds run)"
near "a number added" "$(told final_greedy_return kept --y greedy_return --last 1)" -12.5
[ "$(told runs run kept)" = 6 ] || fail "run and kept are not of one recipe"
"$pavlov" plot run --y td_error -o run.csv && "$pavlov" plot kept --y td_error -o kept.csv || fail "plot"
paste -d, run.csv kept.csv | awk -F, 'NR > 1 && ($2 != $7 || ($3 - $8) ^ 2 > 1e-9 * $3 * $3) { bad++ }
    END { exit bad > 0 || NR < 100 }' || fail "td_error is not drawn as it was"

# evaluations: the mean return of each
"$pavlov" train q-learning FrozenLake-v1 --steps 20000 --eval-every 5000 --eval-episodes 7 --quiet --out lake
"$pavlov" keep lake --out kept-lake --y evaluation || fail "keep --y evaluation"
awk -F, 'NR > 1 { s[$1] += $3 } END { for (step in s) print step, s[step] / 7 }' lake/eval.csv | sort -n >want
awk -F, '$3 == "evaluation" { print $1, $4 }' kept-lake/curve.csv >got
[ "$(wc -l <want)" = 4 ] && cmp want got || fail "evaluations: $(cat got)"
for run in lake kept-lake; do
    near "the last evaluation of $run" "$(told final_evaluation $run --y evaluation --last 1)" "$(sed -n '4s/.* //p' want)"
done

# the first point of 50 is the mean of its episodes, worked out from the run's own table
rows=$(($(wc -l <run/seed-1/episodes.csv) - 1))
[ "$rows" -gt 500 ] || fail "only $rows episodes"
ended=$(awk -F, '$3 == "return" { print $2; exit }' kept/seed-1/curve.csv)
want=$(awk -F, -v n="$ended" 'NR > 1 && NR <= n + 1 { s += $5 } END { print s / n }' run/seed-1/episodes.csv)
near "the first point" "$(awk -F, '$3 == "return" { print $4; exit }' kept/seed-1/curve.csv)" "$want"
points=$(grep -c ',return,' kept/seed-1/curve.csv)
[ "$points" -ge 40 ] && [ "$points" -le 52 ] || fail "$points points, not about 50"
awk -F, -v n="$rows" '$3 == "return" && $2 == n - 100 { found = 1 } END { exit !found }' kept/seed-1/curve.csv ||
    fail "the last 100 episodes are not whole rows"

# the recipe beforehand is that of the run
"$pavlov" train sarsa WindyGridWorld-v0 --steps 20000 --lean --dry-run --out dry >recipe || fail "--dry-run"
[ ! -e dry ] || fail "--dry-run makes a folder"
sed '/"version":/,$d' run/seed-1/run.json | tr -d ',' >want
tr -d ',' <recipe | grep -vx '}' >got
cmp want got || fail "--dry-run tells another recipe than run.json"

# what would be lost or is not there is refused
refused 1 'holds a kept run already' keep run/seed-1 --out kept/seed-1
refused 1 'holds a run already' keep run/seed-1 --out run/seed-2
refused 2 'kept of a run already' keep kept/seed-1 --out again
refused 2 'where to?' keep run/seed-1
refused 2 'did you mean "td_error"?' keep run/seed-1 --out wrong --y td_eror
refused 2 'NAME=NUMBER' keep run/seed-1 --out wrong --add greedy
refused 2 'NAME=NUMBER' keep run/seed-1 --out wrong --add a,b=1
refused 2 'did you mean "greedy_return"?' compare kept --y greedy_retrun
sed 's/"finished",$/"interrupted",/' run/seed-1/run.json >changed && cp changed run/seed-1/run.json
refused 2 'pavlov resume run/seed-1' keep run/seed-1 --out wrong
refused 1 'was kept without its agent' eval kept/seed-1
[ ! -e wrong ] || fail "a refused keep leaves a folder"
[ "$(ls kept/seed-1 | tr '\n' ' ')" = "curve.csv run.json " ] || fail "kept: $(ls kept/seed-1)"
sed -i '5s/,[^,]*$/,ten/' kept/seed-2/curve.csv
refused 1 'curve.csv' compare kept

echo "$failures failures"
[ "$failures" = 0 ]
