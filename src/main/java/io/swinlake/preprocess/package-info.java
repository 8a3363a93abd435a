/**
 * Pixels to the network's input, exactly as Pillow and the published recipes do: resize, crop. Start at {@link
 * io.swinlake.preprocess.Preprocessor}; {@link io.swinlake.preprocess.Recipe} has the recipes.
 */
package io.swinlake.preprocess;
