# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files that measure.sh sources
# Steps: commands with a time limit, each with files of its own in $out/steps, so that nothing is lost when one fails:
#   NAME.out     its standard output (one JSON document where it is jtvmc's)
#   NAME.log     its standard error
#   NAME.status  lines "key=value": state, code, seconds, limit, began, reason, command
# States: ok; failed; cut (by its own limit); later (time was over before its end: a further run does it);
# skipped (something that it needs is not there; a further run looks again).

deadline=0         # of the run, in seconds of the epoch
stage=             # the stage that runs
stage_seconds=0    # how long it may take
stage_end=0        # its deadline
pass=              # new: what was not tried; again: what failed in an earlier run
needed=            # the step that the next one needs
child=             # the process of the step that runs
interrupted=
declare -A tried=()

begin_run() {
  deadline=$(($(date +%s) + $1))
  trap 'interrupt INT' INT
  trap 'interrupt TERM' TERM
}

interrupt() {
  interrupted=$1
  [[ -z $child ]] || kill -TERM "$child" 2> /dev/null
}

now() { date +%s; }

# What the status of step $1 says of $2.
status_of() {
  [[ -e $out/steps/$1.status ]] && sed -n "s/^$2=//p" "$out/steps/$1.status"
}

# The steps of stage $1 that ended with the exit code $2.
steps_with_code() {
  local file name
  while read -r file; do
    name=${file##*/"$1".}
    echo "${name%.status}"
  done < <(grep -lx "code=$2" "$out/steps/$1".*.status 2> /dev/null)
}

# write_status NAME STATE CODE SECONDS LIMIT REASON COMMAND...
write_status() {
  local file=$out/steps/$1.status
  {
    printf 'state=%s\ncode=%s\nseconds=%s\nlimit=%s\n' "$2" "$3" "$4" "$5"
    printf 'ended=%s\nreason=%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$6"
    shift 6
    printf 'command=%s\n' "$*"
  } > "$file.part"
  mv -f "$file.part" "$file"
}

# Whether step $1 is to be tried in this pass.
wanted() {
  [[ -z $interrupted && -z ${tried[$1]:-} ]] || return 1
  local state
  state=$(status_of "$1" state)
  case $pass in
    new) [[ -z $state || $state == later || $state == skipped ]] ;;
    *) [[ $state == failed || $state == cut || $state == skipped ]] ;;
  esac
}

# Whether something failed in an earlier run that this one has not tried yet.
has_failed_before() {
  local file name
  while read -r file; do
    name=${file##*/}
    [[ -n ${tried[${name%.status}]:-} ]] || return 0
  done < <(grep -lE '^state=(failed|cut)$' "$out"/steps/*.status 2> /dev/null)
  return 1
}

# The sentence with which a command failed.
sentence() {
  local line
  line=$(grep -E '^(jtvmc|peers|copy): ' "$1" | tail -n 1)
  [[ -n $line ]] || line=$(grep -v '^[[:space:]]*$' "$1" | tail -n 1)
  tr -d '\r' <<< "${line:0:600}"
}

# needs STEP: the next step is left out where STEP is not done. A library (library.NAME) is compiled first.
needs() { needed=$1; }

# step NAME LIMIT COMMAND...: runs it, unless it is done, its stage has ended, or what it needs is not there.
step() {
  local name=$stage.$1 limit=$2 need=$needed
  shift 2
  run_step "$name" "$limit" "$need" "$@"
}

run_step() {
  local name=$1 limit=$2 need=$3
  shift 3
  needed=
  wanted "$name" || return 0
  [[ $name =~ $only || $name == library.* || $name == doctor.* ]] || return 0
  [[ $need != library.* ]] || compile_library "${need#library.}"
  if [[ -n $need && $(status_of "$need" state) != ok ]]; then
    local why
    why=$(status_of "$need" reason)
    write_status "$name" skipped - 0 "$limit" "it needs $need, which is not done${why:+: $why}" "$@"
    return 0
  fi
  local left=$((stage_end - $(now)))
  if ((left < 3)); then
    write_status "$name" later - 0 "$limit" "the time of the stage or of the run was over" "$@"
    return 0
  fi
  tried[$name]=yes
  ((step_limit == 0 || step_limit > limit)) || limit=$step_limit
  execute "$name" "$limit" "$((limit < left ? limit : left))" "$@"
}

# execute NAME LIMIT SECONDS COMMAND...: with SECONDS at most, be it the step's limit or what is left.
execute() {
  local name=$1 limit=$2 most=$3 file=$out/steps/$1 began code=0
  shift 3
  began=$(now)
  printf '  %-44s' "$name" >&2
  # In the background, so that a signal to this script is heard at once; timeout ends the command with its children.
  timeout --kill-after=10 "$most" "$@" > "$file.out" 2> "$file.log" < /dev/null &
  child=$!
  while :; do
    wait "$child"
    code=$?
    kill -0 "$child" 2> /dev/null || break
  done
  child=
  local took=$(($(now) - began)) state=failed reason
  reason=$(sentence "$file.log")
  case $code in
    0) state=ok reason= ;;
    # jtvmc verify: an answer as well, though not the hoped for.
    4) [[ $1 != "$jtvmc" ]] || state=ok reason= ;;
    124 | 137)
      if ((took >= most && most < limit)); then
        state=later reason="it was cut off after $took s, when the time of the stage or of the run was over"
      elif ((took >= most)); then
        state=cut reason="it was cut off by its limit of $limit s"
      fi
      ;;
  esac
  if [[ -n $interrupted ]]; then
    state=later reason="it was interrupted after $took s"
  fi
  write_status "$name" "$state" "$code" "$took" "$limit" "$reason" "$@"
  printf '%-7s %4d s%s\n' "$state" "$took" "${reason:+  $reason}" >&2
}

# share LEFT STAGE LATER...: of LEFT seconds those of STAGE, where the LATER ones come after it: its part, by their minutes. What
# it leaves over goes to them. In a further pass, in which few stages have anything to do, it may take all that is left.
share() {
  local left=$1 name=$2 most=$1 all=0 other
  shift
  for other in "$@"; do
    all=$((all + stage_minutes[$other]))
  done
  if [[ -n ${stage_limit[$name]:-} ]]; then
    most=${stage_limit[$name]}
  elif [[ $pass == new ]] && ((stage_minutes[$name] > 0)); then
    most=$((left * stage_minutes[$name] / all))
  fi
  echo $((most < left ? most : left))
}

# Runs a stage for each name in $2, with its share of the time that is left, in the pass $1.
run_stages() {
  local -a names
  local i
  pass=$1
  read -ra names <<< "$2"
  [[ $pass == new ]] || has_failed_before || return 0
  for ((i = 0; i < ${#names[@]}; i++)); do
    [[ -z $interrupted ]] || return 0
    stage=${names[i]}
    stage_seconds=$(share $((deadline - $(now))) "${names[@]:i}")
    stage_end=$(($(now) + stage_seconds))
    rm -f "$out/steps/$stage.status"
    [[ $pass != new ]] || echo "$stage" >&2
    "stage_$stage"
  done
}

# leave_out SENTENCE: the stage does nothing, and the report has the sentence.
leave_out() {
  write_status "$stage" skipped - 0 "$stage_seconds" "$1" "$stage"
  [[ $pass != new ]] || echo "  $1" >&2
}
