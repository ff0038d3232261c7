/* How many CPUs a process may use; the parts of jtvmc_cpu_count, open to tests. */
#ifndef JTVMC_CPU_COUNT_H
#define JTVMC_CPU_COUNT_H

#include <stdint.h>

/*
 * The quota of the cgroups named by the file `self` (/proc/self/cgroup) under the mount point
 * `root` (/sys/fs/cgroup), in whole CPUs, rounded down and at least 1; INT32_MAX without a quota.
 * A group's ancestors bound it too, and inside a container the path may not be visible from its
 * mount: every prefix of the path is looked at.
 */
int32_t jtvmc_cgroup_cpus(const char* self, const char* root);

/*
 * The CPUs this process may use, one of each core: the first `most` of them are stored. The result
 * is how many there are, 0 where the kernel does not say.
 */
int32_t jtvmc_core_cpus(int32_t* cpus, int32_t most);

#endif /* JTVMC_CPU_COUNT_H */
