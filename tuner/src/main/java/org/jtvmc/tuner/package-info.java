/** The search for fast schedules: tasks, strategies, cost models, measurement and records. */
package org.jtvmc.tuner;
