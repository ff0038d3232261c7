package org.jtvmc.compiler.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jtvmc.codegen.llvm.HostCpu;

/**
 * The process in which cases run: reads a case's folder a line, answers each with a line of JSON.
 * What it runs may end it; its parent starts another.
 */
final class ConformanceWorker {

  private ConformanceWorker() {}

  /**
   * @param arguments a folder for libraries
   */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Whatever else is printed must not be taken for an answer.
    System.setOut(System.err);
    CaseExecution execution = new CaseExecution(HostCpu.detect().target(), Path.of(arguments[0]));
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      Path folder = Path.of(line);
      ConformanceCase test = new ConformanceCase(folder.getFileName().toString(), folder);
      answers.println(mapper.writeValueAsString(execution.run(test)));
    }
  }
}
