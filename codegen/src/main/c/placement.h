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

/*
 * Takes a CPU away from a thread of this process, given by the kernel's number of it; where it waits
 * for that CPU it goes to another one at once. Returns 0 and changes nothing where it was not allowed
 * that CPU, or no other.
 */
int jtvmc_forbid_cpu(int32_t thread, int32_t cpu);

/* Allows the calling thread one more CPU. */
void jtvmc_allow_cpu(int32_t cpu);

/*
 * Binds the calling thread to one CPU. `allowed`, unless NULL, is set to those it was allowed
 * before. Returns 0 and changes nothing when the kernel refuses.
 */
int jtvmc_bind_to(int32_t cpu, jtvmc_cpu_set* allowed);

/* Allows the calling thread these CPUs, or leaves it as it is when the kernel refuses. */
void jtvmc_allow(const jtvmc_cpu_set* allowed);

#endif /* JTVMC_PLACEMENT_H */
