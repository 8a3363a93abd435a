package io.swinlake.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.Window;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A JSON file beside the weights, or an object in it.
 *
 * @param location what error messages begin with
 * @param name of the file
 */
record JsonFile(String location, String name, JsonNode json) {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // Python's json writes NaN and Infinity
            .build();

    static Optional<JsonFile> find(CheckpointSource source, String name) throws IOException {
        if (!source.files().contains(name)) {
            return Optional.empty();
        }
        JsonNode json;
        try {
            json = MAPPER.readTree(text(source, name));
        } catch (JsonProcessingException e) {
            throw new CheckpointException("%s: %s is not JSON: %s".formatted(source.location(), name, problem(e)), e);
        }
        if (!json.isObject()) {
            throw new CheckpointException(
                    "%s: %s is no JSON object but %s", source.location(), name, json.getNodeType());
        }
        return Optional.of(new JsonFile(source.location(), name, json));
    }

    /** Without the excerpt of the file that Jackson puts in, which has many lines. */
    private static String problem(JsonProcessingException e) {
        String what = e.getOriginalMessage().replaceFirst("(?s)\\s*\\((for|start).*", "");
        return e.getLocation() == null
                ? what
                : "line %s, column %s: %s"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr(), what);
    }

    private static String text(CheckpointSource source, String name) throws IOException {
        ByteBuffer file = source.read(name);
        try {
            return PlainText.decode(file);
        } catch (IOException e) {
            throw new CheckpointException("%s: %s: %s".formatted(source.location(), name, e.getMessage()), e);
        }
    }

    /** An object in this file; empty where there is none. */
    JsonFile child(String key) {
        return new JsonFile(location, name, json.path(key));
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    Optional<String> text(String key) {
        return value(key)
                .map(value -> expect(key, value, value.isTextual(), "a text").asText());
    }

    Optional<Double> number(String key) {
        return value(key)
                .map(value -> expect(key, value, value.isNumber(), "a number").asDouble());
    }

    Optional<Boolean> flag(String key) {
        return value(key).map(value -> expect(key, value, value.isBoolean(), "true or false")
                .asBoolean());
    }

    Optional<Integer> integer(String key) {
        return value(key).map(value -> expect(key, value, value.canConvertToInt(), "an integer")
                .asInt());
    }

    Optional<List<Integer>> integers(String key) {
        return value(key).map(value -> {
            expect(key, value, value.isArray(), "a list of integers");
            List<Integer> integers = new ArrayList<>();
            value.forEach(each -> integers.add(expect(key, each, each.canConvertToInt(), "a list of integers")
                    .asInt()));
            return List.copyOf(integers);
        });
    }

    Optional<List<Double>> numbers(String key) {
        return value(key).map(value -> {
            expect(key, value, value.isArray(), "a list of numbers");
            List<Double> numbers = new ArrayList<>();
            value.forEach(each -> numbers.add(
                    expect(key, each, each.isNumber(), "a list of numbers").asDouble()));
            return List.copyOf(numbers);
        });
    }

    /** A side, {@code [height, width]} or {@code [channels, height, width]}, pixels. */
    Optional<ImageSize> imageSize(String key) {
        Optional<JsonNode> value = value(key);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        List<Integer> sides = value.get().isArray()
                ? integers(key).orElseThrow()
                : List.of(integer(key).orElseThrow());
        int count = sides.size();
        expect(key, value.get(), count >= 1 && count <= 3, "a side, [height, width] or [channels, height, width]");
        return Optional.of(size(key, sides.get(Math.max(0, count - 2)), sides.get(count - 1)));
    }

    /** A size that this file tells, in pixels. */
    ImageSize size(String key, int height, int width) {
        if (height < 1 || width < 1) {
            throw wrong(key, "is %sx%s, expected at least 1 pixel".formatted(height, width));
        }
        return new ImageSize(height, width);
    }

    /**
     * Attention windows in any form that timm and transformers write: a side; {@code [height, width]}; one side for every
     * stage; one {@code [height, width]} for every stage.
     */
    Optional<List<Window>> windows(String key, int stages) {
        return value(key).map(value -> {
            List<Window> windows = new ArrayList<>();
            boolean isPair = value.isArray()
                    && value.size() == 2
                    && value.path(0).isInt()
                    && value.path(1).isInt();
            if (value.isInt() || isPair) {
                return Window.everywhere(window(key, value), stages);
            }
            expect(
                    key,
                    value,
                    value.isArray() && value.size() == stages,
                    "a side, [height, width], or one of these for each of %s stages".formatted(stages));
            value.forEach(each -> windows.add(window(key, each)));
            return List.copyOf(windows);
        });
    }

    private Window window(String key, JsonNode value) {
        boolean isPair = value.isArray()
                && value.size() == 2
                && value.path(0).isInt()
                && value.path(1).isInt();
        expect(key, value, isPair || value.isInt(), "a side or [height, width], tokens");
        int height = isPair ? value.get(0).asInt() : value.asInt();
        int width = isPair ? value.get(1).asInt() : value.asInt();
        expect(key, value, height > 0 && width > 0, "at least 1 token");
        return new Window(height, width);
    }

    /** The error of a value that cannot be used. */
    CheckpointException wrong(String key, String problem) {
        return new CheckpointException("%s: %s: %s %s", location, name, key, problem);
    }

    private Optional<JsonNode> value(String key) {
        return has(key) ? Optional.of(json.get(key)) : Optional.empty();
    }

    private JsonNode expect(String key, JsonNode value, boolean holds, String expected) {
        if (!holds) {
            throw wrong(key, "is %s, expected %s".formatted(value, expected));
        }
        return value;
    }
}
