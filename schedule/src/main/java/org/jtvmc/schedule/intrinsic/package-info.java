/** Instructions that compute a small tensor expression at once, as data. */
package org.jtvmc.schedule.intrinsic;
