/** Models of the hardware that estimate a candidate's time from its loops, with nothing learnt. */
package org.jtvmc.tuner.draft;
