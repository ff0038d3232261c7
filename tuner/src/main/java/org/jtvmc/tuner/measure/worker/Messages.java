package org.jtvmc.tuner.measure.worker;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tuner.measure.Feed;
import org.jtvmc.tuner.measure.InputData;
import org.jtvmc.tuner.measure.InputSpec;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.KernelSource;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.ObjectCode;
import org.jtvmc.tuner.measure.Reference;
import org.jtvmc.tuner.measure.wire.LoopReader;
import org.jtvmc.tuner.measure.wire.LoopWriter;

/** The contents of messages. */
final class Messages {

  private Messages() {}

  private static void write(CpuTarget target, DataOutputStream out) throws IOException {
    out.writeUTF(target.triple());
    out.writeUTF(target.cpu());
    out.writeInt(target.features().size());
    for (String feature : target.features()) {
      out.writeUTF(feature);
    }
    out.writeInt(target.cores());
    out.writeLong(target.caches().l1());
    out.writeLong(target.caches().l2());
    out.writeLong(target.caches().l3());
  }

  private static CpuTarget readTarget(DataInputStream in) throws IOException {
    String triple = in.readUTF();
    String cpu = in.readUTF();
    TreeSet<String> features = new TreeSet<>();
    for (int left = in.readInt(); left > 0; left--) {
      features.add(in.readUTF());
    }
    int cores = in.readInt();
    return new CpuTarget(
        triple,
        cpu,
        features,
        cores,
        new CpuTarget.Caches(in.readLong(), in.readLong(), in.readLong()));
  }

  static void write(WorkerTarget target, DataOutputStream out) throws IOException {
    write(target.host(), out);
    out.writeBoolean(target.flush());
    out.writeBoolean(target.gpu().isPresent());
    if (target.gpu().isPresent()) {
      CudaTarget gpu = target.gpu().get();
      out.writeInt(gpu.arch());
      out.writeBoolean(gpu.specific());
      out.writeInt(gpu.multiprocessors());
      out.writeLong(gpu.sharedBytesPerBlock());
      out.writeLong(gpu.sharedBytesPerMultiprocessor());
      out.writeLong(gpu.l2Bytes());
      out.writeLong(gpu.bandwidthBytes());
      out.writeLong(gpu.clockHertz());
      out.writeBoolean(gpu.tiles());
    }
  }

  static WorkerTarget readWorkerTarget(DataInputStream in) throws IOException {
    CpuTarget host = readTarget(in);
    boolean flush = in.readBoolean();
    if (!in.readBoolean()) {
      return new WorkerTarget(host, Optional.empty(), flush);
    }
    CudaTarget gpu =
        new CudaTarget(
            in.readInt(),
            in.readBoolean(),
            in.readInt(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readBoolean());
    return new WorkerTarget(host, Optional.of(gpu), flush);
  }

  static void write(KernelSource source, DataOutputStream out) throws IOException {
    LoopWriter.write(source.kernel(), out);
    out.writeInt(source.packings().size());
    for (KernelSource.Packing packing : source.packings()) {
      out.writeInt(packing.input());
      LoopWriter.write(packing.function(), out);
    }
    writeFeeds(source.feeds(), out);
  }

  static KernelSource readSource(DataInputStream in) throws IOException {
    PrimFunc kernel = LoopReader.read(in);
    List<KernelSource.Packing> packings = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      int input = in.readInt();
      packings.add(new KernelSource.Packing(input, LoopReader.read(in)));
    }
    return new KernelSource(kernel, packings, readFeeds(in));
  }

  static void writeFeeds(List<Feed> feeds, DataOutputStream out) throws IOException {
    out.writeInt(feeds.size());
    for (Feed feed : feeds) {
      out.writeBoolean(feed.packed());
      out.writeInt(feed.index());
    }
  }

  static List<Feed> readFeeds(DataInputStream in) throws IOException {
    List<Feed> feeds = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      feeds.add(new Feed(in.readBoolean(), in.readInt()));
    }
    return feeds;
  }

  static void write(KernelCode code, DataOutputStream out) throws IOException {
    write(code.object(), out);
    out.writeLong(code.workspaceBytes());
    out.writeInt(code.packings().size());
    for (KernelCode.Packing packing : code.packings()) {
      out.writeInt(packing.input());
      out.writeLong(packing.bytes());
      out.writeLong(packing.workspaceBytes());
      write(packing.object(), out);
    }
    writeFeeds(code.feeds(), out);
    out.writeBoolean(code.device().isPresent());
    if (code.device().isPresent()) {
      DeviceMessages.write(code.device().get(), out);
    }
  }

  private static void write(ObjectCode object, DataOutputStream out) throws IOException {
    out.writeInt(object.bytes().length);
    out.write(object.bytes());
  }

  private static ObjectCode readObject(DataInputStream in) throws IOException {
    return new ObjectCode(in.readNBytes(in.readInt()));
  }

  static KernelCode readCode(DataInputStream in) throws IOException {
    ObjectCode object = readObject(in);
    long workspace = in.readLong();
    List<KernelCode.Packing> packings = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      packings.add(
          new KernelCode.Packing(in.readInt(), in.readLong(), in.readLong(), readObject(in)));
    }
    List<Feed> feeds = readFeeds(in);
    return in.readBoolean()
        ? new KernelCode(DeviceMessages.read(in), packings, feeds)
        : new KernelCode(object, workspace, packings, feeds);
  }

  static void write(MeasureTask task, DataOutputStream out) throws IOException {
    out.writeUTF(task.key());
    out.writeInt(task.inputs().size());
    for (InputSpec input : task.inputs()) {
      writeType(input.type(), out);
      out.writeLong(input.limit());
    }
    out.writeInt(task.outputs().size());
    for (TensorType output : task.outputs()) {
      writeType(output, out);
    }
    switch (task.reference()) {
      case Reference.Evaluated(InputData.Range range, List<NDArray> outputs) -> {
        out.writeBoolean(true);
        out.writeByte(range.ordinal());
        for (NDArray output : outputs) {
          out.write(output.data().toArray(ValueLayout.JAVA_BYTE));
        }
      }
      case Reference.Compiled(KernelSource source) -> {
        out.writeBoolean(false);
        write(source, out);
      }
    }
  }

  static MeasureTask readTask(DataInputStream in) throws IOException {
    String key = in.readUTF();
    List<InputSpec> inputs = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      inputs.add(new InputSpec(readType(in), in.readLong()));
    }
    List<TensorType> outputs = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      outputs.add(readType(in));
    }
    return new MeasureTask(key, inputs, outputs, readReference(outputs, in));
  }

  private static Reference readReference(List<TensorType> outputs, DataInputStream in)
      throws IOException {
    if (!in.readBoolean()) {
      return new Reference.Compiled(readSource(in));
    }
    InputData.Range range = InputData.Range.values()[in.readByte()];
    List<NDArray> arrays = new ArrayList<>();
    for (TensorType type : outputs) {
      NDArray array = NDArray.allocate(type);
      byte[] bytes = in.readNBytes(Math.toIntExact(type.bytes()));
      array.data().copyFrom(MemorySegment.ofArray(bytes));
      arrays.add(array);
    }
    return new Reference.Evaluated(range, arrays);
  }

  private static void writeType(TensorType type, DataOutputStream out) throws IOException {
    out.writeUTF(type.dtype().toString());
    out.writeInt(type.rank());
    for (long size : type.sizes()) {
      out.writeLong(size);
    }
  }

  private static TensorType readType(DataInputStream in) throws IOException {
    DType dtype = DType.parse(in.readUTF());
    List<Dim> shape = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      shape.add(Dim.of(in.readLong()));
    }
    return new TensorType(shape, dtype);
  }
}
