/** Loop IR as bytes, for the way to the process that compiles it. */
package org.jtvmc.tuner.measure.wire;
