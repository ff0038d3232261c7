package org.jtvmc.codegen.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jtvmc.ir.file.FileFault;

/**
 * Whether a file is a whole shared library. The loader maps one without looking: what is missing at
 * its end would end the process as soon as it is touched.
 */
final class ElfFile {
  private static final int HEADER_BYTES = 64;

  /** 0x7f, "ELF". */
  private static final int MAGIC = 0x464c457f;

  private static final int TYPE = 16;
  private static final int SHARED_OBJECT = 3;

  /** Where the section headers begin, which the linker writes last; the size and number of them. */
  private static final int SECTIONS_AT = 40;

  private static final int SECTION_BYTES = 58;
  private static final int SECTIONS = 60;

  private ElfFile() {}

  /**
   * Looks at the header.
   *
   * @throws LibraryException where the file cannot be read, is no shared library, or ends too soon
   */
  static void requireWhole(Path library) {
    try (FileChannel file = FileChannel.open(library)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (header.hasRemaining() && file.read(header) >= 0) {
        // One read may give less than there is.
      }
      if (header.hasRemaining()
          || header.getInt(0) != MAGIC
          || header.getShort(TYPE) != SHARED_OBJECT) {
        throw new LibraryException(library + " is no shared library; compile the model again");
      }
      long end =
          header.getLong(SECTIONS_AT)
              + (long) Short.toUnsignedInt(header.getShort(SECTION_BYTES))
                  * Short.toUnsignedInt(header.getShort(SECTIONS));
      if (end > file.size()) {
        throw new LibraryException(
            "%s is truncated: it has %d bytes of %d; copy it here, or compile the model, again"
                .formatted(library, file.size(), end));
      }
    } catch (IOException e) {
      throw new LibraryException(
          "%s cannot be read: %s".formatted(library, FileFault.reason(e)), e);
    }
  }
}
