package org.jtvmc.tests.conventions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds of the project's pages: the files they speak of are there. */
class PagesTest {

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)[^)]*\\)");

  /** A path in code marks that starts with a module's name. */
  private static final Pattern SOURCE =
      Pattern.compile("`((?:" + String.join("|", Project.MODULES) + ")/[\\w./-]+)`");

  @Test
  void everyLinkAndEverySourceNamedOnAPageExists() throws IOException {
    List<Path> pages = new ArrayList<>(Project.filesUnder(Project.ROOT.resolve("docs"), ".md"));
    try (Stream<Path> top = Files.list(Project.ROOT)) {
      top.filter(page -> page.toString().endsWith(".md")).forEach(pages::add);
    }
    List<String> missing = new ArrayList<>();
    for (Path page : pages) {
      String text = Files.readString(page);
      for (Matcher link = LINK.matcher(text); link.find(); ) {
        boolean elsewhere = link.group(1).matches("[a-z]+:.*");
        if (!elsewhere && !Files.exists(page.resolveSibling(link.group(1)))) {
          missing.add(page.getFileName() + " links to " + link.group(1));
        }
      }
      for (Matcher source = SOURCE.matcher(text); source.find(); ) {
        if (!Files.exists(Project.ROOT.resolve(source.group(1)))) {
          missing.add(page.getFileName() + " names " + source.group(1));
        }
      }
    }
    assertEquals(List.of(), missing);
  }
}
