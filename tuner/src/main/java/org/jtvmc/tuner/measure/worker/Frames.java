package org.jtvmc.tuner.measure.worker;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/** Messages over a channel: the length, the kind, a number that pairs answers, the contents. */
final class Frames implements AutoCloseable {

  /** No message is longer; a greater length means that the two ends have lost each other. */
  private static final int LONGEST = 1 << 30;

  private final ByteChannel channel;

  Frames(ByteChannel channel) {
    this.channel = channel;
  }

  /** Writes a message's contents. */
  @FunctionalInterface
  interface Contents {
    Contents NONE = _ -> {};

    void writeTo(DataOutputStream out) throws IOException;
  }

  /** A message as it arrived. */
  record Message(MessageKind kind, int id, DataInputStream contents) {}

  /** Sends one message, as a whole, from any thread. */
  synchronized void send(MessageKind kind, int id, Contents contents) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0);
    out.writeByte(kind.ordinal());
    out.writeInt(id);
    contents.writeTo(out);
    ByteBuffer frame = ByteBuffer.wrap(bytes.toByteArray());
    frame.putInt(0, frame.capacity() - Integer.BYTES);
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /**
   * Waits for the next message.
   *
   * @throws EOFException where the other end is gone
   */
  Message receive() throws IOException {
    int length = read(Integer.BYTES).getInt();
    if (length < 5 || length > LONGEST) {
      throw new IOException("a message cannot have " + length + " bytes");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(read(length).array()));
    MessageKind kind = MessageKind.values()[in.readByte()];
    return new Message(kind, in.readInt(), in);
  }

  private ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException();
      }
    }
    return bytes.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
