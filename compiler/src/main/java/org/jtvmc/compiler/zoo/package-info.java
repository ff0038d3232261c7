/**
 * Real models by name: published ones, fetched at first use, and classic architectures with seeded
 * random weights, written as ONNX on this machine.
 */
package org.jtvmc.compiler.zoo;
