package org.jtvmc.codegen.load;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jtvmc.codegen.CodegenException;

/** A pool of the native runtime. Closing it joins its threads; no kernel may be running on it. */
public final class ThreadPool implements AutoCloseable {

  private final MethodHandle destroy;
  private MemorySegment address;

  ThreadPool(MethodHandle create, MethodHandle destroy, int threads) {
    this.destroy = destroy;
    try {
      address = (MemorySegment) create.invokeExact(threads);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    if (address.address() == 0) {
      throw new CodegenException("out of memory for a pool of " + threads + " threads");
    }
  }

  MemorySegment address() {
    if (address.address() == 0) {
      throw new IllegalStateException("the pool is closed");
    }
    return address;
  }

  @Override
  public void close() {
    try {
      destroy.invokeExact(address);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    address = MemorySegment.NULL;
  }
}
