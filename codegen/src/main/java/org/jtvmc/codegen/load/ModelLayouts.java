package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The structures of {@code jtvmc.h}, on x86-64. */
final class ModelLayouts {

  /** DLPack's DLDataType: a code, the bits of a lane, the lanes. */
  private static final StructLayout DATA_TYPE =
      MemoryLayout.structLayout(
          JAVA_BYTE.withName("code"), JAVA_BYTE.withName("bits"), JAVA_SHORT.withName("lanes"));

  static final StructLayout DL_TENSOR =
      MemoryLayout.structLayout(
          ADDRESS.withName("data"),
          JAVA_INT.withName("device_type"),
          JAVA_INT.withName("device_id"),
          JAVA_INT.withName("ndim"),
          DATA_TYPE.withName("dtype"),
          ADDRESS.withName("shape"),
          ADDRESS.withName("strides"),
          JAVA_LONG.withName("byte_offset"));

  static final StructLayout TENSOR_INFO =
      MemoryLayout.structLayout(
          ADDRESS.withName("name"),
          ADDRESS.withName("shape"),
          JAVA_INT.withName("ndim"),
          DATA_TYPE.withName("dtype"),
          JAVA_LONG.withName("alignment"),
          JAVA_LONG.withName("capacity"),
          JAVA_LONG.withName("sizes_at"));

  static final StructLayout MODEL_INFO =
      MemoryLayout.structLayout(
          JAVA_INT.withName("abi_version"),
          JAVA_INT.withName("num_inputs"),
          JAVA_INT.withName("num_outputs"),
          JAVA_INT.withName("device_type"),
          ADDRESS.withName("name"),
          ADDRESS.withName("target"),
          ADDRESS.withName("cpu_features"),
          ADDRESS.withName("tensors"),
          JAVA_LONG.withName("workspace_size"),
          JAVA_LONG.withName("weights_size"),
          ADDRESS.withName("weights"),
          ADDRESS.withName("weights_file"),
          ADDRESS.withName("entry"),
          ADDRESS.withName("open"),
          ADDRESS.withName("regions"),
          JAVA_INT.withName("num_regions"));

  static final StructLayout OPTIONS =
      MemoryLayout.structLayout(
          JAVA_INT.withName("num_threads"),
          JAVA_INT.withName("device"),
          ADDRESS.withName("weights_path"));

  /** JTVMC_ABI_VERSION. */
  static final int ABI_VERSION = 3;

  /** JTVMC_FIXED_SIZES. */
  private static final long FIXED_SIZES = -1;

  /** kDLCPU. */
  static final int CPU = 1;

  /** kDLCUDA. */
  static final int CUDA = 2;

  private ModelLayouts() {}

  static long offset(StructLayout struct, String... path) {
    var elements = new PathElement[path.length];
    for (int i = 0; i < path.length; i++) {
      elements[i] = PathElement.groupElement(path[i]);
    }
    return struct.byteOffset(elements);
  }

  static int getInt(MemorySegment struct, StructLayout layout, String field) {
    return struct.get(JAVA_INT, offset(layout, field));
  }

  static MemorySegment getPointer(MemorySegment struct, StructLayout layout, String field) {
    return struct.get(ADDRESS, offset(layout, field));
  }

  /** A string that a structure points to. */
  static String getString(MemorySegment struct, StructLayout layout, String field) {
    return string(getPointer(struct, layout, field));
  }

  static String string(MemorySegment pointer) {
    return pointer.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_8);
  }

  static TensorInfo tensorInfo(MemorySegment info) {
    var ndim = getInt(info, TENSOR_INFO, "ndim");
    var shape = getPointer(info, TENSOR_INFO, "shape").reinterpret(JAVA_LONG.byteSize() * ndim);
    var dtype = dtype(info.asSlice(offset(TENSOR_INFO, "dtype"), DATA_TYPE));
    long sizesAt = info.get(JAVA_LONG, offset(TENSOR_INFO, "sizes_at"));
    long capacity = info.get(JAVA_LONG, offset(TENSOR_INFO, "capacity"));
    var name = getString(info, TENSOR_INFO, "name");
    long alignment = info.get(JAVA_LONG, offset(TENSOR_INFO, "alignment"));
    var decided =
        sizesAt == FIXED_SIZES
            ? Optional.<TensorInfo.DecidedSizes>empty()
            : Optional.of(new TensorInfo.DecidedSizes(ndim, sizesAt));
    if (sizesAt >= 0) {
      return new TensorInfo(
          name, TensorType.of(dtype, capacity / dtype.bytes()), alignment, decided);
    }
    var dims = new ArrayList<Dim>();
    for (long size : shape.toArray(JAVA_LONG)) {
      // The library does not say how open sizes depend on each other.
      dims.add(size < 0 ? Dim.of(name + "." + dims.size()) : Dim.of(size));
    }
    return new TensorInfo(name, new TensorType(dims, dtype), alignment, decided);
  }

  /** Fills a DLTensor over compact data; only the pointer to them is left open. */
  static void fillTensor(MemorySegment tensor, MemorySegment info) {
    tensor.set(JAVA_INT, offset(DL_TENSOR, "device_type"), CPU);
    tensor.set(JAVA_INT, offset(DL_TENSOR, "device_id"), 0);
    tensor.set(JAVA_INT, offset(DL_TENSOR, "ndim"), getInt(info, TENSOR_INFO, "ndim"));
    MemorySegment.copy(
        info,
        offset(TENSOR_INFO, "dtype"),
        tensor,
        offset(DL_TENSOR, "dtype"),
        DATA_TYPE.byteSize());
    tensor.set(ADDRESS, offset(DL_TENSOR, "shape"), getPointer(info, TENSOR_INFO, "shape"));
    tensor.set(ADDRESS, offset(DL_TENSOR, "strides"), MemorySegment.NULL);
    tensor.set(JAVA_LONG, offset(DL_TENSOR, "byte_offset"), 0);
  }

  /** A copy of what a compact DLTensor describes. */
  static NDArray copyOf(MemorySegment tensor) {
    int ndim = getInt(tensor, DL_TENSOR, "ndim");
    long[] sizes =
        getPointer(tensor, DL_TENSOR, "shape")
            .reinterpret(JAVA_LONG.byteSize() * ndim)
            .toArray(JAVA_LONG);
    DType dtype = dtype(tensor.asSlice(offset(DL_TENSOR, "dtype"), DATA_TYPE));
    NDArray copy = NDArray.allocate(TensorType.of(dtype, sizes));
    if (copy.data().byteSize() > 0) {
      copy.data()
          .copyFrom(getPointer(tensor, DL_TENSOR, "data").reinterpret(copy.data().byteSize()));
    }
    return dtype.isString() ? NDArray.ofTexts(copy.type().sizes(), copy.texts()) : copy;
  }

  /** Has a DLTensor say that its sizes are those. */
  static void setShape(MemorySegment tensor, MemorySegment shape) {
    tensor.set(ADDRESS, offset(DL_TENSOR, "shape"), shape);
  }

  private static DType dtype(MemorySegment type) {
    var bits = Byte.toUnsignedInt(type.get(JAVA_BYTE, 1));
    return switch (type.get(JAVA_BYTE, 0)) {
      case 0 -> new DType(DType.Kind.INT, bits);
      case 1 -> new DType(DType.Kind.UINT, bits);
      case 2 -> new DType(DType.Kind.FLOAT, bits);
      case 3 -> DType.STRING;
      case 4 -> new DType(DType.Kind.BFLOAT, bits);
      case 6 -> DType.BOOL;
      case 10 -> DType.F8_E4M3FN;
      case 11 -> DType.F8_E4M3FNUZ;
      case 12 -> DType.F8_E5M2;
      case 13 -> DType.F8_E5M2FNUZ;
      case 14 -> DType.F8_E8M0FNU;
      case 17 -> DType.F4_E2M1FN;
      default -> throw new CodegenException("the library has a tensor of an unknown DLPack type");
    };
  }
}
