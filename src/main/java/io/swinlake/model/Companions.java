package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointSource;
import java.io.IOException;
import java.util.Optional;

/** The files beside the weights that say how to use them. */
record Companions(Optional<JsonFile> config, Optional<JsonFile> preprocessor) {
    static Companions of(CheckpointSource source) throws IOException {
        return new Companions(JsonFile.find(source, "config.json"), JsonFile.find(source, "preprocessor_config.json"));
    }

    static Companions none() {
        return new Companions(Optional.empty(), Optional.empty());
    }
}
