# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files that measure.sh sources
# What is checked and measured, in order of worth. A stage is a function that names its steps.

readonly all_stages="doctor answers kernels networks peers tuned sanitizer"
# How the time is divided: the minutes of each in a run of 45. The doctor has limits of its own.
declare -A stage_minutes=([doctor]=0 [answers]=7 [kernels]=8 [networks]=7 [peers]=10 [tuned]=10 [sanitizer]=3)
declare -A stage_limit=()  # those that --limit names, in seconds

readonly workloads="matmul-4096-fp32 matmul-4096-fp16 softmax-8192x4096 layer-norm-8192x4096 add-relu-8192x4096 matmul-4096-int8"
readonly networks="minilm resnet50 bert-base"

# Each run looks anew.
stage_doctor() {
  [[ $pass != new ]] || rm -f "$out/steps/doctor.jtvmc.status"
  step jtvmc 30 "$jtvmc" doctor --json
  look_for_gpu
  if [[ -n $gpu ]]; then
    [[ $pass != new ]] || echo "  $gpu" >&2
    look_at_gpu
    start_sampling
  elif [[ $pass == new ]]; then
    echo "  no GPU can be used: $gpu_reason" >&2
  fi
  write_system
}

# Whether there is a GPU; else the stage is left out.
on_gpu() {
  [[ -n $gpu ]] || leave_out "no GPU can be used: $gpu_reason"
  [[ -n $gpu ]]
}

# ---- Libraries: compiled when a step first needs them. A name is WORKLOAD[-notma] or MODEL-bBATCH-PRECISION. ----

# What jtvmc is to compile for the library $1: sets model and compilation.
describe_library() {
  local name=$1 batch precision
  compilation=(--target cuda)
  if [[ $name == *-notma ]]; then
    name=${name%-notma}
    compilation=(--target "cuda -tma=0")
  fi
  if [[ " $workloads " == *" $name "* ]]; then
    model=$kit/workloads/$name.relay
    return
  fi
  precision=${name##*-}
  name=${name%-*}
  batch=${name##*-b}
  name=${name%-b*}
  model=zoo:$name
  compilation+=(--precision "$precision" --input-shapes "$(input_shapes "$name" "$batch")")
}

input_shapes() {
  local tokens=128
  case $1 in
    resnet50 | mobilenetv2) echo "input:[$2,3,224,224]" ;;
    *)
      # Of its rounding, little reaches the answer in short texts.
      [[ $1 != minilm-int8 ]] || tokens=32
      echo "input_ids:[$2,$tokens] attention_mask:[$2,$tokens] token_type_ids:[$2,$tokens]"
      ;;
  esac
}

compile_library() {
  local model compilation
  describe_library "$1"
  run_step "library.$1" 180 "" "$jtvmc" compile "$model" "${compilation[@]}" -o "$work/libraries/$1" --json
}

# tune STEP LIBRARY TIME: tunes, and compiles as LIBRARY-tuned.
tune() {
  local model compilation
  describe_library "$2"
  step "$1" "$(($3 + 60))" "$jtvmc" tune "$model" "${compilation[@]}" --time-budget "$3s" --json \
    --tuning-records "$out/records/$2.jsonl" -o "$work/libraries/$2-tuned"
}

bench() {
  step "$1" 60 "$jtvmc" bench "$work/libraries/$2" --warmup 10 --iterations 30 --duration 1 --profile --json
}

# ---- Stages ----

stage_answers() {
  on_gpu || return
  local name
  for name in minilm-b1-fp32 resnet50-b1-fp32 minilm-b1-fp16 bert-base-b1-fp32 mobilenetv2-b1-fp32 resnet50-b1-fp16 \
    bert-base-b1-fp16 mobilenetv2-b1-fp16 minilm-int8-b1-fp32 minilm-b1-tf32 resnet50-b1-tf32 minilm-b1-bf16 resnet50-b1-bf16; do
    needs "library.$name"
    step "$name" 90 "$jtvmc" verify "$work/libraries/$name" --json
  done
  # Which kernels of a wrong one differ.
  for name in $(steps_with_code answers 4); do
    [[ $name == *-nodes ]] || step "$name-nodes" 180 "$jtvmc" verify "$work/libraries/$name" --per-node --json
  done
}

stage_kernels() {
  on_gpu || return
  local name
  step copy-before 30 "$python" "$kit/copy_rate.py"
  for name in $workloads; do
    bench_default "$name"
  done
  # Only an H100 and an H200 have copies of boxes (TMA); products of float32 use none.
  [[ $architecture != sm_90* ]] || bench_default matmul-4096-fp16-notma
  for name in $workloads; do
    tune_and_bench "$name"
  done
  [[ $architecture != sm_90* ]] || tune_and_bench matmul-4096-fp16-notma
  step copy-after 30 "$python" "$kit/copy_rate.py"
}

bench_default() {
  needs "library.$1"
  bench "$1" "$1"
}

tune_and_bench() {
  local time=$tune_kernel
  # What the memory bounds has few schedules.
  [[ $1 == matmul* ]] || time=$(((time + 1) / 2))
  tune "$1-tune" "$1" "$time"
  needs "kernels.$1-tune"
  bench "$1-tuned" "$1-tuned"
}

# Calls $1 with the name of each network's library, those of most worth first.
for_each_network() {
  local batch precision name
  for batch in 1 8; do
    for precision in fp32 fp16; do
      for name in $networks; do
        "$1" "$name-b$batch-$precision"
      done
    done
  done
}

stage_networks() {
  on_gpu || return
  for_each_network bench_default
  bench_default minilm-int8-b1-fp32
}

stage_tuned() {
  on_gpu || return
  for_each_network tune_network_and_bench
  # Beside the peers once more: with the tuned libraries.
  has_torch || return 0
  for_each_network compare_tuned
}

tune_network_and_bench() {
  tune "$1-tune" "$1" "$tune_network"
  needs "tuned.$1-tune"
  bench "$1" "$1-tuned"
}

stage_peers() {
  on_gpu || return
  if ! has_torch; then
    leave_out "PyTorch with CUDA is not installed for $python (--python names another): $torch"
    return
  fi
  local name
  for name in matmul-4096-fp32 matmul-4096-fp16 softmax-8192x4096 layer-norm-8192x4096 add-relu-8192x4096; do
    compare_with_peers "$name"
  done
  for_each_network compare_with_peers
}

torch=  # yes, or why there is none

has_torch() {
  [[ -n $torch ]] || torch=$("$python" "$kit/peers.py" --check 2>&1 | tail -n 1)
  [[ $torch == yes ]]
}

compare_with_peers() {
  local ours=(--ours "default=$work/libraries/$1")
  [[ $(status_of "kernels.$1-tune" state) != ok ]] || ours+=(--ours "tuned=$work/libraries/$1-tuned")
  needs "library.$1"
  step "$1" 240 "$python" "$kit/peers.py" "$1" --jtvmc "$jtvmc" "${ours[@]}"
}

compare_tuned() {
  needs "tuned.$1-tune"
  step "$1-peers" 90 "$python" "$kit/peers.py" "$1" --quick --jtvmc "$jtvmc" --ours "tuned=$work/libraries/$1-tuned"
}

stage_sanitizer() {
  on_gpu || return
  local program name tool
  program=$(type -P compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  if [[ ! -x $program ]]; then
    leave_out "compute-sanitizer is not installed: it comes with the CUDA toolkit"
    return
  fi
  for tool in memcheck racecheck synccheck; do
    for name in mobilenetv2-b1-fp32 minilm-b1-fp16; do
      needs "library.$name"
      step "$tool-$name" 150 "$program" --tool "$tool" --target-processes all --error-exitcode 9 \
        "$jtvmc" run "$work/libraries/$name" --quiet
    done
  done
}
