package io.swinlake.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.swinlake.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The names of a network's classes, in a file of their own: one a line, or as JSON a list, index to name, name to index, or
 * what {@code config.json} has. Two classes may have one name, as in ImageNet.
 *
 * @param source the file, which error messages begin with
 * @param names by index
 */
public record ClassNames(String source, List<String> names) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Keys of transformers' and timm's {@code config.json}. */
    private static final List<String> CONFIG_KEYS = List.of("id2label", "label_names", "label2id");

    private static final Pattern NUMBERED = Pattern.compile("\"?(\\d{1,6})\"?(?:\\s*[,;:\t]\\s*|\\s+)\\S.*");

    /** Cells of the first line of a CSV; a class that has such a name does not come with a comma. */
    private static final Set<String> HEADERS = Set.of(
            "",
            "category",
            "class",
            "class_id",
            "class_index",
            "class_name",
            "id",
            "index",
            "label",
            "label_id",
            "label_name",
            "name",
            "wnid",
            "synset");

    public ClassNames {
        names = List.copyOf(names);
    }

    /**
     * Reads a file's text.
     *
     * @throws CheckpointException if it is no such list, or could be understood in two ways
     */
    public static ClassNames parse(String source, String text) {
        String stripped = text.strip();
        if (stripped.isEmpty()) {
            throw new CheckpointException("%s: holds no class names", source);
        }
        return new ClassNames(
                source, stripped.matches("(?s)[\\[{].*") ? ofJson(source, stripped) : ofLines(source, stripped));
    }

    /** The names, for a network of that many classes. */
    List<String> of(int classes) {
        if (names.size() != classes) {
            throw new CheckpointException(
                    "%s: %d class names, from '%s' to '%s', for a network of %d classes; one name per class is needed",
                    source, names.size(), names.get(0), names.get(names.size() - 1), classes);
        }
        return names;
    }

    private static List<String> ofLines(String source, String text) {
        List<String> lines =
                text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        List<String> cells = Arrays.asList(lines.get(0).split("[,;\t]", -1));
        if (cells.size() > 1
                && cells.stream()
                        .allMatch(cell ->
                                HEADERS.contains(cell.strip().replace("\"", "").toLowerCase(Locale.ROOT)))) {
            throw new CheckpointException(
                    "%s: begins with '%s', so it is a CSV file; needed is one class name a line, and nothing else",
                    source, lines.get(0));
        }
        if (lines.size() > 1 && (isNumbered(lines, 0) || isNumbered(lines, 1))) {
            throw new CheckpointException(
                    "%s: every line begins with its number, as '%s' does; needed is one class name a line, and nothing"
                            + " else: sed -E 's/^[0-9]+[[:punct:][:space:]]+//'",
                    source, lines.get(1));
        }
        return lines;
    }

    private static boolean isNumbered(List<String> lines, int first) {
        return IntStream.range(0, lines.size()).allMatch(i -> {
            Matcher line = NUMBERED.matcher(lines.get(i));
            return line.matches() && Integer.parseInt(line.group(1)) == first + i;
        });
    }

    private static List<String> ofJson(String source, String text) {
        try {
            return ofJson(source, JSON.readTree(text));
        } catch (JsonProcessingException e) {
            throw new CheckpointException(
                    "%s: begins as JSON but is none: %s".formatted(source, e.getOriginalMessage()), e);
        }
    }

    private static List<String> ofJson(String source, JsonNode json) {
        if (json.isArray()) {
            List<String> names = new ArrayList<>();
            json.forEach(name -> names.add(text(source, names.size(), name)));
            return names;
        }
        for (String key : CONFIG_KEYS) {
            if (json.path(key).isContainerNode()) {
                return ofJson(source, json.get(key));
            }
        }
        Map<Integer, String> byIndex = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            if (field.getKey().matches("\\d{1,6}")) {
                int index = Integer.parseInt(field.getKey());
                byIndex.put(index, text(source, index, field.getValue()));
            } else if (field.getValue().canConvertToInt()) {
                byIndex.put(field.getValue().intValue(), field.getKey());
            } else {
                throw new CheckpointException(
                        "%s: is JSON with the key '%s'; class names are a list, index to name, name to index, or id2label",
                        source, field.getKey());
            }
        }
        for (int index = 0; index < json.size(); index++) {
            if (!byIndex.containsKey(index)) {
                throw new CheckpointException(
                        "%s: has %d class names, but none for class %d", source, json.size(), index);
            }
        }
        return List.copyOf(byIndex.values());
    }

    private static String text(String source, int index, JsonNode name) {
        if (!name.isTextual() || name.textValue().isBlank()) {
            throw new CheckpointException("%s: the name of class %d is %s, expected a text", source, index, name);
        }
        return name.textValue();
    }
}
