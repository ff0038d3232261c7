/* Where threads run: as much as keeps two threads of a pool off one core, and a measurement on its
   own. */
#ifndef JTVMC_PLACEMENT_H
#define JTVMC_PLACEMENT_H

#include <stdint.h>

/* The CPU the calling thread runs on, or -1 where the kernel does not say. */
int32_t jtvmc_current_cpu(void);

/* A set of CPUs as the kernel's affinity calls take it. */
#define JTVMC_MAX_CPUS 8192
typedef struct {
  uint64_t words[JTVMC_MAX_CPUS / 64];
} jtvmc_cpu_set;

/* Takes a CPU out of the set; one that cannot be in it is ignored. */
void jtvmc_exclude_cpu(jtvmc_cpu_set* set, int32_t cpu);

/* The CPUs the calling thread may run on. 0 when the kernel does not say. */
int jtvmc_allowed_cpus(jtvmc_cpu_set* set);

/*
 * Moves the calling thread to a CPU of `wanted` and then allows it those of `allowed` again: the
 * thread is not pinned. Returns 0 and changes nothing when there is no CPU to go to.
 */
int jtvmc_move_to(const jtvmc_cpu_set* wanted, const jtvmc_cpu_set* allowed);

/*
 * Binds the calling thread to one CPU. `allowed`, unless NULL, is set to those it was allowed
 * before. Returns 0 and changes nothing when the kernel refuses.
 */
int jtvmc_bind_to(int32_t cpu, jtvmc_cpu_set* allowed);

/* Allows the calling thread these CPUs, or leaves it as it is when the kernel refuses. */
void jtvmc_allow(const jtvmc_cpu_set* allowed);

#endif /* JTVMC_PLACEMENT_H */
