/* Regular expressions; MatchProgram.java says what the instructions do. */
#include "host.h"
#include "jtvmc.h"
#include "utf8.h"

int32_t jtvmc_host_text_match(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

enum { TAKE, SPLIT, BEGIN, END, WORD_EDGE, NO_WORD_EDGE, DONE };

typedef struct {
  const int64_t* instructions; /* kind, first, second */
  const int64_t* ranges;
  int64_t* marks; /* for each instruction the round in which it was followed last */
  int64_t* pending;
  int64_t round;
} machine;

/* A list of instructions that wait. */
typedef struct {
  int64_t* items;
  int64_t count;
} ways;

/* What lies around a place between letters. */
typedef struct {
  int32_t is_begin;
  int32_t is_end;
  int32_t is_edge;
} place;

static int32_t is_word(uint32_t letter) {
  return letter == '_' || (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= 'a' && letter <= 'z');
}

/* Follows an instruction as far as no letter is needed; each is followed once in a round. */
static void follow(machine* m, int64_t from, place p, ways* found) {
  int64_t count = 0;
  m->pending[count++] = from;
  while (count > 0) {
    int64_t way = m->pending[--count];
    if (m->marks[way] == m->round) continue;
    m->marks[way] = m->round;
    const int64_t* instruction = m->instructions + 3 * way;
    int32_t holds = 0;
    switch (instruction[0]) {
      case TAKE:
      case DONE:
        found->items[found->count++] = way;
        break;
      case SPLIT:
        m->pending[count++] = instruction[1];
        m->pending[count++] = instruction[2];
        break;
      case BEGIN:
        holds = p.is_begin;
        break;
      case END:
        holds = p.is_end;
        break;
      case WORD_EDGE:
        holds = p.is_edge;
        break;
      default:
        holds = !p.is_edge;
        break;
    }
    if (holds) m->pending[count++] = way + 1;
  }
}

static int32_t takes(const machine* m, const int64_t* instruction, uint32_t letter) {
  for (int64_t range = instruction[1]; range < instruction[2]; range++) {
    if (letter >= m->ranges[2 * range] && letter <= m->ranges[2 * range + 1]) return 1;
  }
  return 0;
}

static place place_at(jtvmc_text text, uint64_t at, int32_t after_word) {
  uint64_t next = at;
  int32_t before_word = at < text.size && is_word(jtvmc_utf8_next(text.data, text.size, &next));
  place p = {at == 0, at == text.size, after_word != before_word};
  return p;
}

static int32_t matches(machine* m, jtvmc_text text, ways now, ways next) {
  now.count = 0;
  m->round++;
  follow(m, 0, place_at(text, 0, 0), &now);
  for (uint64_t at = 0; at < text.size && now.count > 0;) {
    uint32_t letter = jtvmc_utf8_next(text.data, text.size, &at);
    place p = place_at(text, at, is_word(letter));
    next.count = 0;
    m->round++;
    for (int64_t i = 0; i < now.count; i++) {
      const int64_t* instruction = m->instructions + 3 * now.items[i];
      if (instruction[0] == TAKE && takes(m, instruction, letter)) {
        follow(m, now.items[i] + 1, p, &next);
      }
    }
    ways other = now;
    now = next;
    next = other;
  }
  for (int64_t i = 0; i < now.count; i++) {
    if (m->instructions[3 * now.items[i]] == DONE) return 1;
  }
  return 0;
}

/* texts; matches; scratch; instructions, kind, first, second ..., ranges...; texts */
int32_t jtvmc_host_text_match(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_text* texts = buffers[0];
  uint8_t* matched = buffers[1];
  int64_t* scratch = buffers[2];
  const int64_t* program = buffers[3];
  const int64_t* parameters = buffers[4];
  int64_t size = program[0];
  ways now = {scratch, 0};
  ways next = {scratch + size, 0};
  /* Each instruction pushes two at most, and is followed once. */
  machine m = {program + 1, program + 1 + 3 * size, scratch + 2 * size, scratch + 3 * size, 0};
  memset(m.marks, 0, (size_t)size * sizeof *m.marks);
  for (int64_t i = 0; i < parameters[0]; i++) matched[i] = matches(&m, texts[i], now, next) != 0;
  return 0;
}
