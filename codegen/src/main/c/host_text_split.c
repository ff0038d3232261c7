#include "host.h"
#include "jtvmc.h"

int32_t jtvmc_host_text_split(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

typedef struct {
  jtvmc_text* parts;
  int64_t count;
  int64_t room;
} part_list;

/* Negative where there is no room. */
static int32_t add(part_list* list, const char* data, uint64_t size) {
  if (list->count == list->room) return -1;
  list->parts[list->count].data = data;
  list->parts[list->count++].size = size;
  return 0;
}

static int32_t split_at(part_list* list, jtvmc_text text, jtvmc_text delimiter, int64_t most) {
  uint64_t begin = 0;
  for (uint64_t at = 0; at + delimiter.size <= text.size && (most < 0 || list->count < most);) {
    if (memcmp(text.data + at, delimiter.data, delimiter.size) != 0) {
      at++;
      continue;
    }
    if (add(list, text.data + begin, at - begin)) return -1;
    at += delimiter.size;
    begin = at;
  }
  return add(list, text.data + begin, text.size - begin);
}

static int32_t is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int32_t split_at_space(part_list* list, jtvmc_text text, int64_t most) {
  for (uint64_t at = 0; at < text.size;) {
    if (is_space(text.data[at])) {
      at++;
      continue;
    }
    uint64_t end = at;
    while (end < text.size && !is_space(text.data[end])) end++;
    if (most >= 0 && list->count == most) end = text.size;
    if (add(list, text.data + at, end - at)) return -1;
    at = end;
  }
  return 0;
}

/* texts, delimiter; parts, counts, sizes; texts, most places and 1 or 0 for any number, room, rank,
   shape... */
int32_t jtvmc_host_text_split(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  const char* blob = buffers[1];
  jtvmc_text* parts = buffers[2];
  int64_t* counts = buffers[3];
  int64_t* sizes = buffers[4];
  const int64_t* parameters = buffers[5];
  int64_t room = parameters[2];
  int64_t rank = parameters[3];
  int64_t length;
  memcpy(&length, blob + 8, sizeof length);
  jtvmc_text delimiter = {blob + 16, (uint64_t)length};
  memset(parts, 0, (size_t)(parameters[0] * room) * sizeof *parts);
  int64_t greatest = 0;
  for (int64_t i = 0; i < parameters[0]; i++) {
    part_list list = {parts + i * room, 0, room};
    int32_t status = length ? split_at(&list, texts[i], delimiter, parameters[1] - 1)
                            : split_at_space(&list, texts[i], parameters[1] - 1);
    if (status) return JTVMC_REFUSED;
    counts[i] = list.count;
    if (list.count > greatest) greatest = list.count;
  }
  for (int64_t d = 0; d < rank; d++) sizes[d] = parameters[4 + d];
  sizes[rank] = greatest;
  return 0;
}
