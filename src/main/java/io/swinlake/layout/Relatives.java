package io.swinlake.layout;

import io.swinlake.checkpoint.CheckpointException;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.regex.Pattern;

/** Networks and forms of weights that look like a Swin but are not read, by a part of their names. */
final class Relatives {
    private record Relative(Pattern part, String description) {
        static Relative of(String regex, String description) {
            return new Relative(Pattern.compile(regex), description);
        }
    }

    private static final List<Relative> NETWORKS = List.of(
            Relative.of(
                    "(^|\\.)layers\\.0\\.blocks\\.\\d+\\.spatial_mlp\\.",
                    "a Swin-MLP of the original repository, which has no attention; Swin V1 and V2 are read"),
            Relative.of(
                    "\\.mlp\\.(_moe_layer|experts?|gates?)\\b",
                    "a Swin-MoE of the original repository, a mixture of experts; Swin V1 and V2 are read"),
            Relative.of(
                    "\\.attn\\.meta_mlp\\.",
                    "timm's swinv2_cr, another attention than Swin V2's; timm's swinv2_ networks are read"),
            Relative.of(
                    "(^|\\.)(swin2sr\\.|encoder\\.stages\\.0\\.layers\\.0\\.attention\\.|layers\\.0\\.residual_group\\.)",
                    "a Swin2SR or SwinIR, which restores images and has no classes or embedding; Swin V1 and V2 are read"),
            Relative.of(
                    "(^|\\.)features\\.0\\.0\\.attn\\.",
                    "torchvision's Swin3D, which is for videos; Swin V1 and V2 are read"),
            Relative.of(
                    "(^|\\.)audio_encoder\\.layers\\.0\\.blocks\\.",
                    "transformers' CLAP, whose Swin is for sounds; Swin V1 and V2 of images are read"),
            Relative.of(
                    "(^|\\.)features\\.0\\.0\\.blocks?\\.|(^|\\.)stages\\.0\\.blocks\\.0\\.(attns|lepe)",
                    "no Swin but a relative of it; Swin V1 and V2 are read"));

    private static final List<Relative> FORMS = List.of(
            Relative.of(
                    "\\.lora_(A|B|embedding)|\\.base_layer\\.",
                    "has LoRA adapters that are not merged. In Python: model.merge_and_unload(), then"
                            + " torch.save(model.state_dict(), 'weights.pth')"),
            Relative.of(
                    "\\.(absmax|quant_map|SCB|weight_scale|weight_scale_inv|qweight|scales|zero_point|_packed_params)(\\.|$)",
                    "is quantised; give the network that it was made from, or in Python: model.dequantize(), then"
                            + " torch.save(model.state_dict(), 'weights.pth')"),
            Relative.of(
                    "\\.weight_(g|v)$|\\.parametrizations\\.",
                    "has a weight that is computed from others (weight_norm or another parametrization). In Python:"
                            + " torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight') or"
                            + " torch.nn.utils.remove_weight_norm(layer), then torch.save(model.state_dict(),"
                            + " 'weights.pth')"),
            Relative.of(
                    "\\.weight_(orig|mask)$",
                    "is pruned and has its mask apart. In Python: torch.nn.utils.prune.remove(layer, 'weight'), then"
                            + " torch.save(model.state_dict(), 'weights.pth')"));

    private Relatives() {}

    /** Refuses a network that is known, but not as one that is read. */
    static void refuseNetwork(String location, SortedSet<String> names) {
        refuse(NETWORKS, names).ifPresent(found -> {
            throw new CheckpointException("%s: %s (it has '%s')", location, found.description(), found.name());
        });
    }

    /** Refuses weights that have to be brought into plain form first. */
    static void refuseForm(String location, SortedSet<String> names) {
        refuse(FORMS, names).ifPresent(found -> {
            throw new CheckpointException("%s: '%s': the network %s", location, found.name(), found.description());
        });
    }

    private record Found(String name, String description) {}

    private static Optional<Found> refuse(List<Relative> relatives, SortedSet<String> names) {
        for (Relative relative : relatives) {
            for (String name : names) {
                if (relative.part().matcher(name).find()) {
                    return Optional.of(new Found(name, relative.description()));
                }
            }
        }
        return Optional.empty();
    }
}
