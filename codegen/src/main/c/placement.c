#include "placement.h"

#include "system.h"

int32_t jtvmc_current_cpu(void) { return sched_getcpu(); }

void jtvmc_exclude_cpu(jtvmc_cpu_set* set, int32_t cpu) {
  if (cpu >= 0 && cpu < JTVMC_MAX_CPUS) set->words[cpu / 64] &= ~((uint64_t)1 << (cpu % 64));
}

int jtvmc_allowed_cpus(jtvmc_cpu_set* set) {
  memset(set, 0, sizeof *set);
  return syscall(SYS_SCHED_GETAFFINITY, 0, sizeof set->words, set->words) > 0;
}

static int set_affinity(const jtvmc_cpu_set* set) {
  return syscall(SYS_SCHED_SETAFFINITY, 0, sizeof set->words, set->words) == 0;
}

int jtvmc_move_to(const jtvmc_cpu_set* wanted, const jtvmc_cpu_set* allowed) {
  if (!set_affinity(wanted)) return 0;
  jtvmc_allow(allowed);
  return 1;
}

int jtvmc_bind_to(int32_t cpu, jtvmc_cpu_set* allowed) {
  if (cpu < 0 || cpu >= JTVMC_MAX_CPUS) return 0;
  if (allowed && !jtvmc_allowed_cpus(allowed)) return 0;
  jtvmc_cpu_set one;
  memset(&one, 0, sizeof one);
  one.words[cpu / 64] |= (uint64_t)1 << (cpu % 64);
  return set_affinity(&one);
}

void jtvmc_allow(const jtvmc_cpu_set* allowed) { set_affinity(allowed); }
