package io.swinlake.image.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The small files of every format and kind that {@code scripts/image-fixture} writes, and what Pillow says of each. */
final class ImageKinds {
    private static final Path FOLDER = Path.of("src/test/resources/images");

    private ImageKinds() {}

    static List<JsonNode> all() {
        try {
            JsonNode manifest =
                    new ObjectMapper().readTree(FOLDER.resolve("manifest.json").toFile());
            return StreamSupport.stream(manifest.spliterator(), false).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(JsonNode image) {
        return bytes(FOLDER.resolve(image.get("file").asText()));
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is right: pixels, a refusal of Pillow's, or the code of one of ours. */
    static JsonNode right(JsonNode image) {
        return image.has("right") ? image.get("right") : image.get("pillow");
    }
}
