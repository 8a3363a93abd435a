package io.swinlake.storage;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of local files as text and back. A name is bytes, which Java reads and writes by the locale: under {@code LC_ALL=C},
 * as in many containers, {@code é.png} has no text and {@code File} finds nothing under it. Here names are UTF-8 whatever the
 * locale is, and a byte that is no UTF-8 is written {@code \xE9}; so is the backslash of a name that looks like that.
 */
final class LocalNames {
    private static final String REPLACEMENT = "\uFFFD"; // stands for what Java could not read
    private static final boolean LOCALE_IS_UTF_8 =
            System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");

    private static final Pattern ESCAPE = Pattern.compile("\\\\x([0-9A-F]{2})");
    private static final String ESCAPED_BACKSLASH = "\\\\x5C"; // as a replacement
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private LocalNames() {}

    /** An absolute path as text. */
    static String text(Path file) {
        String text = file.toString();
        return isSameInAnyLocale(text) ? text : decoded(bytes(file));
    }

    /** The file that a text names. */
    static Path file(String text) {
        return isSameInAnyLocale(text) ? Path.of(text) : fileOf(encoded(text));
    }

    private static boolean isSameInAnyLocale(String text) {
        return (LOCALE_IS_UTF_8 || text.chars().allMatch(c -> c < 0x80))
                && !text.contains(REPLACEMENT)
                && !text.contains("\\x");
    }

    /** Java's file URIs hold the bytes themselves: each that is not a plain letter as %E9. */
    private static byte[] bytes(Path file) {
        String uri = file.toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length());
        for (int i = 0; i < uri.length(); i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(uri, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(uri.charAt(i));
            }
        }
        byte[] all = bytes.toByteArray();
        boolean endsWithSlash = all.length > 1 && all[all.length - 1] == '/'; // so that a URI names a folder
        return endsWithSlash ? Arrays.copyOf(all, all.length - 1) : all;
    }

    private static Path fileOf(byte[] bytes) {
        StringBuilder uri = new StringBuilder("file://");
        for (byte each : bytes) {
            if (each == '/') {
                uri.append('/');
            } else {
                uri.append('%').append(HEX.toHexDigits(each));
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    private static String decoded(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer good = CharBuffer.allocate(bytes.length);
        StringBuilder text = new StringBuilder();
        while (true) {
            CoderResult result = decoder.decode(in, good, true);
            text.append(ESCAPE.matcher(good.flip()).replaceAll(match -> ESCAPED_BACKSLASH + "x" + match.group(1)));
            good.clear();
            if (result.isUnderflow()) {
                return text.toString();
            }
            for (int i = 0; i < result.length(); i++) {
                text.append("\\x").append(HEX.toHexDigits(in.get()));
            }
        }
    }

    private static byte[] encoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        Matcher escape = ESCAPE.matcher(text);
        int done = 0;
        while (escape.find()) {
            bytes.writeBytes(text.substring(done, escape.start()).getBytes(StandardCharsets.UTF_8));
            bytes.write(HexFormat.fromHexDigits(escape.group(1)));
            done = escape.end();
        }
        bytes.writeBytes(text.substring(done).getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }
}
