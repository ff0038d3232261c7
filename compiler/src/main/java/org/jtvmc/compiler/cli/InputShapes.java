package org.jtvmc.compiler.cli;

import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.onnx.GivenShapes;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The shapes of {@code --input-shapes "x:[1,3,224,224],y:[n:1..8,8]"}; a comma or a blank between.
 * A name in the place of a size leaves it open.
 */
record InputShapes(GivenShapes given) {

  static final InputShapes NONE = new InputShapes(GivenShapes.NONE);

  /** The shapes, where all sizes are numbers. */
  Map<String, List<Long>> byName() {
    if (given.isOpen()) {
      throw new UsageException("sizes cannot be left open here; give numbers in --input-shapes");
    }
    return given.known();
  }

  /** For the command line. */
  static final class Converter implements ITypeConverter<InputShapes> {
    @Override
    public InputShapes convert(String text) {
      return parse(text);
    }
  }

  static InputShapes parse(String text) {
    Map<String, List<String>> shapes =
        NamedLists.parse(text, false, "is no list of shapes; write \"x:[1,3,224,224]\"");
    shapes.values().forEach(shape -> shape.forEach(size -> check(size, text)));
    try {
      return new InputShapes(GivenShapes.parse(shapes));
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'%s': %s".formatted(text, e.getMessage()));
    }
  }

  private static void check(String size, String text) {
    if (!GivenShapes.isSize(size)) {
      throw new TypeConversionException("'%s' has '%s' for a size".formatted(text, size));
    }
  }
}
