package org.jtvmc.compiler.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.plugin.Frontend;
import org.jtvmc.compiler.zoo.ModelZoo;
import org.jtvmc.compiler.zoo.ZooModel;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.text.ParseException;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/**
 * A model as a user names it: an {@code .onnx} file, a {@code .relay} file, or {@code zoo:NAME}.
 *
 * @param reference finds the same model again: {@code zoo:NAME} or an absolute path
 * @param name a C identifier made of the file's or the zoo's name
 * @param file where its bytes are
 * @param format how they are read
 * @param defaultShapes of the inputs that a user gives no shape to; may be empty
 * @param frontend what the model may use
 * @param contents numbers that inputs hold in every run, by input name; a shape may depend on them
 */
public record ModelSource(
    String reference,
    String name,
    Path file,
    Format format,
    Map<String, List<Long>> defaultShapes,
    Frontend frontend,
    Map<String, List<Double>> contents) {

  /** The kinds of files. */
  public enum Format {
    ONNX,
    /** The text form of the graph IR, with its weights in a {@code .safetensors} file beside it. */
    RELAY
  }

  private static final String ZOO = "zoo:";

  /** The name that the runtime's header and functions have. */
  public static final String RUNTIME = "jtvmc";

  private static final double LARGEST_TENSOR_BYTES = 0x1p40;

  public ModelSource {
    defaultShapes = Map.copyOf(defaultShapes);
    contents = Map.copyOf(contents);
  }

  /** Whether {@code text} names a model by its form, whether or not there is one. */
  public static boolean isModel(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.startsWith(ZOO) || lower.endsWith(".onnx") || lower.endsWith(".relay");
  }

  /** The model that {@code text} names, as {@link #of(String, Frontend)} without plugins. */
  public static ModelSource of(String text) {
    return of(text, Frontend.standard());
  }

  /**
   * The model that {@code text} names; a zoo model's file is fetched if it is not here yet.
   *
   * @throws ModelException where it names none
   */
  public static ModelSource of(String text, Frontend frontend) {
    if (text.startsWith(ZOO)) {
      ModelZoo zoo = ModelZoo.ofUser();
      ZooModel model = zoo.find(text.substring(ZOO.length()));
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      model.inputs().forEach(input -> shapes.put(input.input(), input.shape()));
      return new ModelSource(
          text, identifier(model.name()), zoo.file(model), Format.ONNX, shapes, frontend, Map.of());
    }
    Path file = Path.of(text).toAbsolutePath().normalize();
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          "%s %s; give an .onnx or .relay file, or zoo:NAME"
              .formatted(text, Files.exists(file) ? "is no file" : "does not exist"));
    }
    Format format =
        file.toString().toLowerCase(Locale.ROOT).endsWith(".relay") ? Format.RELAY : Format.ONNX;
    String stem = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
    return new ModelSource(
        file.toString(), identifier(stem), file, format, Map.of(), frontend, Map.of());
  }

  /** The same model, some inputs of which hold the same in every run. */
  public ModelSource withContents(Map<String, List<Double>> fixed) {
    return new ModelSource(reference, name, file, format, defaultShapes, frontend, fixed);
  }

  /** A C identifier that reads like {@code text} and is not {@link #RUNTIME}. */
  public static String identifier(String text) {
    String plain = text.replaceAll("[^A-Za-z0-9_]", "_");
    boolean isFree =
        !plain.isEmpty() && !Character.isDigit(plain.charAt(0)) && !plain.equals(RUNTIME);
    return isFree ? plain : "model_" + plain;
  }

  /** Of arrays for inputs, by name, the sizes of those for which the file leaves sizes open. */
  public Map<String, List<Long>> openSizes(Map<String, List<Long>> arrays) {
    if (arrays.isEmpty() || format != Format.ONNX) {
      return Map.of();
    }
    OnnxModel model = OnnxModel.read(file);
    Map<String, List<Long>> open = new LinkedHashMap<>(arrays);
    open.keySet().removeIf(name -> contents.containsKey(name) || !model.leavesOpen(name));
    return open;
  }

  /**
   * The model's graph, all sizes known.
   *
   * @param inputShapes by input name, before the defaults
   * @throws ModelException where the file cannot be read, is not supported or leaves sizes open
   */
  public IRModule load(Map<String, List<Long>> inputShapes) {
    return load(inputShapes, Map.of());
  }

  /**
   * As the other, compiled for some inputs' contents.
   *
   * @param known contents by input name; only of an {@code .onnx} file
   */
  public IRModule load(Map<String, List<Long>> inputShapes, Map<String, NDArray> known) {
    return module(GivenShapes.of(inputShapes), known);
  }

  /**
   * The model's graph; sizes that are named are open.
   *
   * @throws ModelException where the file cannot be read, is not supported or leaves other sizes
   *     open
   */
  public IRModule load(GivenShapes shapes) {
    return module(shapes, Map.of());
  }

  /**
   * The model for numbers in the place of the sizes that are left open; the file may have others.
   *
   * @param numbers the shapes of inputs
   * @throws ModelException where they do not fit the shapes
   */
  public IRModule load(GivenShapes open, Map<String, List<Long>> numbers) {
    try {
      return module(open.at(numbers), Map.of());
    } catch (IllegalArgumentException e) {
      throw new ModelException("%s: %s".formatted(reference, e.getMessage()), e);
    }
  }

  private IRModule module(GivenShapes shapes, Map<String, NDArray> known) {
    IRModule module;
    try {
      module =
          switch (format) {
            case ONNX -> loadOnnx(shapes, known);
            case RELAY -> loadRelay(shapes.known());
          };
    } catch (ArithmeticException e) {
      // Sizes are multiplied exactly, everywhere.
      throw new ModelException(
          "%s: a tensor has more elements than can be counted; check the model's shapes"
              .formatted(reference),
          e);
    }
    for (Var input : module.main().parameters()) {
      if (input.type() instanceof TensorType type
          && !type.isStatic()
          && !shapes.byName().containsKey(input.name())
          && !contents.containsKey(input.name())) {
        throw new ModelException(
            "%s: input '%s' has open sizes, %s; give them with --input-shapes \"%s:[...]\""
                .formatted(reference, input.name(), type, input.name()));
      }
    }
    checkSizes(module);
    return module;
  }

  /** A size that a file merely claims must not become an attempt to allocate it. */
  private void checkSizes(IRModule module) {
    for (Expr expr : Exprs.postOrder(module.main().body())) {
      if (expr.type() instanceof TensorType type && type.isStatic() && isTooLarge(type)) {
        throw new ModelException(
            "%s: a tensor is %s, larger than any memory; check the model's shapes%s"
                .formatted(
                    reference,
                    type,
                    expr instanceof Call call && !call.label().isEmpty()
                        ? " at node '" + call.label() + "'"
                        : ""));
      }
    }
  }

  private static boolean isTooLarge(TensorType type) {
    double bytes = type.dtype().bytes();
    for (long size : type.sizes()) {
      bytes *= size;
    }
    return bytes > LARGEST_TENSOR_BYTES;
  }

  private IRModule loadOnnx(GivenShapes given, Map<String, NDArray> known) {
    Map<String, List<Dim>> shapes = new LinkedHashMap<>(GivenShapes.of(defaultShapes).byName());
    shapes.putAll(given.byName());
    OnnxModel model = OnnxModel.read(file);
    Map<String, NDArray> all = new LinkedHashMap<>(known);
    contents.forEach(
        (input, numbers) -> {
          NDArray array = model.contents(input, numbers);
          all.put(input, array);
          shapes.put(input, array.type().shape());
        });
    return frontend.importer().load(model, new GivenShapes(shapes, given.overFile()), all);
  }

  private IRModule loadRelay(Map<String, List<Long>> inputShapes) {
    IRModule module;
    try {
      module = ModuleText.read(file).parse(frontend.operators()::find);
    } catch (ParseException | TypeException e) {
      throw new ModelException("%s: %s".formatted(reference, e.getMessage()), e);
    } catch (NoSuchFileException e) {
      throw new ModelException("%s does not exist".formatted(e.getFile()), e);
    } catch (IOException e) {
      throw new ModelException(
          "%s cannot be read: %s".formatted(reference, FileFault.reason(e)), e);
    }
    if (module.main() == null) {
      throw new ModelException("%s has no function main".formatted(reference));
    }
    for (Map.Entry<String, List<Long>> given : inputShapes.entrySet()) {
      checkShape(module, given.getKey(), given.getValue());
    }
    return module;
  }

  private void checkShape(IRModule module, String input, List<Long> shape) {
    Var parameter =
        module.main().parameters().stream()
            .filter(candidate -> candidate.name().equals(input))
            .findFirst()
            .orElseThrow(
                () -> new ModelException("%s has no input '%s'".formatted(reference, input)));
    if (!(parameter.type() instanceof TensorType type
        && type.isStatic()
        && type.sizes().equals(shape))) {
      throw new ModelException(
          "%s: input '%s' is %s, and a .relay file's shapes are fixed; change them in the file"
              .formatted(reference, input, parameter.type()));
    }
  }
}
