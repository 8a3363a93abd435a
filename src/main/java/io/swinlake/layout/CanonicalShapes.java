package io.swinlake.layout;

import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import java.util.SortedMap;
import java.util.TreeMap;

/** The tensors that a network needs: canonical names and shapes. */
public final class CanonicalShapes {
    /** Hidden channels of V2's position bias MLP, in every code base. arXiv:2111.09883, section 3.3. */
    private static final int POSITION_MLP_CHANNELS = 512;

    private final SwinConfig config;
    private final SortedMap<String, Shape> shapes = new TreeMap<>();

    private CanonicalShapes(SwinConfig config) {
        this.config = config;
    }

    /** All tensors of a network, by canonical name. */
    public static SortedMap<String, Shape> of(SwinConfig config) {
        CanonicalShapes shapes = new CanonicalShapes(config);
        shapes.patchEmbedding();
        for (int stage = 0; stage < config.stages(); stage++) {
            shapes.stage(stage);
        }
        shapes.end();
        return shapes.shapes;
    }

    private void patchEmbedding() {
        int channels = config.embedDim();
        int patch = config.patchSize();
        put("patch_embed.proj.weight", channels, 3, patch, patch);
        put("patch_embed.proj.bias", channels);
        if (config.patchNorm()) {
            norm("patch_embed.norm", channels);
        }
        if (config.absolutePositions()) {
            long patches =
                    (long) (config.image().height() / patch) * (config.image().width() / patch);
            put("absolute_pos_embed", 1, patches, channels);
        }
    }

    private void stage(int stage) {
        String name = "stages." + stage;
        int channels = config.channels(stage);
        if (stage > 0) {
            int before = config.channels(stage - 1);
            put(name + ".merge.reduction.weight", channels, 4L * before);
            norm(name + ".merge.norm", config.version() == SwinVersion.V1 ? 4 * before : channels);
        }
        for (int block = 0; block < config.depths().get(stage); block++) {
            block(name + ".blocks." + block, stage);
        }
        if (config.normedStages().contains(stage)) {
            norm(name + ".norm", channels);
        }
    }

    private void block(String name, int stage) {
        int channels = config.channels(stage);
        int heads = config.heads().get(stage);
        long hidden = (long) (channels * config.mlpRatio());
        norm(name + ".norm1", channels);
        norm(name + ".norm2", channels);
        put(name + ".attn.qkv.weight", 3L * channels, channels);
        if (config.qkvBias()) {
            put(name + ".attn.qkv.bias", 3L * channels);
        }
        linear(name + ".attn.proj", channels, channels);
        linear(name + ".mlp.fc1", channels, hidden);
        linear(name + ".mlp.fc2", hidden, channels);
        if (config.version() == SwinVersion.V1) {
            put(
                    name + ".attn.relative_position_bias_table",
                    tableWindow(config, stage).offsets(),
                    heads);
        } else {
            put(name + ".attn.logit_scale", heads, 1, 1);
            linear(name + ".attn.cpb_mlp.0", 2, POSITION_MLP_CHANNELS);
            put(name + ".attn.cpb_mlp.2.weight", heads, POSITION_MLP_CHANNELS);
        }
    }

    private void end() {
        if (config.finalNorm()) {
            norm("norm", config.embeddingSize());
        }
        if (config.classes() > 0) {
            linear("head", config.embeddingSize(), config.classes());
        }
    }

    private void linear(String name, long in, long out) {
        put(name + ".weight", out, in);
        put(name + ".bias", out);
    }

    private void norm(String name, long channels) {
        put(name + ".weight", channels);
        put(name + ".bias", channels);
    }

    private void put(String name, long... dims) {
        shapes.put(name, Shape.of(dims));
    }

    /**
     * The window that a V1 bias table is for. Code bases that shrink the window where the map is smaller make a smaller table
     * there.
     */
    public static Window tableWindow(SwinConfig config, int stage) {
        Window window = config.windows().get(stage);
        ImageSize map = config.nominalMap(stage);
        if (config.convention() == Convention.MICROSOFT) {
            return Window.square(Math.min(window.height(), Math.min(map.height(), map.width())));
        }
        if (config.convention().isTimm() && !config.alwaysPartition()) {
            return new Window(Math.min(window.height(), map.height()), Math.min(window.width(), map.width()));
        }
        return window;
    }
}
