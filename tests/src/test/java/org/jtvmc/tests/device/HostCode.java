package org.jtvmc.tests.device;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMBuilderRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTargetDataRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.PassPipeline;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;

/**
 * LLVM IR that is about to become PTX, compiled for this machine instead: special registers,
 * barriers and shuffles become calls of {@code device_threads.c}, and before each access of global
 * or shared memory stands a call of its {@code check_access}.
 */
final class HostCode {

  /** The bytes of the narrowest access of global memory, and of shared memory. */
  record LeastAccess(int global, int shared) {}

  private static final int GLOBAL = 1;
  private static final int SHARED = 3;
  private static final int WRITE_FLAG = 1;
  private static final int SHARED_FLAG = 2;

  private static final Pattern SHARED_ARRAY =
      Pattern.compile(
          "@(\\S+) = (?:internal |external )addrspace\\(3\\) global \\[(\\d+) x i8\\](?: undef)?");

  private final byte[] object;
  private final Map<String, Long> shared;
  private final LeastAccess leastAccess;

  private HostCode(byte[] object, Map<String, Long> shared, LeastAccess leastAccess) {
    this.object = object;
    this.shared = shared;
    this.leastAccess = leastAccess;
  }

  /** An ELF object file; {@code call_NAME} runs one thread of the entry {@code NAME}. */
  byte[] object() {
    return object;
  }

  /** The bytes of each array in shared memory, by its symbol. */
  Map<String, Long> shared() {
    return shared;
  }

  LeastAccess leastAccess() {
    return leastAccess;
  }

  static HostCode of(String llvm, List<Launch> launches, CudaTarget gpu, CpuTarget host) {
    Map<String, Long> shared = new LinkedHashMap<>();
    String text = withArrays(llvm, launches, shared);
    text = text.replace("@llvm.nvvm.", "@nvvm.").replace("ptx_kernel ", "").replace(" immarg", "");
    StringBuilder whole = new StringBuilder(AssemblyFunctions.define(MatrixFunctions.define(text)));
    launches.forEach(launch -> whole.append(caller(launch)));
    try (LlvmContext context = new LlvmContext();
        LlvmTargetMachine device = new LlvmTargetMachine(LlvmTarget.of(gpu));
        LlvmTargetMachine machine = new LlvmTargetMachine(LlvmTarget.of(host))) {
      LlvmModule module = context.parseIr("device", whole.toString());
      module.run(new PassPipeline("function(scalarize-masked-mem-intrin)"), device);
      module.setTarget(machine);
      LeastAccess least = new Checks(context, module.ref()).insert();
      module.verify();
      return new HostCode(module.emitObject(machine), shared, least);
    }
  }

  /** Gives every array in shared memory a size and a symbol. */
  private static String withArrays(String llvm, List<Launch> launches, Map<String, Long> shared) {
    Matcher matcher = SHARED_ARRAY.matcher(llvm);
    return matcher.replaceAll(
        found -> {
          String name = found.group(1);
          long bytes = Long.parseLong(found.group(2));
          for (Launch launch : launches) {
            if (name.equals(launch.entry() + "_shared")) {
              bytes = Math.max(bytes, launch.sharedBytes());
            }
          }
          shared.put(name, bytes);
          return "@%s = addrspace(3) global [%d x i8] zeroinitializer".formatted(name, bytes);
        });
  }

  private static String caller(Launch launch) {
    int count = launch.arguments().size();
    List<String> types =
        launch.arguments().stream()
            .map(
                argument ->
                    switch (argument) {
                      case Launch.Argument.Data _ -> "ptr addrspace(1)";
                      case Launch.Argument.Map _ -> "ptr";
                    })
            .toList();
    String loads =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    """
                      %%p%1$d = getelementptr ptr, ptr %%all, i64 %1$d
                      %%v%1$d = load %2$s, ptr %%p%1$d
                    """
                        .formatted(i, types.get(i)))
            .collect(Collectors.joining());
    String values =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    types.get(i)
                        + (types.get(i).equals("ptr") ? " byval([128 x i8]) align 64" : "")
                        + " %v"
                        + i)
            .collect(Collectors.joining(", "));
    return """

    define void @call_%1$s(ptr %%all) {
    %2$s  call void @%1$s(%3$s)
      ret void
    }
    """
        .formatted(launch.entry(), loads, values);
  }

  /** Puts a check before each access. */
  private static final class Checks {
    private final LlvmContext context;
    private final LLVMModuleRef module;
    private final LLVMTypeRef word;
    private final LLVMTypeRef address;
    private final LLVMTypeRef type;
    private final LLVMValueRef check;
    private int leastGlobal = Long.BYTES;
    private int leastShared = Long.BYTES;

    Checks(LlvmContext context, LLVMModuleRef module) {
      this.context = context;
      this.module = module;
      this.word = LLVMInt32TypeInContext(context.ref());
      this.address = LLVMInt64TypeInContext(context.ref());
      try (PointerPointer<LLVMTypeRef> types = new PointerPointer<>(4L)) {
        types.put(0, address).put(1, word).put(2, word).put(3, word);
        this.type = LLVMFunctionType(LLVMVoidTypeInContext(context.ref()), types, 4, 0);
      }
      this.check = LLVMAddFunction(module, "check_access", type);
    }

    LeastAccess insert() {
      List<LLVMValueRef> accesses = new ArrayList<>();
      for (var f = LLVMGetFirstFunction(module); f != null; f = LLVMGetNextFunction(f)) {
        for (var b = LLVMGetFirstBasicBlock(f); b != null; b = LLVMGetNextBasicBlock(b)) {
          for (var i = LLVMGetFirstInstruction(b); i != null; i = LLVMGetNextInstruction(i)) {
            int opcode = LLVMGetInstructionOpcode(i);
            if (opcode == LLVMLoad || opcode == LLVMStore) {
              accesses.add(i);
            } else if (opcode == LLVMCall && isBulk(i)) {
              throw new AssertionError("memory is copied by a call that is not checked");
            }
          }
        }
      }
      LLVMBuilderRef builder = LLVMCreateBuilderInContext(context.ref());
      try {
        LLVMTargetDataRef layout = LLVMGetModuleDataLayout(module);
        accesses.forEach(access -> insert(builder, layout, access));
      } finally {
        LLVMDisposeBuilder(builder);
      }
      return new LeastAccess(leastGlobal, leastShared);
    }

    private static boolean isBulk(LLVMValueRef call) {
      String name = LLVMGetValueName(LLVMGetCalledValue(call)).getString();
      return name.startsWith("llvm.mem") || name.startsWith("llvm.masked");
    }

    private void insert(LLVMBuilderRef builder, LLVMTargetDataRef layout, LLVMValueRef access) {
      boolean store = LLVMGetInstructionOpcode(access) == LLVMStore;
      LLVMValueRef pointer = LLVMGetOperand(access, store ? 1 : 0);
      int space = LLVMGetPointerAddressSpace(LLVMTypeOf(pointer));
      if (space != GLOBAL && space != SHARED) {
        return;
      }
      LLVMTypeRef moved = LLVMTypeOf(store ? LLVMGetOperand(access, 0) : access);
      int bytes = Math.toIntExact(LLVMStoreSizeOfType(layout, moved));
      boolean vector = LLVMGetTypeKind(moved) == LLVMVectorTypeKind;
      int element = vector ? bytes / LLVMGetVectorSize(moved) : bytes;
      if (space == SHARED) {
        leastShared = Math.min(leastShared, element);
      } else {
        leastGlobal = Math.min(leastGlobal, element);
      }
      LLVMPositionBuilderBefore(builder, access);
      int kind = (store ? WRITE_FLAG : 0) | (space == SHARED ? SHARED_FLAG : 0);
      try (PointerPointer<LLVMValueRef> arguments = new PointerPointer<>(4L)) {
        arguments
            .put(0, LLVMBuildPtrToInt(builder, pointer, address, ""))
            .put(1, LLVMConstInt(word, bytes, 0))
            .put(2, LLVMConstInt(word, LLVMGetAlignment(access), 0))
            .put(3, LLVMConstInt(word, kind, 0));
        LLVMBuildCall2(builder, type, check, arguments, 4, "");
      }
    }
  }
}
