package io.swinlake.report;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What a browser lets a report do: show thumbnails that are in it, and apply its one style sheet, told by its digest. What
 * a name might smuggle in, script, style, frame or form, is neither run nor drawn nor sent. As Content Security Policy 3
 * writes it.
 */
final class ContentPolicy {
    private ContentPolicy() {}

    static String of(String styleSheet) {
        return "default-src 'none'; img-src data:; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
                .formatted(digest(styleSheet));
    }

    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
