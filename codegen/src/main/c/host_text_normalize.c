#include "host.h"
#include "jtvmc.h"
#include "texts.h"
#include "utf8.h"

int32_t jtvmc_host_text_normalize(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* Letters in ascending order, each with what it becomes. */
typedef struct {
  const int64_t* pairs;
  int64_t count;
} mapping;

static uint32_t mapped(mapping map, uint32_t letter) {
  int64_t low = 0;
  int64_t high = map.count;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (map.pairs[2 * middle] == letter) return (uint32_t)map.pairs[2 * middle + 1];
    if (map.pairs[2 * middle] < letter) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return letter;
}

static int32_t is_equal(jtvmc_text a, jtvmc_text b, mapping map) {
  uint64_t i = 0;
  uint64_t j = 0;
  while (i < a.size && j < b.size) {
    uint32_t left = mapped(map, jtvmc_utf8_next(a.data, a.size, &i));
    if (left != mapped(map, jtvmc_utf8_next(b.data, b.size, &j))) return 0;
  }
  return i == a.size && j == b.size;
}

static int32_t change(jtvmc_text text, mapping map, jtvmc_texts* memory, jtvmc_text* changed) {
  *changed = text;
  if (map.count == 0) return 0;
  /* A letter takes at most 4 bytes, and takes one at least. */
  char* bytes = jtvmc_texts_take(memory, text.size * 4);
  if (!bytes) return -1;
  uint64_t size = 0;
  for (uint64_t at = 0; at < text.size;) {
    size += jtvmc_utf8_put(bytes + size, mapped(map, jtvmc_utf8_next(text.data, text.size, &at)));
  }
  changed->data = bytes;
  changed->size = size;
  return 0;
}

static jtvmc_text dropped_text(const char* blob, int64_t count, int64_t index) {
  int64_t begin = 0;
  int64_t end;
  if (index > 0) memcpy(&begin, blob + index * 8, sizeof begin);
  memcpy(&end, blob + (index + 1) * 8, sizeof end);
  jtvmc_text text = {blob + (count + 1) * 8 + begin, (uint64_t)(end - begin)};
  return text;
}

/* texts, dropped; kept, count; memory; changes, comparisons, pairs...; texts, room */
int32_t jtvmc_host_text_normalize(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  const char* blob = buffers[1];
  jtvmc_text* kept = buffers[2];
  int64_t* count = buffers[3];
  const int64_t* table = buffers[5];
  const int64_t* parameters = buffers[6];
  mapping changes = {table + 2, table[0]};
  mapping comparisons = {table + 2 + 2 * table[0], table[1]};
  int64_t dropped;
  memcpy(&dropped, blob, sizeof dropped);
  memset(kept, 0, (size_t)parameters[1] * sizeof *kept);
  *count = 0;
  for (int64_t i = 0; i < parameters[0]; i++) {
    int32_t keep = 1;
    for (int64_t d = 0; keep && d < dropped; d++) {
      keep = !is_equal(texts[i], dropped_text(blob, dropped, d), comparisons);
    }
    if (keep && change(texts[i], changes, buffers[4], &kept[(*count)++])) return JTVMC_NO_MEMORY;
  }
  /* Where nothing is left there is one empty text. */
  if (*count == 0) *count = 1;
  return 0;
}
