/**
 * A symbolic, shape-checked builder of networks. {@link io.swinlake.graph.Graph} makes inputs and constants, {@link
 * io.swinlake.graph.Value} has the operations, {@link io.swinlake.graph.Scope} finds the weights by name. Start at {@code
 * Value}.
 */
package io.swinlake.graph;
