#!/usr/bin/env bash
# Makes pairs on all cores and trains both of the refiner's nets side by side on one GPU.
#
#     cargo build --release --example refiner_pairs
#     train/refiner.sh DATA OUT [MINUTES] [PROGRAM]
#
# DATA is the data set's folder, OUT gets pairs/, logs, and a checkpoint of each net (mouth.pickle, eye.pickle) every 2,000
# steps, which `train/refiner.py --resume` goes on from, and `--export` writes to models. MINUTES (6) are those of the training; PROGRAM is the built example.
# Training begins when every process has made pairs for PAIR_SECONDS (90). Environment: SEED (100), TIMES (6), RESUME
# (models/refiner.safetensors, or a folder with checkpoints of such names), RATE (1e-3).
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1 out=$2 minutes=${3:-6} program=${4:-target/release/examples/refiner_pairs}
cores=$(nproc) seed=${SEED:-100}
mkdir -p "$out"
for ((k = 0; k < cores; k++)); do
  RAYON_NUM_THREADS=1 "$program" "$data" "$out/pairs/$k" --seed $((seed + k)) --share "$k/$cores" --times "${TIMES:-6}" \
    --minutes "$(python3 -c "print(${PAIR_SECONDS:-90} / 60)")" >"$out/pairs_$k.log" 2>&1 &
done
wait
# Two processes share the GPU's memory.
export XLA_PYTHON_CLIENT_MEM_FRACTION=.4
for part in mouth eye; do
  from=${RESUME:-models/refiner.safetensors}
  [ -d "$from" ] && from=$from/$part.pickle
  python3 train/refiner.py "$out/pairs" --device cuda --part $part --minutes "$minutes" --rate "${RATE:-1e-3}" --adversarial \
    --critic-from .4 --resume "$from" --checkpoint "$out/$part.pickle" --sheet "$out/$part.png" >"$out/$part.log" 2>&1 &
done
wait
tail -n 3 "$out"/*.log
