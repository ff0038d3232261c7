#include "host.h"

int32_t jtvmc_host_nms(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

typedef struct {
  float top, left, bottom, right;
} box;

static float least(float a, float b) { return a < b ? a : b; }

static float greatest(float a, float b) { return a > b ? a : b; }

static box box_at(const float* boxes, int64_t index, int64_t centers) {
  const float* at = boxes + index * 4;
  box corners = {at[1] - at[3] / 2, at[0] - at[2] / 2, at[1] + at[3] / 2, at[0] + at[2] / 2};
  box ordered = {least(at[0], at[2]), least(at[1], at[3]), greatest(at[0], at[2]),
                 greatest(at[1], at[3])};
  return centers ? corners : ordered;
}

static float area(box b) { return (b.bottom - b.top) * (b.right - b.left); }

/* Intersection over union; 0 where a box is empty. */
static float overlap(box a, box b) {
  float height = least(a.bottom, b.bottom) - greatest(a.top, b.top);
  float width = least(a.right, b.right) - greatest(a.left, b.left);
  if (!(height > 0) || !(width > 0)) return 0;
  float common = height * width;
  float joined = area(a) + area(b) - common;
  return area(a) > 0 && area(b) > 0 && joined > 0 ? common / joined : 0;
}

static int32_t is_better(const void* context, int64_t a, int64_t b) {
  const float* scores = context;
  return scores[a] > scores[b];
}

/* boxes, scores, most, overlap, score; rows, sizes; scratch; batches, classes, boxes, room,
   centers */
int32_t jtvmc_host_nms(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const float* all_scores = buffers[1];
  int64_t most = *(const int64_t*)buffers[2];
  float limit = *(const float*)buffers[3];
  float threshold = *(const float*)buffers[4];
  int64_t* rows = buffers[5];
  int64_t* sizes = buffers[6];
  const int64_t* parameters = buffers[8];
  int64_t batches = parameters[0];
  int64_t classes = parameters[1];
  int64_t boxes = parameters[2];
  int64_t room = parameters[3];
  int64_t centers = parameters[4];
  int64_t* order = buffers[7];
  int64_t* spare = order + boxes;
  int64_t count = 0;
  memset(rows, 0, (size_t)(room * 3) * sizeof *rows);
  for (int64_t row = 0; row < batches * classes; row++) {
    const float* scores = all_scores + row * boxes;
    const float* own = (const float*)buffers[0] + row / classes * boxes * 4;
    int64_t candidates = 0;
    for (int64_t i = 0; i < boxes; i++) {
      if (scores[i] > threshold) order[candidates++] = i;
    }
    jtvmc_sort(order, spare, candidates, is_better, scores);
    /* What is kept takes the places of what was looked at. */
    int64_t kept = 0;
    for (int64_t at = 0; at < candidates && kept < most && count < room; at++) {
      box candidate = box_at(own, order[at], centers);
      int32_t keep = 1;
      for (int64_t k = 0; keep && k < kept; k++) {
        keep = !(overlap(box_at(own, order[k], centers), candidate) > limit);
      }
      if (!keep) continue;
      rows[count * 3] = row / classes;
      rows[count * 3 + 1] = row % classes;
      rows[count * 3 + 2] = order[at];
      count++;
      order[kept++] = order[at];
    }
  }
  sizes[0] = count;
  sizes[1] = 3;
  return 0;
}
