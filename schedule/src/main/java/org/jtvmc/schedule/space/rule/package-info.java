/** The rules that build schedules, one a file; {@code CpuRules} lists a CPU's. */
package org.jtvmc.schedule.space.rule;
