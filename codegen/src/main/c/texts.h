/*
 * Memory for the texts that a run makes. It belongs to a context, grows with what runs need, and is
 * used anew by each, so that texts live until the next run of the context.
 */
#ifndef JTVMC_TEXTS_H
#define JTVMC_TEXTS_H

#include "system.h"

typedef struct jtvmc_texts {
  char* block; /* begins with the address of the block before it */
  uint64_t size;
  uint64_t used;
} jtvmc_texts;

/* So many bytes, until the next reset; NULL where there is no memory. */
char* jtvmc_texts_take(jtvmc_texts* texts, uint64_t bytes) JTVMC_HIDDEN;

/* Where the memory ends now, and what was taken since given back. */
jtvmc_texts jtvmc_texts_mark(jtvmc_texts* texts) JTVMC_HIDDEN;
void jtvmc_texts_back(jtvmc_texts* texts, jtvmc_texts mark) JTVMC_HIDDEN;

/* Forgets all texts, and keeps the largest block. */
void jtvmc_texts_reset(jtvmc_texts* texts) JTVMC_HIDDEN;

/* Frees all memory. */
void jtvmc_texts_release(jtvmc_texts* texts) JTVMC_HIDDEN;

#endif /* JTVMC_TEXTS_H */
