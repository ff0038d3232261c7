#include "pool_work.h"

/* Progress in a loop, as one word: the loop's number above, how many pieces below. A word of an
   earlier loop means none, so that nobody needs to reset it. */
#define NUMBER_SHIFT 16
#define COUNT ((uint64_t)0xffff)

uint64_t jtvmc_loop_number(const jtvmc_pool* pool) {
  return __atomic_load_n(&pool->number, __ATOMIC_ACQUIRE);
}

/* ---- The description of a loop ---- */

void jtvmc_loop_publish(jtvmc_pool* pool, const jtvmc_loop* next) {
  uint64_t slot = next->number & 1;
  /* Released one by one: who sees any of it sees the number of the loop before, too. */
  __atomic_store_n(&pool->body[slot], next->body, __ATOMIC_RELEASE);
  __atomic_store_n(&pool->closure[slot], next->closure, __ATOMIC_RELEASE);
  __atomic_store_n(&pool->extent[slot], next->extent, __ATOMIC_RELEASE);
  __atomic_store_n(&pool->shares[slot], (uint16_t)next->shares, __ATOMIC_RELEASE);
  __atomic_store_n(&pool->pieces[slot], (uint16_t)next->pieces, __ATOMIC_RELEASE);
  __atomic_store_n(&pool->number, next->number, __ATOMIC_RELEASE);
}

jtvmc_loop jtvmc_loop_latest(const jtvmc_pool* pool) {
  jtvmc_loop read;
  do {
    read.number = jtvmc_loop_number(pool);
    uint64_t slot = read.number & 1;
    read.body = __atomic_load_n(&pool->body[slot], __ATOMIC_ACQUIRE);
    read.closure = __atomic_load_n(&pool->closure[slot], __ATOMIC_ACQUIRE);
    read.extent = __atomic_load_n(&pool->extent[slot], __ATOMIC_ACQUIRE);
    read.shares = __atomic_load_n(&pool->shares[slot], __ATOMIC_ACQUIRE);
    read.pieces = __atomic_load_n(&pool->pieces[slot], __ATOMIC_ACQUIRE);
  } while (__atomic_load_n(&pool->number, __ATOMIC_RELAXED) != read.number);
  return read;
}

/* ---- The work ---- */

/* How many pieces a word counts of a loop. */
static uint64_t count_of(uint64_t word, const jtvmc_loop* of) {
  return word >> NUMBER_SHIFT == of->number ? word & COUNT : 0;
}

/*
 * Takes the next piece of a member's share; -1 when none is left. Nothing is left of a loop that is
 * over, so that a worker that comes late finds out here. The caller begins with its own first piece
 * without asking, so that no others take it.
 */
static int32_t take_piece(jtvmc_pool* pool, const jtvmc_loop* of, int32_t share) {
  uint64_t* word = &pool->members[share].taken;
  uint64_t taken = __atomic_load_n(word, __ATOMIC_RELAXED);
  uint64_t next;
  do {
    if (taken >> NUMBER_SHIFT > of->number) return -1;
    next = count_of(taken, of);
    if (next == 0 && share == 0) next = 1;
    if (next == (uint64_t)of->pieces) return -1;
  } while (!__atomic_compare_exchange_n(word, &taken, of->number << NUMBER_SHIFT | (next + 1), 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return (int32_t)next;
}

/* Where part `index` of [0, extent) begins when it is cut into equal parts, the longer ones first. */
static int64_t begin_of(int64_t extent, int32_t parts, int32_t index) {
  int64_t longer = extent % parts;
  return extent / parts * index + (index < longer ? index : longer);
}

/* Runs one of `parts` parts of a piece. */
static void run_part(jtvmc_pool* pool, const jtvmc_loop* of, int32_t share, int32_t piece,
                     int32_t part, int32_t parts) {
  int64_t begin = begin_of(of->extent, of->shares, share);
  int64_t size = begin_of(of->extent, of->shares, share + 1) - begin;
  begin += begin_of(size, of->pieces, piece);
  size = begin_of(size, of->pieces, piece + 1) - begin_of(size, of->pieces, piece);
  int64_t end = begin + begin_of(size, parts, part + 1);
  begin += begin_of(size, parts, part);
  if (begin == end) return;
  int32_t status = of->body(of->closure, begin, end);
  if (status != 0) __atomic_store_n(&pool->status, status, __ATOMIC_RELAXED);
}

static void run_piece(jtvmc_pool* pool, const jtvmc_loop* of, int32_t share, int32_t piece) {
  run_part(pool, of, share, piece, 0, 1);
}

/* Says how many pieces a member has run. */
static void report(jtvmc_member* self, const jtvmc_loop* of, uint64_t ran) {
  __atomic_store_n(&self->done, of->number << NUMBER_SHIFT | ran, __ATOMIC_RELEASE);
}

void jtvmc_loop_run_first(jtvmc_pool* pool, const jtvmc_loop* of, int32_t part, int32_t parts) {
  run_part(pool, of, 0, 0, part, parts);
}

void jtvmc_loop_run(jtvmc_pool* pool, const jtvmc_loop* of, int32_t self, uint64_t ran) {
  int32_t share = self;
  do {
    int32_t piece;
    while ((piece = take_piece(pool, of, share)) >= 0) {
      run_piece(pool, of, share, piece);
      ran++;
      if (share != self) report(&pool->members[self], of, ran);
    }
    if (share == self) report(&pool->members[self], of, ran);
    share = share + 1 == of->shares ? 0 : share + 1;
  } while (share != self);
}

int jtvmc_loop_begun(const jtvmc_pool* pool, const jtvmc_loop* of, int32_t share) {
  return count_of(__atomic_load_n(&pool->members[share].taken, __ATOMIC_RELAXED), of) > 0;
}

int jtvmc_loop_all_took_part(const jtvmc_pool* pool, const jtvmc_loop* of) {
  for (int32_t i = 0; i < of->shares; i++) {
    if (count_of(__atomic_load_n(&pool->members[i].done, __ATOMIC_RELAXED), of) == 0) return 0;
  }
  return 1;
}

/* The loads do not wait for each other. */
int jtvmc_loop_is_over(const jtvmc_pool* pool, const jtvmc_loop* of) {
  uint64_t ran = 0;
  for (int32_t i = 0; i < of->shares; i++) {
    ran += count_of(__atomic_load_n(&pool->members[i].done, __ATOMIC_ACQUIRE), of);
  }
  return ran == (uint64_t)of->shares * (uint64_t)of->pieces;
}
