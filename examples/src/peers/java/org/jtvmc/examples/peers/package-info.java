/** Kernels beside those of other libraries; built with the profile {@code peers} only. */
package org.jtvmc.examples.peers;
