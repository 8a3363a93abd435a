package io.swinlake.model;

import io.swinlake.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;

/**
 * The identity of a set of weights: the SHA-256 over all tensors in ascending order of their canonical names, each as the
 * line {@code name dtype shape} in UTF-8, ended by a line feed (such as {@code norm.bias F32 [768]}), then its little-endian
 * bytes in C order. The same weights in any layout have the same digest.
 */
final class WeightsDigest {
    private WeightsDigest() {}

    static String sha256(SortedMap<String, Tensor> weights) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        weights.forEach((name, tensor) -> {
            String line = "%s %s %s\n".formatted(name, tensor.dtype(), tensor.shape());
            digest.update(line.getBytes(StandardCharsets.UTF_8));
            digest.update(tensor.data());
        });
        return HexFormat.of().formatHex(digest.digest());
    }
}
