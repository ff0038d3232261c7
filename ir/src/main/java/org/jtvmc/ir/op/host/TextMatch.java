package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Whether each text as a whole matches a regular expression of RE2's syntax. The expression becomes
 * a program when the model is compiled; a run follows all its ways at once, in time proportional to
 * the text's length (Thompson, "Regular Expression Search Algorithm", 1968).
 */
public final class TextMatch extends FillingKernel {

  public TextMatch() {
    super("text_match", List.of("texts"), List.of(required("pattern", "the regular expression")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType texts = arguments.getFirst();
    if (!texts.dtype().isString()) {
      throw new TypeException("is not defined for " + texts.dtype());
    }
    program(attributes);
    return texts.withDType(DType.BOOL);
  }

  private static MatchProgram program(Attributes attributes) {
    return new RegexParser(attributes.text("pattern")).parse();
  }

  /** Two lists of ways, a mark for each instruction, and those still to follow. */
  @Override
  public Dim scratchBytes(List<TensorType> inputs, Attributes attributes) {
    return Dim.of(6L * Long.BYTES * (program(attributes).instructions().size() + 2));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    return List.of(Shapes.product(inputs.getFirst().shape()));
  }

  /** The number of instructions, each with its kind and operands, and the letters' ranges. */
  @Override
  public List<Long> table(Attributes attributes) {
    MatchProgram program = program(attributes);
    List<Long> numbers = new ArrayList<>();
    numbers.add((long) program.instructions().size());
    for (MatchProgram.Instruction instruction : program.instructions()) {
      numbers.add((long) instruction.kind().ordinal());
      numbers.add((long) instruction.first());
      numbers.add((long) instruction.second());
    }
    program.ranges().forEach(bound -> numbers.add((long) bound));
    return numbers;
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    MatchProgram program = program(attributes);
    for (long i = 0; i < inputs.getFirst().elements(); i++) {
      results.getFirst().setLong(i, program.matches(inputs.getFirst().text(i)) ? 1 : 0);
    }
  }
}
