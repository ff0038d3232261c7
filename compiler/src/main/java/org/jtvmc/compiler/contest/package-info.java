/** Which of several schedules each kernel is to have, decided by runs of the whole network. */
package org.jtvmc.compiler.contest;
