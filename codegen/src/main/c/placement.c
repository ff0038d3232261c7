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

int jtvmc_move_to(const jtvmc_cpu_set* wanted, const jtvmc_cpu_set* allowed) {
  if (syscall(SYS_SCHED_SETAFFINITY, 0, sizeof wanted->words, wanted->words) != 0) return 0;
  syscall(SYS_SCHED_SETAFFINITY, 0, sizeof allowed->words, allowed->words);
  return 1;
}
