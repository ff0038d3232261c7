package org.jtvmc.compiler.run;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.driver.CudaContext;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.DeviceMemory;

/** A stream of the first GPU and memory there, freed together. */
final class GpuMemory implements AutoCloseable {

  private final CudaDriver driver = CudaDriver.open();
  private final CudaContext context = driver.device(0).open();
  private final CudaStream stream = context.newStream();
  private final List<DeviceMemory> pieces = new ArrayList<>();

  CudaContext context() {
    return context;
  }

  CudaStream stream() {
    return stream;
  }

  DeviceMemory allocate(long bytes) {
    DeviceMemory memory = context.allocate(bytes);
    pieces.add(memory);
    return memory;
  }

  @Override
  public void close() {
    pieces.forEach(DeviceMemory::close);
    stream.close();
    context.close();
    driver.close();
  }
}
