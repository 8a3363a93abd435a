package io.swinlake.swin;

import io.swinlake.graph.GraphException;
import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;
import java.util.Optional;

/**
 * Joins 2 x 2 neighbouring tokens into one of twice the channels. arXiv:2103.14030, section 3.1; V2 normalises after the
 * linear map, not before it.
 */
final class PatchMerging {
    private final SwinVersion version;
    private final Optional<LayerNorm> norm;
    private final Linear reduction;

    /** @param channels of the tokens that are joined */
    PatchMerging(Scope scope, SwinConfig config, int channels) {
        this.version = config.version();
        this.reduction = Linear.withoutBias(scope.child("reduction"), 4 * channels, 2 * channels);
        int normed = version == SwinVersion.V1 ? 4 * channels : 2 * channels;
        // mmdet's patch_norm = False also removes the norms of the merges.
        boolean hasNorm = config.patchNorm() || scope.has("norm.weight");
        this.norm = hasNorm
                ? Optional.of(new LayerNorm(scope.child("norm"), normed, LayerNorm.DEFAULT_EPSILON))
                : Optional.empty();
    }

    /** The map of tokens that merging leaves. */
    static ImageSize mapSize(SwinConfig config, ImageSize map) {
        boolean odd = map.height() % 2 != 0 || map.width() % 2 != 0;
        if (odd && config.convention() == Convention.MICROSOFT) {
            throw new GraphException(
                    "a map of %s tokens has an odd side and cannot be merged: use an image size that the patch size"
                            + " times %d divides",
                    map, 1 << (config.stages() - 1));
        }
        return new ImageSize((map.height() + 1) / 2, (map.width() + 1) / 2);
    }

    /**
     * Halves the map.
     *
     * @param x {@code [batch, height, width, channels]}; odd sides get a row or column of zeros
     * @return {@code [batch, height / 2, width / 2, 2 * channels]}
     */
    Value apply(Value x) {
        long rows = (x.dims().size(1) + 1) / 2;
        long columns = (x.dims().size(2) + 1) / 2;
        Value joined = x.padTo(1, 2 * rows)
                .padTo(2, 2 * columns)
                .unflatten(2, columns, 2)
                .unflatten(1, rows, 2) // [batch, rows, 2 (row), columns, 2 (column), channels]
                .permute(0, 1, 3, 4, 2, 5) // the row varies fastest: (0,0), (1,0), (0,1), (1,1)
                .flatten(3, 5); // [batch, rows, columns, 4 * channels]
        return version == SwinVersion.V1
                ? reduction.apply(norm.map(n -> n.apply(joined)).orElse(joined))
                : norm.map(n -> n.apply(reduction.apply(joined))).orElseGet(() -> reduction.apply(joined));
    }
}
