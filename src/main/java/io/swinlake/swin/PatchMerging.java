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
     * Halves the map; odd sides get a row or column of zeros first.
     *
     * @param order of the tokens that result, which have twice the channels
     */
    TokenMap apply(TokenMap x, TokenOrder order) {
        ImageSize map = x.order().map();
        Value tokens = x.tokens();
        boolean odd = map.height() % 2 != 0 || map.width() % 2 != 0;
        Value joined = (odd ? tokens.padTo(1, tokens.dims().size(1) + 1) : tokens)
                .indexSelect(1, quarters(x.order(), order))
                .unflatten(1, order.count(), 4)
                .flatten(2, 3); // [batch, tokens, 4 * channels]
        Value merged = version == SwinVersion.V1
                ? reduction.apply(norm.map(n -> n.apply(joined)).orElse(joined))
                : norm.map(n -> n.apply(reduction.apply(joined))).orElseGet(() -> reduction.apply(joined));
        return new TokenMap(merged, order);
    }

    /** Where the four tokens lie that become each merged one; the row varies fastest: (0,0), (1,0), (0,1), (1,1). */
    private static long[] quarters(TokenOrder from, TokenOrder to) {
        long[] places = new long[4 * to.count()];
        for (int i = 0; i < places.length; i++) {
            int position = to.position(i / 4);
            int row = 2 * (position / to.map().width()) + i % 2;
            int column = 2 * (position % to.map().width()) + i / 2 % 2;
            boolean inside = row < from.map().height() && column < from.map().width();
            places[i] = inside ? from.place(row, column) : from.count(); // one row of zeros follows the tokens
        }
        return places;
    }
}
