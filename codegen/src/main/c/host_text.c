/* Operators on texts, element by element; TextOperators.java says what each computes. */
#include "host.h"
#include "jtvmc.h"
#include "texts.h"

int32_t jtvmc_host_text_literal(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_take(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_concat(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_equal(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_find(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_join(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_format(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_text_parse(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* The text at a place of a blob: the number of texts, where each ends, the bytes. */
static jtvmc_text blob_text(const void* blob, int64_t index) {
  int64_t count;
  int64_t begin = 0;
  int64_t end;
  const char* bytes = blob;
  memcpy(&count, bytes, sizeof count);
  if (index > 0) memcpy(&begin, bytes + index * 8, sizeof begin);
  memcpy(&end, bytes + (index + 1) * 8, sizeof end);
  jtvmc_text text = {bytes + (count + 1) * 8 + begin, (uint64_t)(end - begin)};
  return text;
}

static int32_t is_equal(jtvmc_text a, jtvmc_text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* blob; texts; count */
int32_t jtvmc_host_text_literal(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  jtvmc_text* texts = buffers[1];
  const int64_t* parameters = buffers[2];
  for (int64_t i = 0; i < parameters[0]; i++) texts[i] = blob_text(buffers[0], i);
  return 0;
}

/* texts, positions; taken; count, texts */
int32_t jtvmc_host_text_take(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  const int64_t* positions = buffers[1];
  jtvmc_text* taken = buffers[2];
  const int64_t* parameters = buffers[3];
  for (int64_t i = 0; i < parameters[0]; i++) {
    if (positions[i] < 0 || positions[i] >= parameters[1]) return JTVMC_REFUSED;
    taken[i] = texts[positions[i]];
  }
  return 0;
}

/* left, right; joined; memory; count */
int32_t jtvmc_host_text_concat(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* left = buffers[0];
  const jtvmc_text* right = buffers[1];
  jtvmc_text* joined = buffers[2];
  const int64_t* parameters = buffers[4];
  for (int64_t i = 0; i < parameters[0]; i++) {
    uint64_t size = left[i].size + right[i].size;
    char* bytes = jtvmc_texts_take(buffers[3], size);
    if (!bytes) return JTVMC_NO_MEMORY;
    if (left[i].size) memcpy(bytes, left[i].data, left[i].size);
    if (right[i].size) memcpy(bytes + left[i].size, right[i].data, right[i].size);
    joined[i].data = bytes;
    joined[i].size = size;
  }
  return 0;
}

/* left, right; equal; count */
int32_t jtvmc_host_text_equal(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* left = buffers[0];
  const jtvmc_text* right = buffers[1];
  uint8_t* equal = buffers[2];
  const int64_t* parameters = buffers[3];
  for (int64_t i = 0; i < parameters[0]; i++) equal[i] = is_equal(left[i], right[i]) != 0;
  return 0;
}

/* texts, blob; places; count */
int32_t jtvmc_host_text_find(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  int64_t* places = buffers[2];
  const int64_t* parameters = buffers[3];
  int64_t keys;
  memcpy(&keys, buffers[1], sizeof keys);
  for (int64_t i = 0; i < parameters[0]; i++) {
    places[i] = -1;
    for (int64_t key = 0; key < keys && places[i] < 0; key++) {
      if (is_equal(texts[i], blob_text(buffers[1], key))) places[i] = key;
    }
  }
  return 0;
}

/* left, right; joined; count, count of the left */
int32_t jtvmc_host_text_join(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* left = buffers[0];
  const jtvmc_text* right = buffers[1];
  jtvmc_text* joined = buffers[2];
  const int64_t* parameters = buffers[3];
  int64_t first = parameters[1];
  for (int64_t i = 0; i < parameters[0]; i++) joined[i] = i < first ? left[i] : right[i - first];
  return 0;
}

static int print_real(char* to, size_t size, float value) {
  if (value != value) return snprintf(to, size, "NaN");
  if (value - value != 0) return snprintf(to, size, value > 0 ? "INF" : "-INF");
  int length = 0;
  for (int digits = 1; digits <= 8; digits++) {
    length = snprintf(to, size, "%.*g", digits, (double)value);
    if (strtof(to, NULL) == value) break;
  }
  return length;
}

/* numbers; texts; memory; count, count, whether they are floats */
int32_t jtvmc_host_text_format(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  jtvmc_text* texts = buffers[1];
  const int64_t* parameters = buffers[3];
  for (int64_t i = 0; i < parameters[0]; i++) {
    char digits[32];
    int length = parameters[2]
                     ? print_real(digits, sizeof digits, ((const float*)buffers[0])[i])
                     : snprintf(digits, sizeof digits, "%lld",
                                (long long)((const int64_t*)buffers[0])[i]);
    char* bytes = jtvmc_texts_take(buffers[2], (uint64_t)length);
    if (!bytes) return JTVMC_NO_MEMORY;
    memcpy(bytes, digits, (size_t)length);
    texts[i].data = bytes;
    texts[i].size = (uint64_t)length;
  }
  return 0;
}

static int32_t is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* texts; numbers; count */
int32_t jtvmc_host_text_parse(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  double* numbers = buffers[1];
  const int64_t* parameters = buffers[2];
  for (int64_t i = 0; i < parameters[0]; i++) {
    /* What a double needs is shorter than this; a text ends with no zero. */
    char digits[512];
    uint64_t size = texts[i].size;
    const char* text = texts[i].data;
    while (size > 0 && is_space(text[size - 1])) size--;
    if (size == 0 || size >= sizeof digits) return JTVMC_REFUSED;
    memcpy(digits, text, size);
    digits[size] = 0;
    char* end;
    numbers[i] = strtod(digits, &end);
    if (end != digits + size) return JTVMC_REFUSED;
  }
  return 0;
}
