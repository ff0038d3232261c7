#include "cpu_features.h"

#include "system.h"

enum { EAX, EBX, ECX, EDX };

/* The register state a feature needs the operating system to save (bits of XCR0). */
enum { ANY = 0, AVX = 0x6, AVX512 = 0xe6, AMX = 0x60006 };

typedef struct {
  const char* name; /* LLVM's */
  uint32_t leaf;    /* of cpuid; 0: part of x86-64, or of no meaning to user code */
  uint8_t subleaf;
  uint8_t reg;
  uint8_t bit;
  uint32_t state;
} feature;

/* Intel SDM volume 2, CPUID; AMD64 APM volume 3, appendix E. */
static const feature known[] = {
    {"64bit", 0, 0, 0, 0, ANY},
    {"cmov", 0, 0, 0, 0, ANY},
    {"cx8", 0, 0, 0, 0, ANY},
    {"fxsr", 0, 0, 0, 0, ANY},
    {"mmx", 0, 0, 0, 0, ANY},
    {"sse", 0, 0, 0, 0, ANY},
    {"sse2", 0, 0, 0, 0, ANY},
    {"x87", 0, 0, 0, 0, ANY},
    {"sse3", 1, 0, ECX, 0, ANY},
    {"pclmul", 1, 0, ECX, 1, ANY},
    {"ssse3", 1, 0, ECX, 9, ANY},
    {"fma", 1, 0, ECX, 12, AVX},
    {"cx16", 1, 0, ECX, 13, ANY},
    {"crc32", 1, 0, ECX, 20, ANY},
    {"sse4.1", 1, 0, ECX, 19, ANY},
    {"sse4.2", 1, 0, ECX, 20, ANY},
    {"movbe", 1, 0, ECX, 22, ANY},
    {"popcnt", 1, 0, ECX, 23, ANY},
    {"aes", 1, 0, ECX, 25, ANY},
    {"xsave", 1, 0, ECX, 27, ANY},
    {"avx", 1, 0, ECX, 28, AVX},
    {"f16c", 1, 0, ECX, 29, AVX},
    {"rdrnd", 1, 0, ECX, 30, ANY},
    {"fsgsbase", 7, 0, EBX, 0, ANY},
    {"bmi", 7, 0, EBX, 3, ANY},
    {"avx2", 7, 0, EBX, 5, AVX},
    {"bmi2", 7, 0, EBX, 8, ANY},
    {"invpcid", 7, 0, EBX, 10, ANY},
    {"rtm", 7, 0, EBX, 11, ANY},
    {"avx512f", 7, 0, EBX, 16, AVX512},
    {"evex512", 7, 0, EBX, 16, AVX512},
    {"avx512dq", 7, 0, EBX, 17, AVX512},
    {"rdseed", 7, 0, EBX, 18, ANY},
    {"adx", 7, 0, EBX, 19, ANY},
    {"avx512ifma", 7, 0, EBX, 21, AVX512},
    {"clflushopt", 7, 0, EBX, 23, ANY},
    {"clwb", 7, 0, EBX, 24, ANY},
    {"avx512cd", 7, 0, EBX, 28, AVX512},
    {"sha", 7, 0, EBX, 29, ANY},
    {"avx512bw", 7, 0, EBX, 30, AVX512},
    {"avx512vl", 7, 0, EBX, 31, AVX512},
    {"avx512vbmi", 7, 0, ECX, 1, AVX512},
    {"pku", 7, 0, ECX, 4, ANY},
    {"waitpkg", 7, 0, ECX, 5, ANY},
    {"avx512vbmi2", 7, 0, ECX, 6, AVX512},
    {"shstk", 7, 0, ECX, 7, ANY},
    {"gfni", 7, 0, ECX, 8, ANY},
    {"vaes", 7, 0, ECX, 9, AVX},
    {"vpclmulqdq", 7, 0, ECX, 10, AVX},
    {"avx512vnni", 7, 0, ECX, 11, AVX512},
    {"avx512bitalg", 7, 0, ECX, 12, AVX512},
    {"avx512vpopcntdq", 7, 0, ECX, 14, AVX512},
    {"rdpid", 7, 0, ECX, 22, ANY},
    {"kl", 7, 0, ECX, 23, ANY},
    {"cldemote", 7, 0, ECX, 25, ANY},
    {"movdiri", 7, 0, ECX, 27, ANY},
    {"movdir64b", 7, 0, ECX, 28, ANY},
    {"enqcmd", 7, 0, ECX, 29, ANY},
    {"uintr", 7, 0, EDX, 5, ANY},
    {"avx512vp2intersect", 7, 0, EDX, 8, AVX512},
    {"serialize", 7, 0, EDX, 14, ANY},
    {"tsxldtrk", 7, 0, EDX, 16, ANY},
    {"pconfig", 7, 0, EDX, 18, ANY},
    {"amx-bf16", 7, 0, EDX, 22, AMX},
    {"avx512fp16", 7, 0, EDX, 23, AVX512},
    {"amx-tile", 7, 0, EDX, 24, AMX},
    {"amx-int8", 7, 0, EDX, 25, AMX},
    {"sha512", 7, 1, EAX, 0, AVX},
    {"sm3", 7, 1, EAX, 1, AVX},
    {"sm4", 7, 1, EAX, 2, AVX},
    {"raoint", 7, 1, EAX, 3, ANY},
    {"avxvnni", 7, 1, EAX, 4, AVX},
    {"avx512bf16", 7, 1, EAX, 5, AVX512},
    {"cmpccxadd", 7, 1, EAX, 7, ANY},
    {"amx-fp16", 7, 1, EAX, 21, AMX},
    {"hreset", 7, 1, EAX, 22, ANY},
    {"avxifma", 7, 1, EAX, 23, AVX},
    {"avxvnniint8", 7, 1, EDX, 4, AVX},
    {"avxneconvert", 7, 1, EDX, 5, AVX},
    {"amx-complex", 7, 1, EDX, 8, AMX},
    {"avxvnniint16", 7, 1, EDX, 10, AVX},
    {"prefetchi", 7, 1, EDX, 14, ANY},
    {"usermsr", 7, 1, EDX, 15, ANY},
    {"xsaveopt", 13, 1, EAX, 0, ANY},
    {"xsavec", 13, 1, EAX, 1, ANY},
    {"xsaves", 13, 1, EAX, 3, ANY},
    {"ptwrite", 20, 0, EBX, 4, ANY},
    {"sahf", 0x80000001, 0, ECX, 0, ANY},
    {"lzcnt", 0x80000001, 0, ECX, 5, ANY},
    {"sse4a", 0x80000001, 0, ECX, 6, ANY},
    {"prfchw", 0x80000001, 0, ECX, 8, ANY},
    {"xop", 0x80000001, 0, ECX, 11, AVX},
    {"lwp", 0x80000001, 0, ECX, 15, ANY},
    {"fma4", 0x80000001, 0, ECX, 16, AVX},
    {"tbm", 0x80000001, 0, ECX, 21, ANY},
    {"mwaitx", 0x80000001, 0, ECX, 29, ANY},
    {"clzero", 0x80000008, 0, EBX, 0, ANY},
    {"rdpru", 0x80000008, 0, EBX, 4, ANY},
    {"wbnoinvd", 0x80000008, 0, EBX, 9, ANY},
};

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4]) {
  __asm__ volatile("cpuid"
                   : "=a"(regs[EAX]), "=b"(regs[EBX]), "=c"(regs[ECX]), "=d"(regs[EDX])
                   : "a"(leaf), "c"(subleaf));
}

/* XCR0: the register state that the operating system saves. */
static uint32_t saved_state(void) {
  uint32_t regs[4];
  cpuid(1, 0, regs);
  if (!(regs[ECX] >> 27 & 1)) return 0; /* OSXSAVE */
  uint32_t low;
  uint32_t high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int present(const feature* wanted) {
  if (wanted->leaf == 0) return 1;
  uint32_t regs[4];
  cpuid(wanted->leaf & 0x80000000, 0, regs);
  if (regs[EAX] < wanted->leaf) return 0;
  cpuid(wanted->leaf, wanted->subleaf, regs);
  if (!(regs[wanted->reg] >> wanted->bit & 1)) return 0;
  if ((saved_state() & wanted->state) != wanted->state) return 0;
  /* Linux hands out the large AMX state only on request. */
  return wanted->state != AMX || syscall(SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, 18) == 0;
}

static int has_feature(const char* name, size_t length) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0) {
      return present(&known[i]);
    }
  }
  return 0;
}

size_t jtvmc_missing_cpu_feature(const char* features, const char** missing) {
  for (const char* name = features; *name;) {
    if (*name == ',' || *name == '+') {
      name++;
      continue;
    }
    size_t length = 0;
    while (name[length] && name[length] != ',') length++;
    if (!has_feature(name, length)) {
      *missing = name;
      return length;
    }
    name += length;
  }
  return 0;
}
