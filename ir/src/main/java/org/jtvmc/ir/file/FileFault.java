package org.jtvmc.ir.file;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Says why a file could not be used. Java's own messages are often nothing but the path. */
public final class FileFault {

  private FileFault() {}

  /** The reason without the path, as the end of a sentence that names the file. */
  public static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException missing -> missing(missing);
      case FileAlreadyExistsException other -> other.getFile() + " is a file already";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      case CharacterCodingException _ -> "it is no text in UTF-8";
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static String missing(NoSuchFileException e) {
    Path folder = e.getFile() == null ? null : Path.of(e.getFile()).toAbsolutePath().getParent();
    return folder == null || Files.isDirectory(folder)
        ? "it does not exist and cannot be made"
        : "its folder does not exist";
  }
}
