#include "texts.h"

#define SMALLEST_BLOCK ((uint64_t)4096)

static char* before(const char* block) {
  char* older;
  memcpy(&older, block, sizeof older);
  return older;
}

static void free_from(char* block) {
  while (block) {
    char* older = before(block);
    free(block);
    block = older;
  }
}

char* jtvmc_texts_take(jtvmc_texts* texts, uint64_t bytes) {
  if (!texts->block || texts->size - texts->used < bytes) {
    uint64_t size = texts->size < SMALLEST_BLOCK ? SMALLEST_BLOCK : texts->size;
    if (bytes > (UINT64_MAX >> 2) || size > (UINT64_MAX >> 2)) return NULL;
    while (size < bytes + sizeof(char*)) size *= 2;
    if (texts->block) size *= 2;
    char* block = aligned_alloc(64, size);
    if (!block) return NULL;
    memcpy(block, &texts->block, sizeof texts->block);
    texts->block = block;
    texts->size = size;
    texts->used = sizeof(char*);
  }
  char* taken = texts->block + texts->used;
  texts->used += bytes;
  return taken;
}

jtvmc_texts jtvmc_texts_mark(jtvmc_texts* texts) { return *texts; }

void jtvmc_texts_back(jtvmc_texts* texts, jtvmc_texts mark) {
  while (texts->block != mark.block) {
    char* older = before(texts->block);
    free(texts->block);
    texts->block = older;
  }
  *texts = mark;
}

void jtvmc_texts_reset(jtvmc_texts* texts) {
  if (!texts->block) return;
  free_from(before(texts->block));
  char* none = NULL;
  memcpy(texts->block, &none, sizeof none);
  texts->used = sizeof(char*);
}

void jtvmc_texts_release(jtvmc_texts* texts) {
  free_from(texts->block);
  memset(texts, 0, sizeof *texts);
}
