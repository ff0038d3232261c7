/* Prints the CPUs of the cgroups: cgroup_cpus <like /proc/self/cgroup> <like /sys/fs/cgroup>. */
#include <stdio.h>

#include "cpu_count.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  printf("%d\n", jtvmc_cgroup_cpus(argv[1], argv[2]));
  return 0;
}
