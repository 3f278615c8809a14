#!/bin/sh
# A run killed at any moment and resumed ends with the same bytes in episodes.csv, eval.csv and the
# checkpoint as one left alone; so does one interrupted with Ctrl-C; and a world without save/load too.
# Usage: test_cli_resume.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
nosave=$2/tests/good/nosave.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
# ThreadSanitizer runs a tenth as fast, and kills come as often
thousand=1000
grep -q 'PAVLOV_SANITIZE:[A-Z]*=thread' "$2/CMakeCache.txt" && thousand=100

same() {
    for file in episodes.csv eval.csv checkpoint.safetensors best.safetensors; do
        if [ -e "$1/$file" ] && ! cmp -s "$1/$file" "$2/$file"; then
            echo "$3: $file differs from the undisturbed run's"
            failures=$((failures + 1))
        fi
    done
}

# disturbed NAME SIGNAL ROUNDS train arguments...: interrupts again and again, then lets it end
disturbed() {
    name=$1
    signal=$2
    rounds=$3
    shift 3
    "$pavlov" train "$@" --out "$name-whole" --quiet --checkpoint-every 0.01 >/dev/null || {
        failures=$((failures + 1))
        return
    }
    "$pavlov" train "$@" --out "$name-cut" --quiet --checkpoint-every 0.01 >/dev/null 2>&1 &
    child=$!
    # on a busy machine it takes a while until there is a run to resume
    while [ ! -e "$name-cut/run.json" ] && kill -0 $child 2>/dev/null; do
        sleep 0.02
    done
    kills=0
    while [ $kills -lt "$rounds" ]; do
        # between 0.02 and 0.2 seconds, at a moment nobody chose
        sleep "0.$(awk -v seed="$kills$$" 'BEGIN { srand(seed); printf "%03d", 20 + 180 * rand() }')"
        kill -s "$signal" $child 2>/dev/null
        wait $child 2>/dev/null
        kills=$((kills + 1))
        grep -q '"status":.*"finished"' "$name-cut/run.json" && break
        "$pavlov" resume "$name-cut" --quiet >/dev/null 2>&1 &
        child=$!
    done
    wait $child 2>/dev/null
    if ! grep -q '"status":.*"finished"' "$name-cut/run.json"; then
        "$pavlov" resume "$name-cut" --quiet || failures=$((failures + 1))
    fi
    same "$name-cut" "$name-whole" "$name after $kills signals $signal"
    echo "$name: $kills times $signal, $(wc -l <"$name-cut/episodes.csv") rows"
}

disturbed q KILL 12 q-learning CliffWalking-v1 --steps $((1500 * thousand)) --eval-every $((100 * thousand))
disturbed sarsa KILL 8 sarsa FrozenLake-v1 --steps $((1000 * thousand)) --lanes 4 --set lambda=0.8
disturbed walk KILL 8 td RandomWalk-v0:states=19,left=-1 --steps $((1500 * thousand)) --set n=4
disturbed ctrlc INT 6 double-q Taxi-v4 --steps $((1500 * thousand))
disturbed wraps KILL 6 q-learning FrozenLake-v1 --steps $((500 * thousand)) --lanes 3 \
    --wrap "noop 2, sticky 0.2, skip 2, limit 20, stack 2, scale 2"
# a memory of experience: checkpoints append segments of it
disturbed dqn KILL 8 dqn CartPole-v1 --steps $((8 * thousand)) --net "dense 16 relu"
disturbed rings KILL 8 dqn MinAtar/Breakout-v0 --steps $((4 * thousand)) --lanes 3 --wrap "stack 2" \
    --net "conv 2 3x3 relu, dense 8 relu" --set prioritised=1 --set n-step=3 --set capacity=700 \
    --set learn-start=300
disturbed norm KILL 4 random CartPole-v1 --steps $((500 * thousand)) --lanes 3 \
    --eval-every $((50 * thousand)) --wrap "norm, norm-reward, stack 2"
disturbed dqn-more KILL 6 dqn CartPole-v1 --steps $((20 * thousand)) --lanes 2 --eval-every $((5 * thousand)) \
    --net "dense 16 relu, dropout 0.05" --set train-every=4 --set gradient-steps=1 --set capacity=3000 \
    --set prioritised=1 --set n-step=3 --set noisy=1
disturbed dqn-gru INT 4 dqn CartPole-v1 --steps $((8 * thousand)) --net "gru 8" \
    --set train-every=8 --set gradient-steps=1 --set batch=8 --set capacity=2000 --set n-step=1
# a rollout half full
disturbed a2c KILL 5 a2c CartPole-v1 --steps $((60 * thousand)) --lanes 5 --set steps=64 \
    --eval-every $((20 * thousand)) --net "dense 16 tanh, dropout 0.05"
disturbed a2c-lstm INT 4 a2c CartPole-v1 --steps $((20 * thousand)) --lanes 3 --set steps=20 \
    --net "lstm 8"
disturbed ppo KILL 5 ppo Pendulum-v1 --steps $((40 * thousand)) --lanes 3 --set steps=100 \
    --net "dense 16 tanh" --wrap "norm, norm-reward"
disturbed reinforce KILL 5 reinforce CartPole-v1 --steps $((40 * thousand)) --lanes 3 \
    --net "dense 16 tanh, dropout 0.05"
# a generation half judged
disturbed es KILL 5 es CartPole-v1 --steps $((60 * thousand)) --lanes 3
if [ -e "$nosave" ]; then
    disturbed nosave KILL 6 random "$nosave#" --steps $((3000 * thousand))
    disturbed nosave-wraps KILL 4 random "$nosave#" --steps $((1000 * thousand)) \
        --wrap "noop 3, sticky 0.2, skip 2, stack 3"
else
    echo "there is no $nosave"
    failures=$((failures + 1))
fi

# Ctrl-C says how to go on, with exit code 130; while a run trains nobody else may go on with it
"$pavlov" train q-learning CliffWalking-v1 --steps 500000000 --out long --quiet \
    --checkpoint-every 0.1 2>err &
child=$!
waited=0
while [ ! -e long/resume.safetensors ] && [ $waited -lt 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
if "$pavlov" resume long --quiet 2>second || ! grep -q 'another process is training long' second; then
    echo "two processes train one run: $(cat second)"
    failures=$((failures + 1))
fi
kill -s INT $child
wait $child
code=$?
if [ $code != 130 ] || ! grep -q 'pavlov resume long' err; then
    echo "Ctrl-C: exit code $code: $(cat err)"
    failures=$((failures + 1))
fi

echo "$failures failures"
[ "$failures" = 0 ]
