/*
 * Part of device_threads.c.
 */

/* --- Banks of shared memory ---

   What the threads of a warp do at one place of the code is one access. It is served in groups of
   threads that together move 128 bytes, and takes a turn more for each further word that a group
   wants of one bank. A thread runs on until it waits, so its accesses are noted, and those of a warp
   are put together at the next barrier: the n-th of each thread at one place belong together. */

enum { MOST_NOTED = 4096, BANKS = 32, NOTED_BLOCKS = 2 };

typedef struct {
  uintptr_t place, address;
  uint32_t bytes;
} note;

static note *notes;
static uint32_t note_count[MOST_THREADS];
static uint64_t shared_turns, least_turns;

static void note_access(uintptr_t place, uintptr_t address, uint32_t bytes) {
  if (blocks_done < NOTED_BLOCKS && note_count[current] < MOST_NOTED) {
    notes[current * MOST_NOTED + note_count[current]++] = (note){place, address, bytes};
  }
}

/* The turns that threads take whose accesses are served at once. */
static uint32_t turns_of(const uintptr_t *words, uint32_t count) {
  uint32_t most = 0, of_bank[BANKS] = {0};
  for (uint32_t i = 0; i < count; i++) {
    int again = 0;
    for (uint32_t j = 0; j < i; j++) {
      again |= words[j] == words[i];
    }
    if (!again && ++of_bank[words[i] % BANKS] > most) {
      most = of_bank[words[i] % BANKS];
    }
  }
  return most;
}

/* One access of a warp; a thread that does not take part has no bytes. */
static void count_turns(const note *of_thread) {
  uint32_t bytes = 0;
  for (uint32_t lane = 0; lane < WARP; lane++) {
    bytes = of_thread[lane].bytes > bytes ? of_thread[lane].bytes : bytes;
  }
  uint32_t group = bytes > 4 ? WARP * 4 / bytes : WARP;
  for (uint32_t first = 0; first < WARP; first += group) {
    uintptr_t words[WARP];
    uint32_t count = 0;
    for (uint32_t lane = first; lane < first + group; lane++) {
      for (uint32_t byte = 0; byte < of_thread[lane].bytes; byte += 4) {
        words[count++] = (of_thread[lane].address + byte) / 4;
      }
    }
    if (count > 0) {
      shared_turns += turns_of(words, count);
      least_turns++;
    }
  }
}

/* Where the n-th access of the thread at a place is among its notes, from `from` on. */
static uint32_t next_at(uint32_t thread, uintptr_t place, uint32_t from) {
  while (from < note_count[thread] && notes[thread * MOST_NOTED + from].place != place) {
    from++;
  }
  return from;
}

/* Puts the accesses of each warp together, and forgets them. */
static void count_warps(void) {
  for (uint32_t first = 0; first < thread_count; first += WARP) {
    uint32_t end = first + WARP < thread_count ? first + WARP : thread_count;
    for (uint32_t leader = first; leader < end; leader++) {
      for (uint32_t i = 0; i < note_count[leader]; i++) {
        note *own = &notes[leader * MOST_NOTED + i];
        note together[WARP] = {0};
        if (own->bytes == 0) {
          continue; /* counted with a thread before */
        }
        uintptr_t place = own->place;
        for (uint32_t other = leader; other < end; other++) {
          uint32_t at = i < note_count[other] && notes[other * MOST_NOTED + i].place == place
              && notes[other * MOST_NOTED + i].bytes > 0 ? i : next_at(other, place, 0);
          while (at < note_count[other] && notes[other * MOST_NOTED + at].bytes == 0) {
            at = next_at(other, place, at + 1);
          }
          if (at < note_count[other]) {
            note *noted = &notes[other * MOST_NOTED + at];
            together[other - first] = *noted;
            noted->bytes = 0;
          }
        }
        count_turns(together);
      }
    }
    for (uint32_t i = first; i < end; i++) {
      note_count[i] = 0;
    }
  }
}

/* How many turns the last launch's accesses of shared memory took more than they had to. */
uint64_t shared_conflicts(void);
uint64_t shared_conflicts(void) {
  return shared_turns - least_turns;
}
