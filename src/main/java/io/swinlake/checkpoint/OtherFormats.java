package io.swinlake.checkpoint;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Files that hold a network in a form that is not read: what each is, and what writes the weights that are. */
final class OtherFormats {
    private static final String SAVE_WEIGHTS = "torch.save(model.state_dict(), 'weights.pth')";

    /** By how a file begins. */
    private static final Map<String, String> BY_HEAD = Map.of(
            "\u0089HDF", "HDF5, as Keras writes it; save the PyTorch network that it came from: " + SAVE_WEIGHTS,
            "GGUF", "GGUF, whose numbers are quantised; give the safetensors or .pth file that it was made from",
            "PK\u0005\u0006", "an empty zip; save the weights again",
            "\u001f\u008b", "a gzip archive; unpack it first: tar -xzf, or gunzip",
            "\u00fd7zXZ", "an xz archive; unpack it first: tar -xJf, or xz -d",
            "Rar!", "a RAR archive; unpack it first",
            "7z\u00bc\u00af", "a 7z archive; unpack it first");

    private OtherFormats() {}

    /** Refuses a zip that another call than torch.save wrote. */
    static void refuseZip(String location, Set<String> names) {
        kind(names).ifPresent(kind -> {
            throw new CheckpointException("%s: %s.", location, kind);
        });
    }

    private static Optional<String> kind(Set<String> names) {
        if (any(names, name -> name.endsWith("/constants.pkl") || name.contains("/code/__torch__"))) {
            return Optional.of("a TorchScript program, not weights. Programs are not loaded; in Python: model ="
                    + " torch.jit.load(file), then " + SAVE_WEIGHTS);
        }
        if (any(names, name -> name.endsWith("archive_format") || name.contains("serialized_exported_program"))) {
            return Optional.of(
                    "a .pt2 archive of torch.export, a program, not weights. Programs are not loaded; in Python:"
                            + " program = torch.export.load(file), then torch.save(program.state_dict, 'weights.pth')");
        }
        if (any(names, name -> name.endsWith(".npy"))) {
            return Optional.of("a NumPy .npz archive; in Python: torch.save({k: torch.from_numpy(v) for k, v in"
                    + " numpy.load(file).items()}, 'weights.pth')");
        }
        if (any(names, name -> name.equals("config.json") || name.endsWith(".weights.h5"))) {
            return Optional.of("a Keras archive; save the PyTorch network that it came from: " + SAVE_WEIGHTS);
        }
        return Optional.empty();
    }

    private static boolean any(Set<String> names, Predicate<String> test) {
        return names.stream().anyMatch(test);
    }

    /**
     * Refuses a file that is no zip.
     *
     * @param head its first bytes, one a character
     */
    static void refuse(String location, String name, String head) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".onnx")) {
            throw new CheckpointException(
                    "%s: an ONNX program, not weights. Save the PyTorch network that it was exported from: %s.",
                    location, SAVE_WEIGHTS);
        }
        if (lower.startsWith("openvino_model") || (lower.endsWith(".xml") && head.startsWith("<?xml"))) {
            throw new CheckpointException(
                    "%s: an OpenVINO program, not weights. Save the PyTorch network that it was converted from: %s.",
                    location, SAVE_WEIGHTS);
        }
        if (lower.endsWith(".distcp") || lower.equals(".metadata")) {
            throw new CheckpointException(
                    "%s: a part of a distributed checkpoint (DCP). In Python: from"
                            + " torch.distributed.checkpoint.format_utils import dcp_to_torch_save, then"
                            + " dcp_to_torch_save(folder, 'weights.pth').",
                    location);
        }
        if (lower.endsWith(".msgpack")) {
            throw new CheckpointException(
                    "%s: Flax weights. In Python: model = AutoModelForImageClassification.from_pretrained(folder,"
                            + " from_flax=True) of a transformers that has Flax, then model.save_pretrained(folder).",
                    location);
        }
        if (head.length() > 8 && head.startsWith("TFL3", 4)) {
            throw new CheckpointException(
                    "%s: a TensorFlow Lite program, not weights. Save the PyTorch network that it came from: %s.",
                    location, SAVE_WEIGHTS);
        }
        BY_HEAD.forEach((start, kind) -> {
            if (head.startsWith(start)) {
                throw new CheckpointException("%s: %s.", location, kind);
            }
        });
    }
}
