/**
 * The command line: one class a verb, which reads options, runs and says what came of it. Start at {@link io.swinlake.cli.Main};
 * the main job is {@code Infer}. What verbs share is {@code io.swinlake.cli.command}; verbs of several classes have packages.
 */
package io.swinlake.cli;
