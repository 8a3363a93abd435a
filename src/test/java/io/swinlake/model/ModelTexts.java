package io.swinlake.model;

import io.swinlake.Fixtures;
import io.swinlake.TextTarget;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.checkpoint.RangedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Texts beside the weights: {@code config.json}, {@code preprocessor_config.json}, files of class names. */
public final class ModelTexts {
    private ModelTexts() {}

    public static List<TextTarget> targets() {
        List<TextTarget> targets = new ArrayList<>();
        for (String model : List.of("v1-base-hf", "v2-base-hf", "v1-base-timm-f32", "v2-base-timm-f32")) {
            targets.add(beside(model, "config.json"));
        }
        targets.add(beside("v1-base-hf", "preprocessor_config.json"));
        targets.add(new TextTarget(
                "class names",
                List.of(
                        "cat\ndog\nbird\n",
                        "0,cat\n1,dog\n2,bird",
                        "index,label\n0,\"cat, wild\"\n1,dog\n",
                        "[\"cat\", \"dog\"]",
                        "{\"0\": \"cat\", \"1\": \"dog\"}",
                        "{\"cat\": 0, \"dog\": 1}",
                        "{\"id2label\": {\"0\": \"cat\"}}",
                        "n01440764 tench, Tinca tinca\nn01443537 goldfish\n"),
                text -> refusal(() -> ClassNames.parse("names.txt", text))));
        return targets;
    }

    private interface Step {
        void run() throws IOException;
    }

    private static Optional<String> refusal(Step step) throws IOException {
        try {
            step.run();
            return Optional.empty();
        } catch (CheckpointException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** A small model whose file of that name is damaged. */
    private static TextTarget beside(String model, String file) {
        Path folder = Fixtures.path("tiny").resolve(model);
        try {
            String seed = Files.readString(folder.resolve(file));
            return new TextTarget(
                    model + " " + file,
                    List.of(seed),
                    text -> refusal(() ->
                            SwinModel.open(new Replaced(LocalSource.of(folder), file, text), ModelOptions.none())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder of which one file has another content. */
    private record Replaced(CheckpointSource source, String name, String text) implements CheckpointSource {
        @Override
        public String location() {
            return source.location();
        }

        @Override
        public List<String> files() throws IOException {
            return source.files();
        }

        @Override
        public List<String> folders() throws IOException {
            return source.folders();
        }

        @Override
        public Optional<String> chosenFile() {
            return source.chosenFile();
        }

        @Override
        public RangedFile open(String file) throws IOException {
            return source.open(file);
        }

        @Override
        public ByteBuffer read(String file) throws IOException {
            return file.equals(name)
                    ? ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)).order(ByteOrder.LITTLE_ENDIAN)
                    : source.read(file);
        }
    }
}
