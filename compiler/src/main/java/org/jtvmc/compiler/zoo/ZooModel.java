package org.jtvmc.compiler.zoo;

import java.util.List;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/**
 * A model of the zoo.
 *
 * @param name what stands after {@code zoo:}
 * @param description one line for a person
 * @param licence an SPDX identifier
 * @param byteSize the size of the ONNX file
 * @param sha256 the file's digest, in lower-case hexadecimal
 * @param inputs the shapes to compile for where the user names none
 * @param origin where the file comes from
 */
public record ZooModel(
    String name,
    String description,
    String licence,
    long byteSize,
    String sha256,
    List<InputShape> inputs,
    Origin origin) {

  public ZooModel {
    inputs = List.copyOf(inputs);
  }

  /** The shape of one input, by the input's name in the file. */
  public record InputShape(String input, List<Long> shape) {
    public InputShape {
      shape = List.copyOf(shape);
    }
  }

  /** Where a model's file comes from. */
  public sealed interface Origin {

    /**
     * A file inside an artifact of a Maven repository.
     *
     * @param coordinates {@code group:artifact:version} of a jar
     * @param entry the file's path in the jar
     */
    record Artifact(String coordinates, String entry) implements Origin {
      @Override
      public String toString() {
        return coordinates + "!/" + entry;
      }
    }

    /** Written by this program: an architecture with random weights of a fixed seed. */
    record Generated(Architecture architecture) implements Origin {
      @Override
      public String toString() {
        return "generated";
      }
    }
  }

  /** Writes out an architecture, always the same. */
  @FunctionalInterface
  public interface Architecture {
    OnnxBuilder build();
  }
}
