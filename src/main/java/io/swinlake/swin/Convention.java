package io.swinlake.swin;

/**
 * What the published implementations do differently at the edges, where the papers are silent: images that the patch size
 * does not divide, maps that the window does not divide, and maps smaller than the window. A checkpoint is run by the
 * convention of the code base it comes from.
 */
public enum Convention {
    /** microsoft/Swin-Transformer: sizes must divide; a map no larger than the window gets one window and no shift. */
    MICROSOFT,
    /**
     * timm since 1.0.31: window and shift per axis, from the size the model was built for, of which maps are counted rounded
     * up; rolls, then pads.
     */
    TIMM,
    /** timm before 1.0.31: as {@link #TIMM}, but maps are counted rounded down. */
    TIMM_FLOOR,
    /** transformers: pads image and maps, then rolls; V2 decides by the nominal height and adds the mask twice. */
    HUGGINGFACE,
    /**
     * transformers' backbones of Swin V1, in MaskFormer and others: pads, then rolls; shifts even where one window covers the
     * map.
     */
    HUGGINGFACE_BACKBONE,
    /** torchvision: drops incomplete patches, always the whole window, pads then rolls. */
    TORCHVISION,
    /** mmdet, mmseg and Microsoft's detection repository: pads, then rolls; shifts even where one window covers the map. */
    DETECTION,
    /** mmpretrain: pads, then rolls; no shift where the map's shorter side equals the window. */
    MMPRETRAIN;

    /** Whether it is timm, of any version. */
    public boolean isTimm() {
        return this == TIMM || this == TIMM_FLOOR;
    }
}
