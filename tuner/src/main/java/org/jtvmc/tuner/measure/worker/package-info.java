/**
 * The process that compiles and runs candidates, and the parent's side of it. Whatever a candidate
 * does (it crashes, hangs, prints, exhausts memory), only this process suffers.
 */
package org.jtvmc.tuner.measure.worker;
