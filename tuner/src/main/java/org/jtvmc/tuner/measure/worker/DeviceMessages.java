package org.jtvmc.tuner.measure.worker;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.cuda.Launch.Extent;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.tuner.measure.DeviceCode;

/** Candidates for GPUs, in messages. */
final class DeviceMessages {
  private static final byte MAP = 3;
  private static final byte COUNTERS = 4;

  private DeviceMessages() {}

  static void write(DeviceCode code, DataOutputStream out) throws IOException {
    out.writeInt(code.image().length);
    out.write(code.image());
    out.writeLong(code.workspaceBytes());
    out.writeLong(code.counterBytes());
    out.writeInt(code.launches().size());
    for (Launch launch : code.launches()) {
      out.writeUTF(launch.entry());
      write(launch.grid(), out);
      write(launch.block(), out);
      out.writeInt(launch.sharedBytes());
      out.writeInt(launch.arguments().size());
      for (Argument argument : launch.arguments()) {
        write(argument, out);
      }
    }
  }

  static DeviceCode read(DataInputStream in) throws IOException {
    byte[] image = in.readNBytes(in.readInt());
    long workspace = in.readLong();
    long counters = in.readLong();
    List<Launch> launches = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      String entry = in.readUTF();
      Extent grid = readExtent(in);
      Extent block = readExtent(in);
      int shared = in.readInt();
      List<Argument> arguments = new ArrayList<>();
      for (int more = in.readInt(); more > 0; more--) {
        arguments.add(readArgument(in));
      }
      launches.add(new Launch(entry, grid, block, shared, arguments));
    }
    return new DeviceCode(image, launches, workspace, counters);
  }

  private static void write(Extent extent, DataOutputStream out) throws IOException {
    out.writeInt(extent.x());
    out.writeInt(extent.y());
    out.writeInt(extent.z());
  }

  private static Extent readExtent(DataInputStream in) throws IOException {
    return new Extent(in.readInt(), in.readInt(), in.readInt());
  }

  private static void write(Argument argument, DataOutputStream out) throws IOException {
    switch (argument) {
      case Argument.Input(int index) -> {
        out.writeByte(0);
        out.writeLong(index);
      }
      case Argument.Output(int index) -> {
        out.writeByte(1);
        out.writeLong(index);
      }
      case Argument.Workspace(long offset) -> {
        out.writeByte(2);
        out.writeLong(offset);
      }
      case Argument.Counters(long offset) -> {
        out.writeByte(COUNTERS);
        out.writeLong(offset);
      }
      case Argument.Map(Argument.Data tensor, TensorBox box) -> {
        out.writeByte(MAP);
        write(tensor, out);
        out.writeInt(box.elementBytes());
        out.writeInt(box.sizes().size());
        write(box.sizes(), out);
        write(box.strides(), out);
        out.writeInt(box.box().size());
        write(box.box(), out);
        out.writeBoolean(box.window().isPresent());
        if (box.window().isPresent()) {
          write(box.window().get().lower(), out);
          write(box.window().get().upper(), out);
          write(box.window().get().steps(), out);
        }
      }
    }
  }

  private static void write(List<Long> values, DataOutputStream out) throws IOException {
    for (long value : values) {
      out.writeLong(value);
    }
  }

  private static List<Long> readLongs(int count, DataInputStream in) throws IOException {
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(in.readLong());
    }
    return values;
  }

  private static Argument readArgument(DataInputStream in) throws IOException {
    byte kind = in.readByte();
    if (kind != MAP) {
      return readData(kind, in);
    }
    Argument.Data tensor = readData(in.readByte(), in);
    int bytes = in.readInt();
    int rank = in.readInt();
    List<Long> sizes = readLongs(rank, in);
    List<Long> strides = readLongs(rank - 1, in);
    int boxed = in.readInt();
    List<Long> box = readLongs(boxed, in);
    Optional<TensorBox.Window> window = Optional.empty();
    if (in.readBoolean()) {
      int spatial = rank - 2;
      window =
          Optional.of(
              new TensorBox.Window(
                  readLongs(spatial, in), readLongs(spatial, in), readLongs(spatial, in)));
    }
    return new Argument.Map(tensor, new TensorBox(bytes, sizes, strides, box, window));
  }

  private static Argument.Data readData(byte kind, DataInputStream in) throws IOException {
    long value = in.readLong();
    return switch (kind) {
      case 0 -> new Argument.Input((int) value);
      case 1 -> new Argument.Output((int) value);
      case COUNTERS -> new Argument.Counters(value);
      default -> new Argument.Workspace(value);
    };
  }
}
