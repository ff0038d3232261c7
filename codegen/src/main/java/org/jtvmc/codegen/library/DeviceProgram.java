package org.jtvmc.codegen.library;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.Cubin;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.ir.target.CudaTarget;

/**
 * What a model for GPUs does: code to load once, and launches for every run, in order.
 *
 * @param arch the compute capability that the code is for: 90
 * @param exact true where devices of later ones do not run it
 * @param kernels each once; every one is loaded as a module of its own
 * @param steps the launches
 * @param counterBytes device memory of a context that is zero before each launch, and after it
 */
public record DeviceProgram(
    int arch, boolean exact, List<Kernel> kernels, List<Step> steps, long counterBytes) {

  /**
   * A kernel, assembled too where an assembler was at hand.
   *
   * @param cubin the machine code for exactly {@code arch}'s devices, or empty
   */
  public record Kernel(DeviceKernel kernel, Cubin cubin) {}

  /**
   * One call of a kernel by the model.
   *
   * @param inputs how many of the buffers are inputs
   * @param buffers the places of the inputs, the outputs, and the workspace where it has one
   */
  public record Call(DeviceKernel kernel, int inputs, List<Place> buffers) {
    public Call {
      buffers = List.copyOf(buffers);
    }

    /** Where the data of a launch's argument lie in this call. */
    public Place place(Launch.Argument argument) {
      return switch (argument.data()) {
        case Launch.Argument.Input(int index) -> buffers.get(index);
        case Launch.Argument.Output(int index) -> buffers.get(inputs + index);
        case Launch.Argument.Workspace(long offset) ->
            new Place.Workspace(((Place.Workspace) buffers.getLast()).offset() + offset);
        case Launch.Argument.Counters(long offset) -> new Place.Counters(offset);
      };
    }
  }

  /**
   * One launch.
   *
   * @param kernel the index of the kernel that it belongs to
   * @param arguments where the data of each parameter lie
   */
  public record Step(int kernel, Launch launch, List<Place> arguments) {
    public Step {
      arguments = List.copyOf(arguments);
    }
  }

  public DeviceProgram {
    kernels = List.copyOf(kernels);
    steps = List.copyOf(steps);
  }

  /**
   * The program that makes these calls.
   *
   * @param assembler makes the cubins; called by several threads
   */
  public static DeviceProgram of(CudaTarget target, List<Call> calls, Assembler assembler) {
    Map<String, Integer> indices = new LinkedHashMap<>();
    List<DeviceKernel> kernels = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (Call call : calls) {
      int index =
          indices.computeIfAbsent(
              call.kernel().name(),
              _ -> {
                kernels.add(call.kernel());
                return kernels.size() - 1;
              });
      for (Launch launch : call.kernel().launches()) {
        steps.add(new Step(index, launch, launch.arguments().stream().map(call::place).toList()));
      }
    }
    List<Kernel> assembled =
        kernels.parallelStream()
            .map(kernel -> new Kernel(kernel, assembler.assemble(kernel.ptx(), target)))
            .toList();
    long counters = kernels.stream().mapToLong(DeviceKernel::counterBytes).max().orElse(0);
    return new DeviceProgram(target.arch(), target.specific(), assembled, steps, counters);
  }
}
