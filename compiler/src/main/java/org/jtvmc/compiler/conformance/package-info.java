/**
 * Runs folders of ONNX backend test cases: each is compiled into a library, run in a process that
 * may crash, and compared with the suite's tolerances.
 */
package org.jtvmc.compiler.conformance;
