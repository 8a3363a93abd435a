package io.swinlake.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import org.junit.jupiter.api.Test;

class PlainTextTest {
    private static final String TEXT = "zéro\r\nчетыре 五 6️⃣\n";

    private static String decode(String text, Charset charset) throws IOException {
        return PlainText.decode(ByteBuffer.wrap(text.getBytes(charset)));
    }

    @Test
    void aByteOrderMarkTellsTheEncodingAndIsNoText() throws IOException {
        assertThat(decode(TEXT, UTF_8)).isEqualTo(TEXT);
        assertThat(decode('\uFEFF' + TEXT, UTF_8)).isEqualTo(TEXT);
        assertThat(decode('\uFEFF' + TEXT, UTF_16LE)).isEqualTo(TEXT);
        assertThat(decode('\uFEFF' + TEXT, UTF_16BE)).isEqualTo(TEXT);
        assertThat(decode("", UTF_8)).isEmpty();
        assertThat(decode("\uFEFF", UTF_8)).isEmpty();
    }

    @Test
    void bytesOfAnotherEncodingAreRefusedWithTheirPlace() {
        assertThatThrownBy(() -> decode("un\ndeux\nzéro\n", ISO_8859_1))
                .hasMessage("line 3, byte 2 of that line, 0xE9, is not UTF-8; if the file is in Latin-1, convert it:"
                        + " iconv -f ISO-8859-1 -t UTF-8");
        // Bytes before the place are counted, not letters.
        assertThatThrownBy(() -> PlainText.decode(ByteBuffer.wrap(new byte[] {(byte) 0xC3, (byte) 0xA9, (byte) 0xFF})))
                .hasMessageStartingWith("line 1, byte 3 of that line, 0xFF, is not UTF-8");
        // A character of two bytes that the file ends in.
        assertThatThrownBy(() -> PlainText.decode(ByteBuffer.wrap(new byte[] {'a', (byte) 0xC3})))
                .hasMessageStartingWith("line 1, byte 2 of that line, 0xC3, is not UTF-8");
    }

    @Test
    void utf16WithoutAMarkAndBinaryFilesAreRefused() {
        assertThatThrownBy(() -> decode("zero\none\n", UTF_16LE))
                .hasMessage(
                        "line 1 has a NUL, as binary files and UTF-16 without a byte order mark have: save it as UTF-8");
    }
}
