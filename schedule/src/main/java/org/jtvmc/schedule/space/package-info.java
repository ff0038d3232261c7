/**
 * The design space of schedules: rules that build them, choices that fill in their decisions, and
 * the mutations by which a search walks from one to another.
 */
package org.jtvmc.schedule.space;
