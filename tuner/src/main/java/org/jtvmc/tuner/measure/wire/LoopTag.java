package org.jtvmc.tuner.measure.wire;

/** The first byte of each node. */
enum LoopTag {
  FOR,
  STORE,
  ALLOCATE,
  IF,
  SEQ,
  BARRIER,
  ALL_REDUCE,
  COMMIT_COPIES,
  AWAIT_COPIES,
  START_PRODUCTS,
  COMMIT_PRODUCTS,
  AWAIT_PRODUCTS,
  OPEN_ARRIVALS,
  CLOSE_ARRIVALS,
  EXPECT_TILES,
  START_TILE,
  START_PIXELS,
  AWAIT_TILES,
  COUNT_BLOCK,
  INT,
  FLOAT,
  VARIABLE,
  BINARY,
  COMPARE,
  NOT,
  SELECT,
  CAST,
  REINTERPRET,
  INTRINSIC,
  LOAD,
  /** What was written before; only where nothing reads it. */
  SHARED
}
