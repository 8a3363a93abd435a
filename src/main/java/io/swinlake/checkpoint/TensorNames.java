package io.swinlake.checkpoint;

import java.util.regex.Pattern;

/** Which names a tensor may have. Checked once where a file is read, so that later messages can show them. */
final class TensorNames {
    /** The longest in a published Swin has 69 characters. */
    private static final int MAX_LENGTH = 500;

    /** Control and format characters, unpaired surrogates and the like. */
    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{C}");

    private TensorNames() {}

    static String check(String location, String name) {
        if (name.length() > MAX_LENGTH || UNPRINTABLE.matcher(name).find()) {
            throw new CheckpointException(
                    "%s: a tensor name is longer than %d characters or has unprintable ones: '%s'.",
                    location, MAX_LENGTH, Printable.of(name));
        }
        return name;
    }
}
