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
            "\u0093NUMPY", "one NumPy array, not a network's weights; save them: " + SAVE_WEIGHTS,
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

    /** Refuses a pickle that is not in the old form of torch.save. */
    static void refusePickle(String location, String head) {
        if (head.length() > 1 && head.charAt(0) == 0x80 && head.charAt(1) <= 5) {
            throw new CheckpointException(
                    "%s: a pickle that torch.save did not write. If you trust it, in Python: weights = pickle.load(open(file,"
                            + " 'rb')), then torch.save({k: torch.as_tensor(v) for k, v in weights.items()}, 'weights.pth').",
                    location);
        }
    }

    /** What a file is that has this name, and what to do; empty where the name does not tell. */
    static Optional<String> byName(String name) {
        String lower = lower(name);
        if (lower.endsWith(".onnx")) {
            return Optional.of("an ONNX program, not weights. Save the PyTorch network that it was exported from: "
                    + SAVE_WEIGHTS);
        }
        if (lower.startsWith("openvino_model") || lower.endsWith(".xml")) {
            return Optional.of("an OpenVINO program, not weights. Save the PyTorch network that it was converted from: "
                    + SAVE_WEIGHTS);
        }
        if (lower.endsWith(".distcp") || lower.equals(".metadata")) {
            return Optional.of("a part of a distributed checkpoint (DCP). In Python: from"
                    + " torch.distributed.checkpoint.format_utils import dcp_to_torch_save, then"
                    + " dcp_to_torch_save(folder, 'weights.pth')");
        }
        if (lower.endsWith(".msgpack")) {
            return Optional.of(
                    "Flax weights. In Python: model = AutoModelForImageClassification.from_pretrained(folder,"
                            + " from_flax=True) of a transformers that has Flax, then model.save_pretrained(folder)");
        }
        if (lower.endsWith(".h5") || lower.endsWith(".pb")) {
            return Optional.of("TensorFlow weights. In Python: model ="
                    + " AutoModelForImageClassification.from_pretrained(folder, from_tf=True) of a transformers that has"
                    + " TensorFlow, then model.save_pretrained(folder)");
        }
        if (lower.equals("zero_to_fp32.py")) {
            return Optional.of(
                    "DeepSpeed's program that joins the parts of a checkpoint. In a shell: python zero_to_fp32.py"
                            + " FOLDER OUTPUT");
        }
        return Optional.empty();
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /**
     * Refuses a file that is no zip.
     *
     * @param head its first bytes, one a character
     */
    static void refuse(String location, String name, String head) {
        boolean isXml = lower(name).endsWith(".xml");
        byName(name).filter(kind -> !isXml || head.startsWith("<?xml")).ifPresent(kind -> {
            throw new CheckpointException("%s: %s.", location, kind);
        });
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
