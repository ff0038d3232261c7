/* Letters of UTF-8, by Unicode's numbers. */
#ifndef JTVMC_UTF8_H
#define JTVMC_UTF8_H

#include "system.h"

/* What stands where bytes are no UTF-8. */
#define JTVMC_NO_LETTER 0xfffd

/* The letter at a place, which moves behind it; there is at least one byte. */
static inline uint32_t jtvmc_utf8_next(const char* text, uint64_t size, uint64_t* at) {
  uint8_t first = (uint8_t)text[(*at)++];
  if (first < 0x80) return first;
  int32_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
  if (more == 0 || first > 0xf4 || *at + (uint64_t)more > size) return JTVMC_NO_LETTER;
  uint32_t letter = first & (0x3fu >> more);
  for (int32_t i = 0; i < more; i++) {
    uint8_t byte = (uint8_t)text[*at + (uint64_t)i];
    if ((byte & 0xc0) != 0x80) return JTVMC_NO_LETTER;
    letter = letter << 6 | (byte & 0x3fu);
  }
  *at += (uint64_t)more;
  return letter;
}

/* Writes a letter; how many bytes, at most 4. */
static inline uint64_t jtvmc_utf8_put(char* to, uint32_t letter) {
  if (letter < 0x80) {
    to[0] = (char)letter;
    return 1;
  }
  uint64_t more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
  for (uint64_t i = more; i > 0; i--) {
    to[i] = (char)(0x80 | (letter & 0x3f));
    letter >>= 6;
  }
  to[0] = (char)((0xf00u >> more & 0xf0) | letter);
  return more + 1;
}

#endif /* JTVMC_UTF8_H */
