#include "placement.h"

#include "system.h"

/* The calling thread, to the kernel. */
#define SELF 0

int32_t jtvmc_current_cpu(void) { return sched_getcpu(); }

static int get_affinity(int32_t thread, jtvmc_cpu_set* set) {
  memset(set, 0, sizeof *set);
  return syscall(SYS_SCHED_GETAFFINITY, (long)thread, sizeof set->words, set->words) > 0;
}

static int set_affinity(int32_t thread, const jtvmc_cpu_set* set) {
  return syscall(SYS_SCHED_SETAFFINITY, (long)thread, sizeof set->words, set->words) == 0;
}

static int in_range(int32_t cpu) { return cpu >= 0 && cpu < JTVMC_MAX_CPUS; }

static uint64_t bit_of(int32_t cpu) { return (uint64_t)1 << (cpu % 64); }

int jtvmc_forbid_cpu(int32_t thread, int32_t cpu) {
  jtvmc_cpu_set set;
  if (!in_range(cpu) || !get_affinity(thread, &set)) return 0;
  if (!(set.words[cpu / 64] & bit_of(cpu))) return 0;
  set.words[cpu / 64] &= ~bit_of(cpu);
  return set_affinity(thread, &set);
}

void jtvmc_allow_cpu(int32_t cpu) {
  jtvmc_cpu_set set;
  if (!in_range(cpu) || !get_affinity(SELF, &set)) return;
  set.words[cpu / 64] |= bit_of(cpu);
  set_affinity(SELF, &set);
}

int jtvmc_bind_to(int32_t cpu, jtvmc_cpu_set* allowed) {
  if (!in_range(cpu)) return 0;
  if (allowed && !get_affinity(SELF, allowed)) return 0;
  jtvmc_cpu_set one;
  memset(&one, 0, sizeof one);
  one.words[cpu / 64] |= bit_of(cpu);
  return set_affinity(SELF, &one);
}

void jtvmc_allow(const jtvmc_cpu_set* allowed) { set_affinity(SELF, allowed); }
