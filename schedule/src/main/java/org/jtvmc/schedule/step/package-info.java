/** The steps of a schedule: one record each, which says when it applies and what it does. */
package org.jtvmc.schedule.step;
