package org.jtvmc.compiler.run;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.load.ModelContext;
import org.jtvmc.ir.data.NDArray;

/** Inputs and outputs in the memory of a GPU. */
final class DeviceBound implements ModelRunner.Bound {

  private final ModelContext model;
  private final GpuMemory gpu;
  private final List<TensorInfo> outputs;
  private final List<DeviceMemory> data = new ArrayList<>();

  DeviceBound(
      List<NDArray> arguments, ModelContext model, List<TensorInfo> outputs, GpuMemory gpu) {
    this.model = model;
    this.gpu = gpu;
    this.outputs = outputs;
    for (NDArray argument : arguments) {
      DeviceMemory memory = gpu.allocate(argument.data().byteSize());
      gpu.context().copy(ModelRunner.inNativeMemory(argument), memory, gpu.stream());
      gpu.stream().synchronize();
      data.add(memory);
    }
    outputs.forEach(output -> data.add(gpu.allocate(output.type().bytes())));
  }

  @Override
  public void run() {
    model.run(data, gpu.stream());
    gpu.stream().synchronize();
  }

  @Override
  public List<NDArray> results() {
    List<NDArray> results = new ArrayList<>();
    int inputs = data.size() - outputs.size();
    for (int i = 0; i < outputs.size(); i++) {
      NDArray result = NDArray.allocate(outputs.get(i).type());
      gpu.context().copy(data.get(inputs + i), result.data(), gpu.stream());
      results.add(result);
    }
    gpu.stream().synchronize();
    return results;
  }
}
