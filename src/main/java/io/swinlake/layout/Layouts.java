package io.swinlake.layout;

import io.swinlake.swin.Convention;
import java.util.List;

/**
 * The tables. Names on the right are canonical: stage {@code s} begins with {@code stages.{s}.merge} (none in stage 0), then
 * come its blocks. Queries, keys and values that stand apart in a file are called {@code attn.q}, {@code attn.k} and
 * {@code attn.v} until {@link NamedTensors} joins them.
 */
final class Layouts {
    /** Norms that transformers' backbones put behind stages stand beside the network: under its prefix or the one before. */
    private static final String TRANSFORMERS_NORMS = "hidden_states_norms.";

    /** The files that this project writes. */
    static final Layout CANONICAL =
            Layout.named("swinlake", Convention.MICROSOFT).build();

    /** microsoft/Swin-Transformer, where stage s ends with the merge into stage s + 1; also timm before 0.9. */
    static final Layout MICROSOFT = microsoftBlocks("microsoft", Convention.MICROSOFT)
            .recognisedBy("layers.0.downsample.", "layers.0.blocks.0.attn.")
            .rename("layers.{s}.downsample.", "stages.{s+1}.merge.")
            .keep("norm.", "head.")
            .build();

    /** timm since 0.9, where stage s begins with its merge. */
    static final Layout TIMM = microsoftBlocks("timm", Convention.TIMM)
            .recognisedBy("layers.1.downsample.", "layers.0.blocks.0.attn.")
            .rename("layers.{s}.downsample.", "stages.{s}.merge.")
            .keep("norm.")
            .rename("head.fc.", "head.")
            .build();

    /** timm's {@code features_only}, which flattens the names of its stages, and has neither final norm nor head. */
    static final Layout TIMM_FEATURES = Layout.named("timm-features", Convention.TIMM)
            .recognisedBy("layers_0.blocks.0.attn.", "layers_1.downsample.")
            .keep("patch_embed.")
            .rename("layers_{s}.blocks.{b}.", "stages.{s}.blocks.{b}.")
            .rename("layers_{s}.downsample.", "stages.{s}.merge.")
            .renameInBlock("attn.q_bias", "attn.q.bias")
            .renameInBlock("attn.v_bias", "attn.v.bias")
            .derived("attn_mask", "relative_position_index", "relative_coords_table")
            .build();

    /** Microsoft's detection and segmentation repositories: norms of stages, no head. */
    static final Layout MSDET = microsoftBlocks("msdet", Convention.DETECTION)
            .recognisedBy("layers.0.downsample.", "layers.0.blocks.0.attn.")
            .andStageNorms("norm{s}.", 1)
            .rename("layers.{s}.downsample.", "stages.{s+1}.merge.")
            .rename("norm{s}.", "stages.{s}.norm.")
            .build();

    /** transformers: Swin and Swinv2, as their files name it. */
    static final Layout HUGGINGFACE = transformersBlocks("huggingface", Convention.HUGGINGFACE)
            .recognisedBy("encoder.layers.0.blocks.0.attention.self.")
            .build();

    /** transformers since version 5: Swin V1 as it is named in memory, so as torch.save, Lightning and accelerate write it. */
    static final Layout HUGGINGFACE_5 = transformers5Blocks("huggingface-5", Convention.HUGGINGFACE)
            .recognisedBy("encoder.layers.0.blocks.0.attention.q_proj.")
            .build();

    /** transformers' Swin V1 as a backbone, of MaskFormer, Mask2Former, UperNet and others: norms of stages. */
    static final Layout HUGGINGFACE_BACKBONE = transformersBlocks(
                    "huggingface-backbone", Convention.HUGGINGFACE_BACKBONE)
            .recognisedBy("encoder.layers.0.blocks.0.attention.self.")
            .andOneOf(TRANSFORMERS_NORMS)
            .ignoring("norm.")
            .build();

    /** As {@link #HUGGINGFACE_BACKBONE}, with the names of {@link #HUGGINGFACE_5}. */
    static final Layout HUGGINGFACE_5_BACKBONE = transformers5Blocks(
                    "huggingface-5-backbone", Convention.HUGGINGFACE_BACKBONE)
            .recognisedBy("encoder.layers.0.blocks.0.attention.q_proj.")
            .andOneOf(TRANSFORMERS_NORMS)
            .ignoring("norm.")
            .build();

    /** torchvision, which counts stages and merges in one sequence. */
    static final Layout TORCHVISION = Layout.named("torchvision", Convention.TORCHVISION)
            .recognisedBy("features.1.0.attn.")
            .rename("features.0.0.", "patch_embed.proj.")
            .rename("features.0.2.", "patch_embed.norm.")
            .rename("features.{2s+1}.{b}.", "stages.{s}.blocks.{b}.")
            .rename("features.{2s+2}.", "stages.{s+1}.merge.")
            .keep("norm.", "head.")
            .renameInBlock("mlp.0.", "mlp.fc1.")
            .renameInBlock("mlp.3.", "mlp.fc2.")
            .derived("relative_position_index", "relative_coords_table")
            .build();

    /** mmdetection and mmsegmentation: one norm per stage, no head. */
    static final Layout MMDET = openMmlabBlocks("mmdet", Convention.DETECTION)
            .recognisedBy("stages.0.blocks.0.attn.w_msa.")
            .andStageNorms("norm{s}.", 2)
            .andOneOf("decode_head.", "neck.", "bbox_head.", "rpn_head.", "roi_head.", "panoptic_head.", "mask_head.")
            .rename("stages.{s}.downsample.", "stages.{s+1}.merge.")
            .rename("norm{s}.", "stages.{s}.norm.")
            .build();

    /** mmpretrain's Swin V1, whose only norm carries the number of the last stage. */
    static final Layout MMPRETRAIN = openMmlabBlocks("mmpretrain", Convention.MMPRETRAIN)
            .recognisedBy("stages.0.blocks.0.attn.w_msa.")
            .rename("stages.{s}.downsample.", "stages.{s+1}.merge.")
            .rename("norm3.", "norm.")
            .rename("norm{s}.", "norm.") // of networks with fewer stages
            .rename("head.fc.", "head.")
            .build();

    /** mmpretrain's Swin V2, where stage s begins with its merge. */
    static final Layout MMPRETRAIN_V2 = openMmlabBlocks("mmpretrain", Convention.MMPRETRAIN)
            .recognisedBy("stages.0.blocks.0.attn.w_msa.", "stages.0.blocks.0.attn.w_msa.logit_scale")
            .rename("stages.{s}.downsample.", "stages.{s}.merge.")
            .rename("norm3.", "norm.")
            .rename("norm{s}.", "norm.") // of networks with fewer stages
            .rename("head.fc.", "head.")
            .build();

    /** In the order in which they are tried: a layout whose marks another one shares comes after it. */
    static final List<Layout> ALL = List.of(
            HUGGINGFACE_BACKBONE,
            HUGGINGFACE_5_BACKBONE,
            HUGGINGFACE,
            HUGGINGFACE_5,
            TORCHVISION,
            MMDET,
            MMPRETRAIN_V2,
            MMPRETRAIN,
            MSDET,
            MICROSOFT,
            TIMM,
            TIMM_FEATURES);

    private Layouts() {}

    private static LayoutBuilder transformers(String name, Convention convention) {
        return Layout.named(name, convention)
                .rename("embeddings.patch_embeddings.projection.", "patch_embed.proj.")
                .rename("embeddings.norm.", "patch_embed.norm.")
                .rename("embeddings.position_embeddings", "absolute_pos_embed")
                .rename("encoder.layers.{s}.blocks.{b}.", "stages.{s}.blocks.{b}.")
                .rename("encoder.layers.{s}.downsample.", "stages.{s+1}.merge.")
                .rename("layernorm.", "norm.")
                .rename("classifier.", "head.")
                .rename("hidden_states_norms.stage{s+1}.", "stages.{s}.norm.")
                .rename("hidden_states_norms.{s}.", "stages.{s}.norm.")
                .renameInBlock("layernorm_before.", "norm1.")
                .renameInBlock("layernorm_after.", "norm2.")
                .derived("relative_position_index", "relative_coords_table")
                .unused("mask_token");
    }

    private static LayoutBuilder transformersBlocks(String name, Convention convention) {
        return transformers(name, convention)
                .renameInBlock("attention.self.query.", "attn.q.")
                .renameInBlock("attention.self.key.", "attn.k.")
                .renameInBlock("attention.self.value.", "attn.v.")
                .renameInBlock("attention.self.continuous_position_bias_mlp.", "attn.cpb_mlp.")
                .renameInBlock("attention.output.dense.", "attn.proj.")
                .renameInBlock("attention.self.", "attn.")
                .renameInBlock("intermediate.dense.", "mlp.fc1.")
                .renameInBlock("output.dense.", "mlp.fc2.");
    }

    private static LayoutBuilder transformers5Blocks(String name, Convention convention) {
        return transformers(name, convention)
                .renameInBlock("attention.q_proj.", "attn.q.")
                .renameInBlock("attention.k_proj.", "attn.k.")
                .renameInBlock("attention.v_proj.", "attn.v.")
                .renameInBlock("attention.o_proj.", "attn.proj.")
                .renameInBlock("attention.relative_position_bias.", "attn.");
    }

    private static LayoutBuilder microsoftBlocks(String name, Convention convention) {
        return Layout.named(name, convention)
                .keep("patch_embed.", "absolute_pos_embed")
                .rename("layers.{s}.blocks.{b}.", "stages.{s}.blocks.{b}.")
                .renameInBlock("attn.q_bias", "attn.q.bias")
                .renameInBlock("attn.v_bias", "attn.v.bias")
                .derived("attn_mask", "relative_position_index", "relative_coords_table")
                .unused("mask_token");
    }

    private static LayoutBuilder openMmlabBlocks(String name, Convention convention) {
        return Layout.named(name, convention)
                .keep("patch_embed.norm.", "absolute_pos_embed")
                .rename("patch_embed.projection.", "patch_embed.proj.")
                .keep("stages.{s}.blocks.{b}.")
                .renameInBlock("attn.w_msa.q_bias", "attn.q.bias")
                .renameInBlock("attn.w_msa.v_bias", "attn.v.bias")
                .renameInBlock("attn.w_msa.", "attn.")
                .renameInBlock("ffn.layers.0.0.", "mlp.fc1.")
                .renameInBlock("ffn.layers.1.", "mlp.fc2.")
                .derived("attn_mask", "relative_position_index", "relative_coords_table")
                .mergeOrder(Layout.MergeOrder.UNFOLD);
    }
}
