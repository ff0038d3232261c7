package org.jtvmc.codegen.library;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.cuda.Launch.Extent;

/** Writes a {@link DeviceProgram} as the data that {@code cuda_program.h} describes. */
final class ProgramModule {

  private ProgramModule() {}

  static void write(DeviceProgram program, IrText text) {
    text.append(
        """
        %module = type { ptr, ptr, i32, i32 }
        %argument = type { i32, i32, i64 }
        %launch = type { ptr, i32, [3 x i32], [3 x i32], i32, i32, i32 }
        """);
    var modules = new ArrayList<String>();
    for (var kernel : program.kernels()) {
      var ptx = text.string(kernel.kernel().ptx());
      var cubin = kernel.cubin().isEmpty() ? "null" : text.bytes(kernel.cubin().code());
      modules.add(
          "%%module { ptr %s, ptr %s, i32 %d, i32 0 }".formatted(ptx, cubin, program.arch()));
    }
    var arguments = new ArrayList<String>();
    var launches = new ArrayList<String>();
    for (var step : program.steps()) {
      launches.add(launch(step, arguments.size(), text));
      step.arguments().forEach(place -> arguments.add(argument(place)));
    }
    text.append(
        """
        @jtvmc_this_program = hidden constant { i32, i32, i32, i32, i32, i32, ptr, ptr, ptr } \
        { i32 %d, i32 %d, i32 %d, i32 %d, i32 %d, i32 0, ptr %s, ptr %s, ptr %s }
        """
            .formatted(
                program.arch(),
                program.exact() ? 1 : 0,
                modules.size(),
                launches.size(),
                arguments.size(),
                text.array("%module", modules),
                text.array("%launch", launches),
                text.array("%argument", arguments)));
  }

  private static String launch(DeviceProgram.Step step, int firstArgument, IrText text) {
    return "%%launch { ptr %s, i32 %d, [3 x i32] %s, [3 x i32] %s, i32 %d, i32 %d, i32 %d }"
        .formatted(
            text.string(step.launch().entry()),
            step.kernel(),
            extent(step.launch().grid()),
            extent(step.launch().block()),
            step.launch().sharedBytes(),
            firstArgument,
            step.arguments().size());
  }

  private static String extent(Extent extent) {
    return "[i32 %d, i32 %d, i32 %d]".formatted(extent.x(), extent.y(), extent.z());
  }

  private static String argument(Place place) {
    List<Long> coded =
        switch (place) {
          case Place.Io(int index) -> List.of(0L, (long) index);
          case Place.Workspace(long offset) -> List.of(1L, offset);
          case Place.Weights(long offset) -> List.of(2L, offset);
          case Place.Block _, Place.Sizes _ ->
              throw new IllegalArgumentException("sizes are open in a model for GPUs");
        };
    return "%%argument { i32 %d, i32 0, i64 %d }".formatted(coded.get(0), coded.get(1));
  }
}
