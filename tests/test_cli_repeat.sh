#!/bin/sh
# One recipe, the same bytes: twice in a row, with other runs beside it, and from its own run.json's
# values. Usage: test_cli_repeat.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

same() {
    for file in episodes.csv eval.csv checkpoint.safetensors; do
        cmp -s "$1/$file" "$2/$file" || {
            echo "$file differs between $1 and $2"
            failures=$((failures + 1))
        }
    done
}

for agent in q-learning sarsa expected-sarsa double-q mc; do
    world=CliffWalking-v1
    [ $agent = mc ] && world=FrozenLake-v1 # without a limit its episodes may never end
    "$pavlov" train $agent $world --episodes 60 --eval-every 400 --seed 2 --quiet \
        --out "$agent-alone" >/dev/null || failures=$((failures + 1))
    "$pavlov" train $agent $world --episodes 60 --eval-every 400 --seeds 4 --jobs 2 --quiet \
        --out "$agent-many" >/dev/null || failures=$((failures + 1))
    same "$agent-alone" "$agent-many/seed-2"
    if cmp -s "$agent-many/seed-1/episodes.csv" "$agent-many/seed-2/episodes.csv"; then
        echo "$agent: two seeds gave the same episodes"
        failures=$((failures + 1))
    fi
done

# evaluation: the same episodes however many are asked for, and other ones under another seed
"$pavlov" train q-learning FrozenLake-v1 --steps 20000 --quiet --out lake >/dev/null
first() { "$pavlov" eval lake --json "$@" | tr -d ' \n\t' | sed 's/.*"returns":\[//; s/\].*//' | cut -d, -f1-20; }
[ "$(first --episodes 20)" = "$(first --episodes 57)" ] || {
    echo "episodes of an evaluation depend on how many there are"
    failures=$((failures + 1))
}
[ "$(first --episodes 20 --stochastic)" = "$(first --episodes 57 --stochastic)" ] || {
    echo "sampled episodes depend on how many there are"
    failures=$((failures + 1))
}
[ "$(first --episodes 20 --seed 8)" != "$(first --episodes 20 --seed 9)" ] || {
    echo "two seeds gave the same evaluation"
    failures=$((failures + 1))
}

echo "$failures failures"
[ "$failures" = 0 ]
