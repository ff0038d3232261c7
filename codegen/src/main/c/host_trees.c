#include "host.h"

int32_t jtvmc_host_trees(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

enum { HEAD = 5, NODE = 8, MEAN = 0, LEAST = 2, GREATEST = 3 };

/* What the vector of the trees holds; see Trees.java. */
typedef struct {
  const int64_t* nodes;
  const int64_t* roots;
  const int64_t* leaves;
  const int64_t* entries;
  const int64_t* members;
  int64_t root_count;
} forest;

static double real(int64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int32_t holds(const forest* trees, const int64_t* node, double value) {
  double bound = real(node[2]);
  if (value != value && node[5]) return 1;
  switch (node[0]) {
    case 0:
      return value <= bound;
    case 1:
      return value < bound;
    case 2:
      return value >= bound;
    case 3:
      return value > bound;
    case 4:
      return value == bound;
    case 5:
      return value != bound;
    default:
      for (int64_t i = node[6]; i < node[7]; i++) {
        if (value == real(trees->members[i])) return 1;
      }
      return 0;
  }
}

static double join(int64_t aggregate, double a, double b) {
  if (aggregate == LEAST) return b < a ? b : a;
  if (aggregate == GREATEST) return b > a ? b : a;
  return a + b;
}

static double feature(const void* rows, int64_t index, int64_t is_double) {
  return is_double ? ((const double*)rows)[index] : (double)((const float*)rows)[index];
}

/* rows, trees; result; scratch; rows, features, targets, aggregate, whether doubles */
int32_t jtvmc_host_trees(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* all = buffers[1];
  double* sums = buffers[3];
  const int64_t* parameters = buffers[4];
  int64_t features = parameters[1];
  int64_t targets = parameters[2];
  int64_t aggregate = parameters[3];
  uint8_t* reached = (uint8_t*)(sums + targets);
  forest trees;
  trees.nodes = all + HEAD;
  trees.roots = trees.nodes + all[0] * NODE;
  trees.leaves = trees.roots + all[3];
  trees.entries = trees.leaves + all[1] + 1;
  trees.members = trees.entries + 2 * all[2];
  trees.root_count = all[3];
  for (int64_t row = 0; row < parameters[0]; row++) {
    memset(sums, 0, (size_t)targets * (sizeof *sums + 1));
    for (int64_t root = 0; root < trees.root_count; root++) {
      int64_t at = trees.roots[root];
      while (at >= 0) {
        const int64_t* node = trees.nodes + at * NODE;
        double value = feature(buffers[0], row * features + node[1], parameters[4]);
        at = holds(&trees, node, value) ? node[3] : node[4];
      }
      for (int64_t i = trees.leaves[-1 - at]; i < trees.leaves[-at]; i++) {
        int64_t target = trees.entries[2 * i];
        double weight = real(trees.entries[2 * i + 1]);
        sums[target] = reached[target] ? join(aggregate, sums[target], weight) : weight;
        reached[target] = 1;
      }
    }
    for (int64_t target = 0; target < targets; target++) {
      double value = sums[target];
      if (aggregate == MEAN) value /= (double)trees.root_count;
      if (parameters[4]) {
        ((double*)buffers[2])[row * targets + target] = value;
      } else {
        ((float*)buffers[2])[row * targets + target] = (float)value;
      }
    }
  }
  return 0;
}
