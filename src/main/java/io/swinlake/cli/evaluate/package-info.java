/**
 * {@code swinlake evaluate}: predictions beside a file of known classes. Start at {@link io.swinlake.cli.evaluate.Evaluate};
 * {@code Truths} reads the file, {@code TruthClasses} finds what its words mean.
 */
package io.swinlake.cli.evaluate;
