/** A tuning session: tasks in, records and a report out. */
package org.jtvmc.tuner.session;
