#!/bin/sh
# Wrong command lines, unknown names, values out of bounds, damaged folders: one clear line on stderr,
# the exit code of the design, nothing on stdout. Usage: test_cli_errors.sh SOURCE BUILD
set -u
pavlov=$2/pavlov
cache=$2/CMakeCache.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
checks=0

# has PART: whether this build was made with cairo, giflib ...
has() {
    grep -q "^PAVLOV_$1:BOOL=ON" "$cache"
}

# refused CODE 'words that must be in the line' command...
refused() {
    want=$1
    words=$2
    shift 2
    "$pavlov" "$@" >out 2>err </dev/null
    got=$?
    checks=$((checks + 1))
    if [ "$got" != "$want" ]; then
        echo "pavlov $*: exit code $got, not $want: $(cat err)"
        failures=$((failures + 1))
    elif [ "$(wc -l <err)" != 1 ]; then
        echo "pavlov $*: not one line on stderr: $(cat err)"
        failures=$((failures + 1))
    elif ! grep -qF -- "$words" err; then
        echo "pavlov $*: lacks \"$words\": $(cat err)"
        failures=$((failures + 1))
    elif [ -s out ]; then
        echo "pavlov $*: wrote to stdout: $(head -n 2 out)"
        failures=$((failures + 1))
    fi
}

# names
refused 2 'unknown command "trian"; did you mean "train"?' trian
refused 2 'unknown agent "q-lerning"; did you mean "q-learning"?' train q-lerning CliffWalking-v1
refused 2 'did you mean "CliffWalking-v1"?' train q-learning CliffWalkin-v1
refused 2 'unknown option "--step"; did you mean "--steps"?' train q-learning CliffWalking-v1 --step 3
refused 2 'did you mean "alpha"?' train q-learning CliffWalking-v1 --set alpa=0.1
refused 2 'did you mean "slippery"?' train q-learning CliffWalking-v1:slipery=1
refused 2 'cannot list "env"; did you mean "envs"?' list env
refused 2 'it benches envs, nets, replay or agents' bench nothing
refused 2 'did you mean "a3c_b1_act"?' bench nets a3c_b1_akt
refused 1 'of memory to learn, and this machine has' train dqn Pong-v0 \
    --set capacity=1000000000
refused 2 'did you mean "push_atari"?' bench replay push_atary
refused 2 'did you mean "dqn"?' bench agents dqm
refused 2 'agent td has no network' train td RandomWalk-v0 --net 'dense 3'
refused 2 'did you mean "dense"?' train dqn CartPole-v1 --net 'dens 3'
refused 2 'is a number' train dqn Pendulum-v1
refused 2 'did you mean' info q-lerning
refused 2 'unknown wrapper "stakc"; did you mean "stack"?, at "stakc" (column 9)' \
    train q-learning CliffWalking-v1 --wrap "limit 9,stakc 4"
refused 2 'gray takes a frame of bytes' train q-learning CliffWalking-v1 --wrap atari
refused 2 'did you mean "skip"?' info CliffWalking-v1 --wrap 'skp 4'
refused 2 'name it: pavlov bench envs ENV' bench envs --wrap 'skip 4'
refused 2 'does not hold behind "sticky 0.5"' train value-iteration FrozenLake-v1 --wrap 'sticky 0.5'

# values
refused 2 'too few arguments' train q-learning
refused 2 'unexpected argument' train q-learning CliffWalking-v1 more
refused 2 '--steps needs a value' train q-learning CliffWalking-v1 --steps
refused 2 '--steps 0: it takes a whole number' train q-learning CliffWalking-v1 --steps 0
refused 2 '--steps -5' train q-learning CliffWalking-v1 --steps -5
refused 2 '--steps 1.5' train q-learning CliffWalking-v1 --steps 1.5
refused 2 '--seed abc' train q-learning CliffWalking-v1 --seed abc
refused 2 '--stop-at high' train q-learning CliffWalking-v1 --stop-at high
refused 2 '--steps is given twice' train q-learning CliffWalking-v1 --steps 5 --steps 6
refused 2 'name=value' train q-learning CliffWalking-v1 --set alpha
refused 2 'gamma' train q-learning CliffWalking-v1 --set gamma=1.5
refused 2 'alpha' train q-learning CliffWalking-v1 --set alpha=fast
refused 2 'slippery=2' train q-learning CliffWalking-v1:slippery=2
refused 2 'several workers' train q-learning CliffWalking-v1 --workers 4
refused 2 '--force takes no value' train q-learning CliffWalking-v1 --force=1
refused 2 'where to?' plot nowhere
refused 2 'where to?' record nowhere
refused 2 'where to?' show nowhere

# files and folders
refused 1 'there is no run folder nowhere' eval nowhere
refused 1 'there is no run folder nowhere' resume nowhere
refused 1 'there is no run folder nowhere' compare nowhere
refused 1 'there is no run folder nowhere' plot nowhere -o x.svg
refused 1 'there is no run folder nowhere' record nowhere -o x.webm
has CAIRO && refused 1 'there is no run folder nowhere' show nowhere -o x.svg
refused 1 'nofile.so' info ./nofile.so#X
mkdir empty
refused 1 'holds no run' compare empty
refused 1 'no.json' train --config no.json
printf '{\n "agent": "q-learning",\n oops\n}\n' >bad.json
refused 1 'bad.json' train --config bad.json
printf '{"agent": "q-learning", "env": "CliffWalking-v1", "stesp": 5}\n' >key.json
refused 2 'did you mean "--steps"?' train --config key.json

# an existing run
"$pavlov" train q-learning CliffWalking-v1 --episodes 20 --out run --quiet || exit 1
refused 1 'exists already' train q-learning CliffWalking-v1 --episodes 20 --out run --quiet
mkdir other && echo precious >other/thesis.txt
refused 1 'not a run folder' train q-learning CliffWalking-v1 --episodes 20 --out other --force --quiet
[ -f other/thesis.txt ] || { echo "--force emptied a folder that was no run"; failures=$((failures + 1)); }
refused 1 'best.safetensors' eval run --best
refused 2 '.mp4' record run -o film.avi
if has CAIRO; then
    refused 2 '.svg' plot run -o figure.bmp
    refused 1 'cannot' plot run -o /nonexistent/figure.svg
    refused 2 '.svg' show run -o net.bmp
    refused 2 'did you mean "hinton"?' show run -o net.svg --what hintn
    refused 2 '--at' show run -o net.svg --at soon
    refused 2 'has no network to show' show run -o net.svg
else
    refused 2 'built without cairo' plot run -o figure.svg
    refused 2 'built without cairo' show run -o net.svg
fi
if has GIF; then
    refused 2 '.gif' record run -o film.avi
    refused 1 'cannot' record run -o /nonexistent/film.gif
else
    refused 2 'built without giflib' record run -o film.gif
fi

# damaged runs: every file cut short, emptied or overwritten
damage() {
    rm -rf broken && cp -r run broken
}
damage && rm broken/run.json
refused 1 'run.json' eval broken
damage && printf '{' >broken/run.json
refused 1 'run.json' eval broken
damage && printf '{}' >broken/run.json
refused 1 'run.json' compare broken
damage && sed -i 's/"q-learning"/"no-such-agent"/' broken/run.json
refused 2 'run.json' eval broken
damage && head -c 100 run/checkpoint.safetensors >broken/checkpoint.safetensors
refused 1 'checkpoint.safetensors' eval broken
damage && : >broken/checkpoint.safetensors
refused 1 'checkpoint.safetensors' eval broken
damage && rm broken/checkpoint.safetensors
refused 1 'checkpoint.safetensors' eval broken
damage && head -c 300 run/resume.safetensors >broken/resume.safetensors
refused 1 'resume.safetensors' resume broken --episodes 30
damage && : >broken/episodes.csv
refused 1 'episodes.csv' resume broken --episodes 30
damage && echo '1,2' >>broken/episodes.csv
refused 1 'episodes.csv' compare broken
# one flipped byte in the middle of the data
damage
size=$(wc -c <broken/checkpoint.safetensors)
printf '\377' | dd of=broken/checkpoint.safetensors bs=1 seek=$((size - 9)) conv=notrunc 2>/dev/null
refused 1 'checkpoint.safetensors' eval broken

# a full disk says so
if [ -e /dev/full ]; then
    "$pavlov" list --json >/dev/full 2>err
    code=$?
    checks=$((checks + 1))
    if [ $code != 1 ] || ! grep -q 'cannot write' err; then
        echo "list to a full disk: exit code $code: $(cat err)"
        failures=$((failures + 1))
    fi
fi

# a disk that fills up while training: one line, and what was kept before is whole
(ulimit -f 8192 && "$pavlov" train q-learning FrozenLake-v1 --steps 30000000 --checkpoint-every 0.01 \
    --quiet --out full) >out 2>err
code=$?
checks=$((checks + 1))
if [ $code != 1 ] || [ "$(wc -l <err)" != 1 ] || ! grep -q 'cannot write' err; then
    echo "a full disk: exit code $code: $(cat err)"
    failures=$((failures + 1))
elif ! "$pavlov" eval full >/dev/null || ! "$pavlov" resume full --steps 20000 --quiet; then
    echo "a full disk lost the run"
    failures=$((failures + 1))
fi

echo "$checks refusals, $failures wrong"
[ "$failures" = 0 ]
