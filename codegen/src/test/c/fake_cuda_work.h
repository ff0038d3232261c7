/* A part of fake_cuda.c: what waits in streams. */
/* ---- Work that waits ---- */

static void append(queue* to, const work* what) {
  work* copy = aligned_alloc(64, (sizeof *copy + 63) / 64 * 64);
  *copy = *what;
  copy->next = NULL;
  if (to->last) to->last->next = copy;
  else to->first = copy;
  to->last = copy;
}

static void clear(queue* of) {
  while (of->first) {
    work* done = of->first;
    of->first = done->next;
    free(done->staged);
    free(done);
  }
  of->last = NULL;
}

static CUresult enqueue(void* in, const work* what) {
  stream* to = in ? in : &default_stream;
  pthread_mutex_lock(&lock);
  if (what->kind == RECORD) what->event->state = WAITING;
  append(to->captured ? to->captured : &to->waiting, what);
  pthread_mutex_unlock(&lock);
  return OK;
}

/* Whether these bytes lie in one live allocation. */
static int is_live(uint64_t address, size_t bytes) {
  for (allocation* a = live; a; a = a->next) {
    if (address >= a->begin && address - a->begin + bytes <= a->bytes) return 1;
  }
  return 0;
}

static CUresult run(const work* launch) {
  const function* f = launch->f;
  char value[4096];
  while (setting("hang", f->name, value, sizeof value)) usleep(10000);
  if (setting("fault", f->name, value, sizeof value)) return atoi(value);
  uint64_t values[MOST_PARAMETERS];
  int maps = 0;
  for (int i = 0; i < f->parameters; i++) {
    const fake_tensor_map* map = f->is_map[i] ? &launch->maps[maps++] : NULL;
    values[i] = map ? (uint64_t)(uintptr_t)map : launch->values[i];
    if (map && map->magic != FAKE_MAP_MAGIC) return ILLEGAL_ADDRESS;
    if (!is_live(map ? map->address : values[i], 1)) return ILLEGAL_ADDRESS;
  }
  if (run_kernel) return run_kernel(f->name, launch->extents, values);
  long threads = 1;
  for (int i = 0; i < 6; i++) threads *= launch->extents[i];
  float* a[4] = {0};
  for (int i = 0; i < f->parameters && i < 4; i++) {
    a[i] = (float*)(uintptr_t)launch->values[i];
    if (!strncmp(f->name, "fake_", 5) && !is_live(launch->values[i], sizeof(float) * threads)) {
      return ILLEGAL_ADDRESS;
    }
  }
  if (strncmp(f->name, "fake_add", 8) == 0) {
    for (long i = 0; i < threads; i++) a[2][i] = a[0][i] + a[1][i];
  } else if (strncmp(f->name, "fake_twice", 10) == 0) {
    for (long i = 0; i < threads; i++) a[1][i] = 2 * a[0][i];
  } else if (f->parameters > 0 && setting("answer", NULL, value, sizeof value)) {
    FILE* file = fopen(value, "rb");
    char* to = (char*)(uintptr_t)launch->values[f->parameters - 1];
    int byte;
    while (file && (byte = fgetc(file)) != EOF) *to++ = (char)byte;
    if (file) fclose(file);
  }
  return OK;
}

static void execute(const work* next) {
  switch (next->kind) {
    case COPY: memcpy(next->to, next->staged ? next->staged : next->from, next->bytes); return;
    case FILL:
      /* What is larger than any tensor of a test is there to empty caches. */
      if (next->bytes <= MOST_FILLED) memset(next->to, next->byte, next->bytes);
      return;
    case LAUNCH: fault = run(next); return;
    case RECORD:
      clock_gettime(CLOCK_MONOTONIC, &next->event->at);
      next->event->state = HAPPENED;
      return;
  }
}

static void drain(stream* of) {
  pthread_mutex_lock(&lock);
  for (work* next = of->waiting.first; next && !fault; next = next->next) execute(next);
  clear(&of->waiting);
  pthread_mutex_unlock(&lock);
}

static void drain_all(void) {
  for (stream* each = streams; each; each = each->next) drain(each);
}
