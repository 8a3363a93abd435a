package io.swinlake.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** The formats of a single weights file, told apart by content. */
enum Container {
    SAFETENSORS,
    TORCH_ZIP,
    TORCH_LEGACY;

    private static final int HEAD_BYTES = 64;

    static Container of(String location, String name, RangedFile file) throws IOException {
        if (file.length() == 0) {
            throw new CheckpointException("%s: the file is empty (0 bytes). Download it again.", location);
        }
        byte[] head = new byte[(int) Math.min(HEAD_BYTES, file.length())];
        file.read(0, head.length).get(head);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        OtherFormats.refuse(location, name, text);
        refuseText(location, text);
        if (ZipIndex.looksLikeZip(file)) {
            return TORCH_ZIP;
        }
        if (TorchLegacy.looksLikeLegacy(file)) {
            return TORCH_LEGACY;
        }
        if (name.endsWith(".safetensors") || Safetensors.looksLikeSafetensors(file)) {
            return SAFETENSORS;
        }
        OtherFormats.refusePickle(location, text);
        throw new CheckpointException(
                "%s: neither safetensors nor a PyTorch file; it begins with the bytes %s. Expected a state_dict saved"
                        + " with torch.save or safetensors.",
                location, hex(head));
    }

    private static void refuseText(String location, String head) {
        if (head.startsWith("version https://git-lfs")) {
            throw new CheckpointException(
                    "%s: a Git LFS pointer, not the weights. Run git lfs pull in the repository, or download the file"
                            + " from its download link.",
                    location);
        }
        String start = head.stripLeading().toLowerCase(Locale.ROOT);
        if (start.startsWith("<!doctype html") || start.startsWith("<html")) {
            throw new CheckpointException(
                    "%s: a web page, not the weights. Download the file itself (Hugging Face: /resolve/, not /blob/).",
                    location);
        }
        if (head.chars().allMatch(c -> c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c <= '~'))) {
            throw new CheckpointException(
                    "%s: a text file, not the weights; it begins with \"%s\".",
                    location, head.lines().findFirst().orElse(""));
        }
    }

    private static String hex(byte[] head) {
        return HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(8, head.length));
    }
}
