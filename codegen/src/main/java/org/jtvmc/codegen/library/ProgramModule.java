package org.jtvmc.codegen.library;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.cuda.TensorBox.Window;

/** Writes a {@link DeviceProgram} as the data that {@code cuda_program.h} describes. */
final class ProgramModule {
  private static final int MOST_DIMENSIONS = 5;
  private static final int MOST_SPATIAL = 3;

  private ProgramModule() {}

  static void write(DeviceProgram program, IrText text) {
    text.append(
        """
        %module = type { ptr, ptr, i32, i32 }
        %argument = type { i32, i32, i64 }
        %launch = type { ptr, i32, [3 x i32], [3 x i32], i32, i32, i32 }
        %map = type { i32, i32, [5 x i64], [4 x i64], [5 x i32], i32, [3 x i32], [3 x i32], [5 x i32], i32 }
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
    var boxes = new ArrayList<TensorBox>();
    for (var step : program.steps()) {
      launches.add(launch(step, arguments.size(), text));
      for (int i = 0; i < step.arguments().size(); i++) {
        int map = 0;
        if (step.launch().arguments().get(i) instanceof Launch.Argument.Map(_, TensorBox box)) {
          map = boxes.indexOf(box) + 1;
          if (map == 0) {
            boxes.add(box);
            map = boxes.size();
          }
        }
        arguments.add(argument(step.arguments().get(i), map));
      }
    }
    text.append(
        """
        @jtvmc_this_program = hidden constant { i32, i32, i32, i32, i32, i32, ptr, ptr, ptr, ptr, i64 } \
        { i32 %d, i32 %d, i32 %d, i32 %d, i32 %d, i32 %d, ptr %s, ptr %s, ptr %s, ptr %s, i64 %d }
        """
            .formatted(
                program.arch(),
                program.exact() ? 1 : 0,
                modules.size(),
                launches.size(),
                arguments.size(),
                boxes.size(),
                text.array("%module", modules),
                text.array("%launch", launches),
                text.array("%argument", arguments),
                text.array("%map", boxes.stream().map(ProgramModule::map).toList()),
                program.counterBytes()));
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

  private static String map(TensorBox box) {
    Optional<Window> window = box.window();
    String text =
        "%%map { i32 %d, i32 %d, [5 x i64] %s, [4 x i64] %s, [5 x i32] %s, i32 %d, "
            + "[3 x i32] %s, [3 x i32] %s, [5 x i32] %s, i32 0 }";
    return text.formatted(
        box.type(),
        box.sizes().size(),
        innermostFirst("i64", MOST_DIMENSIONS, box.sizes()),
        innermostFirst("i64", MOST_DIMENSIONS - 1, box.strides()),
        innermostFirst("i32", MOST_DIMENSIONS, box.box()),
        window.isPresent() ? 1 : 0,
        innermostFirst("i32", MOST_SPATIAL, window.map(Window::lower).orElse(List.of())),
        innermostFirst("i32", MOST_SPATIAL, window.map(Window::upper).orElse(List.of())),
        innermostFirst("i32", MOST_DIMENSIONS, box.stepsOfAll()));
  }

  private static String innermostFirst(String type, int count, List<Long> values) {
    return IntStream.range(0, count)
        .mapToObj(i -> type + " " + (i < values.size() ? values.reversed().get(i) : 0))
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String argument(Place place, int map) {
    List<Long> coded =
        switch (place) {
          case Place.Io(int index) -> List.of(0L, (long) index);
          case Place.Workspace(long offset) -> List.of(1L, offset);
          case Place.Weights(long offset) -> List.of(2L, offset);
          case Place.Counters(long offset) -> List.of(3L, offset);
          case Place.Block _, Place.Sizes _ ->
              throw new IllegalArgumentException("sizes are open in a model for GPUs");
        };
    return "%%argument { i32 %d, i32 %d, i64 %d }".formatted(coded.get(0), map, coded.get(1));
  }
}
