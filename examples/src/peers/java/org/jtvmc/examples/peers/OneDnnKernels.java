package org.jtvmc.examples.peers;

import java.util.SplittableRandom;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Kernels of oneDNN in float32 on random data, through its C++ interface. Weights are in the layout
 * that the library asks for, brought there beforehand; its threads are as many as {@code
 * OMP_NUM_THREADS} says.
 */
final class OneDnnKernels {
  private final engine processor = new engine(engine.kind.cpu, 0);
  private final stream queue = new stream(processor);
  private final SplittableRandom random = new SplittableRandom(1);

  /** {@code [m, k] x [k, n]}, both operands row by row, as at run time. */
  Runnable product(long m, long k, long n) {
    memory.desc left = desc(memory.format_tag.ab, m, k);
    memory.desc right = desc(memory.format_tag.ab, k, n);
    memory.desc result = desc(memory.format_tag.ab, m, n);
    matmul.primitive_desc kernel =
        new matmul.primitive_desc(processor, left, right, result, new primitive_attr(), false);
    IntMemoryMap arguments = new IntMemoryMap();
    arguments.put(dnnl.DNNL_ARG_SRC, filled(left));
    arguments.put(dnnl.DNNL_ARG_WEIGHTS, filled(right));
    arguments.put(dnnl.DNNL_ARG_DST, filled(result));
    return run(new matmul(kernel), arguments);
  }

  /** {@code gelu([m, k] x weight[k, n] + bias[n])}, with the error function. */
  Runnable denseGelu(long m, long k, long n) {
    memory.desc data = desc(memory.format_tag.ab, m, k);
    memory.desc result = desc(memory.format_tag.ab, m, n);
    memory.desc bias = desc(memory.format_tag.ab, 1, n);
    post_ops after = new post_ops();
    after.append_eltwise(dnnl.algorithm.eltwise_gelu_erf, 0, 0);
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(after);
    matmul.primitive_desc kernel =
        new matmul.primitive_desc(
            processor, data, desc(memory.format_tag.any, k, n), bias, result, attributes, false);
    memory weight = filled(desc(memory.format_tag.ab, k, n));
    IntMemoryMap arguments = new IntMemoryMap();
    arguments.put(dnnl.DNNL_ARG_SRC, filled(data));
    arguments.put(dnnl.DNNL_ARG_WEIGHTS, inLayout(weight, kernel.weights_desc()));
    arguments.put(dnnl.DNNL_ARG_BIAS, filled(bias));
    arguments.put(dnnl.DNNL_ARG_DST, filled(result));
    return run(new matmul(kernel), arguments);
  }

  /**
   * 3 x 3, padded by 1: {@code channels} of {@code side x side} pixels to as many.
   *
   * @param own whether data and result are in the library's own layout, or channels first
   */
  Runnable convolution(long channels, long side, boolean own) {
    memory.format_tag layout = own ? memory.format_tag.any : memory.format_tag.abcd;
    memory.desc data = desc(layout, 1, channels, side, side);
    long[] ones = {1, 1};
    convolution_forward.primitive_desc kernel =
        new convolution_forward.primitive_desc(
            processor,
            dnnl.prop_kind.forward_inference,
            dnnl.algorithm.convolution_auto,
            data,
            desc(memory.format_tag.any, channels, channels, 3, 3),
            data,
            ones,
            ones,
            ones,
            new primitive_attr(),
            false);
    memory weight = filled(desc(memory.format_tag.abcd, channels, channels, 3, 3));
    memory image = filled(desc(memory.format_tag.abcd, 1, channels, side, side));
    IntMemoryMap arguments = new IntMemoryMap();
    arguments.put(dnnl.DNNL_ARG_SRC, inLayout(image, kernel.src_desc()));
    arguments.put(dnnl.DNNL_ARG_WEIGHTS, inLayout(weight, kernel.weights_desc()));
    arguments.put(dnnl.DNNL_ARG_DST, new memory(kernel.dst_desc(), processor));
    return run(new convolution_forward(kernel), arguments);
  }

  private Runnable run(primitive kernel, IntMemoryMap arguments) {
    return () -> {
      kernel.execute(queue, arguments);
      queue._wait();
    };
  }

  private static memory.desc desc(memory.format_tag layout, long... shape) {
    return new memory.desc(shape, memory.data_type.f32, layout);
  }

  private memory inLayout(memory plain, memory.desc wanted) {
    memory other = new memory(wanted, processor);
    new reorder(plain, other).execute(queue, plain, other);
    queue._wait();
    return other;
  }

  private memory filled(memory.desc desc) {
    memory result = new memory(desc, processor);
    FloatPointer values = new FloatPointer(result.get_data_handle());
    for (long i = 0; i < desc.get_size() / Float.BYTES; i++) {
      values.put(i, (float) (random.nextDouble() * 2 - 1));
    }
    return result;
  }
}
