package org.jtvmc.ir.interpret;

/** Which thread of a GPU wrote and read each element of a memory last, and in which phase. */
final class ThreadAccesses {
  /** In the place of a reader: more than one in the phase. */
  static final int SEVERAL = -1;

  private final int[] writers;
  private final int[] writePhases;
  private final int[] readers;
  private final int[] readPhases;

  ThreadAccesses(int elements) {
    writers = new int[elements];
    writePhases = new int[elements];
    readers = new int[elements];
    readPhases = new int[elements];
  }

  /** 0 for none. */
  int writer(int position) {
    return writers[position];
  }

  int writePhase(int position) {
    return writePhases[position];
  }

  /** 0 for none, {@link #SEVERAL} for more than one. */
  int reader(int position) {
    return readers[position];
  }

  int readPhase(int position) {
    return readPhases[position];
  }

  void written(int position, int thread, int phase) {
    writers[position] = thread;
    writePhases[position] = phase;
  }

  void read(int position, int thread, int phase) {
    boolean another =
        readPhases[position] == phase && readers[position] != 0 && readers[position] != thread;
    readers[position] = another ? SEVERAL : thread;
    readPhases[position] = phase;
  }
}
