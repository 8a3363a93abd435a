package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointSource;
import java.io.IOException;
import java.util.Optional;

/** The files beside the weights that say how to use them. */
record SidecarFiles(Optional<JsonFile> config, Optional<JsonFile> preprocessor) {
    static SidecarFiles of(CheckpointSource source) throws IOException {
        return new SidecarFiles(
                JsonFile.find(source, "config.json"), JsonFile.find(source, "preprocessor_config.json"));
    }

    static SidecarFiles none() {
        return new SidecarFiles(Optional.empty(), Optional.empty());
    }
}
