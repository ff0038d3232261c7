package org.jtvmc.tuner.measure.worker;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.Function;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CpuTarget;

/**
 * The worker process. Messages go over a socket, so that whatever native code prints to the
 * standard output disturbs nothing; the standard input is only there to end when the parent dies,
 * however it dies.
 */
public final class WorkerMain {

  private WorkerMain() {}

  /** Serves the parent that listens at the socket {@code args[0]}. */
  public static void main(String[] args) throws IOException {
    serve(Path.of(args[0]), LlvmKernelBuilder::new);
  }

  /** Serves with another compiler; does not return. */
  public static void serve(Path socket, Function<CpuTarget, KernelBuilder> builders)
      throws IOException {
    leaveTerminal();
    Thread.ofPlatform().daemon().name("parent-watch").start(() -> dieWithParent(System.in));
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    // The parent may not know the target yet: LLVM is loaded meanwhile.
    HostCpu.detect();
    try (Frames frames = new Frames(channel)) {
      new WorkerLoop(frames, builders).serve();
    }
    // Not exit(): threads of a kernel that hangs must not keep the process.
    Runtime.getRuntime().halt(0);
  }

  /** A session of its own, so that Ctrl-C reaches the parent alone, which then decides. */
  private static void leaveTerminal() {
    Linker linker = Linker.nativeLinker();
    linker
        .defaultLookup()
        .find("setsid")
        .ifPresent(
            address -> {
              try {
                int session =
                    (int)
                        linker
                            .downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT))
                            .invokeExact();
                assert session != 0;
              } catch (Throwable e) {
                throw new IllegalStateException("setsid failed", e);
              }
            });
  }

  /**
   * Ends the process when {@code in} does. The kernel's own signal for this would come when the
   * thread that started the process ends, and not with the parent.
   */
  private static void dieWithParent(InputStream in) {
    try {
      while (in.read() >= 0) {
        // The parent writes nothing.
      }
    } catch (IOException _) {
      // The same as its end.
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(0);
  }
}
