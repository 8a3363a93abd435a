package io.swinlake.swin;

/**
 * What the published implementations do differently at the edges, where the papers are silent: images that the patch size
 * does not divide, maps that the window does not divide, and maps smaller than the window. A checkpoint is run by the
 * convention of the code base it comes from.
 */
public enum Convention {
    /** microsoft/Swin-Transformer: sizes must divide; a map no larger than the window gets one window and no shift. */
    MICROSOFT,
    /** timm: window and shift per axis, from the size the model was built for; rolls, then pads. */
    TIMM,
    /** transformers: pads image and maps, then rolls; V2 decides by the nominal height and adds the mask twice. */
    HUGGINGFACE,
    /** torchvision: drops incomplete patches, always the whole window, pads then rolls. */
    TORCHVISION,
    /** mmdet, mmseg and Microsoft's detection repository: pads, then rolls; shifts even where one window covers the map. */
    DETECTION,
    /** mmpretrain: pads, then rolls; no shift where the map's shorter side equals the window. */
    MMPRETRAIN
}
