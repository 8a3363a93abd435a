package io.swinlake.model;

import java.util.List;

/** Names in the location of a checkpoint, a path or URI. */
final class Locations {
    private static final List<String> ENDINGS =
            List.of(".index.json", ".safetensors", ".pth.tar", ".pth", ".pt", ".bin");
    private static final List<String> NAMELESS = List.of("model", "pytorch_model");

    private Locations() {}

    /** File and directory: {@code swin_tiny_patch4_window7_224/model.safetensors}. */
    static String lastParts(String location) {
        String[] parts = location.split("/+", -1);
        return parts.length < 2 ? location : parts[parts.length - 2] + "/" + parts[parts.length - 1];
    }

    /** The name of the file without its ending, or that of its directory where the file is just called a model. */
    static String modelName(String location) {
        String name = "";
        for (String part : List.of(lastParts(location).split("/", -1))) {
            String stem = withoutEnding(part);
            if (!stem.isEmpty() && !(NAMELESS.contains(stem) && !name.isEmpty())) {
                name = stem;
            }
        }
        return name;
    }

    private static String withoutEnding(String file) {
        String stem = file;
        for (String ending : ENDINGS) {
            if (stem.endsWith(ending)) {
                stem = stem.substring(0, stem.length() - ending.length());
            }
        }
        return stem;
    }
}
