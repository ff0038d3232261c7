package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMBasicBlockRef;
import org.bytedeco.llvm.LLVM.LLVMBuilderRef;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.KnownValues.Kind;
import org.jtvmc.ir.type.DType;

/**
 * Appends instructions to a basic block: LLVM's own builder with the types of {@link Value}.
 * Nothing here knows loop IR.
 */
public final class IrBuilder implements AutoCloseable {
  private static final String NO_NAME = "";

  private final LLVMContextRef context;
  private final LLVMModuleRef module;
  private final LLVMBuilderRef builder;
  private final IrTypes types;

  /** Of the current block. */
  private KnownValues known = new KnownValues();

  public IrBuilder(LLVMContextRef context, LLVMModuleRef module) {
    this.context = context;
    this.module = module;
    this.builder = LLVMCreateBuilderInContext(context);
    this.types = new IrTypes(context);
  }

  public IrTypes types() {
    return types;
  }

  public LLVMContextRef context() {
    return context;
  }

  public LLVMModuleRef module() {
    return module;
  }

  // Blocks and control flow

  public LLVMBasicBlockRef newBlock(String name) {
    LLVMValueRef function = LLVMGetBasicBlockParent(currentBlock());
    return LLVMAppendBasicBlockInContext(context, function, name);
  }

  public LLVMBasicBlockRef newBlock(LLVMValueRef function, String name) {
    return LLVMAppendBasicBlockInContext(context, function, name);
  }

  public LLVMBasicBlockRef currentBlock() {
    return LLVMGetInsertBlock(builder);
  }

  public void moveTo(LLVMBasicBlockRef block) {
    known.clear();
    LLVMPositionBuilderAtEnd(builder, block);
  }

  public void branch(LLVMBasicBlockRef target) {
    LLVMBuildBr(builder, target);
  }

  public void branch(LLVMValueRef condition, LLVMBasicBlockRef yes, LLVMBasicBlockRef no) {
    LLVMBuildCondBr(builder, condition, yes, no);
  }

  public void giveBack(LLVMValueRef value) {
    LLVMBuildRet(builder, value);
  }

  public void giveBack() {
    LLVMBuildRetVoid(builder);
  }

  public LLVMValueRef phi(LLVMTypeRef type) {
    return LLVMBuildPhi(builder, type, NO_NAME);
  }

  public void addIncoming(LLVMValueRef phi, LLVMValueRef value, LLVMBasicBlockRef from) {
    try (PointerPointer<LLVMValueRef> values = new PointerPointer<>(1L);
        PointerPointer<LLVMBasicBlockRef> blocks = new PointerPointer<>(1L)) {
      LLVMAddIncoming(phi, values.put(0, value), blocks.put(0, from), 1);
    }
  }

  /** A stack slot made in the entry block of the current function, where promotion finds it. */
  public LLVMValueRef entryAlloca(LLVMTypeRef type, String name) {
    return atEntry(() -> LLVMBuildAlloca(builder, type, name));
  }

  /** What {@code emit} emits, at the beginning of the current function. */
  LLVMValueRef atEntry(Supplier<LLVMValueRef> emit) {
    LLVMBasicBlockRef here = currentBlock();
    LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(LLVMGetBasicBlockParent(here));
    LLVMValueRef first = LLVMGetFirstInstruction(entry);
    if (first == null || first.isNull()) {
      LLVMPositionBuilderAtEnd(builder, entry);
    } else {
      LLVMPositionBuilderBefore(builder, first);
    }
    KnownValues knownHere = known;
    known = new KnownValues();
    LLVMValueRef value = emit.get();
    known = knownHere;
    LLVMPositionBuilderAtEnd(builder, here);
    return value;
  }

  // Constants

  public Value constant(DType dtype, long value) {
    return dtype.isFloat()
        ? constant(dtype, (double) value)
        : new Value(LLVMConstInt(types.register(dtype, 1), value, 0), dtype, 1);
  }

  /** The value rounded to {@code dtype}. */
  public Value constant(DType dtype, double value) {
    double rounded = Rounding.round(dtype, value);
    return new Value(LLVMConstReal(types.register(dtype, 1), rounded), dtype, 1);
  }

  public LLVMValueRef int32(long value) {
    return LLVMConstInt(types.integer(32), value, 0);
  }

  public LLVMValueRef int64(long value) {
    return LLVMConstInt(types.integer(64), value, 0);
  }

  /** A constant vector of integers. */
  public LLVMValueRef vectorOf(LLVMTypeRef element, long... values) {
    try (PointerPointer<LLVMValueRef> elements = new PointerPointer<>(values.length)) {
      for (int i = 0; i < values.length; i++) {
        elements.put(i, LLVMConstInt(element, values[i], 0));
      }
      return LLVMConstVector(elements, values.length);
    }
  }

  /** A constant vector, each value rounded to {@code dtype}. */
  public LLVMValueRef constants(DType dtype, List<Double> values) {
    try (PointerPointer<LLVMValueRef> elements = new PointerPointer<>(values.size())) {
      for (int i = 0; i < values.size(); i++) {
        elements.put(i, constant(dtype, (double) values.get(i)).ref());
      }
      return LLVMConstVector(elements, values.size());
    }
  }

  /** 0, 1, 2, ... */
  public LLVMValueRef iota(LLVMTypeRef element, int lanes) {
    long[] values = new long[lanes];
    for (int i = 0; i < lanes; i++) {
      values[i] = i;
    }
    return vectorOf(element, values);
  }

  public LLVMValueRef poison(LLVMTypeRef type) {
    return LLVMGetPoison(type);
  }

  /** Says that a signed addition or multiplication does not overflow; anything else stays. */
  void neverWraps(LLVMValueRef value) {
    int opcode = LLVMGetInstructionOpcode(value);
    if (opcode == LLVMAdd || opcode == LLVMMul) {
      LLVMSetNSW(value, 1);
    }
  }

  /** True for a scalar integer of 32 bits. */
  boolean isNarrow(LLVMValueRef value) {
    return LLVMTypeOf(value).equals(types.integer(32));
  }

  // Lanes

  /** The scalar in every lane; a vector of as many lanes stays. */
  public Value splat(Value value, int lanes) {
    if (value.lanes() == lanes) {
      return value;
    }
    if (!value.isScalar()) {
      throw new IllegalStateException(value.lanes() + " lanes where " + lanes + " are wanted");
    }
    return new Value(splat(value.ref(), lanes), value.dtype(), lanes);
  }

  public LLVMValueRef splat(LLVMValueRef scalar, int lanes) {
    if (lanes == 1) {
      return scalar;
    }
    LLVMTypeRef type = types.vector(LLVMTypeOf(scalar), lanes);
    return known.of(Kind.SPLAT, 0, scalar, null, type, () -> newSplat(scalar, type, lanes));
  }

  private LLVMValueRef newSplat(LLVMValueRef scalar, LLVMTypeRef type, int lanes) {
    LLVMValueRef one =
        LLVMBuildInsertElement(builder, LLVMGetPoison(type), scalar, int32(0), NO_NAME);
    LLVMValueRef zeros = LLVMConstNull(types.vector(types.integer(32), lanes));
    return LLVMBuildShuffleVector(builder, one, LLVMGetPoison(type), zeros, NO_NAME);
  }

  /** Lanes of {@code a} followed by {@code b}, picked by constant positions; -1 leaves a lane. */
  public LLVMValueRef shuffle(LLVMValueRef a, LLVMValueRef b, int... positions) {
    try (PointerPointer<LLVMValueRef> mask = new PointerPointer<>(positions.length)) {
      for (int i = 0; i < positions.length; i++) {
        mask.put(i, positions[i] < 0 ? LLVMGetPoison(types.integer(32)) : int32(positions[i]));
      }
      return LLVMBuildShuffleVector(
          builder, a, b, LLVMConstVector(mask, positions.length), NO_NAME);
    }
  }

  public LLVMValueRef extract(LLVMValueRef vector, int lane) {
    return LLVMBuildExtractElement(builder, vector, int32(lane), NO_NAME);
  }

  public LLVMValueRef insert(LLVMValueRef vector, LLVMValueRef scalar, int lane) {
    return LLVMBuildInsertElement(builder, vector, scalar, int32(lane), NO_NAME);
  }

  /** A member of a struct. */
  public LLVMValueRef member(LLVMValueRef struct, int index) {
    return LLVMBuildExtractValue(builder, struct, index, NO_NAME);
  }

  // Arithmetic on bare LLVM values; both operands have one type

  /** An instruction with two operands, by its {@code LLVMOpcode}. */
  public LLVMValueRef binary(int opcode, LLVMValueRef a, LLVMValueRef b) {
    return known.of(
        Kind.PLAIN, opcode, a, b, null, () -> LLVMBuildBinOp(builder, opcode, a, b, NO_NAME));
  }

  /** A floating-point instruction that may be contracted with another into an FMA. */
  public LLVMValueRef contractible(int opcode, LLVMValueRef a, LLVMValueRef b) {
    return known.of(
        Kind.CONTRACTIBLE,
        opcode,
        a,
        b,
        null,
        () -> flagged(LLVMBuildBinOp(builder, opcode, a, b, NO_NAME), LLVMFastMathAllowContract));
  }

  public LLVMValueRef flagged(LLVMValueRef value, int flags) {
    LLVMValueRef instruction = LLVMIsAInstruction(value);
    if (instruction != null && !instruction.isNull()) {
      LLVMSetFastMathFlags(value, flags);
    }
    return value;
  }

  public LLVMValueRef negate(LLVMValueRef value) {
    return LLVMBuildFNeg(builder, value, NO_NAME);
  }

  public LLVMValueRef not(LLVMValueRef value) {
    return LLVMBuildNot(builder, value, NO_NAME);
  }

  public LLVMValueRef compareInts(int predicate, LLVMValueRef a, LLVMValueRef b) {
    return known.of(
        Kind.COMPARISON,
        predicate,
        a,
        b,
        null,
        () -> LLVMBuildICmp(builder, predicate, a, b, NO_NAME));
  }

  public LLVMValueRef compareFloats(int predicate, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildFCmp(builder, predicate, a, b, NO_NAME);
  }

  public LLVMValueRef select(LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no) {
    return LLVMBuildSelect(builder, condition, yes, no, NO_NAME);
  }

  /** A conversion, by its {@code LLVMOpcode}. */
  public LLVMValueRef convert(int opcode, LLVMValueRef value, LLVMTypeRef to) {
    return known.of(
        Kind.CONVERSION,
        opcode,
        value,
        null,
        to,
        () -> LLVMBuildCast(builder, opcode, value, to, NO_NAME));
  }

  /**
   * Calls an LLVM intrinsic.
   *
   * @param overload the types that its name carries, such as the {@code v16f32} of {@code
   *     llvm.floor.v16f32}
   */
  public LLVMValueRef intrinsic(String name, LLVMTypeRef[] overload, LLVMValueRef... arguments) {
    int id = LLVMLookupIntrinsicID(name, name.length());
    if (id == 0) {
      throw new IllegalArgumentException("LLVM has no intrinsic " + name);
    }
    try (PointerPointer<LLVMTypeRef> overloads = new PointerPointer<>(overload)) {
      LLVMValueRef function = LLVMGetIntrinsicDeclaration(module, id, overloads, overload.length);
      return call(
          LLVMIntrinsicGetType(context, id, overloads, overload.length), function, arguments);
    }
  }

  /** Calls an LLVM intrinsic whose name carries the type of its first argument. */
  public LLVMValueRef intrinsic(String name, LLVMValueRef... arguments) {
    return intrinsic(name, new LLVMTypeRef[] {LLVMTypeOf(arguments[0])}, arguments);
  }

  /**
   * Assembly with a side effect on memory, across which LLVM moves no access.
   *
   * @param constraints LLVM's, of results and operands, but not of memory
   */
  LLVMValueRef assembly(
      String text, String constraints, LLVMTypeRef result, LLVMValueRef... arguments) {
    String all = constraints + (constraints.isEmpty() ? "" : ",") + "~{memory}";
    return insert(text, all, result, arguments);
  }

  /**
   * The value itself, computed where this stands.
   *
   * @param constraints LLVM's, of the kind of register
   */
  LLVMValueRef kept(LLVMValueRef value, String constraints) {
    return insert("", constraints, LLVMTypeOf(value), value);
  }

  private LLVMValueRef insert(
      String text, String all, LLVMTypeRef result, LLVMValueRef... arguments) {
    try (PointerPointer<LLVMTypeRef> parameters =
        new PointerPointer<>(Math.max(1, arguments.length))) {
      for (int i = 0; i < arguments.length; i++) {
        parameters.put(i, LLVMTypeOf(arguments[i]));
      }
      LLVMTypeRef type = LLVMFunctionType(result, parameters, arguments.length, 0);
      LLVMValueRef code =
          LLVMGetInlineAsm(
              type, text, text.length(), all, all.length(), 1, 0, LLVMInlineAsmDialectATT, 0);
      return call(type, code, arguments);
    }
  }

  public LLVMValueRef call(
      LLVMTypeRef functionType, LLVMValueRef function, LLVMValueRef... arguments) {
    try (PointerPointer<LLVMValueRef> list = new PointerPointer<>(Math.max(1, arguments.length))) {
      for (int i = 0; i < arguments.length; i++) {
        list.put(i, arguments[i]);
      }
      known.forgetLoads();
      return LLVMBuildCall2(builder, functionType, function, list, arguments.length, NO_NAME);
    }
  }

  /**
   * Sixteen lanes of 32 bits from {@code at} on in {@code low} followed by {@code high}, by
   * AVX-512's instruction for it. LLVM would take one that needs a register of positions and
   * overwrites an operand.
   */
  LLVMValueRef align(LLVMValueRef high, LLVMValueRef low, int at) {
    String text = "valignd $$" + at + ", $2, $1, $0";
    String constraints = "=v,v,v";
    LLVMTypeRef vector = LLVMTypeOf(low);
    try (PointerPointer<LLVMTypeRef> parameters = new PointerPointer<>(vector, vector)) {
      LLVMTypeRef type = LLVMFunctionType(vector, parameters, 2, 0);
      LLVMValueRef code =
          LLVMGetInlineAsm(
              type,
              text,
              text.length(),
              constraints,
              constraints.length(),
              0,
              0,
              LLVMInlineAsmDialectATT,
              0);
      return call(type, code, high, low);
    }
  }

  // Memory

  /** Bytes that memory delivers at once. */
  static final int LINE_BYTES = 64;

  /** Where what is fetched ahead is to stay. */
  enum Keep {
    SECOND_CACHE(2),
    FIRST_CACHE(3);

    private final int locality;

    Keep(int locality) {
      this.locality = locality;
    }
  }

  /** Fetches the line at {@code address}, which will be read. No address is wrong. */
  void prefetch(LLVMValueRef address, Keep keep) {
    prefetch(address, false, keep);
  }

  /** Fetches the line at {@code address} for this core alone, which will write it. */
  void prefetchToWrite(LLVMValueRef address) {
    prefetch(address, true, Keep.FIRST_CACHE);
  }

  private void prefetch(LLVMValueRef address, boolean write, Keep keep) {
    int data = 1;
    intrinsic("llvm.prefetch", address, int32(write ? 1 : 0), int32(keep.locality), int32(data));
  }

  /** No load or store moves across this place. It becomes no instruction. */
  public void keepOrder() {
    boolean oneThread = true;
    known.forgetLoads();
    LLVMBuildFence(builder, LLVMAtomicOrderingAcquireRelease, oneThread ? 1 : 0, NO_NAME);
  }

  /** {@code base + index}, in elements of {@code element}. */
  public LLVMValueRef pointer(LLVMTypeRef element, LLVMValueRef base, LLVMValueRef index) {
    return known.address(element, base, index, () -> newPointer(element, base, index));
  }

  private LLVMValueRef newPointer(LLVMTypeRef element, LLVMValueRef base, LLVMValueRef index) {
    try (PointerPointer<LLVMValueRef> indices = new PointerPointer<>(1L)) {
      return LLVMBuildGEP2(builder, element, base, indices.put(0, index), 1, NO_NAME);
    }
  }

  public LLVMValueRef load(LLVMTypeRef type, LLVMValueRef pointer, int alignment) {
    return known.load(type, pointer, alignment, () -> newLoad(type, pointer, alignment));
  }

  private LLVMValueRef newLoad(LLVMTypeRef type, LLVMValueRef pointer, int alignment) {
    LLVMValueRef load = LLVMBuildLoad2(builder, type, pointer, NO_NAME);
    LLVMSetAlignment(load, alignment);
    return load;
  }

  public void store(LLVMValueRef value, LLVMValueRef pointer, int alignment) {
    known.stored(pointer);
    LLVMSetAlignment(LLVMBuildStore(builder, value, pointer), alignment);
  }

  @Override
  public void close() {
    LLVMDisposeBuilder(builder);
  }
}
