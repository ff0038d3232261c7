/*
 * What a pool consists of, and the loop that its threads share out: its description and its pieces.
 * How threads start, wait and sleep is in pool.c.
 */
#ifndef JTVMC_POOL_WORK_H
#define JTVMC_POOL_WORK_H

#include "jtvmc_pool.h"
#include "system.h"

/* A loop, as one of its threads has read it. */
typedef struct {
  uint64_t number;
  jtvmc_body body;
  void* closure;
  int64_t extent;
  int32_t shares; /* as many members have one */
  int32_t pieces; /* of each share */
} jtvmc_loop;

/* No CPU, and: a thread is about to change it. */
#define KEPT_OFF_NONE (-1)
#define KEPT_OFF_CHANGES (-2)

/*
 * A thread of a pool: the caller of a loop, which is member 0, or a worker. What different threads
 * write or look at while a loop runs lies in lines of its own: between processors that share no
 * cache a line takes a fifth of a microsecond to cross, as long as small kernels' arithmetic.
 */
typedef struct {
  /* The pieces taken of this member's share. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t taken;

  /* The pieces that this member has run to their end, of whatever share. Its own to write. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t done;

  /* What the caller looks at in each loop, and a worker seldom changes. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t asleep; /* 1 while the worker waits on this word */
  int32_t cpu;                                /* where it last ran; -1: not known */
  int32_t index;
  int32_t home; /* the CPU it is bound to; -1: to none */
  int32_t id;   /* the kernel's number of the worker; 0: not yet known */
  jtvmc_pool* pool;
  unsigned long thread;

  /* The worker's own. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t seen; /* the number of the latest loop it knows of */
  int32_t kept_off; /* the CPU that a caller keeps it off for the moment, or one of these */
} jtvmc_member;

struct jtvmc_pool {
  /* The latest loop, in one line: all that crosses to a worker that spins. A loop of an even number
     is described by the first elements, one of an odd number by the second, so that what a worker
     reads of a loop is not overwritten before it can see that the loop's number has passed. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t number;
  jtvmc_body body[2];
  void* closure[2];
  int64_t extent[2];
  uint16_t shares[2];
  uint16_t pieces[2];

  /* The caller's. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t busy; /* one caller owns the workers */
  int32_t status;                           /* of a piece that failed */
  uint64_t absent_since; /* when workers began to be missed, by the time stamp counter; 0: none is */

  /* Seldom written. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t caller_sleeps; /* 1 while the caller waits on this word */
  uint32_t stop;
  int32_t num_threads; /* asked for, the caller included */
  int32_t started;     /* workers that run; -1 before the first loop */
  uint32_t spin_ticks; /* 0: more threads than cores */
  int32_t pid;
  /* 1 in the process that made the pool (or took it over); a page the kernel clears for a child
     of fork. NULL where the kernel cannot: then pid tells. */
  uint32_t* same_process;
  jtvmc_member members[];
};

/* Describes the next loop, and makes it the latest. */
JTVMC_HIDDEN void jtvmc_loop_publish(jtvmc_pool* pool, const jtvmc_loop* next);

/* The number of the latest loop. */
JTVMC_HIDDEN uint64_t jtvmc_loop_number(const jtvmc_pool* pool);

/* The latest loop. */
JTVMC_HIDDEN jtvmc_loop jtvmc_loop_latest(const jtvmc_pool* pool);

/* Runs one of `parts` parts of the caller's first piece, which no others take. */
JTVMC_HIDDEN void jtvmc_loop_run_first(jtvmc_pool* pool, const jtvmc_loop* of, int32_t part,
                                       int32_t parts);

/* Runs a member's own share, of which it has run `ran` pieces, then what the others have not yet
   begun. */
JTVMC_HIDDEN void jtvmc_loop_run(jtvmc_pool* pool, const jtvmc_loop* of, int32_t self,
                                 uint64_t ran);

/* Whether a piece of a member's share has been taken. */
JTVMC_HIDDEN int jtvmc_loop_begun(const jtvmc_pool* pool, const jtvmc_loop* of, int32_t share);

/* Whether each member has run a piece of a loop that is over. */
JTVMC_HIDDEN int jtvmc_loop_all_took_part(const jtvmc_pool* pool, const jtvmc_loop* of);

/* Whether all pieces have been run. */
JTVMC_HIDDEN int jtvmc_loop_is_over(const jtvmc_pool* pool, const jtvmc_loop* of);

#endif /* JTVMC_POOL_WORK_H */
