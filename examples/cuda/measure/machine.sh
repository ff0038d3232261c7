# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files that measure.sh sources
# What this machine is, and what about it would spoil the figures: one sentence each, in $out/notes.txt.

gpu=           # the name that doctor gives it; empty where none can be used
gpu_reason=    # why not
architecture=  # such as sm_90
smi=()         # nvidia-smi for the GPU that is measured; empty where it is not there
sampler=

note() {
  grep -qxF "$1" "$out/notes.txt" 2> /dev/null && return
  echo "$1" >> "$out/notes.txt"
  echo "  note: $1" >&2
}

# Caches go to the work folder: a rented machine's home may be small, read only or missing.
prepare_environment() {
  : > "$out/notes.txt"
  export PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
  export TMPDIR=${TMPDIR:-$work/tmp} HOME=${HOME:-$work}
  [[ ! -d $kit/cache || -n ${XDG_CACHE_HOME:-} ]] || export XDG_CACHE_HOME=$kit/cache
  export CUDA_CACHE_PATH=${CUDA_CACHE_PATH:-$work/cuda-cache} CUDA_CACHE_MAXSIZE=${CUDA_CACHE_MAXSIZE:-4294967296}
  export TORCHINDUCTOR_CACHE_DIR=${TORCHINDUCTOR_CACHE_DIR:-$work/inductor} TRITON_CACHE_DIR=${TRITON_CACHE_DIR:-$work/triton}
  # As nvidia-smi counts them.
  export CUDA_DEVICE_ORDER=PCI_BUS_ID
  note_space
  find_ptxas
}

note_space() {
  local free
  free=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
  ((free >= 8000)) || note "Only $free MB are free for $work: compiled networks take 8000 MB, and some may not be written."
}

# Machine code is made by ptxas where there is one; PyTorch brings one with Triton.
find_ptxas() {
  local found
  type -P ptxas > /dev/null && return
  if [[ -x /usr/local/cuda/bin/ptxas ]]; then
    return
  fi
  found=$("$python" -c 'import importlib.util, pathlib
spec = importlib.util.find_spec("triton")
print(pathlib.Path(spec.origin).parent / "backends/nvidia/bin/ptxas" if spec else "")' 2> /dev/null)
  if [[ -n $found && -x $found ]]; then
    mkdir -p "$work/bin" && ln -sf "$found" "$work/bin/ptxas" && PATH=$PATH:$work/bin
    note "There is no CUDA toolkit: ptxas is the one that Triton brings ($found)."
  else
    note "There is no ptxas: the driver assembles the PTX whenever a library is opened, which is slow but not part of any time."
  fi
}

# finding NAME FIELD: of what doctor wrote.
finding() {
  awk -v name="\"name\" : \"$1\"" -v field="\"$2\" : " '
    index($0, "\"name\" : ") { mine = index($0, name) }
    mine && (at = index($0, field)) {
      text = substr($0, at + length(field)); sub(/,$/, "", text); gsub(/^"|"$/, "", text); print text; exit
    }' "$out/steps/doctor.jtvmc.out"
}

# Whether there is a GPU that can be used, by what doctor found.
look_for_gpu() {
  [[ -e $out/steps/doctor.jtvmc.out ]] || return 0
  if [[ $(finding gpu present) == true ]]; then
    gpu=$(finding gpu found)
    architecture=$(grep -oE 'sm_[0-9]+a?' <<< "$gpu" | head -n 1)
    return 0
  fi
  gpu_reason=$(finding gpu reason)
  gpu_reason=${gpu_reason:-$(status_of doctor.jtvmc reason)}
  gpu_reason=${gpu_reason:-jtvmc finds none}
  if [[ ${CUDA_VISIBLE_DEVICES-unset} == "" || ${CUDA_VISIBLE_DEVICES-} == -1 ]]; then
    gpu_reason+="; CUDA_VISIBLE_DEVICES hides every GPU"
  elif [[ -z ${JTVMC_LIBCUDA:-} && ! -e /dev/nvidiactl && ! -e /dev/dxg ]]; then
    gpu_reason+="; there is no /dev/nvidiactl, so that the machine has none, or a container was started without it (docker run --gpus all)"
  fi
}

# One value of the GPU that is measured, as nvidia-smi has it.
ask() { "${smi[@]}" --query-gpu="$1" --format=csv,noheader,nounits 2> /dev/null | head -n 1; }

look_at_gpu() {
  local chosen=${CUDA_VISIBLE_DEVICES-} count
  chosen=${chosen%%,*}
  if ! type -P nvidia-smi > /dev/null; then
    note "nvidia-smi is not here: clocks, other processes and MIG were not looked at."
    return
  fi
  count=$(nvidia-smi --query-gpu=index --format=csv,noheader 2> /dev/null | grep -c .)
  if [[ $chosen != MIG* ]]; then
    smi=(nvidia-smi -i "${chosen:-0}")
  else
    smi=(nvidia-smi)
  fi
  if ((count > 1)); then
    note "There are $count GPUs: number ${chosen:-0} is measured (CUDA_VISIBLE_DEVICES chooses another)."
  fi
  [[ -n ${CUDA_VISIBLE_DEVICES-} ]] || export CUDA_VISIBLE_DEVICES=0
  note_sharing
  note_clocks
}

note_sharing() {
  local processes free
  [[ $(ask mig.mode.current) != Enabled ]] \
    || note "The GPU is divided (MIG): all figures are those of a slice, and none is one of the whole GPU."
  processes=$("${smi[@]}" --query-compute-apps=pid,used_memory --format=csv,noheader 2> /dev/null | grep -c '[0-9]')
  ((processes == 0)) \
    || note "Other processes ($processes) compute on the GPU: times may be too long, and memory may not suffice."
  free=$(ask memory.free)
  [[ ! $free =~ ^[0-9]+$ ]] || ((free >= 6000)) \
    || note "Only $free MiB of the GPU's memory are free: large networks may find too little."
  case $(ask compute_mode) in
    Exclusive*) note "The GPU takes one process at a time (compute mode), so that peers cannot be measured in turn: nvidia-smi -c DEFAULT lets them." ;;
    Prohibited) note "The GPU takes no process (compute mode Prohibited): nvidia-smi -c DEFAULT lets them." ;;
  esac
}

note_clocks() {
  local most set
  most=$(ask clocks.max.sm)
  set=$(ask clocks.applications.graphics)
  [[ ! $most =~ ^[0-9]+$ || ! $set =~ ^[0-9]+$ ]] || ((set * 20 >= most * 19)) \
    || note "The GPU's clock is set to $set MHz and could be $most: nvidia-smi -rac and -rgc set it free."
}

# Clocks through the whole run; the report has those under load, and whether heat or power held them down.
start_sampling() {
  ((${#smi[@]})) && [[ -z $sampler ]] || return 0
  "${smi[@]}" --query-gpu=clocks.sm,clocks.max.sm,utilization.gpu,temperature.gpu,power.draw,clocks_throttle_reasons.active \
    --format=csv,noheader,nounits -l 2 >> "$out/clocks.csv" 2> /dev/null < /dev/null &
  sampler=$!
}

# What is known of the machine, in lines "key=value".
write_system() {
  local key
  {
    echo "date=$(date -u +%Y-%m-%d)"
    echo "kernel=$(uname -sr)"
    echo "cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2> /dev/null | head -n 1)"
    echo "cores=$(nproc 2> /dev/null)"
    echo "kit=$(cat "$kit/VERSION" 2> /dev/null)"
    echo "cuda_visible_devices=${CUDA_VISIBLE_DEVICES-}"
    if ((${#smi[@]})); then
      for key in name driver_version memory.total mig.mode.current compute_mode clocks.max.sm clocks.max.mem power.limit; do
        echo "$key=$(ask "$key")"
      done
    fi
  } > "$out/system.txt"
}

finish() {
  [[ -z $sampler ]] || kill "$sampler" 2> /dev/null
  if ! type -P "$python" > /dev/null && [[ $python != */* ]]; then
    echo "measure.sh: there is no $python here to write the report: bring $out to a machine that has one, and run report.py $out" >&2
  elif "$python" "$kit/report.py" "$out" > "$out/report.md.part"; then
    mv -f "$out/report.md.part" "$out/report.md"
    echo "measure.sh: the report is $out/report.md" >&2
  else
    echo "measure.sh: the report could not be written; the results are in $out" >&2
  fi
  [[ -z $interrupted ]] || exit 130
  [[ -n $gpu ]] || exit 5
  [[ -z $(steps_with_code answers 4) ]] || exit 4
}
