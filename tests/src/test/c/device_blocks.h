/*
 * Blocks that count themselves, and what the last of them sees of the others: see the PTX ISA,
 * "Memory Consistency Model". An atomic operation that releases publishes what its thread wrote, and
 * what other threads of its block wrote before the last barrier; one that acquires makes visible
 * to its thread, and to the others of its block after the next barrier, what operations on the same
 * counter before it published.
 */

typedef struct {
  uintptr_t counter;
  uint32_t phase, thread; /* when it published, and by which thread */
  uint32_t reader;        /* the block that sees it, + 1; 0 for none */
  uint32_t seen, seer;    /* since when, and by which thread at first */
} published;

static published *blocks_published; /* of each block of the grid */
static uint32_t grid_blocks;

/* Whether an access by another block happened before one of this thread. */
static int is_seen(uint32_t other, uint32_t other_phase) {
  const published *by = &blocks_published[(other - 1) / thread_count];
  if (by->reader != block_number + 1) return 0;
  int released = other_phase < by->phase || (other_phase == by->phase && (other - 1) % thread_count == by->thread);
  int acquired = phase > by->seen || (phase == by->seen && current == by->seer);
  return released && acquired;
}

static void count_access(uintptr_t counter);

uint32_t count_block(uint64_t counter, uint32_t last, uint32_t publishes) __asm__("device.count_block");
uint32_t count_block(uint64_t counter, uint32_t last, uint32_t publishes) {
  count_access((uintptr_t)counter);
  uint32_t before = *(uint32_t *)counter;
  *(uint32_t *)counter = before >= last ? 0 : before + 1;
  if (!publishes) return before;
  published *own = &blocks_published[block_number];
  *own = (published){(uintptr_t)counter, phase, current, 0, 0, 0};
  for (uint32_t block = 0; block < grid_blocks; block++) {
    published *other = &blocks_published[block];
    if (other->counter == counter) {
      other->reader = block_number + 1;
      other->seen = phase;
      other->seer = current;
    }
  }
  return before;
}
