package io.swinlake.checkpoint;

/** Text from a file in a form that is safe to show: a hostile name must not steer a terminal or fill a log. */
final class Printable {
    private static final int MAX_LENGTH = 200;

    private Printable() {}

    static String of(String text) {
        String shown = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text;
        return shown.replaceAll("\\p{C}", "?");
    }
}
