/* A part of device_threads.c, whose threads it uses. */

/* --- Products of groups of warps: what the PTX ISA says of wgmma ---

   A product's factors are read when it begins, but until its threads have waited for it what it
   reads must not be written, and in the place of its sums the threads hold what is hardly a number:
   a mark that tells where the sum is kept. */

enum { GROUP = 128, MOST_SUMS = 512, MOST_GROUPS = MOST_THREADS / GROUP };

/* Marks of sums, by their type: a number that is none, and a whole number that is hardly one. */
enum { REAL_MARK = 0xffc00000, WHOLE_MARK = 0xa5c00000, MARK_BITS = 0xffc00000 };

typedef struct {
  uint32_t value, group;
} pending_sum;

/* Elements that a product reads, with the number of its group. */
typedef struct {
  touches *element;
  uint32_t group;
} product_read;

static pending_sum *pending_sums;
static struct {
  product_read *reads;
  size_t count, capacity;
  uint32_t arrived;
} warpgroups[MOST_GROUPS];

static void allocate_products(void) {
  pending_sums = calloc(thread_count, MOST_SUMS * sizeof(pending_sum));
}

static void free_products(void) {
  free(pending_sums);
  for (int i = 0; i < MOST_GROUPS; i++) {
    free(warpgroups[i].reads);
  }
  memset(warpgroups, 0, sizeof warpgroups);
}

static void forget_products(void) {
  for (int i = 0; i < MOST_GROUPS; i++) {
    warpgroups[i].count = warpgroups[i].arrived = 0;
  }
}

static void product_fault(const char *what) {
  snprintf(fault, sizeof fault, "block (%u, %u, %u), thread %u: %s", block_index[0], block_index[1],
           block_index[2], current, what);
  fail();
}

void publish_writes(void) __asm__("device.fence_proxy_async");
void publish_writes(void) {
  threads[current].published = ++now;
}

void product_fence(void) __asm__("device.wgmma_fence");
void product_fence(void) {
  threads[current].fenced = 1;
}

void product_commit(void) __asm__("device.wgmma_commit");
void product_commit(void) {
  threads[current].product_groups++;
  threads[current].open = threads[current].fenced = 0;
}

/* Reads end when all threads of the group have waited. */
static void end_reads(uint32_t group) {
  uint32_t done = UINT32_MAX;
  for (uint32_t i = group * GROUP; i < (group + 1) * GROUP; i++) {
    done = threads[i].products_done < done ? threads[i].products_done : done;
  }
  size_t kept = 0;
  for (size_t i = 0; i < warpgroups[group].count; i++) {
    product_read *read = &warpgroups[group].reads[i];
    if (read->group < done) {
      read->element->products--;
      read->element->reader = SEVERAL;
      read->element->read_phase = phase;
    } else {
      warpgroups[group].reads[kept++] = *read;
    }
  }
  warpgroups[group].count = kept;
}

/* Marks among the `count` sums become what they stand for where their groups are done. */
void product_wait(uint32_t pending, uint32_t *sums, uint32_t count, uint32_t mark)
    __asm__("device.wgmma_wait");
void product_wait(uint32_t pending, uint32_t *sums, uint32_t count, uint32_t mark) {
  thread *self = &threads[current];
  uint32_t done = self->product_groups > pending ? self->product_groups - pending : 0;
  self->products_done = done > self->products_done ? done : self->products_done;
  end_reads(current / GROUP);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t number = sums[i] & ~(uint32_t)MARK_BITS;
    if ((sums[i] & MARK_BITS) == mark && number < self->pending_count) {
      pending_sum *sum = &pending_sums[current * MOST_SUMS + number];
      sums[i] = sum->group < self->products_done ? sum->value : sums[i];
    }
  }
  if (self->products_done == self->product_groups && !self->open && count > 0) {
    self->pending_count = 0;
  }
}

/* The matrix that a descriptor describes, from the address of its first element on. */
typedef struct {
  uintptr_t begin;
  uint32_t leading, stride, turned, bytes;
} matrix;

static matrix decode(uint64_t descriptor, uint32_t turned, uint32_t bytes) {
  matrix m = {0, (descriptor >> 16 & 0x3fff) << 4, (descriptor >> 32 & 0x3fff) << 4, turned, bytes};
  if (descriptor >> 62 != 1 || (descriptor >> 49 & 7) != 0) {
    product_fault("a descriptor is not of 128-byte swizzling from a multiple of 1024 bytes on");
  }
  uintptr_t low = (descriptor & 0x3fff) << 4;
  for (uint32_t i = 0; i < array_count; i++) {
    if (arrays[i].flags & SHARED) {
      uintptr_t address = (arrays[i].begin & ~(uintptr_t)0x3ffff) | low;
      address += address < arrays[i].begin ? 0x40000 : 0;
      if (address < arrays[i].end && arrays[i].begin % 1024 == 0) {
        m.begin = address;
        return m;
      }
    }
  }
  product_fault("a descriptor is of no place in shared memory that begins at a multiple of 1024 bytes");
  return m;
}

/*
 * Where an element lies. With groups of 16 bytes, of which eight make a line of 128: products of a
 * row lie in one line, rows in lines below each other, eight rows `stride` apart from the next. Or
 * rows lie in one line, lines `leading` apart, and products below each other.
 * Then the number of the group in its line is exclusive-or'ed with that of the line modulo eight.
 */
static uintptr_t address_of(const matrix *m, uint32_t row, uint32_t k) {
  uint32_t of_line = 128 / m->bytes;
  uintptr_t plain =
      m->begin
      + (m->turned ? row % of_line * m->bytes + row / of_line * m->leading + k % 8 * 128 + k / 8 * m->stride
                   : k * m->bytes + row % 8 * 128 + row / 8 * m->stride);
  return plain ^ (plain >> 3 & 0x70);
}

/* 16 bytes are read by a product: not by a thread's own way to memory. */
static void check_factor(uintptr_t address, uint32_t group, uint32_t number) {
  touches *end;
  touches *element = elements_at(address, 16, &end);
  if (element == NULL) {
    access_fault("is outside of every array of this kind", address, 16, SHARED);
  }
  accesses++;
  for (; element < end; element++) {
    uint32_t writer = element->writer;
    uint32_t first = block_number * thread_count + 1;
    int of_block = writer >= first && writer < first + thread_count;
    if (element->under_way) {
      access_fault("touches what is being copied: its thread has not waited", address, 16, SHARED);
    }
    if (!of_block) {
      access_fault("is of what this block has not written", address, 16, SHARED);
    }
    if (element->write_phase == phase) {
      access_fault("races with another thread", address, 16, SHARED);
    }
    if (threads[writer - first].published < element->written) {
      access_fault("by a product comes before a fence of what was written", address, 16, SHARED);
    }
    if (warpgroups[group].count == warpgroups[group].capacity) {
      warpgroups[group].capacity = warpgroups[group].capacity * 2 + 1024;
      warpgroups[group].reads =
          realloc(warpgroups[group].reads, warpgroups[group].capacity * sizeof(product_read));
    }
    element->products++;
    warpgroups[group].reads[warpgroups[group].count++] = (product_read){element, number};
  }
}

static double factors_of[2][256][32]; /* by operand, row (column), product */

static void read_factors(
    uint32_t operand, const matrix *m, uint32_t rows, factors kind, int is_signed, uint32_t group, uint32_t number) {
  uint32_t of_group = 16 / m->bytes;
  for (uint32_t row = 0; row < rows; row++) {
    for (uint32_t k = 0; k < 32 / m->bytes; k++) {
      uintptr_t address = address_of(m, row, k);
      if ((m->turned ? row : k) % of_group == 0) {
        check_factor(address, group, number);
      }
      uint32_t within = address % 4 / m->bytes;
      factors_of[operand][row][k] =
          element_of((const uint32_t *)(address & ~(uintptr_t)3), within, kind, is_signed);
    }
  }
}

/* The sum that a thread holds, or that its mark stands for; its number among those pending. */
static uint32_t sum_of(uint32_t number, uint32_t bits, uint32_t mark, uint32_t *value) {
  thread *owner = &threads[number];
  uint32_t index = bits & ~(uint32_t)MARK_BITS;
  if ((bits & MARK_BITS) == mark && index < owner->pending_count) {
    *value = pending_sums[number * MOST_SUMS + index].value;
    return index;
  }
  *value = bits;
  if (owner->pending_count == MOST_SUMS) {
    product_fault("has too many sums for this stand-in");
  }
  return owner->pending_count++;
}

/*
 * Thread 32 w + 4 g + q of a group holds of the sums of 64 rows and of the columns: in register i
 * row 16 w + 8 (i / 2 mod 2) + g, column 8 (i / 4) + 2 q + i mod 2.
 */
static void multiply_group(uint32_t group, uint32_t columns, uint32_t type, uint32_t turned) {
  factors kind = (factors)(type & 3);
  uint32_t bytes = kind == BYTES ? 1 : kind == TFLOATS ? 4 : 2;
  uint32_t mark = kind == BYTES ? WHOLE_MARK : REAL_MARK;
  uint32_t first = group * GROUP;
  uint32_t number = threads[first].product_groups;
  for (uint32_t i = first; i < first + GROUP; i++) {
    if (threads[i].descriptors[0] != threads[first].descriptors[0]
        || threads[i].descriptors[1] != threads[first].descriptors[1]) {
      product_fault("the threads of a group give different descriptors");
    }
    if (!threads[i].fenced) {
      product_fault("a product begins without a fence before it");
    }
  }
  matrix left = decode(threads[first].descriptors[0], turned & 1, bytes);
  matrix right = decode(threads[first].descriptors[1], turned >> 1, bytes);
  read_factors(0, &left, 64, kind, type & LEFT_SIGNED, group, number);
  read_factors(1, &right, columns, kind, type & RIGHT_SIGNED, group, number);
  for (uint32_t t = 0; t < GROUP; t++) {
    uint32_t w = t / WARP, g = t % WARP / 4, q = t % 4;
    for (uint32_t i = 0; i < columns / 2; i++) {
      uint32_t bits;
      uint32_t index = sum_of(first + t, threads[first + t].sums[i], mark, &bits);
      double sum = kind == BYTES ? (double)(int32_t)bits : as_float(bits);
      const double *row = factors_of[0][16 * w + 8 * (i / 2 % 2) + g];
      const double *column = factors_of[1][8 * (i / 4) + 2 * q + i % 2];
      for (uint32_t k = 0; k < 32 / bytes; k++) {
        sum += row[k] * column[k];
      }
      int32_t whole = kind == BYTES ? (int32_t)(int64_t)sum : 0;
      float real = (float)sum;
      pending_sum *kept = &pending_sums[(first + t) * MOST_SUMS + index];
      __builtin_memcpy(&kept->value, kind == BYTES ? (void *)&whole : &real, 4);
      kept->group = number;
      threads[first + t].sums[i] = mark | index;
    }
  }
}

/* `turned`: 1 where the left factor's rows lie side by side, 2 where the right one's columns do. */
void product_begin(
    uint64_t left, uint64_t right, uint32_t *sums, uint32_t columns, uint32_t type, uint32_t turned)
    __asm__("device.wgmma");
void product_begin(
    uint64_t left, uint64_t right, uint32_t *sums, uint32_t columns, uint32_t type, uint32_t turned) {
  thread *self = &threads[current];
  uint32_t group = current / GROUP;
  self->sums = sums;
  self->descriptors[0] = left;
  self->descriptors[1] = right;
  self->open = 1;
  if (++warpgroups[group].arrived < GROUP) {
    self->state = WAITING;
    give_way();
    return;
  }
  warpgroups[group].arrived = 0;
  multiply_group(group, columns, type, turned);
  for (uint32_t i = group * GROUP; i < (group + 1) * GROUP; i++) {
    threads[i].state = READY;
  }
}
