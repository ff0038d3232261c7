/* A part of fake_cuda.c: modules, their functions and launches. */
/* ---- Code ---- */

CUresult cuModuleLoadDataEx(void** loaded, const void* image, unsigned count, int* options,
                            void** values) {
  IN_CONTEXT();
  NOT_CAPTURED();
  int is_cubin = memcmp(image, "\177ELF", 4) == 0;
  CHECK(called(is_cubin ? "load_cubin" : "load_ptx"));
  if (!is_cubin && strstr(image, ".version") == NULL) {
    for (unsigned i = 0; i < count; i++) {
      if (options[i] == 5) snprintf(values[i], 1000, "ptxas: line 1: this is no PTX");
    }
    return INVALID_PTX;
  }
  module* created = malloc(sizeof *created);
  created->ptx = is_cubin ? NULL : strdup(image);
  *loaded = created;
  return OK;
}
CUresult cuModuleUnload(void* loaded) {
  IN_CONTEXT();
  drain_all();
  free(((module*)loaded)->ptx);
  free(loaded);
  return OK;
}
CUresult cuModuleGetFunction(void** found, void* loaded, const char* name) {
  IN_CONTEXT();
  function* made = calloc(1, sizeof *made); /* lives as long as the process, as CUfunctions may */
  snprintf(made->name, sizeof made->name, "%s", name);
  made->shared = DEFAULT_SHARED;
  *found = made;
  if (!((module*)loaded)->ptx) {
    made->parameters = number("parameters", 2);
    return OK;
  }
  char entry[300];
  snprintf(entry, sizeof entry, ".entry %s(", name);
  const char* at = strstr(((module*)loaded)->ptx, entry);
  if (!at) return 500;
  const char* end = strchr(at, ')');
  const char* body = strchr(at, '{');
  while ((at = strstr(at, ".param")) && at < end) {
    const char* next = at + 1;
    const char* line = next + strcspn(next, "\n");
    const char* bytes = strstr(next, ".b8");
    if (made->parameters < MOST_PARAMETERS) {
      made->is_map[made->parameters] = bytes && bytes < line;
    }
    made->parameters++;
    at = next;
  }
  const char* block = strstr(end, ".reqntid");
  if (block && block < body) {
    sscanf(block, ".reqntid %u, %u, %u", &made->required[0], &made->required[1],
           &made->required[2]);
  }
  return OK;
}
CUresult cuFuncSetAttribute(void* f, int attribute, int value) {
  IN_CONTEXT();
  if (attribute != 8) return INVALID_VALUE;
  if (value > MOST_SHARED) return INVALID_VALUE;
  if (value > DEFAULT_SHARED) ((function*)f)->shared = value;
  return OK;
}
CUresult cuFuncGetAttribute(int* value, int attribute, void* f) {
  (void)f;
  *value = attribute == 4 ? 32 : 0;
  return OK;
}

/* A driver before CUDA 12.0 has no functions of these names: built with 0, the stand-in is one. */
#ifndef MAPS_TENSORS
#define MAPS_TENSORS 1
#endif
#if !MAPS_TENSORS
#define cuTensorMapEncodeTiled none_that_maps_tiles
#define cuTensorMapEncodeIm2col none_that_maps_pixels
#endif

CUresult cuTensorMapEncodeTiled(void* map, int type, uint32_t rank, uint64_t address,
                                const uint64_t* sizes, const uint64_t* strides, const uint32_t* box,
                                const uint32_t* steps, int interleave, int swizzle, int promotion,
                                int fill) {
  CALLED();
  return fake_encode_map(map, type, rank, address, sizes, strides, box, steps, interleave, swizzle,
                         promotion, fill)
             ? INVALID_VALUE
             : OK;
}

CUresult cuTensorMapEncodeIm2col(void* map, int type, uint32_t rank, uint64_t address,
                                 const uint64_t* sizes, const uint64_t* strides, const int* lower,
                                 const int* upper, uint32_t channels, uint32_t pixels,
                                 const uint32_t* steps, int interleave, int swizzle, int promotion,
                                 int fill) {
  CALLED();
  return fake_encode_pixels(map, type, rank, address, sizes, strides, lower, upper, channels,
                            pixels, steps, interleave, swizzle, promotion, fill)
             ? INVALID_VALUE
             : OK;
}

static int fits(const function* f, const unsigned* extents, unsigned shared) {
  const unsigned* grid = extents;
  const unsigned* block = extents + 3;
  for (int i = 0; i < 6; i++) {
    if (extents[i] == 0) return 0;
  }
  for (int i = 0; i < 3; i++) {
    if (f->required[0] && block[i] != f->required[i]) return 0;
  }
  return grid[0] <= INT32_MAX && grid[1] <= 65535 && grid[2] <= 65535 && block[2] <= 64 &&
         (uint64_t)block[0] * block[1] * block[2] <= 1024 && shared <= (unsigned)f->shared;
}

CUresult cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                        unsigned bz, unsigned shared, void* stream, void** parameters,
                        void** extra) {
  IN_CONTEXT();
  work launch = {.kind = LAUNCH, .f = f, .extents = {gx, gy, gz, bx, by, bz}};
  if (extra || !fits(f, launch.extents, shared) || launch.f->parameters > MOST_PARAMETERS) {
    return INVALID_VALUE;
  }
  int maps = 0;
  for (int i = 0; i < launch.f->parameters; i++) {
    if (!launch.f->is_map[i]) {
      launch.values[i] = *(uint64_t*)parameters[i];
    } else if (maps == MOST_MAPS) {
      return INVALID_VALUE;
    } else {
      launch.maps[maps++] = *(fake_tensor_map*)parameters[i];
    }
  }
  return enqueue(stream, &launch);
}
