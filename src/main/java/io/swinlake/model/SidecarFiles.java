package io.swinlake.model;

import io.swinlake.checkpoint.CheckpointSource;
import java.io.IOException;
import java.util.Optional;

/** The files beside the weights that say how to use them. */
record SidecarFiles(Optional<JsonFile> config, Optional<JsonFile> preprocessor) {
    static SidecarFiles of(CheckpointSource source) throws IOException {
        Optional<JsonFile> preprocessor = JsonFile.find(source, "preprocessor_config.json");
        if (preprocessor.isEmpty()) { // transformers 5 writes one file for all processors of a model
            preprocessor = JsonFile.find(source, "processor_config.json")
                    .filter(file -> file.has("image_processor"))
                    .map(file -> file.child("image_processor"));
        }
        return new SidecarFiles(JsonFile.find(source, "config.json"), preprocessor);
    }

    static SidecarFiles none() {
        return new SidecarFiles(Optional.empty(), Optional.empty());
    }
}
