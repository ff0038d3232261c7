#include "cpu_count.h"

#include "jtvmc_pool.h"
#include "system.h"

#define MAX_CPUS 8192
#define MAX_PATH 1024

/* Reads a small file as text; 0 when there is none. */
static int read_text(const char* path, char* text, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t used = 0;
  long count;
  while (used < size - 1 && (count = read(file, text + used, size - 1 - used)) > 0) {
    used += (size_t)count;
  }
  close(file);
  text[used] = 0;
  return used > 0;
}

/* The number at *at, which moves behind it; -1 where none stands. */
static int64_t parse_number(const char** at) {
  if (**at < '0' || **at > '9') return -1;
  int64_t value = 0;
  for (; **at >= '0' && **at <= '9'; (*at)++) {
    if (value < INT64_MAX / 10 - 10) value = value * 10 + (**at - '0');
  }
  return value;
}

static int32_t whole_cpus(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return INT32_MAX;
  int64_t cpus = quota / period;
  return cpus < 1 ? 1 : cpus > INT32_MAX ? INT32_MAX : (int32_t)cpus;
}

/* cpu.max holds "QUOTA PERIOD" or "max PERIOD". */
static int32_t quota_v2(const char* folder) {
  char path[MAX_PATH + 32];
  char text[64];
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (!read_text(path, text, sizeof text)) return INT32_MAX;
  const char* at = text;
  int64_t quota = parse_number(&at);
  while (*at == ' ') at++;
  return whole_cpus(quota, parse_number(&at));
}

static int32_t quota_v1(const char* folder) {
  char path[MAX_PATH + 32];
  char quota[32];
  char period[32];
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!read_text(path, quota, sizeof quota)) return INT32_MAX;
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!read_text(path, period, sizeof period)) return INT32_MAX;
  const char* quota_at = quota; /* "-1" when there is no limit */
  const char* period_at = period;
  return whole_cpus(parse_number(&quota_at), parse_number(&period_at));
}

/* The least quota of root/group and of the group's ancestors. */
static int32_t least_quota(const char* root, const char* group, size_t length,
                           int32_t (*quota)(const char* folder)) {
  char folder[MAX_PATH];
  int32_t least = INT32_MAX;
  for (;;) {
    while (length > 0 && group[length - 1] == '/') length--;
    if (snprintf(folder, sizeof folder, "%s%.*s", root, (int)length, group) < (int)sizeof folder) {
      int32_t cpus = quota(folder);
      if (cpus < least) least = cpus;
    }
    if (length == 0) return least;
    while (length > 0 && group[length - 1] != '/') length--;
  }
}

/* Whether the comma-separated list holds the word "cpu". */
static int has_cpu_controller(const char* list, size_t length) {
  for (size_t i = 0; i + 3 <= length; i++) {
    if (memcmp(list + i, "cpu", 3) == 0 && (i == 0 || list[i - 1] == ',') &&
        (i + 3 == length || list[i + 3] == ',')) {
      return 1;
    }
  }
  return 0;
}

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

/* One line is HIERARCHY:CONTROLLERS:PATH; cgroup v2 is the one without controllers. */
int32_t jtvmc_cgroup_cpus(const char* self, const char* root) {
  char text[8192];
  char mount[MAX_PATH];
  int32_t cpus = INT32_MAX;
  if (!read_text(self, text, sizeof text)) return cpus;
  for (const char* line = text; *line;) {
    const char* end = line;
    while (*end && *end != '\n') end++;
    const char* controllers = line;
    while (controllers < end && *controllers != ':') controllers++;
    const char* group = controllers + 1;
    while (group < end && *group != ':') group++;
    if (group < end) {
      size_t count = (size_t)(group - controllers) - 1;
      size_t length = (size_t)(end - group) - 1;
      if (count == 0) {
        static const char* const mounts[] = {"", "/unified"};
        for (int i = 0; i < 2; i++) {
          snprintf(mount, sizeof mount, "%s%s", root, mounts[i]);
          cpus = least(cpus, least_quota(mount, group + 1, length, quota_v2));
        }
      } else if (has_cpu_controller(controllers + 1, count)) {
        static const char* const mounts[] = {"/cpu", "/cpu,cpuacct"};
        for (int i = 0; i < 2; i++) {
          snprintf(mount, sizeof mount, "%s%s", root, mounts[i]);
          cpus = least(cpus, least_quota(mount, group + 1, length, quota_v1));
        }
      }
    }
    line = *end ? end + 1 : end;
  }
  return cpus;
}

static int in_mask(const uint64_t* mask, int64_t cpu) {
  return cpu >= 0 && cpu < MAX_CPUS && (mask[cpu / 64] >> (cpu % 64) & 1);
}

/* Whether a CPU of the mask with a smaller number shares this one's core. The list reads "0,64" or
   "0-1". */
static int is_later_sibling(const uint64_t* mask, int64_t cpu) {
  char path[128];
  char text[256];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
           (int)cpu);
  if (!read_text(path, text, sizeof text)) return 0;
  for (const char* at = text;;) {
    int64_t first = parse_number(&at);
    if (first < 0) return 0;
    int64_t last = first;
    if (*at == '-') {
      at++;
      last = parse_number(&at);
    }
    for (int64_t sibling = first; sibling <= last && sibling < cpu; sibling++) {
      if (in_mask(mask, sibling)) return 1;
    }
    if (*at != ',') return 0;
    at++;
  }
}

int32_t jtvmc_core_cpus(int32_t* cpus, int32_t most) {
  uint64_t mask[MAX_CPUS / 64] = {0};
  int32_t cores = 0;
  if (syscall(SYS_SCHED_GETAFFINITY, 0, sizeof mask, mask) <= 0) return 0;
  for (int32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
    if (!in_mask(mask, cpu) || is_later_sibling(mask, cpu)) continue;
    if (cores < most) cpus[cores] = cpu;
    cores++;
  }
  return cores;
}

int32_t jtvmc_cpu_count(void) {
  int32_t cores = jtvmc_core_cpus(NULL, 0);
  int32_t cpus = least(cores, jtvmc_cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup"));
  return cpus < 1 ? 1 : least(cpus, JTVMC_MAX_THREADS);
}
