/* A part of device_threads.c, whose threads and memory it uses. */
#include "../../../../codegen/src/test/c/fake_tensor_map.h"

/* --- Boxes of tensors that a device copies: what the PTX ISA says of cp.async.bulk.tensor and mbarrier ---

   A tile comes as late as it may: when a thread waits for it. Until then its place is filled with
   what is hardly a number, and may not be touched. */

enum { MOST_ARRIVALS = 32, MOST_TILES = 64, LINE = 128 };

/* An mbarrier object for one arriving thread. */
typedef struct {
  uintptr_t place;
  uint32_t phase, told;
  int64_t expected, started;
} arrival;

typedef struct {
  fake_tensor_map map;
  uintptr_t to, arrival;
  int32_t corner[FAKE_MOST_DIMENSIONS];
  uint16_t offsets[3]; /* by which pixels are moved */
} tile;

static arrival arrivals[MOST_ARRIVALS];
static uint32_t arrival_count;
static tile tiles[MOST_TILES];
static uint32_t tile_count;

static void forget_tiles(void) {
  arrival_count = tile_count = 0;
}

static arrival *arrival_at(uintptr_t place) {
  for (uint32_t i = 0; i < arrival_count; i++) {
    if (arrivals[i].place == place) {
      return &arrivals[i];
    }
  }
  access_fault("is of no mbarrier object", place, 8, SHARED);
  return NULL;
}

void arrival_init(uintptr_t place, uint32_t count) __asm__("device.mbarrier_init");
void arrival_init(uintptr_t place, uint32_t count) {
  check(place, 8, 8, WRITE | SHARED);
  if (count != 1 || arrival_count == MOST_ARRIVALS) {
    access_fault("makes an mbarrier object that this stand-in does not know", place, 8, WRITE | SHARED);
  }
  arrivals[arrival_count++] = (arrival){.place = place};
  touches *end;
  for (touches *element = elements_at(place, 8, &end); element < end; element++) {
    element->under_way = 1;
  }
}

void arrival_inval(uintptr_t place) __asm__("device.mbarrier_inval");
void arrival_inval(uintptr_t place) {
  arrival *closed = arrival_at(place);
  if (closed->told || closed->started > 0) {
    access_fault("ends an mbarrier object while tiles are under way", place, 8, WRITE | SHARED);
  }
  touches *end;
  for (touches *element = elements_at(place, 8, &end); element < end; element++) {
    element->under_way = 0;
  }
  *closed = arrivals[--arrival_count];
}

static void wake_waiting(void) {
  for (uint32_t i = 0; i < thread_count; i++) {
    if (threads[i].awaits_tiles) {
      threads[i].state = READY;
    }
  }
}

/* Another thread's object is there after a barrier. */
static arrival *visible_arrival(uintptr_t place) {
  touches *end;
  touches *element = elements_at(place, 8, &end);
  if (element != NULL && element->writer != block_number * thread_count + current + 1
      && element->write_phase == phase) {
    access_fault("meets an mbarrier object that another thread makes with no barrier between", place, 8, SHARED);
  }
  return arrival_at(place);
}

void arrival_expect(uintptr_t place, uint32_t bytes) __asm__("device.mbarrier_expect");
void arrival_expect(uintptr_t place, uint32_t bytes) {
  arrival *told = visible_arrival(place);
  if (told->told) {
    access_fault("arrives twice in one phase", place, 8, WRITE | SHARED);
  }
  told->told = 1;
  told->expected = bytes;
  wake_waiting();
}

static uint32_t tile_bytes(const tile *t) {
  uint32_t bytes = t->map.element_bytes;
  uint32_t dimensions = t->map.pixels ? 2 : t->map.rank;
  for (uint32_t i = 0; i < dimensions; i++) {
    bytes *= t->map.box[i];
  }
  return bytes;
}

/* Written by a thread's own way to memory, it must have been published to that of the device. */
static void check_target(uintptr_t place) {
  check(place, 16, 16, WRITE | SHARED);
  touches *end;
  for (touches *element = elements_at(place, 16, &end); element < end; element++) {
    element->under_way = 1;
    element->written = 0;
  }
  memset((void *)place, 0xff, 16);
}

static void start_tile(tile begun, uint32_t rank, int pixels) {
  arrival *own = visible_arrival(begun.arrival);
  const fake_tensor_map *map = &begun.map;
  uintptr_t to = begun.to;
  if (map->magic != FAKE_MAP_MAGIC || map->rank != rank || map->pixels != pixels || tile_count == MOST_TILES) {
    access_fault("is a tile of no map of its kind of so many dimensions, or one too many", to, 16, WRITE | SHARED);
  }
  tile *started = &tiles[tile_count++];
  *started = begun;
  if (to % LINE != 0 || map->box[0] * map->element_bytes != LINE) {
    access_fault("is a tile whose lines do not begin at multiples of 128 bytes", to, 16, WRITE | SHARED);
  }
  uint32_t bytes = tile_bytes(started);
  for (uint32_t at = 0; at < bytes; at += 16) {
    check_target(to + at);
  }
  own->started += bytes;
  wake_waiting();
}

void tile_start(uintptr_t to, const fake_tensor_map *map, uintptr_t place, uint32_t rank, int32_t c0, int32_t c1,
                int32_t c2, int32_t c3, int32_t c4) __asm__("device.tile");
void tile_start(uintptr_t to, const fake_tensor_map *map, uintptr_t place, uint32_t rank, int32_t c0, int32_t c1,
                int32_t c2, int32_t c3, int32_t c4) {
  start_tile((tile){*map, to, place, {c0, c1, c2, c3, c4}, {0, 0, 0}}, rank, 0);
}

/* The places between the corners along a dimension of an image, innermost first. */
static int64_t places(const fake_tensor_map *map, uint32_t dimension) {
  int64_t room = (int64_t)map->sizes[dimension + 1] + map->upper[dimension] - map->lower[dimension];
  return (room + map->steps[dimension + 1] - 1) / map->steps[dimension + 1];
}

/* Pixels that are counted through (im2col), from a place between the corners on. */
void pixels_start(uintptr_t to, const fake_tensor_map *map, uintptr_t place, uint32_t rank, int32_t c0, int32_t c1,
                  int32_t c2, int32_t c3, int32_t c4, uint32_t o0, uint32_t o1, uint32_t o2) __asm__("device.pixels");
void pixels_start(uintptr_t to, const fake_tensor_map *map, uintptr_t place, uint32_t rank, int32_t c0, int32_t c1,
                  int32_t c2, int32_t c3, int32_t c4, uint32_t o0, uint32_t o1, uint32_t o2) {
  static const uint32_t most_moved[] = {0, 0, 0, 65535, 255, 31};
  tile begun = {*map, to, place, {c0, c1, c2, c3, c4}, {(uint16_t)o0, (uint16_t)o1, (uint16_t)o2}};
  for (uint32_t i = 0; i + 2 < map->rank && map->rank == rank; i++) {
    int64_t from = (int64_t)begun.corner[i + 1] - map->lower[i];
    if (from < 0 || from % map->steps[i + 1] || from / map->steps[i + 1] >= places(map, i) ||
        begun.offsets[i] > most_moved[rank]) {
      access_fault("begins with a pixel that its map does not count, or moves it too far", to, 16, WRITE | SHARED);
    }
  }
  start_tile(begun, rank, 1);
}

/* The address of an element of pixels, or 0 where it lies outside of the tensor. */
static uintptr_t source_of_pixel(const tile *t, uint32_t element) {
  const fake_tensor_map *map = &t->map;
  uint32_t last = map->rank - 1;
  int64_t at[FAKE_MOST_DIMENSIONS];
  int64_t number = element / map->box[0];
  at[0] = t->corner[0] + (int64_t)(element % map->box[0]);
  for (uint32_t i = 1; i < last; i++) {
    number += ((int64_t)t->corner[i] - map->lower[i - 1]) / map->steps[i];
    at[i] = number % places(map, i - 1) * map->steps[i] + map->lower[i - 1] + t->offsets[i - 1];
    number /= places(map, i - 1);
  }
  at[last] = t->corner[last] + number;
  uintptr_t address = map->address;
  for (uint32_t i = 0; i <= last; i++) {
    if (at[i] < 0 || (uint64_t)at[i] >= map->sizes[i]) {
      return 0;
    }
    address += (uint64_t)at[i] * (i == 0 ? map->element_bytes : map->strides[i - 1]);
  }
  return address;
}

/* The address of an element of a box, or 0 where it lies beyond the tensor. */
static uintptr_t source_of(const tile *t, uint32_t element) {
  if (t->map.pixels) {
    return source_of_pixel(t, element);
  }
  uintptr_t address = t->map.address;
  for (uint32_t i = 0; i < t->map.rank; i++) {
    int64_t at = t->corner[i] + (int64_t)(element % t->map.box[i]);
    element /= t->map.box[i];
    if (at < 0 || (uint64_t)at >= t->map.sizes[i]) {
      return 0;
    }
    address += (uint64_t)at * (i == 0 ? t->map.element_bytes : t->map.strides[i - 1]);
  }
  return address;
}

static void end_tile(const tile *t) {
  uint32_t size = t->map.element_bytes;
  uint32_t count = tile_bytes(t) / size;
  for (uint32_t element = 0; element < count; element++) {
    uintptr_t plain = t->to + (uintptr_t)element * size;
    uintptr_t to = plain ^ (plain >> 3 & 0x70);
    uintptr_t from = source_of(t, element);
    touches *end;
    if (from != 0 && elements_at(from, size, &end) == NULL) {
      access_fault("is outside of every array of this kind", from, size, 0);
    }
    for (uint32_t i = 0; i < size; i++) {
      ((char *)to)[i] = from == 0 ? 0 : ((const char *)from)[i];
    }
    for (touches *touched = elements_at(to, size, &end); touched < end; touched++) {
      touched->under_way = 0;
      touched->writer = block_number * thread_count + current + 1;
      touched->write_phase = phase;
    }
  }
  accesses += count * size / 16;
}

static void end_phase(arrival *over) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < tile_count; i++) {
    if (tiles[i].arrival == over->place) {
      end_tile(&tiles[i]);
    } else {
      tiles[kept++] = tiles[i];
    }
  }
  tile_count = kept;
  over->phase++;
  over->told = 0;
  over->expected = over->started = 0;
}

void arrival_wait(uintptr_t place, uint32_t parity) __asm__("device.mbarrier_wait");
void arrival_wait(uintptr_t place, uint32_t parity) {
  thread *self = &threads[current];
  for (;;) {
    arrival *awaited = visible_arrival(place);
    if (awaited->phase % 2 != parity) {
      break;
    }
    if (awaited->told && awaited->started == awaited->expected) {
      end_phase(awaited);
      break;
    }
    self->awaits_tiles = 1;
    self->state = WAITING;
    give_way();
  }
  self->awaits_tiles = 0;
  wake_waiting();
}

/* Whether threads wait for what never comes: says so. */
static int tiles_are_missing(void) {
  for (uint32_t i = 0; i < arrival_count; i++) {
    for (uint32_t t = 0; t < thread_count; t++) {
      if (threads[t].awaits_tiles && arrivals[i].expected != arrivals[i].started) {
        snprintf(fault, sizeof fault,
                 "block (%u, %u, %u): threads wait for tiles for ever: %ld bytes are expected, %ld are under way",
                 block_index[0], block_index[1], block_index[2], (long)arrivals[i].expected,
                 (long)arrivals[i].started);
        return 1;
      }
    }
  }
  return 0;
}

static int tiles_are_left(void) {
  if (tile_count > 0) {
    snprintf(fault, sizeof fault, "block (%u, %u, %u) ends while tiles are under way", block_index[0],
             block_index[1], block_index[2]);
  }
  return tile_count > 0;
}

/* Makes a map as the driver does; 0, or 1 where it would refuse. */
int32_t encode_map(void *to, int32_t type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                   const uint64_t *strides, const uint32_t *box);
int32_t encode_map(void *to, int32_t type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                   const uint64_t *strides, const uint32_t *box) {
  static const uint32_t steps[FAKE_MOST_DIMENSIONS] = {1, 1, 1, 1, 1};
  return fake_encode_map(to, type, rank, address, sizes, strides, box, steps, 0, 3, 3, 0);
}

int32_t encode_pixels(void *to, int32_t type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                      const uint64_t *strides, const int32_t *lower, const int32_t *upper, const uint32_t *box,
                      const uint32_t *steps);
int32_t encode_pixels(void *to, int32_t type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                      const uint64_t *strides, const int32_t *lower, const int32_t *upper, const uint32_t *box,
                      const uint32_t *steps) {
  return fake_encode_pixels(to, type, rank, address, sizes, strides, lower, upper, box[0], box[1], steps, 0, 3, 3, 0);
}
