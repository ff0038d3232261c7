/** What was measured, kept as JSON lines that survive crashes, full disks and foreign hands. */
package org.jtvmc.tuner.record;
