/**
 * What commands share: the options that several take, exit codes, errors, JSON, the Spark session and the machine. Start at {@link
 * io.swinlake.cli.command.Exit} and {@link io.swinlake.cli.command.ModelArguments}.
 */
package io.swinlake.cli.command;
