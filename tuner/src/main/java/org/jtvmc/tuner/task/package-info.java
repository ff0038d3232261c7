/** What is tuned, and which of it next. */
package org.jtvmc.tuner.task;
