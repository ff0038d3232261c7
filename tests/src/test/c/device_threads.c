/*
 * Runs the grid of a GPU kernel whose LLVM IR was compiled for the CPU: block after block, the
 * threads of a block as coroutines that give way where they wait for each other. Every access of
 * global or shared memory comes through check_access, which knows all arrays and who touched each
 * element since the last barrier.
 *
 * One of these serves one host thread. x86-64 only: the coroutines switch stacks.
 */
#include <stddef.h>
#include <stdint.h>

void *calloc(size_t count, size_t size);
void free(void *memory);
void *realloc(void *memory, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int snprintf(char *text, size_t bytes, const char *format, ...);

enum { WARP = 32, MOST_THREADS = 1024, MOST_ARRAYS = 64, STACK_BYTES = 128 << 10, MOST_OPERANDS = 16, MOST_COPIES = 1024 };
enum { WRITE = 1, SHARED = 2 };
enum { SEVERAL = UINT32_MAX };

/* Who wrote and read one element last, as thread number + 1 in the grid, and in which phase. */
typedef struct {
  uint32_t writer, write_phase, reader, read_phase;
  uint32_t under_way; /* a copy into it may not have ended */
  uint32_t products;  /* that read it and were not waited for */
  uint64_t written;   /* when, by `now` */
} touches;

typedef struct {
  uintptr_t begin, end;
  touches *elements;
  uint32_t element_bytes;
  uint32_t flags; /* WRITE: may be written; SHARED: the block's own */
} array;

typedef enum { READY, WAITING, DONE } state;

typedef struct {
  void *stack_pointer;
  state state;
  uint32_t operands[MOST_OPERANDS];
  uint32_t results[MOST_OPERANDS];
  uint32_t first_copy, copy_count, groups; /* of copies, in the thread's part of the queue */
  uint32_t product_groups, products_done;  /* groups that it closed, and that it waited for */
  uint32_t fenced, open;                   /* products may begin; some belong to no group yet */
  uint64_t published;                      /* when what it wrote was made known to products */
  uint32_t *sums;                          /* of the product that it begins */
  uint64_t descriptors[2];
  uint32_t pending_count;                  /* sums that are not there yet */
  uint32_t awaits_tiles;                   /* it waits at an mbarrier object */
} thread;

/* A copy from global to shared memory that may go on until its thread waits. */
typedef struct {
  uintptr_t to, from;
  uint32_t bytes, read, group;
} copy;

static array arrays[MOST_ARRAYS];
static uint32_t array_count;
static thread threads[MOST_THREADS];
static uint32_t warp_arrived[MOST_THREADS / WARP];
static char *stacks;
static copy *copies;
static void *scheduler;
static void (*entry)(void **arguments);
static void **entry_arguments;
static uint32_t grid[3], block[3], block_index[3];
static uint32_t thread_count, current, block_number, barrier_arrived, done_count;
static uint32_t phase = 1, launch_phase = 1;
static uint64_t accesses, now;
static uint32_t blocks_done;
static char fault[512];

/* --- Coroutines --- */

__attribute__((naked, noinline)) static void switch_stack(void **save, void *to) {
  __asm__(
      "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret\n");
}

static void give_way(void) {
  switch_stack(&threads[current].stack_pointer, scheduler);
}

static void fail(void);

static void run_thread(void) {
  entry(entry_arguments);
  if (threads[current].copy_count > 0) {
    snprintf(fault, sizeof fault, "a thread ends while it copies");
    fail();
  }
  if (threads[current].open || threads[current].products_done < threads[current].product_groups) {
    snprintf(fault, sizeof fault, "a thread ends while it multiplies");
    fail();
  }
  threads[current].state = DONE;
  done_count++;
  give_way();
  __builtin_unreachable();
}

static void prepare(uint32_t number) {
  uintptr_t top = (uintptr_t)(stacks + (size_t)(number + 1) * STACK_BYTES) & ~(uintptr_t)15;
  void **stack = (void **)(top - 8);
  *--stack = (void *)run_thread;
  for (int saved = 0; saved < 6; saved++) {
    *--stack = NULL;
  }
  threads[number].stack_pointer = stack;
  threads[number].state = READY;
  threads[number].copy_count = threads[number].groups = 0;
  threads[number].product_groups = threads[number].products_done = 0;
  threads[number].fenced = threads[number].open = threads[number].pending_count = 0;
  threads[number].published = 0;
  threads[number].awaits_tiles = 0;
}

/* Ends the launch: the other threads are left where they are. */
static void fail(void) {
  give_way();
  __builtin_unreachable();
}

static void coordinates(uint32_t number, const uint32_t extents[3], uint32_t at[3]) {
  at[0] = number % extents[0];
  at[1] = number / extents[0] % extents[1];
  at[2] = number / extents[0] / extents[1];
}

/* --- What the code calls --- */

#define REGISTER(name, suffix, value) \
  uint32_t name(void) __asm__("nvvm.read.ptx.sreg." suffix); \
  uint32_t name(void) { return value; }

REGISTER(block_x, "ctaid.x", block_index[0])
REGISTER(block_y, "ctaid.y", block_index[1])
REGISTER(block_z, "ctaid.z", block_index[2])
REGISTER(thread_x, "tid.x", current % block[0])
REGISTER(thread_y, "tid.y", current / block[0] % block[1])
REGISTER(thread_z, "tid.z", current / block[0] / block[1])
REGISTER(lane, "laneid", current % WARP)

#include "device_banks.h"

static void wait_for_block(void) {
  if (++barrier_arrived < thread_count) {
    threads[current].state = WAITING;
    give_way();
    return;
  }
  count_warps();
  barrier_arrived = 0;
  phase++;
  for (uint32_t i = 0; i < thread_count; i++) {
    threads[i].state = READY;
  }
}

void barrier0(void) __asm__("nvvm.barrier0");
void barrier0(void) {
  wait_for_block();
}

void barrier_sync(uint32_t number) __asm__("nvvm.barrier.cta.sync.aligned.all");
void barrier_sync(uint32_t number) {
  (void)number;
  wait_for_block();
}

/* What one warp does together, once all its threads have left their operands. */
typedef void (*warp_action)(thread *warp, uint32_t count);

static void together(warp_action action) {
  uint32_t warp = current / WARP;
  uint32_t first = warp * WARP;
  uint32_t count = thread_count - first < WARP ? thread_count - first : WARP;
  if (++warp_arrived[warp] < count) {
    threads[current].state = WAITING;
    give_way();
    return;
  }
  warp_arrived[warp] = 0;
  action(threads + first, count);
  for (uint32_t i = first; i < first + count; i++) {
    threads[i].state = READY;
  }
}

static void exchange(thread *warp, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t other = i ^ warp[i].operands[1];
    warp[i].results[0] = other < count ? warp[other].operands[0] : warp[i].operands[0];
  }
}

uint32_t shuffle(uint32_t mask, uint32_t value, uint32_t distance, uint32_t clamp)
    __asm__("nvvm.shfl.sync.bfly.i32");
uint32_t shuffle(uint32_t mask, uint32_t value, uint32_t distance, uint32_t clamp) {
  (void)mask, (void)clamp;
  threads[current].operands[0] = value;
  threads[current].operands[1] = distance;
  together(exchange);
  return threads[current].results[0];
}

/* --- Memory --- */

static void access_fault(const char *what, uintptr_t address, uint32_t bytes, uint32_t kind) {
  uint32_t at[3];
  coordinates(current, block, at);
  snprintf(
      fault, sizeof fault, "block (%u, %u, %u), thread (%u, %u, %u): a %s of %u bytes of %s memory at ...%06lx %s",
      block_index[0], block_index[1], block_index[2], at[0], at[1], at[2],
      kind & WRITE ? "write" : "read", bytes, kind & SHARED ? "shared" : "global",
      (unsigned long)(address & 0xffffff), what);
  fail();
}

#include "device_blocks.h"

/* Two threads touch one element without a barrier between them, or from different blocks. */
static int is_race(uint32_t other, uint32_t other_phase, uint32_t flags) {
  uint32_t self = block_number * thread_count + current + 1;
  if (other == 0 || other == self || other_phase < launch_phase) {
    return 0;
  }
  if (other_phase == phase) {
    return 1;
  }
  return !(flags & SHARED) && other != SEVERAL && (other - 1) / thread_count != block_number
         && !is_seen(other, other_phase);
}

/* An atomic operation on four bytes of global memory, which are no race with each other. */
static void count_access(uintptr_t counter) {
  for (uint32_t i = 0; i < array_count; i++) {
    if (counter >= arrays[i].begin && counter + 4 <= arrays[i].end && arrays[i].flags == WRITE
        && counter % 4 == 0) {
      return;
    }
  }
  access_fault("is no counter", counter, 4, WRITE);
}

static void check(uintptr_t address, uint32_t bytes, uint32_t alignment, uint32_t kind) {
  array *found = NULL;
  accesses++;
  for (uint32_t i = 0; i < array_count; i++) {
    if (address >= arrays[i].begin && address < arrays[i].end) {
      found = &arrays[i];
    }
  }
  if (found == NULL || address + bytes > found->end || (found->flags & SHARED) != (kind & SHARED)) {
    access_fault("is outside of every array of this kind", address, bytes, kind);
  }
  if (address % alignment != 0) {
    access_fault("has not the alignment that it states", address, bytes, kind);
  }
  if ((kind & WRITE) && !(found->flags & WRITE)) {
    access_fault("goes to what is read only", address, bytes, kind);
  }
  uint32_t self = block_number * thread_count + current + 1;
  touches *element = found->elements + (address - found->begin) / found->element_bytes;
  touches *end = found->elements + (address - found->begin + bytes - 1) / found->element_bytes + 1;
  for (; element < end; element++) {
    if (element->under_way) {
      access_fault("touches what is being copied: its thread has not waited", address, bytes, kind);
    }
    if ((kind & WRITE) && element->products > 0) {
      access_fault("meets products that read it and were not waited for", address, bytes, kind);
    }
    if (is_race(element->writer, element->write_phase, found->flags)
        || ((kind & WRITE) && is_race(element->reader, element->read_phase, found->flags))) {
      access_fault("races with another thread", address, bytes, kind);
    }
    if (kind & WRITE) {
      element->writer = self;
      element->write_phase = phase;
      element->written = ++now;
    } else {
      int another = element->read_phase == phase && element->reader != 0 && element->reader != self;
      element->reader = another ? SEVERAL : self;
      element->read_phase = phase;
    }
  }
}

void check_access(uintptr_t address, uint32_t bytes, uint32_t alignment, uint32_t kind);
void check_access(uintptr_t address, uint32_t bytes, uint32_t alignment, uint32_t kind) {
  check(address, bytes, alignment, kind);
  if (kind & SHARED) {
    note_access((uintptr_t)__builtin_return_address(0), address, bytes);
  }
}

#include "device_copies.h"

#include "device_matrices.h"
#include "device_groups.h"
#include "device_tiles.h"

/* --- What the host calls --- */

int32_t add_array(void *begin, uint64_t bytes, uint32_t element_bytes, uint32_t flags);
int32_t add_array(void *begin, uint64_t bytes, uint32_t element_bytes, uint32_t flags) {
  if (array_count == MOST_ARRAYS) {
    return -1;
  }
  array *added = &arrays[array_count++];
  added->begin = (uintptr_t)begin;
  added->end = added->begin + bytes;
  added->elements = calloc(bytes / element_bytes + 1, sizeof(touches));
  added->element_bytes = element_bytes;
  added->flags = flags;
  return added->elements == NULL ? -1 : 0;
}

void forget_arrays(void);
void forget_arrays(void) {
  for (uint32_t i = 0; i < array_count; i++) {
    free(arrays[i].elements);
  }
  array_count = 0;
}

static int run_block(uint64_t *random) {
  for (uint32_t i = 0; i < array_count; i++) {
    if (arrays[i].flags & SHARED) {
      memset((void *)arrays[i].begin, 0xff, arrays[i].end - arrays[i].begin);
    }
  }
  phase++;
  done_count = barrier_arrived = 0;
  memset(warp_arrived, 0, sizeof warp_arrived);
  forget_products();
  forget_tiles();
  for (uint32_t i = 0; i < thread_count; i++) {
    prepare(i);
  }
  while (done_count < thread_count) {
    uint32_t ran = 0;
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    uint32_t start = (uint32_t)(*random >> 33) % thread_count;
    uint32_t backwards = (uint32_t)(*random >> 32) & 1;
    for (uint32_t i = 0; i < thread_count; i++) {
      current = (start + (backwards ? thread_count - i : i)) % thread_count;
      if (threads[current].state == READY) {
        ran++;
        switch_stack(&scheduler, threads[current].stack_pointer);
        if (fault[0] != 0) {
          return -1;
        }
      }
    }
    if (ran == 0 && tiles_are_missing()) {
      return -1;
    }
    if (ran == 0) {
      snprintf(
          fault, sizeof fault, "block (%u, %u, %u): of %u threads %u are done and %u wait at a barrier",
          block_index[0], block_index[1], block_index[2], thread_count, done_count, barrier_arrived);
      return -1;
    }
  }
  count_warps();
  return tiles_are_left() ? -1 : 0;
}

/* How many blocks of the last launch ran. */
uint32_t blocks_run(void);
uint32_t blocks_run(void) {
  return blocks_done;
}

/* For each element of an array 1 where the last launch wrote it. */
void copy_written(const void *begin, uint8_t *written);
void copy_written(const void *begin, uint8_t *written) {
  for (uint32_t i = 0; i < array_count; i++) {
    if (arrays[i].begin == (uintptr_t)begin) {
      uint64_t elements = (arrays[i].end - arrays[i].begin) / arrays[i].element_bytes;
      for (uint64_t element = 0; element < elements; element++) {
        written[element] = arrays[i].elements[element].writer != 0;
      }
    }
  }
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
  return b == 0 ? a : common_divisor(b, a % b);
}

/* A step that leads all over as many places and comes to each once. */
static uint32_t stride_over(uint32_t places) {
  uint32_t stride = (uint32_t)(places * 0.618) | 1;
  while (common_divisor(places, stride) != 1) {
    stride++;
  }
  return stride;
}

/* The first block, the last one, then all over those between them, from one that the seed says. */
static uint32_t block_in_turn(uint32_t turn, uint32_t blocks, uint32_t stride, uint64_t seed) {
  if (turn < 2) {
    return turn == 0 ? 0 : blocks - 1;
  }
  return 1 + (uint32_t)(((uint64_t)(turn - 2) * stride + seed % blocks) % (blocks - 2));
}

/*
 * Runs blocks until all are done or more than `most_accesses` were made. Returns the fault; an empty
 * text where there is none.
 */
const char *launch(
    void (*code)(void **), void **arguments, const uint32_t extents[6], uint64_t seed, uint64_t most_accesses);
const char *launch(
    void (*code)(void **), void **arguments, const uint32_t extents[6], uint64_t seed, uint64_t most_accesses) {
  entry = code;
  entry_arguments = arguments;
  for (int i = 0; i < 3; i++) {
    grid[i] = extents[i];
    block[i] = extents[3 + i];
  }
  thread_count = block[0] * block[1] * block[2];
  fault[0] = 0;
  stacks = calloc(thread_count, STACK_BYTES);
  copies = calloc(thread_count, MOST_COPIES * sizeof(copy));
  allocate_products();
  notes = calloc(thread_count, MOST_NOTED * sizeof(note));
  memset(note_count, 0, sizeof note_count);
  launch_phase = ++phase;
  uint32_t blocks = grid[0] * grid[1] * grid[2];
  uint64_t order = seed;
  grid_blocks = blocks;
  blocks_published = calloc(blocks, sizeof(published));
  uint32_t stride = blocks > 2 ? stride_over(blocks - 2) : 1;
  accesses = 0;
  for (blocks_done = 0; blocks_done < blocks && accesses <= most_accesses; blocks_done++) {
    block_number = block_in_turn(blocks_done, blocks, stride, order);
    coordinates(block_number, grid, block_index);
    if (run_block(&seed) != 0) {
      break;
    }
  }
  free(blocks_published);
  free(stacks);
  free(copies);
  free_products();
  free(notes);
  return fault;
}
