/* A part of device_threads.c, whose threads and warps it uses. */

/* --- Matrices: what the PTX ISA says of ldmatrix and of the fragments of mma --- */

/* How often rows of one matrix lay in the same banks. */
static uint64_t conflicts;

uint64_t bank_conflicts(void);
uint64_t bank_conflicts(void) {
  return conflicts;
}

static void count_conflicts(const uintptr_t rows[8]) {
  uint32_t banks = 0;
  for (uint32_t r = 0; r < 8; r++) {
    uint32_t bank = 1u << (rows[r] / 16 % 8);
    conflicts += (banks & bank) != 0;
    banks |= bank;
  }
}

static uint32_t half_at(uintptr_t row, uint32_t column) {
  return ((const uint16_t *)row)[column];
}

/* The 16-bit matrices of 8 rows whose addresses the lanes gave, 8 lanes each. */
static void spread(thread *warp, uint32_t count, int transposed) {
  for (uint32_t matrix = 0; matrix < warp[0].operands[2]; matrix++) {
    uintptr_t rows[8];
    for (uint32_t r = 0; r < 8; r++) {
      const uint32_t *given = warp[8 * matrix + r].operands;
      rows[r] = (uintptr_t)given[1] << 32 | given[0];
    }
    count_conflicts(rows);
    for (uint32_t i = 0; i < count; i++) {
      uint32_t low = transposed ? half_at(rows[i % 4 * 2], i / 4) : half_at(rows[i / 4], i % 4 * 2);
      uint32_t high =
          transposed ? half_at(rows[i % 4 * 2 + 1], i / 4) : half_at(rows[i / 4], i % 4 * 2 + 1);
      warp[i].results[matrix] = high << 16 | low;
    }
  }
}

static void spread_plain(thread *warp, uint32_t count) {
  spread(warp, count, 0);
}

static void spread_transposed(thread *warp, uint32_t count) {
  spread(warp, count, 1);
}

void load_matrices(uintptr_t row, uint32_t matrices, uint32_t transposed, uint32_t *fragment)
    __asm__("device.ldmatrix");
void load_matrices(uintptr_t row, uint32_t matrices, uint32_t transposed, uint32_t *fragment) {
  if (current % WARP < 8 * matrices) {
    check_access(row, 16, 16, SHARED);
  }
  threads[current].operands[0] = (uint32_t)row;
  threads[current].operands[1] = (uint32_t)(row >> 32);
  threads[current].operands[2] = matrices;
  together(transposed ? spread_transposed : spread_plain);
  for (uint32_t i = 0; i < matrices; i++) {
    fragment[i] = threads[current].results[i];
  }
}

static float as_float(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

static float of_half(uint32_t bits) {
  uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
  float magnitude = exponent == 31   ? as_float(0x7f800000 | fraction << 13)
                    : exponent == 0 ? (float)fraction * as_float(0x33800000) /* 2^-24 */
                                    : as_float((exponent + 112) << 23 | fraction << 13);
  return sign ? -magnitude : magnitude;
}

/* What multiplies: the types of both factors. */
typedef enum { HALVES, BFLOATS, BYTES, TFLOATS } factors;
enum { LEFT_SIGNED = 4, RIGHT_SIGNED = 8 };

/* Element i of the part of a fragment that a thread holds. */
static double element_of(const uint32_t *words, uint32_t i, factors kind, int is_signed) {
  if (kind == BYTES) {
    uint32_t byte = words[i / 4] >> (i % 4 * 8) & 0xff;
    return is_signed ? (int8_t)byte : (double)byte;
  }
  if (kind == TFLOATS) {
    return as_float(words[i] & 0xffffe000); /* the lower bits are not looked at */
  }
  uint32_t half = words[i / 2] >> (i % 2 * 16) & 0xffff;
  return kind == HALVES ? of_half(half) : as_float(half << 16);
}

/*
 * D = A B + C with A of 16 rows and B of 8 columns. With n elements in a word (1, 2 or 4), lane
 * 4 g + q has of A the elements i of rows g (i / n even) and g + 8 (odd), columns n q + i % n, and
 * 4 n more from i = 2 n on; of B the rows n q + i % n, and 4 n more from i = n on, of column g; of C
 * rows g (i < 2) and g + 8, columns 2 q + i % 2.
 */
static void multiply(thread *warp, uint32_t count) {
  double a[16][32], b[32][8];
  uint32_t type = warp[0].operands[10];
  factors kind = (factors)(type & 3);
  uint32_t n = kind == BYTES ? 4 : kind == TFLOATS ? 1 : 2;
  for (uint32_t lane_number = 0; lane_number < count; lane_number++) {
    const uint32_t *own = warp[lane_number].operands;
    uint32_t g = lane_number / 4, q = lane_number % 4;
    for (uint32_t i = 0; i < 4 * n; i++) {
      a[g + i / n % 2 * 8][n * q + i % n + i / (2 * n) * 4 * n] =
          element_of(own, i, kind, type & LEFT_SIGNED);
    }
    for (uint32_t i = 0; i < 2 * n; i++) {
      b[n * q + i % n + i / n * 4 * n][g] = element_of(own + 4, i, kind, type & RIGHT_SIGNED);
    }
  }
  for (uint32_t lane_number = 0; lane_number < count; lane_number++) {
    uint32_t g = lane_number / 4, q = lane_number % 4;
    for (uint32_t i = 0; i < 4; i++) {
      uint32_t bits = warp[lane_number].operands[6 + i];
      double sum = kind == BYTES ? (double)(int32_t)bits : as_float(bits);
      for (uint32_t k = 0; k < 8 * n; k++) {
        sum += a[g + i / 2 * 8][k] * b[k][2 * q + i % 2];
      }
      int32_t whole = kind == BYTES ? (int32_t)(int64_t)sum : 0;
      float real = (float)sum;
      __builtin_memcpy(&warp[lane_number].results[i], kind == BYTES ? (void *)&whole : &real, 4);
    }
  }
}

void multiply_matrices(const uint32_t *operands, uint32_t type, uint32_t *results)
    __asm__("device.mma");
void multiply_matrices(const uint32_t *operands, uint32_t type, uint32_t *results) {
  for (int i = 0; i < 10; i++) {
    threads[current].operands[i] = operands[i];
  }
  threads[current].operands[10] = type;
  together(multiply);
  for (int i = 0; i < 4; i++) {
    results[i] = threads[current].results[i];
  }
}
