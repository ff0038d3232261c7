package org.jtvmc.compiler.plugin;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.library.DlpackTypes;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** An operator that a C function computes; it becomes a part of the library. */
final class ExternalOperator extends TensorOperator implements HostOperator {
  private final ExternalDeclaration declaration;
  private final byte[] object;

  /**
   * @param object an ELF object file that defines {@link #symbol}
   */
  ExternalOperator(ExternalDeclaration declaration, byte[] object) {
    super(
        declaration.name(),
        FusionKind.OPAQUE,
        declaration.inputs().stream().map(ExternalDeclaration.Input::name).toList(),
        declaration.attributes().entrySet().stream()
            .map(entry -> optional(entry.getKey(), entry.getValue(), "handed on to the function"))
            .toList());
    this.declaration = declaration;
    this.object = object.clone();
  }

  /** What the entry of a function is called. */
  static String symbol(ExternalDeclaration declaration) {
    return "jtvmc_external_" + declaration.function();
  }

  @Override
  public String symbol() {
    return symbol(declaration);
  }

  @Override
  public byte[] object() {
    return object.clone();
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    for (int i = 0; i < arguments.size(); i++) {
      ExternalDeclaration.Input input = declaration.inputs().get(i);
      TensorType given = arguments.get(i);
      if (!given.dtype().equals(DType.parse(input.dtype())) || given.rank() != input.rank()) {
        throw new TypeException(
            "takes %s of %d dimensions as '%s', not %s"
                .formatted(input.dtype(), input.rank(), input.name(), given));
      }
    }
    List<Type> results = new ArrayList<>();
    for (ExternalDeclaration.Output output : declaration.outputs()) {
      List<Dim> shape =
          output.shape().stream()
              .map(
                  size ->
                      size.isNumber() ? Dim.of(size.longValue()) : size(size.asText(), arguments))
              .toList();
      results.add(new TensorType(shape, DType.parse(output.dtype())));
    }
    return results.size() == 1 ? results.getFirst() : new TupleType(results);
  }

  /** {@code x.0}: a size of an input. */
  private Dim size(String text, List<TensorType> arguments) {
    int dot = text.lastIndexOf('.');
    int input = dot < 0 ? -1 : parameters().indexOf(text.substring(0, dot));
    if (input < 0 || !text.substring(dot + 1).matches("\\d{1,2}")) {
      throw new TypeException(
          "has '%s' for a size; write a number, or \"x.0\" for a size of an input".formatted(text));
    }
    TensorType type = arguments.get(input);
    return type.dim(Shapes.axis(Long.parseLong(text.substring(dot + 1)), type.rank()));
  }

  /** Of every tensor its rank, its type as DLPack codes it, and its sizes; then the attributes. */
  @Override
  public List<Long> parameters(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Long> numbers = new ArrayList<>();
    List<TensorType> all = new ArrayList<>(inputs);
    all.addAll(FunctionLowering.tensorTypes(result));
    for (TensorType type : all) {
      numbers.add((long) type.rank());
      numbers.add((long) DlpackTypes.code(type.dtype()));
      numbers.add((long) (type.dtype().isBool() ? 8 : type.dtype().bits()));
      numbers.addAll(type.sizes());
    }
    Attributes complete = complete(attributes);
    for (String name : declaration.attributes().keySet()) {
      numbers.add(Double.doubleToRawLongBits(complete.real(name)));
    }
    return numbers;
  }

  @Override
  public List<NDArray> evaluate(List<NDArray> inputs, Attributes attributes, Type result) {
    List<NDArray> results =
        FunctionLowering.tensorTypes(result).stream().map(NDArray::allocate).toList();
    NDArray parameters =
        NDArray.ofLongs(
            parameters(inputs.stream().map(NDArray::type).toList(), attributes, result));
    try (KernelRuntime runtime = new KernelRuntime();
        CompiledKernel function = new CompiledKernel(runtime, symbol(), object);
        Arena arena = Arena.ofConfined()) {
      List<MemorySegment> buffers = new ArrayList<>();
      for (NDArray input : inputs) {
        buffers.add(arena.allocate(input.data().byteSize(), 64).copyFrom(input.data()));
      }
      results.forEach(array -> buffers.add(array.data()));
      buffers.add(arena.allocate(parameters.data().byteSize(), 64).copyFrom(parameters.data()));
      function.run(buffers, Optional.empty());
    }
    return results;
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    throw new IllegalArgumentException(name() + " is a C function, and no tensor expression");
  }

  /** The attributes' defaults by name. */
  Map<String, Double> defaults() {
    return declaration.attributes();
  }
}
