#!/usr/bin/env bash
# Prepares all that measure.sh needs on a machine with a GPU and nothing else: see docs/cuda-use.md, "Checking on a device".
# No GPU is needed here. What the GPU's machine can make itself (networks with random weights, ONNX Runtime's answers,
# for which the distribution has ONNX Runtime) is not packed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
readonly here root
# Those that are fetched; the others the program writes itself.
readonly models="minilm minilm-int8"

usage() {
  cat << EOF
usage: $(basename "$0") OUT [--distribution FILE] [--part-size 60M]
Makes OUT/jtvmc-measure.tar.gz.part-aa and so on, none larger than the part size, and OUT/join.sh, which joins and unpacks them.
  --distribution FILE  the archive that 'mvn -Pdist package' makes; without it, it is made
  --part-size N        in bytes, or with K, M or G (60M)
EOF
}

fail() {
  echo "prepare.sh: $*" >&2
  exit 2
}

out='' distribution='' part_size=60M
while (($#)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --distribution | --part-size)
      (($# > 1)) || fail "$1 needs a value"
      [[ $1 == --part-size ]] || distribution=$2
      [[ $1 != --part-size ]] || part_size=$2
      shift
      ;;
    -*) fail "there is no option $1 (see --help)" ;;
    *) out=$1 ;;
  esac
  shift
done
[[ -n $out ]] || fail "a folder is needed (see --help)"
[[ $part_size =~ ^[1-9][0-9]*[KMG]?$ ]] || fail "'$part_size' is no size: write 60M"

if [[ -z $distribution ]]; then
  type -P mvn > /dev/null || fail "Maven is needed to make the distribution; or name one with --distribution"
  echo "prepare.sh: making the distribution" >&2
  mvn --batch-mode -q --file "$root/pom.xml" -Pdist -pl compiler -am -Dmaven.test.skip -Dformat.skip -Derrorprone.skip package >&2
  distribution=$(find "$root/compiler/target" -maxdepth 1 -name 'jtvmc-*-linux-x86_64.tar.gz' -print -quit)
fi
[[ -r $distribution ]] || fail "there is no distribution '$distribution'"

mkdir -p "$out"
rm -f "$out"/jtvmc-measure.tar.gz.* "$out/join.sh"
kit=$(mktemp -d "$out/kit.XXXXXX")
trap 'rm -rf "$kit"' EXIT
folder=$kit/jtvmc-measure
mkdir -p "$folder/jtvmc" "$folder/cache"
cp -r "$here"/*.sh "$here"/*.py "$here/workloads" "$folder/"
rm -f "$folder/prepare.sh"
tar -xzf "$distribution" -C "$folder/jtvmc" --strip-components 1
git -C "$root" log -1 --format='commit %h of %cs' > "$folder/VERSION" 2> /dev/null || rm -f "$folder/VERSION"

for model in $models; do
  echo "prepare.sh: zoo:$model" >&2
  XDG_CACHE_HOME=$(cd "$folder/cache" && pwd -P) "$folder/jtvmc/bin/jtvmc" inspect "zoo:$model" --quiet > /dev/null
done

# The smallest archive: gzip is on every machine.
tar -C "$kit" -cf - jtvmc-measure | gzip -9 | split -b "$part_size" - "$out/jtvmc-measure.tar.gz.part-"
(cd "$out" && sha256sum jtvmc-measure.tar.gz.part-* > jtvmc-measure.tar.gz.sha256)
cat > "$out/join.sh" << 'EOF'
#!/bin/sh
# Joins the parts beside this script and unpacks them: sh join.sh [FOLDER]. Then run FOLDER/jtvmc-measure/measure.sh.
set -eu
from=$(cd "$(dirname "$0")" && pwd -P)
to=${1:-.}
if ! (cd "$from" && sha256sum -c jtvmc-measure.tar.gz.sha256 > /dev/null); then
  echo "join.sh: parts are missing or damaged: bring those that are named above once more" >&2
  exit 1
fi
mkdir -p "$to"
# Only the parts that the list names: an older preparation may have left others.
sed 's/^[0-9a-f]* [ *]//' "$from/jtvmc-measure.tar.gz.sha256" | (cd "$from" && xargs cat) | tar -xzf - -C "$to"
echo "join.sh: run $to/jtvmc-measure/measure.sh" >&2
EOF
chmod +x "$out/join.sh"
echo "prepare.sh: bring $out to the GPU's machine:" >&2
(cd "$out" && du -h join.sh jtvmc-measure.tar.gz.*) >&2
