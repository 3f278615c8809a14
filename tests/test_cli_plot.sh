#!/bin/sh
# The numbers of figures, as `plot -o FILE.csv` writes them, and of compare are those of the run folders
# by arithmetic of another hand (awk); what cannot be drawn is refused. Usage: test_cli_plot.sh SOURCE BUILD
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

# near WHAT OURS THEIRS: equal to six digits
near() {
    awk -v a="$2" -v b="$3" 'BEGIN { d = a - b; exit !(a != "" && b != "" && d * d <= 1e-10 * (1e-9 + b * b)) }' ||
        fail "$1: $2, not $3"
}

refused() {
    words=$1
    shift
    "$pavlov" "$@" >out 2>err && fail "pavlov $*: not refused"
    grep -qF -- "$words" err || fail "pavlov $*: lacks \"$words\": $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "pavlov $*: not one line: $(cat err)"
}

# cell FILE LINE X COLUMN: a number of a figure's table
cell() {
    awk -F, -v name="\"$2\"" -v x="$3" -v c="$4" 'NR > 1 && $1 == name && $2 == x { print $c }' "$1"
}

train() {
    "$pavlov" train "$@" --lean --quiet || fail "pavlov train $* failed"
}

for n in 2 1; do
    for alpha in 0.1 0.05 0.2; do
        train td RandomWalk-v0 --episodes 20 --seeds 3 --set n=$n --set alpha=$alpha \
            --out walk/n-$n-alpha-$alpha
    done
done

# a metric by episode: the mean over seeds of the row that belongs to the episode
"$pavlov" plot walk/n-1-alpha-0.1 --y rms_error -o metric.csv || fail "a metric is not drawn"
for episode in 1 7 20; do
    want=$(awk -F, -v e=$episode 'FNR == 1 { k = 0 } $3 == "rms_error" && ++k == e { s += $4; n++ }
        END { print s / n }' walk/n-1-alpha-0.1/*/metrics.csv)
    near "rms_error after episode $episode" "$(cell metric.csv td $episode 3)" "$want"
done
[ "$(wc -l <metric.csv)" = 21 ] || fail "20 episodes are $(wc -l <metric.csv) rows"
low=$(cell metric.csv td 20 4)
high=$(cell metric.csv td 20 5)
mean=$(cell metric.csv td 20 3)
awk -v l="$low" -v m="$mean" -v h="$high" 'BEGIN { exit !(l <= m && m <= h && l < h) }' ||
    fail "interval $low to $high around $mean"

# smoothed: the mean of the last 5 episodes
"$pavlov" plot walk/n-1-alpha-0.1 --smooth 5 --y length -o smooth.csv || fail "lengths are not drawn"
want=$(awk -F, 'FNR > 16 { s += $6; n++ } END { print s / n }' walk/n-1-alpha-0.1/*/episodes.csv)
near "mean length of the last 5 episodes" "$(cell smooth.csv td 20 3)" "$want"

# normalised: percent of the way
"$pavlov" plot walk/n-1-alpha-0.1 --y length --smooth 5 --normalise 3:13 -o percent.csv || fail "--normalise"
want=$(awk -v y="$want" 'BEGIN { print 100 * (y - 3) / 10 }')
near "length in percent of 3 to 13" "$(cell percent.csv td 20 3)" "$want"

# against a setting: a line for each of the others, in order of their numbers
"$pavlov" plot walk --y rms_error --against alpha -o against.csv || fail "--against"
order=$(tail -n +2 against.csv | cut -d, -f1,2 | tr -d '"' | tr '\n' ' ')
[ "$order" = "n=1,0.05 n=1,0.1 n=1,0.2 n=2,0.05 n=2,0.1 n=2,0.2 " ] || fail "order $order"
for n in 1 2; do
    for alpha in 0.05 0.2; do
        want=$(awk -F, '$3 == "rms_error" { s += $4; n++ } END { print s / n }' \
            walk/n-$n-alpha-$alpha/*/metrics.csv)
        near "n=$n alpha=$alpha" "$(cell against.csv n=$n $alpha 3)" "$want"
    done
done

# over time the same groups are lines named by both settings
"$pavlov" plot walk --y rms_error -o lines.csv || fail "many lines"
lines=$(tail -n +2 lines.csv | sed 's/^"\([^"]*\)".*/\1/' | uniq | tr '\n' ';')
[ "$lines" = "alpha=0.05, n=1;alpha=0.05, n=2;alpha=0.1, n=1;alpha=0.1, n=2;alpha=0.2, n=1;alpha=0.2, n=2;" ] ||
    fail "lines $lines"

# episodes by steps, to the very end of the runs
train sarsa WindyGridWorld-v0 --steps 4000 --seeds 2 --out wind
"$pavlov" plot wind --y episodes -o episodes.csv || fail "episodes by steps are not drawn"
want=$(awk 'FNR > 1 { n++ } END { print n / 2 }' wind/*/episodes.csv)
near "episodes in 4000 steps" "$(cell episodes.csv sarsa 4000 3)" "$want"
want=$(awk -F, 'FNR > 1 && $1 <= 2000 { n++ } END { print n / 2 }' wind/*/episodes.csv)
near "episodes in 2000 steps" "$(cell episodes.csv sarsa 2000 3)" "$want"

# compare tells the same numbers
answer=$("$pavlov" compare walk/n-1-alpha-0.1 --y rms_error --last 1 --json)
final=$(echo "$answer" | sed -n 's/.*"final_rms_error":[[:space:]]*\([0-9.e-]*\).*/\1/p')
near "compare --last 1" "$final" "$(awk -F, '$3 == "rms_error" { last[FILENAME] = $4 }
    END { for (f in last) { s += last[f]; n++ } print s / n }' walk/n-1-alpha-0.1/*/metrics.csv)"

# a figure with a level, where the program can draw
if "$pavlov" plot walk --y rms_error --against alpha --level 0.1:good --x-log -o figure.svg 2>err; then
    [ -s figure.svg ] || fail "an empty figure"
    "$pavlov" plot walk --y rms_error --against alpha -o plain.svg -o both.csv || fail "two files"
    cmp -s both.csv against.csv || fail "the table beside a figure is another"
    cmp -s figure.svg plain.svg && fail "--level and --x-log change nothing"
elif ! grep -q 'without cairo' err; then
    fail "a figure with a level: $(cat err)"
fi

refused 'did you mean "rms_error"?' plot walk --y rms_eror -o x.csv
refused 'no parameter "gama"' plot walk --against gama -o x.csv
refused 'policy=random is no number' plot walk --against policy -o x.csv
refused 'give one of them' plot walk --against alpha --x steps -o x.csv
refused '--level high' plot walk --level high -o x.svg
refused '--normalise 3' plot walk --normalise 3 -o x.csv
refused 'two different numbers' plot walk --normalise 3:3 -o x.csv
refused 'where to?' plot walk
refused 'did you mean "rms_error"?' compare walk --y rms_eror
refused '--last 0' compare walk --last 0
refused 'write nowhere/x.csv' plot walk -o nowhere/x.csv

echo "$failures failures"
[ "$failures" = 0 ]
