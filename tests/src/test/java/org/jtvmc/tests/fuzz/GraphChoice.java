package org.jtvmc.tests.fuzz;

/** A way to add a node to a random graph; adds none where the graph has no fitting value. */
interface GraphChoice {
  void grow(GraphGrower graph);
}
