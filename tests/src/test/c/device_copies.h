/* A part of device_threads.c, whose threads and memory it uses. */
/* --- Asynchronous copies ---

   Until its thread has waited, the target of a copy is filled with what is hardly a number, and may
   not be touched. */

static touches *elements_at(uintptr_t address, uint32_t bytes, touches **end) {
  for (uint32_t i = 0; i < array_count; i++) {
    array *found = &arrays[i];
    if (address >= found->begin && address < found->end) {
      *end = found->elements + (address - found->begin + bytes - 1) / found->element_bytes + 1;
      return found->elements + (address - found->begin) / found->element_bytes;
    }
  }
  return *end = NULL;
}

static void start_copy(uintptr_t place, uintptr_t to, uintptr_t from, uint32_t bytes, uint32_t read) {
  thread *self = &threads[current];
  if (read > 0) {
    check(from, read, bytes, 0);
  }
  check(to, bytes, bytes, WRITE | SHARED);
  note_access(place, to, bytes);
  if (self->copy_count == MOST_COPIES) {
    access_fault("begins one copy too many for this stand-in", to, bytes, WRITE | SHARED);
  }
  touches *end;
  for (touches *element = elements_at(to, bytes, &end); element < end; element++) {
    element->under_way = 1;
  }
  memset((void *)to, 0xff, bytes);
  uint32_t at = (self->first_copy + self->copy_count++) % MOST_COPIES;
  copies[current * MOST_COPIES + at] = (copy){to, from, bytes, read, self->groups};
}

static void end_copies(uint32_t pending) {
  thread *self = &threads[current];
  while (self->copy_count > 0) {
    copy *next = &copies[current * MOST_COPIES + self->first_copy];
    if (next->group + pending >= self->groups) {
      return;
    }
    for (uint32_t i = 0; i < next->bytes; i++) {
      ((char *)next->to)[i] = i < next->read ? ((const char *)next->from)[i] : 0;
    }
    touches *end;
    for (touches *element = elements_at(next->to, next->bytes, &end); element < end; element++) {
      element->under_way = 0;
      element->writer = block_number * thread_count + current + 1;
      element->write_phase = phase;
      element->written = ++now;
    }
    self->first_copy = (self->first_copy + 1) % MOST_COPIES;
    self->copy_count--;
  }
}

#define COPY(name, symbol, bytes) \
  void name(uintptr_t to, uintptr_t from) __asm__("nvvm.cp.async." symbol); \
  void name(uintptr_t to, uintptr_t from) { \
    start_copy((uintptr_t)__builtin_return_address(0), to, from, bytes, bytes); \
  } \
  void name##_some(uintptr_t to, uintptr_t from, uint32_t read) \
      __asm__("nvvm.cp.async." symbol ".s"); \
  void name##_some(uintptr_t to, uintptr_t from, uint32_t read) { \
    start_copy((uintptr_t)__builtin_return_address(0), to, from, bytes, read); \
  }

COPY(copy_4, "ca.shared.global.4", 4)
COPY(copy_8, "ca.shared.global.8", 8)
COPY(copy_16, "cg.shared.global.16", 16)

void commit_group(void) __asm__("nvvm.cp.async.commit.group");
void commit_group(void) {
  threads[current].groups++;
}

void wait_group(uint32_t pending) __asm__("nvvm.cp.async.wait.group");
void wait_group(uint32_t pending) {
  end_copies(pending);
}
