/**
 * The command line: one class per verb, which reads options, runs and says what came of it. Start at {@link
 * io.swinlake.jobs.Main}; the main job is {@code Infer}.
 */
package io.swinlake.jobs;
