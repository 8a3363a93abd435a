package io.swinlake.checkpoint;

import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A file of named tensors, whatever container it was stored in.
 *
 * @param location where it was read; error messages begin with it
 * @param tensors by name, in the file's own naming, but without a {@code module.} that DistributedDataParallel puts
 *     before all of them
 * @param metadata safetensors' {@code __metadata__}; empty for other containers
 */
public record Checkpoint(String location, SortedMap<String, Tensor> tensors, Map<String, String> metadata) {
    private static final String DATA_PARALLEL_PREFIX = "module.";

    /** What Hugging Face and PyTorch name the weights of a directory; the first that exists is read. */
    private static final List<String> WELL_KNOWN = List.of(
            "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json");

    private static final List<String> ENDINGS = List.of(".safetensors", ".pth", ".pt", ".bin");

    public Checkpoint {
        tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * Reads all tensors. The container is recognised by its content: safetensors, the index of a sharded checkpoint,
     * PyTorch's zip and its older format. Of a directory, the weights file is chosen by name.
     *
     * @throws CheckpointException if the file is damaged, hostile or something else
     */
    public static Checkpoint open(CheckpointSource source) throws IOException {
        String name = source.chosenFile().isPresent() ? source.chosenFile().get() : choose(source);
        String location = source.chosenFile().isPresent() ? source.location() : source.location() + "/" + name;
        Checkpoint stored = name.endsWith(ShardIndex.ENDING)
                ? ShardIndex.read(source, location, name)
                : read(location, name, source.read(name));
        return stored.withoutDataParallelPrefix();
    }

    /** Reads a single file, of any container but the index. */
    static Checkpoint read(String location, String name, ByteBuffer file) {
        return switch (Container.of(location, name, file)) {
            case SAFETENSORS -> Safetensors.read(location, file);
            case TORCH_ZIP -> TorchZip.read(location, file);
            case TORCH_LEGACY -> TorchLegacy.read(location, file);
        };
    }

    private static String choose(CheckpointSource directory) throws IOException {
        List<String> files = directory.files();
        for (String name : WELL_KNOWN) {
            if (files.contains(name)) {
                return name;
            }
        }
        List<String> weights = files.stream()
                .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
                .toList();
        if (weights.isEmpty()) {
            throw new CheckpointException(
                    "%s: no weights here. Expected model.safetensors, pytorch_model.bin, an .index.json of either,"
                            + " or one .safetensors, .pth, .pt or .bin file.",
                    directory.location());
        }
        if (weights.size() > 1) {
            throw new CheckpointException(
                    "%s: %d files could be the weights: %s. Name the file instead of the directory.",
                    directory.location(), weights.size(), String.join(", ", weights));
        }
        return weights.get(0);
    }

    private Checkpoint withoutDataParallelPrefix() {
        if (tensors.isEmpty() || !tensors.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL_PREFIX))) {
            return this;
        }
        SortedMap<String, Tensor> renamed = new TreeMap<>();
        tensors.forEach((name, tensor) -> renamed.put(name.substring(DATA_PARALLEL_PREFIX.length()), tensor));
        return new Checkpoint(location, renamed, metadata);
    }
}
