package org.jtvmc.ir.op.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Texts that are known when a model is compiled, as bytes that mean the same wherever they lie: how
 * many there are, {@code int64}; where each ends, counted from the first byte behind these numbers;
 * the bytes.
 */
public final class TextBlob {

  private TextBlob() {}

  /** A {@code uint8} vector that holds the texts. */
  public static NDArray of(List<String> texts) {
    List<byte[]> contents = texts.stream().map(text -> text.getBytes(UTF_8)).toList();
    long head = 8L * (1 + texts.size());
    long bytes = contents.stream().mapToLong(content -> content.length).sum();
    NDArray blob = NDArray.allocate(TensorType.of(DType.U8, head + bytes));
    blob.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 0, texts.size());
    long end = 0;
    for (int i = 0; i < contents.size(); i++) {
      byte[] content = contents.get(i);
      for (int j = 0; j < content.length; j++) {
        blob.data().set(ValueLayout.JAVA_BYTE, head + end + j, content[j]);
      }
      end += content.length;
      blob.data().set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * (i + 1), end);
    }
    return blob;
  }

  /** The texts in such a vector. */
  static List<String> read(NDArray blob) {
    long count = blob.data().get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    long head = 8 * (1 + count);
    List<String> texts = new ArrayList<>();
    long begin = 0;
    for (long i = 0; i < count; i++) {
      long end = blob.data().get(ValueLayout.JAVA_LONG_UNALIGNED, 8 * (i + 1));
      byte[] content =
          blob.data().asSlice(head + begin, end - begin).toArray(ValueLayout.JAVA_BYTE);
      texts.add(new String(content, UTF_8));
      begin = end;
    }
    return texts;
  }
}
