package io.swinlake.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Text as people's editors save it: UTF-8, with or without a byte order mark, or UTF-16 with one. Other encodings cannot be
 * told from each other, so they are refused with the first byte that shows it; nothing is replaced by U+FFFD.
 */
public final class PlainText {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private PlainText() {}

    /**
     * The text of a file, without its byte order mark.
     *
     * @throws IOException if it is no such text; the message has line and byte, both from 1, but not the file's name
     */
    public static String decode(ByteBuffer file) throws IOException {
        ByteBuffer bytes = file.slice();
        CharsetDecoder decoder = charset(bytes).newDecoder();
        CharBuffer chars = CharBuffer.allocate(bytes.remaining() + 1);
        CoderResult result = decoder.decode(bytes, chars, true);
        String text = chars.flip().toString();
        if (result.isError()) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "line %d, byte %d of that line, 0x%02X, is not %s; if the file is in Latin-1, convert it:"
                            + " iconv -f ISO-8859-1 -t UTF-8",
                    line(text),
                    column(text, decoder.charset()),
                    bytes.get(bytes.position()),
                    decoder.charset()));
        }
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "line %d has a NUL, as binary files and UTF-16 without a byte order mark have: save it as UTF-8",
                    line(text.substring(0, nul))));
        }
        return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    }

    private static Charset charset(ByteBuffer bytes) {
        int first = bytes.remaining() < 2 ? 0 : bytes.getShort(0) & 0xFFFF; // big-endian, as a slice is
        return switch (first) {
            case 0xFEFF -> StandardCharsets.UTF_16BE;
            case 0xFFFE -> StandardCharsets.UTF_16LE;
            default -> StandardCharsets.UTF_8;
        };
    }

    private static long line(String before) {
        return before.chars().filter(c -> c == '\n').count() + 1;
    }

    private static int column(String before, Charset charset) {
        return before.substring(before.lastIndexOf('\n') + 1).getBytes(charset).length + 1;
    }
}
