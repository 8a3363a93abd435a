package io.swinlake.swin;

import io.swinlake.graph.Value;

/**
 * A map of tokens. All but attention acts on each token alone, so that tokens may lie in the order of a block's windows from
 * its begin to its end, and are moved once between two blocks instead of into windows and back in each.
 *
 * @param tokens {@code [batch, height * width, channels]}
 */
record TokenMap(Value tokens, TokenOrder order) {
    /** Other values for the same tokens. */
    TokenMap with(Value values) {
        return new TokenMap(values, order);
    }

    TokenMap inOrder(TokenOrder wanted) {
        return order.equals(wanted) ? this : new TokenMap(tokens.indexSelect(1, order.placesOf(wanted)), wanted);
    }

    /** As a map: {@code [batch, height, width, channels]}. */
    Value rows() {
        ImageSize map = order.map();
        return inOrder(TokenOrder.rows(map)).tokens.unflatten(1, map.height(), map.width());
    }
}
