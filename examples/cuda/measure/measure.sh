#!/usr/bin/env bash
# Checks and measures jtvmc on the GPU of this machine, and writes report.md: see docs/cuda-use.md, "Checking on a device".
# It needs bash, the tools of coreutils, awk and an NVIDIA driver; Python 3 for the report, PyTorch for the peers' figures.
set -uo pipefail

kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly kit
# shellcheck source-path=SCRIPTDIR source=steps.sh
source "$kit/steps.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
source "$kit/machine.sh"
# shellcheck source-path=SCRIPTDIR source=stages.sh
source "$kit/stages.sh"

usage() {
  cat << EOF
usage: $(basename "$0") [options]
  --time-budget T     stop after this time, such as 600, 10m or 1h (45m)
  --stages "A B"      only these, in this order: $all_stages
  --only REGEX        only steps whose name matches, such as 'resnet50' or '^kernels'
  --limit STAGE=T     a limit for one stage, in place of its share of the time that is left
  --step-limit T      no step may take longer
  --tune-kernel T     how long each kernel is tuned (35)
  --tune-network T    how long each network is tuned (60)
  --out FOLDER        results (results, beside this script); work that need not be kept goes to FOLDER.work
  --python PROGRAM    the Python with PyTorch in it (python3)
  --fresh             start anew; else steps that are done are not done again, and failed ones come last
Exit codes: 0 done, 2 wrong usage, 4 an answer differs, 5 no GPU can be used, 130 interrupted (the report is written always).
The environment variable JTVMC names another jtvmc than the one of this folder.
EOF
}

fail() {
  echo "measure.sh: $*" >&2
  exit 2
}

# 90, 10m and 1h in seconds.
seconds() {
  [[ $1 =~ ^([0-9]+)([smh]?)$ ]] || fail "'$1' is no time: write 600, 10m or 1h"
  local unit=1
  [[ ${BASH_REMATCH[2]} != m ]] || unit=60
  [[ ${BASH_REMATCH[2]} != h ]] || unit=3600
  echo $((10#${BASH_REMATCH[1]} * unit))
}

budget=2700 stages=$all_stages only=. out=$kit/results python=python3 fresh=
tune_kernel=35 tune_network=60 step_limit=0
while (($#)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --fresh)
      fresh=yes
      shift
      continue
      ;;
    --*) (($# > 1)) || fail "$1 needs a value (see --help)" ;;
    *) fail "'$1' is not understood (see --help)" ;;
  esac
  case $1 in
    --time-budget) budget=$(seconds "$2") || exit ;;
    --stages) stages=$2 ;;
    --only) only=$2 ;;
    --limit)
      [[ -n ${stage_minutes[${2%%=*}]:-} ]] || fail "there is no stage ${2%%=*}; there are: $all_stages"
      stage_limit[${2%%=*}]=$(seconds "${2#*=}") || exit
      ;;
    --step-limit) step_limit=$(seconds "$2") || exit ;;
    --tune-kernel) tune_kernel=$(seconds "$2") || exit ;;
    --tune-network) tune_network=$(seconds "$2") || exit ;;
    --out) out=$2 ;;
    --python) python=$2 ;;
    *) fail "there is no option $1 (see --help)" ;;
  esac
  shift 2
done
for name in $stages; do
  [[ -n ${stage_minutes[$name]:-} ]] || fail "there is no stage $name; there are: $all_stages"
done
for program in timeout awk sed date df; do
  type -P "$program" > /dev/null || fail "this machine has no '$program', which is needed"
done

[[ -z $fresh ]] || rm -rf "$out/steps" "$out/records" "$out/report.md" "$out.work"
mkdir -p "$out/steps" "$out/records" "$out.work/tmp" || fail "$out cannot be written: name another folder with --out"
out=$(cd "$out" && pwd -P)
work=$out.work
jtvmc=${JTVMC:-$kit/jtvmc/bin/jtvmc}
[[ -x $jtvmc ]] || fail "there is no $jtvmc: make this folder with prepare.sh, or point JTVMC to the program"
readonly budget stages only out work python jtvmc tune_kernel tune_network step_limit

prepare_environment
begin_run "$budget"
run_stages new doctor
run_stages new "${stages/doctor/}"
run_stages again "${stages/doctor/}"
finish
