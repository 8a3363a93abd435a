package io.swinlake.checkpoint;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which file of a folder holds the weights, by its name; of a training run's folder, which file to give instead. */
final class WeightsFolder {
    /** What Hugging Face and PyTorch name the weights of a directory; the first that exists is read. */
    private static final List<String> WELL_KNOWN = List.of(
            "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json");

    private static final List<String> ENDINGS = List.of(".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".pth.tar");

    /** What training code leaves beside the weights under such an ending. */
    private static final List<String> NO_WEIGHTS = List.of(
            "training_args.bin",
            "optimizer.pt",
            "optimizer.bin",
            "scheduler.pt",
            "scheduler.bin",
            "scaler.pt",
            "rng_state.pth",
            "random_states_0.pkl",
            "openvino_model.bin");

    /** Adapters alone are no network. */
    private static final List<String> ADAPTERS = List.of("adapter_model.safetensors", "adapter_model.bin");

    private static final int SHOWN = 6;

    private WeightsFolder() {}

    static String choose(CheckpointSource directory) throws IOException {
        List<String> files = directory.files();
        for (String name : WELL_KNOWN) {
            if (files.contains(name)) {
                return name;
            }
        }
        refuseAdapter(directory.location(), files);
        List<String> weights = files.stream()
                .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
                .filter(name -> !NO_WEIGHTS.contains(name))
                .toList();
        if (weights.isEmpty()) {
            throw new CheckpointException(
                    "%s: no weights here. Expected model.safetensors, pytorch_model.bin, an .index.json of either,"
                            + " or one .safetensors, .pth, .pt, .bin, .ckpt or .pth.tar file%s",
                    directory.location(), isHere(files, directory.folders()));
        }
        if (weights.size() > 1) {
            throw new CheckpointException(
                    "%s: %d files could be the weights: %s. Name the file instead of the directory%s",
                    directory.location(), weights.size(), String.join(", ", weights), bestOf(weights));
        }
        return weights.get(0);
    }

    private static void refuseAdapter(String location, List<String> files) {
        if (files.stream().anyMatch(ADAPTERS::contains)) {
            throw new CheckpointException(
                    "%s: an adapter (LoRA), which is no network without the one that it was trained on. In Python:"
                            + " model = PeftModel.from_pretrained(base, folder).merge_and_unload(), then"
                            + " model.save_pretrained(merged).",
                    location);
        }
    }

    /** What a training run's folder has instead, and which of it to give. */
    private static String isHere(List<String> files, List<String> folders) {
        if (files.stream().anyMatch(name -> name.endsWith(".distcp"))) {
            return "; here is a distributed checkpoint (DCP). In Python: from torch.distributed.checkpoint.format_utils"
                    + " import dcp_to_torch_save, then dcp_to_torch_save(folder, 'weights.pth').";
        }
        Optional<String> other = files.stream()
                .flatMap(name ->
                        OtherFormats.byName(name)
                                .map(kind -> "; here is %s, %s.".formatted(Printable.of(name), kind))
                                .stream())
                .findFirst();
        if (other.isPresent()) {
            return other.get();
        }
        List<String> runs = folders.stream()
                .filter(name -> name.startsWith("checkpoint")
                        || name.startsWith("lightning_logs")
                        || name.startsWith("version_")
                        || name.startsWith("pytorch_model_fsdp")
                        || name.equals("checkpoints"))
                .toList();
        if (!runs.isEmpty()) {
            return "; here are the folders %s of a training run: give one of them.".formatted(shown(runs));
        }
        if (files.isEmpty() && folders.isEmpty()) {
            return "; the folder is empty.";
        }
        return "; here are %s."
                .formatted(shown(Stream.concat(files.stream(), folders.stream().map(name -> name + "/"))
                        .toList()));
    }

    /** The file that training code writes for its best epoch. */
    private static String bestOf(List<String> weights) {
        return weights.stream()
                .filter(name -> name.startsWith("model_best") || name.startsWith("best"))
                .findFirst()
                .map(" (%s is what training code calls its best epoch)."::formatted)
                .orElse(".");
    }

    private static String shown(List<String> names) {
        String first = names.stream().limit(SHOWN).map(Printable::of).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? first + " and %s more".formatted(names.size() - SHOWN) : first;
    }
}
